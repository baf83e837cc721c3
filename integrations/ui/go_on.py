"""The query that the viewer last had on a page: kept while they work, and offered at the next visit, not forced."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from .. import service
from ..model import Query, Viewer
from ..service.runtime import run
from .query import Asked
from .text import plain
from .view import View
from .views_menu import words_of_query

LAST = "last query of "  # in the session state: what was kept or offered, so that either is done once


def go_on(view: View, asked: Asked, viewer: Viewer) -> None:
    """Keep what the address asks for; offer what was kept before, if it asks for nothing."""
    if asked.query != Query():
        _keep(view, viewer)
    elif not asked.row and not view.saved:
        _offer(view, viewer)


def _keep(view: View, viewer: Viewer) -> None:
    query, key = view.query, _key(view)
    if _says_something(query) and st.session_state.get(key) != query:
        st.session_state[key] = query
        run(service.remember_query(viewer, view.rows.connection, query))


def _offer(view: View, viewer: Viewer) -> None:
    key = _key(view)
    if key not in st.session_state:
        st.session_state[key] = run(service.last_query(viewer, view.rows.connection)) or Query()
    last: Query = st.session_state[key]
    collection = service.collection_of(last, view.rows.tables)
    if collection is None or not _says_something(last):
        return
    table = view.rows.tables.open(collection)
    words = words_of_query(replace(view, table=table), last)
    title = service.title_of(view.provider, view.rows.tables, collection)
    label = f"Go on with: {plain(f'{title} · {words}' if words else title, 80)}"
    st.button(label, icon=":material/history:", key="go on", type="tertiary", on_click=view.show, args=(last,))


def _says_something(query: Query) -> bool:
    return query.narrows or bool(query.sort or query.groups)


def _key(view: View) -> str:
    return f"{LAST}{view.slug} {view.rows.account}"
