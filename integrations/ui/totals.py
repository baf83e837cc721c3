"""The line above the table: how many rows there are, what they come to, and which of them are shown."""

from __future__ import annotations

import streamlit as st

from .. import frames
from ..frames import WINDOW_ROWS, WORDS, number_words
from ..model import Field, FieldType
from ..model.query import Function, Measure
from .group_menu import choice, numbers_in
from .names import digest
from .rows import dated
from .text import plain
from .view import View

SUMMED = (FieldType.CURRENCY, FieldType.NUMBER)
WINDOW = "window"  # in the session state: which window is shown, of which rows
DOT = " &ensp;·&ensp; "
OFFERED = (Function.SUM, Function.AVERAGE, Function.MEDIAN, Function.MIN, Function.MAX)


def totals(view: View) -> int:
    """Draw the line; returns the window to show, from 0 on."""
    windows = frames.windows(len(view.positions))
    number = min(_current(view), windows - 1)
    with st.container(horizontal=True, vertical_alignment="center", gap=6, key="totals"):
        words = [_count(view), *_measures(view), *([_span(view, number)] if windows > 1 else [])]
        st.markdown(DOT.join(words), width="content")
        if windows > 1:
            _turn(view, number, -1, number > 0, ":material/chevron_left:", f"Previous {WINDOW_ROWS:,} rows")
            _turn(view, number, 1, number < windows - 1, ":material/chevron_right:", f"Next {WINDOW_ROWS:,} rows")
        _totals_menu(view)
    if view.gone:
        st.caption(f"No longer here: {', '.join(plain(each) for each in view.gone)}.")
    return number


def turn_to(view: View, index: int) -> None:
    """Show the window that has a row; `index`: which of the rows that meet the query."""
    st.session_state[WINDOW] = (_of(view), index // WINDOW_ROWS)


def _current(view: View) -> int:
    of, number = st.session_state.get(WINDOW, ("", 0))
    return int(number) if of == _of(view) else (view.index or 0) // WINDOW_ROWS


def _of(view: View) -> str:
    return digest(view.rows.name, dated(view.query))


def _turn(view: View, number: int, by: int, possible: bool, icon: str, help: str) -> None:
    def turn() -> None:
        turn_to(view, (number + by) * WINDOW_ROWS)

    st.button(icon, key=f"turn {by}", type="tertiary", disabled=not possible, on_click=turn, help=help)


def _count(view: View) -> str:
    shown, all_rows = len(view.positions), view.table.num_rows
    of = f"of {all_rows:,} {plain(view.things)}" if view.query.narrows else plain(view.things)
    return f"**{shown:,}** :gray[{of}]"


def _span(view: View, number: int) -> str:
    first, last = number * WINDOW_ROWS + 1, min((number + 1) * WINDOW_ROWS, len(view.positions))
    return f":gray[rows {first:,} – {last:,}]"


def _chosen(view: View) -> Measure | None:
    """Returns the measure of the address; without one, the sum of the first amount among the main columns."""
    numbers, asked = numbers_in(view), view.query.measure
    if asked.field in numbers and asked.function in OFFERED:
        return asked
    usual = (id for id in view.table.main_fields if id in numbers and numbers[id].type in SUMMED)
    return next((Measure(Function.SUM, id) for id in usual if not numbers[id].many), None)


def _measures(view: View) -> list[str]:
    """Returns the measure of all rows, for each currency; nothing where there is none."""
    measure = _chosen(view)
    if measure is None or not (found := view.rows.totals(view.table, view.query, measure)):
        return []
    field = numbers_in(view)[measure.field]
    label = "" if measure.function is Function.SUM else f"{WORDS[measure.function]} of "
    return [f":gray[{label}{plain(field.label, 40)}] **{' + '.join(_text(field, measure, *each) for each in found)}**"]


def _totals_menu(view: View) -> None:
    """A menu with the other measures, of any column with numbers."""
    numbers = numbers_in(view)
    if not numbers:
        return
    menu = st.popover("Totals", key="totals menu", on_change="rerun", type="tertiary")
    if menu.open:
        with menu, st.container(width=340, gap="xsmall"):
            _menu(view, _chosen(view) or Measure(Function.SUM, next(iter(numbers))))


def _menu(view: View, measure: Measure) -> None:
    numbers = numbers_in(view)
    names, field = {id: each.label for id, each in numbers.items()}, numbers[measure.field]
    choice("Total of", list(names), measure.field, names, "totals field",
           lambda id: view.go(measure=Measure(measure.function, id)), filter_mode="contains")  # fmt: skip
    choice("Show", OFFERED, measure.function, WORDS, "totals function",
           lambda function: view.go(measure=Measure(function, measure.field)), filter_mode=None)  # fmt: skip
    measures = [Measure(each, measure.field) for each in OFFERED]
    found = {each: view.rows.totals(view.table, view.query, each) for each in measures}
    texts = {each: ", ".join(_text(field, each, *pair) for pair in pairs) for each, pairs in found.items()}
    st.table({plain(WORDS[each.function]): text for each, text in texts.items()}, border="horizontal")


def _text(field: Field, measure: Measure, currency: str, number: float) -> str:
    return plain(f"{currency} {number_words(number, measure.function, field, currency)}".strip())
