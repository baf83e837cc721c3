"""The line above the table: how many rows there are, what they come to, and which of them are shown."""

from __future__ import annotations

import streamlit as st

from .. import frames
from ..frames import WINDOW_ROWS
from ..model import Field, FieldType
from .names import digest
from .rows import dated
from .text import plain
from .view import View

SUMMED = (FieldType.CURRENCY, FieldType.NUMBER)
WINDOW = "window"  # in the session state: which window is shown, of which rows
DOT = " &ensp;·&ensp; "


def totals(view: View) -> int:
    """Draw the line; returns the window to show, from 0 on."""
    windows = frames.windows(len(view.positions))
    number = min(_current(view), windows - 1)
    with st.container(horizontal=True, vertical_alignment="center", gap=6, key="totals"):
        words = [_count(view), *_sums(view), *([_span(view, number)] if windows > 1 else [])]
        st.markdown(DOT.join(words), width="content")
        if windows > 1:
            _turn(view, number, -1, number > 0, ":material/chevron_left:", f"Previous {WINDOW_ROWS:,} rows")
            _turn(view, number, 1, number < windows - 1, ":material/chevron_right:", f"Next {WINDOW_ROWS:,} rows")
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


def _sums(view: View) -> list[str]:
    """Returns the sum of the first amount among the main columns, for each currency."""
    fields = [view.table.field(id) for id in view.table.main_fields]
    field = next((each for each in fields if each and each.type in SUMMED and not each.many), None)
    sums = view.rows.total(view.table, view.query, field.id) if field else []
    if field is None or not sums:
        return []
    return [f":gray[{plain(field.label, 40)}] **{' + '.join(_amount(field, *each) for each in sums)}**"]


def _amount(field: Field, currency: str, number: float) -> str:
    digits = 0 if field.type is FieldType.CURRENCY or number == int(number) else min(field.precision or 2, 2)
    return plain(f"{currency} {number:,.{digits}f}".strip())
