"""Newer rows do not move what a person is reading: they are offered, and shown when asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import streamlit as st

from .. import service
from ..model import Connection, Load, Viewer
from ..service import Source
from ..service.runtime import run
from .errors import explained
from .viewer import still

READING = "reading "  # in the session state, by connection: the load that is shown
FOLLOWED = "followed "  # whether the viewer has asked for the load under way
BEHIND = "behind "  # whether newer rows have come
LOOK = 5.0  # seconds between two looks for newer rows


def refresh(viewer: Viewer, connection: Connection, full: bool = False) -> NoReturn:
    """Load what has changed, or everything; the rows of that load are shown as soon as they are there."""
    run(service.refresh(viewer, connection, full=full))
    follow(connection)
    st.rerun()


def follow(connection: Connection) -> None:
    """Show the rows of the load under way when it ends: the viewer has asked for it."""
    st.session_state[_key(FOLLOWED, connection)] = True


def held(viewer: Viewer, source: Source) -> Source:
    """Returns what a page shows: the rows that the viewer is reading, until they ask for newer ones."""
    connection, newest = source.connection, source.rows
    shown = st.session_state.get(_key(READING, connection))
    if newest is None:
        return source
    if shown and _holds(shown, newest.load) and not st.session_state.get(_key(FOLLOWED, connection)):
        if rows := run(service.rows_in_memory(viewer, connection, shown)):
            return replace(source, rows=rows)
        st.toast("These are newer rows: the ones before are no longer kept.", icon=":material/update:")
    show_newest(connection)
    st.session_state[_key(READING, connection)] = newest.load
    if source.load is None or not source.load.active:
        st.session_state.pop(_key(FOLLOWED, connection), None)
    return source


def show_newest(connection: Connection) -> None:
    """Forget which rows the viewer was reading."""
    for what in (READING, BEHIND):
        st.session_state.pop(_key(what, connection), None)


def is_behind(connection: Connection) -> bool:
    """Returns whether newer rows have come than a page shows."""
    return bool(st.session_state.get(_key(BEHIND, connection)))


def offer(viewer: Viewer, source: Source, account: str) -> None:
    """Offer newer rows as soon as there are some; nothing else on the page changes."""
    if source.rows:
        with st.container(width="content"):
            _offer(viewer.owner, source.connection, account, source.rows.load)


@st.fragment(run_every=LOOK)
@explained()
def _offer(owner: str, connection: Connection, account: str, shown: Load) -> None:
    viewer = still(owner)
    newest = run(service.newest(viewer, connection.slug, account))
    if newest is None or not _holds(shown, newest):
        return
    changed = run(service.changed_after(viewer, connection, shown))
    if changed and not changed.total:
        return
    st.session_state[_key(BEHIND, connection)] = True
    words = f"{changed.total:,} changed" if changed else "New data"
    if st.button(f"{words} · Show", icon=":material/update:", key="show new data", type="tertiary"):
        show_newest(connection)
        st.rerun()


def _holds(shown: Load, newest: Load) -> bool:
    """Returns whether these rows stay until newer ones are asked for; those of a first load do not."""
    return not shown.active and (shown.id, shown.run) != (newest.id, newest.run)


def _key(what: str, connection: Connection) -> str:
    return what + " ".join(connection.path)
