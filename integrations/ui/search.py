"""Search in everything: a box on the overview, and the same over any other page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st
from streamlit.elements.lib import shortcut_utils

from .. import providers, service
from ..model import Connection, Viewer
from ..service import Found
from ..service.runtime import run
from .errors import explained
from .found import results
from .query import asked_pairs, grouped
from .text import listed
from .viewer import still

SHORTCUT = "/"
shortcut_utils._KEY_ALIASES.setdefault(SHORTCUT, SHORTCUT)  # Streamlit's pages know this key, its check does not
SEARCH = "q"  # the parameter of the overview's address
BOX, DIALOG_BOX = "search everything", "search everything over a page"
BY_ACCOUNT = dict[tuple[str, str], Connection]


def search_button(owner: str, here: str) -> None:
    """Draw the button that opens the search over the page; `here`: the slug of the provider whose page it is."""
    if st.button("Search", icon=":material/search:", type="tertiary", key="search", shortcut=SHORTCUT):
        _dialog(owner, here)


def search_box() -> str:
    """Draw the overview's box; returns what is searched, which its address has."""
    text = str(st.query_params.get(SEARCH, ""))
    if st.session_state.get(BOX) != text:
        st.session_state[BOX] = text
    _box(BOX, 340, lambda: _write(st.session_state[BOX] or ""))
    return text.strip()


def search_page(viewer: Viewer, text: str) -> None:
    """Draw what is found in everything, in place of the overview."""
    results(text, _searched(viewer, text), "", lambda spelled: _write(spelled))


@st.dialog("Search everything", width="medium")
@explained()
def _dialog(owner: str, here: str) -> None:
    viewer = still(owner)
    text = (_box(DIALOG_BOX, "stretch") or "").strip()
    if text:
        results(text, _searched(viewer, text), here, _search_again)
    else:
        st.caption("Names come first, then any other text of a record.")


def _nothing() -> None: ...


def _box(key: str, width: int | Literal["stretch"], changed: Callable[[], None] = _nothing) -> str | None:
    titles = listed([provider.title for provider in providers().values()])
    return st.text_input(
        "Search everything", type="search", live=True, key=key, placeholder=f"Search {titles}",
        label_visibility="collapsed", width=width, on_change=changed,
    )  # fmt: skip


def _write(text: str) -> None:
    """Write the search into the address: one step of the browser's Back."""
    others = [pair for pair in asked_pairs() if pair[0] != SEARCH]
    st.query_params.from_dict(grouped([*others, (SEARCH, text)] if text else others))


def _search_again(text: str) -> None:
    st.session_state[DIALOG_BOX] = text


def _searched(viewer: Viewer, text: str) -> list[Found]:
    """Returns what is found; where nothing has the text, names that are spelled nearly so."""
    known = run(service.searchable(viewer))
    found = _in_each(viewer, known, text)
    return found if any(each.groups for each in found) else _in_each(viewer, known, text, nearly=True)


def _in_each(viewer: Viewer, known: BY_ACCOUNT, text: str, nearly: bool = False) -> list[Found]:
    """Search the connections one by one, and say which: rows that are not in memory have to be read first."""
    found = []
    for (slug, account), connection in known.items():
        with st.spinner(f"Searching {providers()[slug].title}…"):
            found.append(run(service.search_in(viewer, connection, account, text, nearly)))
    return found
