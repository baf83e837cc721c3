"""The editor of a filter: a test, its value, and a button that applies both at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from functools import partial

import streamlit as st

from .. import frames
from ..model import Field
from ..model.query import Condition, Operator
from .conditions import (
    DAYS,
    UNITS,
    WORDS,
    Chip,
    day_of,
    number_of,
    operators_of,
    put,
)
from .text import distinct, line
from .view import View

OPENED = "filters applied"  # in the session state: part of the menus' keys, so that applying closes them
LISTED = ("type", "parent", "owner")  # standard fields whose values are few, and chosen rather than typed
MANY = 200  # choices; the others are found by typing
Values = Callable[[], list[tuple[Operator, str]]]


def opened() -> int:
    """Returns what the keys of the menus hold, so that they close when a filter is applied."""
    return int(st.session_state.get(OPENED, 0))


def editor(view: View, field: Field, chip: Chip | None = None) -> None:
    """Draw the editor of a chip, or of a new filter on a field."""
    key, choices = f"{field.id} {chip.operator if chip else ''} {opened()}", operators_of(field)
    with st.container(width=300, gap="xsmall"):
        operator = st.selectbox(
            line(field.label), choices, index=_index(choices, chip, field), format_func=WORDS.__getitem__,
            key=f"test {key}", filter_mode=None, label_visibility="visible" if chip else "collapsed",
        )  # fmt: skip
        if operator is None:
            return
        listed = operator in (Operator.IS, Operator.NOT)
        with nullcontext() if listed else st.form(f"filter {key}", border=False):
            values = _control(view, field, operator, chip, f"{operator} {key}")
            apply = partial(_apply, view, field, chip, values)
            button = partial(st.button, key=f"apply {key}") if listed else st.form_submit_button
            button("Apply", type="primary", width="stretch", on_click=apply)
        if chip:
            st.button("Remove filter", key=f"remove {key}", type="tertiary", on_click=remove, args=(view, chip))


def remove(view: View, chip: Chip) -> None:
    """Show the rows without these conditions."""
    _close()
    view.show(put(view.query, chip, ()))


def _apply(view: View, field: Field, chip: Chip | None, values: Values) -> None:
    conditions = tuple(Condition(field.id, operator, value) for operator, value in values())
    _close()
    query = put(view.query, chip, conditions)
    view.show(view.with_zone(query) if conditions and field.type in DAYS else query)


def _close() -> None:
    st.session_state[OPENED] = opened() + 1


def _index(choices: list[Operator], chip: Chip | None, field: Field) -> int | None:
    if not choices:
        return None
    if chip is None:
        return choices.index(Operator.IS) if field.id in LISTED and Operator.IS in choices else 0
    span = Operator.FROM if chip.operator is Operator.IS and Operator.IS not in choices else chip.operator
    return choices.index(span) if span in choices else 0


def _control(view: View, field: Field, operator: Operator, chip: Chip | None, key: str) -> Values:
    """Draw what takes the value of a test; returns what reads it."""
    if operator in (Operator.IS, Operator.NOT):
        return _choices(view, field, operator, chip, key)
    if operator in (Operator.HAS, Operator.LACKS):
        return _text(operator, chip, key)
    if operator is Operator.FROM:
        return _days(chip, key) if field.type in DAYS else _numbers(field, chip, key)
    return lambda: [(operator, "")]


def _choices(view: View, field: Field, operator: Operator, chip: Chip | None, key: str) -> Values:
    """A list to choose from; what is chosen stays, though no row has it, or the search does not find it.

    It stands in no form, which would keep the choice to itself while people search for the next.
    """
    found = frames.choices(view.table, field.id, _find(view, field, key), MANY)
    labels = {each.value: f"{line(each.label)} · {each.count:,}" for each in found}
    asked = [each.value for each in chip.conditions] if chip else []
    chosen = st.session_state.get(f"values {key}", asked)
    labels |= {each: line(frames.label_of(view.table, field.id, each)) for each in chosen if each not in labels}
    named = dict(zip(labels, distinct(labels.values()), strict=True))
    st.session_state[f"values {key}"] = chosen  # stays, when the choices are others
    st.multiselect(
        "Values", list(named), format_func=named.__getitem__, key=f"values {key}", placeholder="Choose",
        label_visibility="collapsed", filter_mode="contains",
        wrap=False,  # a box that shrinks when it is left would move the button away from under the click
    )  # fmt: skip
    return lambda: [(operator, each) for each in st.session_state[f"values {key}"]]


def _find(view: View, field: Field, key: str) -> str:
    """Draw a search among more choices than a list takes."""
    if len(frames.choices(view.table, field.id, "", MANY)) < MANY:
        return ""
    return st.text_input("Find a value", type="search", live="250ms", key=f"find {key}", placeholder="Find a value",
                         label_visibility="collapsed") or ""  # fmt: skip


def _text(operator: Operator, chip: Chip | None, key: str) -> Values:
    asked = chip.conditions[0].value if chip else ""
    st.text_input("Text", asked, label_visibility="collapsed", placeholder="Text", key=f"text {key}")
    return lambda: [(operator, text)] if (text := str(st.session_state[f"text {key}"] or "")) else []


def _days(chip: Chip | None, key: str) -> Values:
    """The first and the last day, each open if it is not given."""

    def ends() -> tuple[str, str]:
        first, last = (day.isoformat() if (day := st.session_state[f"{each} {key}"]) else "" for each in ("from", "to"))
        return first, last

    asked = chip.ends() if chip else ("", "")
    with st.container(horizontal=True, gap="xsmall"):
        for label, name, value in (("From", "from", asked[0]), ("To", "to", asked[1])):
            st.date_input(
                label, day_of(value), min_value=date.min, max_value=date.max, format="YYYY-MM-DD", key=f"{name} {key}"
            )
    return lambda: _span(*ends())


def _numbers(field: Field, chip: Chip | None, key: str) -> Values:
    """The smallest and the largest number, each open if it is not given."""
    factor, unit = UNITS.get(field.type, (1, ""))

    def end(name: str) -> str:
        number = st.session_state[f"{name} {key}"]
        return "" if number is None else f"{round(number * factor, 12):.15g}"

    asked = chip.ends() if chip else ("", "")
    with st.container(horizontal=True, gap="xsmall"):
        for label, name, value in (("From", "from", asked[0]), ("To", "to", asked[1])):
            number = number_of(value)
            st.number_input(
                f"{label} ({unit})" if unit else label, value=None if number is None else round(number / factor, 6),
                step=1.0, format="%.10g", key=f"{name} {key}",
            )  # fmt: skip
    return lambda: _span(end("from"), end("to"))


def _span(first: str, last: str) -> list[tuple[Operator, str]]:
    return [each for each in ((Operator.FROM, first), (Operator.TO, last)) if each[1]]
