"""What a click does with saved views. All of it runs in callbacks: one action, one step of the browser's Back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from .. import service
from ..model import Query, SavedView, Viewer
from ..model.errors import DashboardError
from ..model.query import MAX_ADDRESS, pairs_length, to_pairs
from ..service.runtime import run
from .query import ACCOUNT, SAVED, Asked, Pairs, asked_pairs, change, write
from .rows import Rows
from .view import View
from .viewer import viewer

DELETED = "deleted view"  # in the session state: what Undo puts back
PROBLEM = "problem with a view"  # what is wrong with what was entered, by the key of the menu
DONE = "menus of views closed"  # part of the menus' keys, so that what ends in them closes them
T = TypeVar("T")


def resolved(asked: Asked, rows: Rows, views: list[SavedView]) -> Asked:
    """Returns what an address asks for with the view that is open.

    An address without a query shows the view that it names, or the person's default if it names none and the
    default's table is there. One that names a view of somebody else, or a deleted one, asks for what no row meets.
    """
    mine = [each for each in views if each.page == rows.connection.path[1:]]
    named = next((each for each in mine if each.id == asked.saved), None)
    if asked.query != Query() or asked.row:
        return replace(asked, saved=named.id if named else "")
    if asked.saved and not named:
        return replace(asked, query=service.gone(asked.saved), saved="")
    default = next((each for each in mine if each.default and _is_here(each, rows)), None)
    view = named or default
    return replace(asked, query=view.asked, saved=view.id) if view else replace(asked, saved="")


def _is_here(view: SavedView, rows: Rows) -> bool:
    return service.collection_of(view.asked, rows.tables) is not None


def pairs_of_view(view: SavedView) -> Pairs:
    """Returns the parameters of a view's address; a query that would grow too long is found by the view's id."""
    pairs = to_pairs(view.asked)
    found = pairs if pairs_length(pairs) <= MAX_ADDRESS else []
    return [(ACCOUNT, view.connection_id), *found, (SAVED, view.id)]


def open_view(view: SavedView) -> None:
    """Show a view on the page that it belongs to, which is the one that is shown."""
    write(view.slug, pairs_of_view(view))


def shown_query(view: View) -> Query:
    """Returns the query that saving keeps: with the columns that are shown."""
    return replace(view.query, columns=view.columns)


def is_changed(view: View, saved: SavedView) -> bool:
    """Returns whether a page shows something else than the view that is open; columns that are gone do not count."""
    asked = saved.asked
    known = tuple(each for each in asked.columns if view.table.field(each))
    return replace(asked, columns=known or view.columns) != shown_query(view)


def save(owner: str, view: View, menu: str, name: str) -> None:
    """Save what a page shows under a new name, and open it."""
    query = shown_query(view)
    saved = _done(owner, menu, lambda me: service.save_view(me, view.rows.connection, name, query))
    if saved:
        change(view.slug, view.rows.account, query, view.row, saved=saved.id)


def update(owner: str, view: View, menu: str) -> None:
    """Give the view that is open the query that the page shows."""
    query = shown_query(view)
    if _done(owner, menu, lambda me: service.update_view(me, view.saved, query)):
        change(view.slug, view.rows.account, query, view.row, saved=view.saved)


def leave(view: View) -> None:
    """Show every row of the collection, and no saved view."""
    change(view.slug, view.rows.account, Query(collection=view.query.collection))


def rename(owner: str, id: str, menu: str, name: str) -> None:
    """Give a view another name."""
    _done(owner, menu, lambda me: service.rename_view(me, id, name))


def duplicate(owner: str, id: str, menu: str) -> None:
    """Make a copy of a view; the page stays as it is."""
    _done(owner, menu, lambda me: service.duplicate_view(me, id))


def set_default(owner: str, id: str, menu: str, on: bool) -> None:
    """Show a view where an address of its page has no query, or no longer."""
    _try(owner, menu, lambda me: service.set_default_view(me, id, on))


def delete(owner: str, view: SavedView, menu: str) -> None:
    """Delete a view; the page stays as it is, and a line offers to undo it."""
    if deleted := _done(owner, menu, lambda me: service.delete_view(me, view.id)):
        st.session_state[DELETED] = deleted
        if (SAVED, view.id) in asked_pairs():
            write(view.slug, [each for each in asked_pairs() if each[0] != SAVED])


def undo(owner: str) -> None:
    """Put back the view that was deleted last."""
    view = st.session_state.get(DELETED)
    if view and _try(owner, DELETED, lambda me: service.restore_view(me, view)):
        dismiss()


def dismiss() -> None:
    """Take away the line that offers to undo."""
    st.session_state.pop(DELETED, None)
    st.session_state.pop(PROBLEM, None)


def menus() -> int:
    """Returns what the keys of the menus hold, so that they close when something in them is done."""
    return int(st.session_state.get(DONE, 0))


def problem(menu: str) -> str:
    """Returns what was wrong with what was entered in a menu, empty if nothing was."""
    of, sentence = st.session_state.get(PROBLEM, ("", ""))
    return str(sentence) if of == menu else ""


def _done(owner: str, menu: str, act: Callable[[Viewer], Coroutine[Any, Any, T]]) -> T | None:
    """Do something that closes the menus, unless it cannot be done."""
    if result := _try(owner, menu, act):
        st.session_state[DONE] = menus() + 1
        if menu != DELETED:
            dismiss()
    return result


def _try(owner: str, menu: str, act: Callable[[Viewer], Coroutine[Any, Any, T]]) -> T | None:
    """Do something as the viewer, if that is still the owner; what cannot be done is told in the menu."""
    st.session_state.pop(PROBLEM, None)
    try:
        me = viewer()
        return run(act(me)) if me and me.owner == owner else None
    except DashboardError as error:
        st.session_state[PROBLEM] = (menu, str(error))
        return None
