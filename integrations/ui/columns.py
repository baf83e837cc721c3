"""The column picker: which fields are shown, in which order."""

from __future__ import annotations

import streamlit as st

from ..model import Field
from .text import line, plain
from .view import View

OFFERED = 40  # further fields that are listed at once; the search finds the others


def columns_menu(view: View) -> None:
    """Draw the menu; what is chosen is written into the address."""
    menu = st.popover("Columns", icon=":material/view_column:", key="columns", on_change="rerun", type="tertiary")
    if menu.open:
        with menu, st.container(width=320, gap="xxsmall", key="column-list"):
            _list(view)


def _list(view: View) -> None:
    text = st.text_input(
        "Find a column", type="search", live="250ms", key="find column", placeholder="Find a column",
        label_visibility="collapsed",
    )  # fmt: skip
    wanted = (text or "").strip().lower()
    fields = [each for each in view.table.fields if wanted in each.label.lower()]
    shown = [each for id in view.columns for each in fields if each.id == id]
    others = [each for each in fields if each.id not in view.columns]
    for each in shown:
        _shown(view, each)
    for each in others[:OFFERED]:
        _offered(view, each)
    if len(others) > OFFERED:
        st.caption(f"{len(others) - OFFERED:,} more: search for them by name.")
    if not fields:
        st.caption("No column has this name.")
    if view.columns != view.table.main_fields:
        st.button("Usual columns", type="tertiary", key="usual columns", on_click=view.choose_columns, args=((),))


def _shown(view: View, field: Field) -> None:
    """A column that is shown: to be left out, or moved; the name stays first."""
    ids, at = list(view.columns), view.columns.index(field.id)
    without = tuple(each for each in ids if each != field.id)
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", wrap=False):
        _tick(view, field, True, without)
        _move(view, field, at, at - 1, "up", ":material/arrow_upward:")
        _move(view, field, at, at + 1, "down", ":material/arrow_downward:")


def _offered(view: View, field: Field) -> None:
    _tick(view, field, False, (*view.columns, field.id))


def _tick(view: View, field: Field, ticked: bool, then: tuple[str, ...]) -> None:
    st.checkbox(
        plain(field.label), value=ticked, key=f"column {field.id} {view.columns}", disabled=field.id == "name",
        on_change=view.choose_columns, args=(then,), width="stretch",
    )  # fmt: skip


def _move(view: View, field: Field, at: int, to: int, way: str, icon: str) -> None:
    """A button that swaps a column with its neighbour."""
    ids = list(view.columns)
    possible = at > 0 and 0 < to < len(ids)
    if possible:
        ids[at], ids[to] = ids[to], ids[at]
    st.button(
        icon, key=f"move {field.id} {way}", type="tertiary", disabled=not possible,
        help=f"Move {plain(line(field.label, 40))} {way}", on_click=view.choose_columns, args=(tuple(ids),),
    )  # fmt: skip
