"""The pages that people see: consent, sample items, errors. Plain HTML, no script, light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from starlette.responses import HTMLResponse

STYLE = """
:root{color-scheme:light dark;--ink:#1f2433;--soft:#667085;--page:#f6f7fb;--card:#fff;--line:#e3e6ef;--accent:#4f46e5;
--note:#fff6e0;--note-ink:#7a4b00}
@media(prefers-color-scheme:dark){:root{--ink:#eceef5;--soft:#a3abbd;--page:#12141c;--card:#1b1e29;--line:#31364a;
--accent:#6d66f2;--note:#3a2d10;--note-ink:#ffd98a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:27rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.75rem;
box-shadow:0 8px 30px rgb(20 24 40/.07);overflow-wrap:anywhere}
.note{display:inline-block;background:var(--note);color:var(--note-ink);border-radius:99px;padding:.2rem .75rem;
font-size:.85rem;font-weight:600}
h1{font-size:1.5rem;line-height:1.25;margin:1rem 0 .5rem}p{margin:.5rem 0}.soft{color:var(--soft);font-size:.92rem}
ul{list-style:none;margin:1rem 0;padding:.25rem 0;border-block:1px solid var(--line)}
li{padding:.45rem 0 .45rem 1.7rem;position:relative}
li::before{content:"\\2713";position:absolute;left:.25rem;color:var(--accent);font-weight:700}
form{display:flex;gap:.75rem;margin-top:1.25rem}
button{flex:1;font:inherit;font-weight:600;padding:.7rem;border-radius:9px;border:1px solid var(--line);
background:transparent;color:var(--ink);cursor:pointer}
button.go{background:var(--accent);border-color:var(--accent);color:#fff}button:hover{filter:brightness(1.08)}
button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
"""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}


def page(title: str, note: str, body: str, status: int = 200) -> HTMLResponse:
    """A card with a heading; `title` and `note` are text, `body` is HTML."""
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f'<span class="note">{escape(note)}</span><h1>{escape(title)}</h1>{body}</main></body></html>',
        status,
        HEADERS,
    )


def consent(title: str, allows: Iterable[str], path: str, ticket: str) -> HTMLResponse:
    """Asks for approval; the form posts `ticket` and the decision back to `path`."""
    points = "".join(f"<li>{escape(words)}</li>" for words in allows)
    return page(
        f"Sample {title}",
        f"Sample data \N{EM DASH} not the real {title}",
        f"<p>The dashboard asks to read a sample {escape(title)} account with invented content:</p><ul>{points}</ul>"
        f'<p class="soft">Nothing leaves this app and no {escape(title)} account is needed.</p>'
        f'<form method="post" action="{escape(path)}"><input type="hidden" name="ticket" value="{escape(ticket)}">'
        '<button name="decision" value="deny">Deny</button>'
        '<button class="go" name="decision" value="approve">Approve</button></form>',
    )


def problem(title: str, message: str, status: int = 400) -> HTMLResponse:
    """Why an authorization request cannot go on, with nowhere to send the person."""
    return page(
        f"Sample {title} can't go on",
        "Sample data",
        f'<p>{escape(message)}</p><p class="soft">Go back to the dashboard and press Connect again.</p>',
        status,
    )


def item(title: str, name: str, kind: str) -> HTMLResponse:
    """What a link to a sample item opens."""
    return page(
        name.strip() or "Untitled",
        f"Sample {title} \N{MIDDLE DOT} {kind}",
        f"<p>This is sample data. With a real {escape(title)} account, this link opens the {escape(kind)} there.</p>",
    )


def nothing(title: str) -> HTMLResponse:
    """What a link to no sample item opens."""
    return page(
        "Nothing here",
        f"Sample {title}",
        f"<p>Sample {escape(title)} has nothing at this address. This is sample data, so nothing was lost.</p>",
        404,
    )
