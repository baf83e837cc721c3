"""A source's table: which collection, what of it, the grid, and the open row beside it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from .. import service
from ..model import Provider, Query, Viewer
from ..service.runtime import run
from .availability import only_look
from .columns import columns_menu
from .details import details
from .download import download_menu
from .filters import filter_bar
from .grid import grid
from .group_menu import group_menu
from .layout import phone
from .no_match import no_match
from .query import change, current
from .rows import Rows
from .sort_menu import sort_menu
from .summary import summary
from .switcher import switcher
from .text import clock
from .totals import totals
from .view import View, view_of


def table(provider: Provider, viewer: Viewer, rows: Rows) -> None:
    """Draw what the address asks for of these rows."""
    if rows.tables.total == 0:
        with st.container(border=True):
            st.markdown(f"**There is nothing here yet.** {provider.if_empty}")
        return
    view = view_of(provider, rows, current(provider.slug))
    if view is None:
        _gone(rows)
        return
    _toolbar(view)
    filter_bar(view)
    if phone():
        with _tools():
            _menus(view)
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
        details(view, viewer.owner)


def _toolbar(view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap=14):
        switcher(view)
        if not phone():
            st.space("stretch")
            with _tools():
                _menus(view)


def _tools() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap=14, key="tools", width="content", wrap=False)


def _menus(view: View) -> None:
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
            run(service.refresh(viewer, view.rows.connection, full=True))
            st.rerun()
