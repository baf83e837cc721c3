"""The groups of the rows above the table: a chart for each currency, and their numbers in a table."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from .. import frames
from ..frames import ALL, NotGroupable, Summary
from .editor import change_to
from .group_chart import HIGHEST, group_chart
from .group_menu import without_groups
from .names import digest
from .text import line, plain
from .view import View

ROW, HEADER = 28, 30  # pixels
NO_CURRENCY = "no currency"


def summary(view: View) -> None:
    """Draw the groups that the address asks for, if it asks for any."""
    if not view.query.groups:
        return
    try:
        found = view.rows.summary(view.table, view.query)
    except NotGroupable as fault:
        _not_groupable(view, str(fault))
        return
    if found.rows:
        with st.container(border=True, key="groups"):
            _crossed(view, found) if found.columns else _listed(view, found)


def _not_groupable(view: View, why: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="not-groupable"):
        st.markdown(f":orange-badge[Not grouped] {plain(why)}", width="content")
        st.button("Stop grouping", key="drop groups", type="tertiary", on_click=view.show,
                  args=(without_groups(view.query),))  # fmt: skip


def _listed(view: View, found: Summary) -> None:
    """One field: the charts beside each other, then one table for all."""
    *charts, last = st.columns([*[1.2] * len(found.units), 0.9 + 0.4 * len(found.units)], gap="medium")
    for unit, place in enumerate(charts):
        with place:
            _chart(view, found, unit)
    frame, headings = pd.DataFrame({"0": _row_labels(found), "1": _counts(found)}), [found.fields[0].label, "Count"]
    for unit in range(len(found.units)) if found.measured else ():
        frame[str(unit + 2)] = [found.text(unit, row) for row in _rows(found)]
        headings.append(_heading(found, unit))
    with last:
        _table(view, found, frame, headings, 0, [None, *[-1] * (len(headings) - 1)])


def _crossed(view: View, found: Summary) -> None:
    """Two fields: for each currency the chart, and beside it the table of both."""
    places = st.tabs([line(each) or NO_CURRENCY for each in found.units]) if len(found.units) > 1 else [st.container()]
    for unit, place in enumerate(places):
        left, right = place.columns([1.2, 1.5], gap="medium")
        with left:
            _chart(view, found, unit)
        with right:
            _both(view, found, unit)


def _both(view: View, found: Summary, unit: int) -> None:
    columns = [*range(len(found.columns)), -1]
    texts = {str(column): [found.text(unit, row, column) for row in _rows(found)] for column in columns}
    headings = [found.fields[0].label, *(each.label for each in found.columns), ALL]
    _table(view, found, pd.DataFrame({"name": _row_labels(found)} | texts), headings, unit, [None, *columns])


def _rows(found: Summary) -> list[int]:
    return [*range(len(found.rows)), -1]


def _row_labels(found: Summary) -> list[str]:
    return [*(each.label for each in found.rows), ALL]


def _counts(found: Summary) -> list[str]:
    return [f"{found.counts[row, -1]:,}" for row in _rows(found)]


def _heading(found: Summary, unit: int) -> str:
    function = frames.WORDS[found.measure.function]
    code = found.units[unit] or (NO_CURRENCY if len(found.units) > 1 else "")
    return f"{function} {code}".strip()


def title_of(found: Summary, unit: int) -> str:
    """Returns what a chart shows: "Sum of Amount, EUR by Stage and Close date"."""
    code = found.units[unit] or (NO_CURRENCY if len(found.units) > 1 else "")
    by = " and ".join(each.label for each in found.fields)
    return f"{found.label}{f', {code}' if code else ''} by {by}"


def _chart(view: View, found: Summary, unit: int) -> None:
    title = title_of(found, unit)
    st.caption(plain(title))
    key = f"chart {unit} {digest(view.rows.name, view.query)}"
    group_chart(found, unit, view.query.chart, title, key, partial(_picked, view, found, unit, key))


def _picked(view: View, found: Summary, unit: int, key: str) -> None:
    """A click on a bar: show exactly its rows."""
    picked: list[dict[str, Any]] = st.session_state[key]["selection"].get("pick") or []
    if picked:
        _narrow(view, found, unit, int(picked[0]["row"]), int(picked[0]["column"]))


def _narrow(view: View, found: Summary, unit: int, row: int, column: int) -> None:
    conditions = found.conditions(unit, row, column)
    if conditions:
        change_to(view, frames.narrowed(view.table, view.query, conditions))


def _table(
    view: View, found: Summary, frame: pd.DataFrame, headings: list[str], unit: int, columns: list[int | None]
) -> None:
    key = f"summary {unit} {digest(view.rows.name, view.query)}"
    config = {
        name: st.column_config.TextColumn(heading, alignment="right" if number else None)
        for number, (name, heading) in enumerate(zip(frame.columns, headings, strict=True))
    }
    st.dataframe(
        frame, key=key, hide_index=True, row_height=ROW, height=min(HIGHEST + HEADER, HEADER + ROW * len(frame) + 2),
        column_config=config, placeholder="", lazy=False, selection_mode=["single-cell", "single-column"],
        on_select=partial(_chosen, view, found, unit, key, dict(zip(map(str, frame.columns), columns, strict=True))),
        alt=f"{title_of(found, unit)}: choose a cell to show its rows",
    )  # fmt: skip


def _chosen(view: View, found: Summary, unit: int, key: str, columns: dict[str, int | None]) -> None:
    """A click on a cell, or on the name of a column: show exactly its rows."""
    selection = st.session_state[key]["selection"]
    row, name = selection["cells"][0] if selection["cells"] else (-1, next(iter(selection["columns"]), ""))
    place = columns.get(name)
    row = -1 if row >= len(found.rows) else row
    of = unit if found.columns or place is None or name == "1" else int(name) - 2
    _narrow(view, found, of, row, -1 if place is None else place)
