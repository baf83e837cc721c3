"""The last change of the filters can be undone by one click, as one step of the browser's Back."""

from __future__ import annotations

import streamlit as st

from ..model import Query
from .view import View

UNDO = "undo of "  # in the session state: by page, the narrowing before the last change of filters, and after it


def narrow(view: View, query: Query) -> None:
    """Show what another narrowing leaves, and offer to undo that."""
    st.session_state[UNDO + view.slug] = (view.query, query)
    view.show(query)


def undo_button(view: View) -> None:
    """Draw a button that takes the last change of filters back, as long as they are as it left them."""
    before, after = st.session_state.get(UNDO + view.slug, (None, None))
    if before and after and _narrowing(after) == _narrowing(view.query):
        st.button(
            "Undo", icon=":material/undo:", key="undo", type="tertiary", help="Undo the last change of filters",
            on_click=_undo, args=(view, before),
        )  # fmt: skip


def _undo(view: View, before: Query) -> None:
    st.session_state.pop(UNDO + view.slug, None)
    view.go(where=before.where, search=before.search, zone=before.zone)


def _narrowing(query: Query) -> Query:
    return Query(query.collection, query.where, query.search, zone=query.zone)
