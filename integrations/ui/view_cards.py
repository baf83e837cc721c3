"""Saved views as cards on the Overview: each with its number and a small chart."""

from __future__ import annotations

import streamlit as st

from .. import providers, service
from ..model import Figure, SavedView
from ..service import Counted
from ..service.runtime import run
from .charts import sparkline
from .errors import explained
from .query import grouped
from .text import count, plain
from .view_actions import menus, pairs_of_view
from .viewer import still
from .views_menu import manage_view

AGAIN = 1.0  # seconds between two looks while figures are computed


def view_cards(owner: str, views: list[SavedView], own: bool = True) -> None:
    """Draw a card for each view; new figures draw the page again.

    `own`: they are the viewer's to change; others are left out where their table has no rows.
    """
    found = run(service.counted(still(owner), views))
    with st.grid(4, min_column_width=240, key="view-cards" if own else "view-cards-ready"):
        for each in views:
            figure = found[each.id].figure
            if own or figure is None or figure.all_rows:
                _card(owner, each, found[each.id], own)
    if any(each.counting for each in found.values()):
        st.fragment(run_every=AGAIN)(_watch)(owner, views, found)


@explained()
def _watch(owner: str, views: list[SavedView], drawn: dict[str, Counted]) -> None:
    if run(service.counted(still(owner), views)) != drawn:
        st.rerun()


def _card(owner: str, view: SavedView, found: Counted, own: bool) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
            params = grouped(pairs_of_view(view) if own else pairs_of_view(view)[:-1])
            st.page_link(f"pages/{view.slug}.py", label=f"**{plain(view.name, 80)}**", query_params=params)
            st.space("stretch")
            if own:
                _menu(owner, view)
        if found.figure:
            _figure(view, found.figure)
        if found.problem or found.counting:
            st.caption(found.problem or "Counting…")


def _menu(owner: str, view: SavedView) -> None:
    menu = f"menu of view {view.id} {menus()}"
    with st.popover(":material/more_vert:", key=menu, type="tertiary", on_change="rerun",
                    help=f"Change “{plain(view.name, 40)}”") as opened:  # fmt: skip
        if opened.open:
            with st.container(width=280, gap="xsmall"):
                manage_view(view, providers()[view.slug], owner, menu)


def _figure(view: SavedView, figure: Figure) -> None:
    title = plain(figure.title, 60) if figure.title != view.name else "Records"
    numbers = [plain(each) for each in figure.totals] or [f"{figure.rows:,}"]
    st.metric(f"{title} · {plain(figure.label, 40)}" if figure.totals else title, numbers[0])
    of = f"of {figure.all_rows:,}" if figure.rows != figure.all_rows else ""
    rows = f"{count(figure.rows, 'record')} {of}".strip() if figure.totals else of
    what = figure.by if figure.points else ""
    st.caption(" · ".join(filter(None, (*numbers[1:], rows, plain(what)))))
    if figure.points:
        alt = f"{view.name}: {figure.title} {what}"
        sparkline(figure.points, alt, bars=not figure.line, key=f"chart {view.id}")
