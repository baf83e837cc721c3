"""The list of a person's saved views in the sidebar."""

from __future__ import annotations

import streamlit as st

from .. import providers
from ..model import SavedView
from .query import SAVED, asked_pairs, grouped
from .text import plain
from .view_actions import open_view, pairs_of_view

LISTED = 15  # views; the Overview has all of them
ICON, OPEN = ":material/bookmark:", ":material/bookmark_check:"


def views_list(views: list[SavedView], slug: str) -> None:
    """Draw the list; views of the page with this slug come first, the others are links to theirs."""
    known = [each for each in views if each.slug in providers()]
    if not known:
        return
    first = sorted(known, key=lambda each: each.slug != slug)
    with st.container(gap="xxsmall", key="views-list"):
        st.caption("Saved views")
        for each in first[:LISTED]:
            _here(each) if each.slug == slug else _elsewhere(each)
    if len(known) > LISTED:
        st.caption(f"{len(known) - LISTED} more on the Overview")


def _here(view: SavedView) -> None:
    """A button: Streamlit would mark each link to the page that is shown as the current one."""
    icon = OPEN if (SAVED, view.id) in asked_pairs() else ICON
    st.button(plain(view.name, 60), icon=icon, key=f"open view {view.id}", type="tertiary", on_click=open_view,
              args=(view,))  # fmt: skip


def _elsewhere(view: SavedView) -> None:
    page = f"pages/{view.slug}.py"
    st.page_link(page, label=plain(view.name, 60), icon=ICON, query_params=grouped(pairs_of_view(view)))
