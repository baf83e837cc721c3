// Puts the cursor into the search as soon as it opens over a page: Streamlit has no option for that.
(() => {
  const BOX = '[role="dialog"] input[aria-label="Search everything"]'
  let seen = null
  new MutationObserver(() => {
    const box = document.querySelector(BOX)
    if (box && box !== seen) box.focus()
    seen = box
  }).observe(document.body, { childList: true, subtree: true })
})()
