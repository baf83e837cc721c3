"""A source's table: which collection, what of it, the grid, and the open row beside it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from .. import service
from ..model import Provider, Query, SavedView, Viewer
from ..service.runtime import run
from .availability import only_look
from .changed import changed_menu, changed_view
from .columns import columns_menu
from .details import details
from .download import download_menu
from .filters import filter_bar
from .go_on import go_on
from .grid import grid
from .group_menu import group_menu
from .layout import phone
from .no_match import no_match
from .query import Asked, change, current
from .reading import refresh
from .rows import Rows
from .sort_menu import sort_menu
from .summary import summary
from .switcher import switcher
from .text import clock
from .totals import totals
from .view import View, view_of
from .view_actions import resolved
from .views_menu import undo_line, views_menu


def table(provider: Provider, viewer: Viewer, rows: Rows) -> None:
    """Draw what the address asks for of these rows."""
    asked = current(provider.slug)
    if rows.tables.total == 0 and not asked.since:
        with st.container(border=True):
            st.markdown(f"**There is nothing here yet.** {provider.if_empty}")
        return
    views = run(service.saved_views(viewer))
    asked = resolved(asked, rows, views)
    view = view_of(provider, rows, asked)
    if view is None:
        _gone(rows)
    elif view.since:
        changed_view(view, viewer)
    else:
        _records(view, asked, viewer, views)


def _records(view: View, asked: Asked, viewer: Viewer, views: list[SavedView]) -> None:
    _toolbar(view, asked, viewer, views)
    filter_bar(view)
    if phone():
        with _tools():
            _menus(view, viewer, views)
    window = totals(view)
    _computed(view, viewer)
    summary(view)
    if len(view.positions):
        _grid(view, viewer, window)
    else:
        no_match(view)


def _grid(view: View, viewer: Viewer, window: int) -> None:
    """The grid stands at the same place whether a row is open or not: it keeps keyboard and scroll position."""
    with st.container(horizontal=True, gap="small", wrap=False):
        with st.container(width="stretch"):
            grid(view, window)
        details(view, viewer)


def _toolbar(view: View, asked: Asked, viewer: Viewer, views: list[SavedView]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap=14):
        switcher(view)
        undo_line(viewer.owner)
        go_on(view, asked, viewer)
        if not phone():
            st.space("stretch")
            with _tools():
                _menus(view, viewer, views)


def _tools() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap=14, key="tools", width="content", wrap=False)


def _menus(view: View, viewer: Viewer, views: list[SavedView]) -> None:
    changed_menu(view, viewer)
    views_menu(view, views, viewer.owner)
    group_menu(view)
    sort_menu(view)
    columns_menu(view)
    download_menu(view)


def _gone(rows: Rows) -> None:
    """The address names a collection that is not there: say so, and show no other in its place."""
    slug = rows.connection.slug
    st.warning(
        "This link is to a table that is not here: it was deleted, left out of the load, or belongs to another "
        "account.",
        icon=":material/visibility_off:",
    )
    st.button("Show what there is", on_click=change, args=(slug, rows.account, Query()))


def _computed(view: View, viewer: Viewer) -> None:
    """Say as of when values are that only a full load renews, where such a column is shown."""
    load = view.rows.load
    fields = [view.table.field(id) for id in view.columns]
    if load.full or load.full_at is None or not any(each and each.computed for each in fields):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="computed"):
        st.caption(f"Rollups, formulas and links between records are as of {clock(load.full_at)}.", width="content")
        own = not view.rows.source.borrowed
        if own and st.button("Reload everything", type="tertiary", disabled=only_look()):
            refresh(viewer, view.rows.connection, full=True)
