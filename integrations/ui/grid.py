"""The table itself: one window of rows; a click on a column's name sorts, a click on a cell opens the row."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from ..frames import WINDOW_ROWS
from ..model import Field, FieldType
from ..model.query import Sort
from .cells import as_buttons, column_config, name_config
from .layout import phone
from .names import digest
from .rows import dated
from .text import viewers_zone
from .view import View

ROW, HEADER = 30, 35  # pixels
FEW = 20  # rows; fewer get a grid of their own height
LARGEST_FIRST = (
    FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION, FieldType.RATING, FieldType.BOOLEAN,
    FieldType.DATE, FieldType.DATETIME, FieldType.DATE_RANGE, FieldType.IDENTIFIER,
)  # fmt: skip


def grid(view: View, window: int) -> None:
    """Draw one window (from 0 on) of the rows that meet the query."""
    frame = view.rows.window(view.table, view.query, view.columns, window, viewers_zone())
    name, *others = [field for id in view.columns if (field := view.table.field(id))]
    key = f"grid {digest(view.rows.name, dated(view.query), view.columns, window)}"  # else a position means another row
    few = len(frame) < FEW
    skip_target()
    with st.container(key="gridfew" if few else "grid", height="content" if few else 600, border=False):
        st.dataframe(
            frame.assign(**{name.label: as_buttons(frame[name.label])}), key=key, hide_index=True,
            height=HEADER + ROW * len(frame) if few else "stretch", row_height=ROW, placeholder="", lazy=False,
            column_config=_config(view, name, others, frame, key, window),
            on_select=partial(_selected, view, [name, *others], key, window),
            selection_mode=["single-cell", "single-column"], selection_default=_opened(view, name, window),
            alt=f"{view.things.capitalize()}: choose a cell for details, a column's name to sort",
        )  # fmt: skip


def skip_target() -> None:
    """Draw the place to which the link at the top of the page leads."""
    st.html('<div id="table" tabindex="-1"></div>')


def _config(view: View, name: Field, others: list[Field], frame: pd.DataFrame, key: str, window: int) -> dict[str, Any]:
    dark, zone, clicked = st.context.theme.type == "dark", viewers_zone(), f"name in {key}"
    label = name.label + _arrow(view, name)
    return {name.label: name_config(label, phone(), clicked, partial(_clicked, view, clicked, window))} | {
        each.label: column_config(each, frame[each.label], each.label + _arrow(view, each), dark=dark, zone=zone)
        for each in others
    }


def _arrow(view: View, field: Field) -> str:
    """Returns what shows that the rows are sorted by a column, and as which of several."""
    sort = view.query.sort
    place = next((place for place, each in enumerate(sort) if each.field == field.id), None)
    if place is None:
        return ""
    return (" ↓" if sort[place].descending else " ↑") + (str(place + 1) if len(sort) > 1 else "")


def _opened(view: View, name: Field, window: int) -> Any:
    """Returns the selection that marks the open row, if it is in this window."""
    if view.index is None or view.index // WINDOW_ROWS != window:
        return None
    return {"selection": {"rows": [], "columns": [], "cells": [[view.index % WINDOW_ROWS, name.label]]}}


def _clicked(view: View, key: str, window: int) -> None:
    """A click on a row's name."""
    if clicked := st.session_state[key]:
        view.open(view.name_of(window * WINDOW_ROWS + clicked["row"]))


def _selected(view: View, fields: list[Field], key: str, window: int) -> None:
    """A click on another cell, or on a column's name."""
    selection = st.session_state[key]["selection"]
    if selection["columns"]:
        field = next(each for each in fields if each.label == selection["columns"][0])
        view.go(sort=_next_sort(view.query.sort, field))
    elif selection["cells"]:
        view.open(view.name_of(window * WINDOW_ROWS + selection["cells"][0][0]))
    elif view.row:
        view.open("")


def _next_sort(sort: tuple[Sort, ...], field: Field) -> tuple[Sort, ...]:
    """Returns the order after a click on a column's name: one way, the other way, none."""
    first = Sort(field.id, descending=field.type in LARGEST_FIRST)
    second = Sort(field.id, not first.descending)
    return (second,) if sort == (first,) else () if sort == (second,) else (first,)
