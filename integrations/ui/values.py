"""The controls that take the value of a filter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from .. import frames
from ..model import Field, FieldType, periods
from ..model.query import Operator
from .conditions import DAYS, UNITS, Check, Chip, day_of, number_of, period_words
from .text import distinct, line
from .view import View

CHOSEN = (
    Check.IS,
    Check.NOT,
    Check.PERIOD,
)  # tests whose controls need a rerun while people choose: in no form
MANY = 200  # choices; the others are found by typing
ENDS = {Check.BETWEEN: ("From", "To"), Check.FROM: ("From",), Check.TO: ("To",)}
LAST, NEXT = "last", "next"  # so many days, beside the names of periods
Values = Callable[[], list[tuple[Operator, str]]]


def control(view: View, field: Field, test: Check, chip: Chip | None, key: str) -> Values:
    """Draw what takes the value of a test; returns what reads it. An empty one is no condition."""
    if test in (Check.IS, Check.NOT):
        return _choices(view, field, Operator(test), chip, key)
    if test is Check.PERIOD:
        return _period(chip, key)
    if test in ENDS:
        return _days(test, chip, key) if field.type in DAYS else _numbers(view, field, test, chip, key)
    if test in (Check.EMPTY, Check.FILLED):
        return lambda: [(Operator(test), "")]
    return _text(Operator(test), chip, key)


def _choices(view: View, field: Field, operator: Operator, chip: Chip | None, key: str) -> Values:
    """A list to choose from; what is chosen stays, though no row has it, or the search does not find it."""
    found = view.rows.choices(view.table, field.id, _find(view, field, key), MANY)
    labels = {each.value: f"{line(each.label)} · {each.count:,}" for each in found}
    asked = [each.value for each in chip.conditions] if chip and chip.test in (Check.IS, Check.NOT) else []
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
    if len(view.rows.choices(view.table, field.id, "", MANY)) < MANY:
        return ""
    return st.text_input("Find a value", type="search", live="250ms", key=f"find {key}", placeholder="Find a value",
                         label_visibility="collapsed") or ""  # fmt: skip


def _text(operator: Operator, chip: Chip | None, key: str) -> Values:
    asked = chip.conditions[0].value if chip and chip.test in (Check.HAS, Check.LACKS, Check.STARTS) else ""
    st.text_input("Text", asked, label_visibility="collapsed", placeholder="Text", key=f"text {key}")
    return lambda: [(operator, text)] if (text := str(st.session_state[f"text {key}"] or "")) else []


def _period(chip: Chip | None, key: str) -> Values:
    """One of the periods, or so many days."""
    asked = chip.value_of(Operator.PERIOD) if chip else ""
    counted = periods.days_counted(asked) or ("", 30)
    others = [asked] if asked and not counted[0] and asked not in periods.NAMES else []
    choices = [*others, *periods.NAMES, LAST, NEXT]
    first = counted[0] or asked
    chosen = st.selectbox(
        "Period", choices, index=choices.index(first) if first else None, format_func=_period_name, key=f"period {key}",
        placeholder="Choose a period", label_visibility="collapsed", filter_mode="contains",
    )  # fmt: skip
    if chosen in (LAST, NEXT):
        st.number_input("Days, with today", 1, periods.MOST_DAYS, counted[1], key=f"days {key}")

    def value() -> list[tuple[Operator, str]]:
        """Read when it is applied: a quick click comes before the choice has been drawn."""
        name = st.session_state[f"period {key}"]
        days = int(st.session_state.get(f"days {key}") or counted[1])
        name = periods.counted(name, days) if name in (LAST, NEXT) else name
        return [(Operator.PERIOD, name)] if name else []

    return value


def _period_name(name: str) -> str:
    if name in (LAST, NEXT):
        return f"The {name} … days"
    words = period_words(name).removeprefix("in ")
    return words[:1].upper() + words[1:]


def _days(test: Check, chip: Chip | None, key: str) -> Values:
    """The first and the last day, each open if it is not given."""
    asked = dict(zip(ENDS[Check.BETWEEN], chip.ends() if chip else ("", ""), strict=True))
    with st.container(horizontal=True, gap="xsmall"):
        for label in ENDS[test]:
            st.date_input(
                label, day_of(asked[label]), min_value=date.min, max_value=date.max, format="YYYY-MM-DD",
                key=f"{label} {key}",
            )  # fmt: skip

    def end(label: str) -> str:
        day = st.session_state.get(f"{label} {key}")
        return day.isoformat() if day else ""

    return lambda: _span(end("From"), end("To"))


def _numbers(view: View, field: Field, test: Check, chip: Chip | None, key: str) -> Values:
    """The smallest and the largest number, each open if it is not given, and the currency if there are several."""
    factor, unit = UNITS.get(field.type, (1, ""))
    asked = dict(zip(ENDS[Check.BETWEEN], chip.ends() if chip else ("", ""), strict=True))
    with st.container(horizontal=True, gap="xsmall"):
        for label in ENDS[test]:
            number = number_of(asked[label])
            st.number_input(
                f"{label} ({unit})" if unit else label, value=None if number is None else round(number / factor, 6),
                step=1.0, format="%.10g", key=f"{label} {key}",
            )  # fmt: skip
    currency = _currency(view, field, chip, key)

    def end(label: str) -> str:
        number = st.session_state.get(f"{label} {key}")
        return "" if number is None else f"{round(number * factor, 12):.15g}"

    return lambda: _span(end("From"), end("To")) + currency()


def _currency(view: View, field: Field, chip: Chip | None, key: str) -> Values:
    """A currency to choose, where amounts are in several: those in others are then left out."""
    found = view.rows.units(view.table, field.id) if field.type is FieldType.CURRENCY else []
    asked = chip.value_of(Operator.UNIT) if chip else ""
    if len(found) < 2 and not asked:
        return list
    labels = {"": "Any currency"} | {each.value: f"{line(each.label)} · {each.count:,}" for each in found}
    labels |= {} if asked in labels else {asked: line(asked)}
    st.selectbox(
        "Currency", list(labels), index=list(labels).index(asked), format_func=labels.__getitem__,
        key=f"currency {key}", filter_mode=None,
    )  # fmt: skip
    return lambda: [(Operator.UNIT, code)] if (code := st.session_state[f"currency {key}"]) else []


def _span(first: str, last: str) -> list[tuple[Operator, str]]:
    return [each for each in ((Operator.FROM, first), (Operator.TO, last)) if each[1]]
