"""The menu that groups the rows: by what, what of each group is shown, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from .. import frames
from ..frames import ADDED
from ..model import Field, FieldType
from ..model.query import Chart, Function, Grouping, Measure, Query, Step
from .conditions import DAYS
from .text import line
from .view import View

NOT_GROUPED = (FieldType.LONG_TEXT, FieldType.JSON)
COMPUTED = (
    FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION, FieldType.RATING,
)  # fmt: skip
STEPS = {
    Step.DAY: "Day", Step.WEEK: "Week", Step.MONTH: "Month", Step.QUARTER: "Quarter", Step.YEAR: "Year",
}  # fmt: skip
CHARTS = {
    Chart.AUTOMATIC: "Automatic", Chart.BAR: "Bars", Chart.LINE: "Line", Chart.STACKED: "Stacked bars",
}  # fmt: skip
WITHOUT_NUMBERS = (Function.COUNT, Function.DISTINCT)


def group_menu(view: View) -> None:
    """Draw the menu; what is chosen is written into the address."""
    menu = st.popover("Group", icon=":material/bar_chart:", key="group", on_change="rerun", type="tertiary")
    if menu.open:
        with menu, st.container(width=300, gap="xsmall"):
            _menu(view, view.query)


def without_groups(query: Query) -> Query:
    """Returns the query with its rows and nothing that groups them."""
    return replace(query, groups=(), measure=Measure(), chart=Chart.AUTOMATIC)


def numbers_in(view: View) -> dict[str, Field]:
    """Returns the fields that have numbers to compute with, by id."""
    return {each.id: each for each in view.table.fields if each.type in COMPUTED}


def choice(
    label: str, options: Sequence[Any], value: Any, words: Mapping[Any, str], key: str, change: Callable[[Any], None],
    **more: Any,
) -> None:  # fmt: skip
    """Draw a list whose value is that of the address; `change` is called with another one."""
    if st.session_state.get(key, "") != value:
        st.session_state[key] = value
    st.selectbox(
        label, options, key=key, format_func=lambda each: line(words[each], 60),
        on_change=lambda: change(st.session_state[key]), **more,
    )  # fmt: skip


def _menu(view: View, query: Query) -> None:
    fields = {each.id: each for each in view.table.fields if each.type not in NOT_GROUPED}
    _by(view, fields, 0, "Group by")
    if not query.groups:
        return
    _by(view, fields, 1, "Then by")
    _measure(view, query)
    charts = [each for each in CHARTS if each is not Chart.STACKED or _stacks(query)]
    value = query.chart if query.chart in charts else Chart.AUTOMATIC
    choice("Chart", charts, value, CHARTS, "group chart", lambda chart: view.go(chart=chart), filter_mode=None)
    st.button("Stop grouping", key="stop grouping", type="tertiary", on_click=view.show, args=(without_groups(query),))


def _stacks(query: Query) -> bool:
    return len(query.groups) > 1 and query.measure.function in ADDED


def _by(view: View, fields: Mapping[str, Field], place: int, label: str) -> None:
    """A field to group by, and for dates the length of the periods."""
    groups = view.query.groups
    now = groups[place] if place < len(groups) else None
    taken = {each.field for each in groups} - ({now.field} if now else set())
    names = {each.id: each.label for each in fields.values() if each.id not in taken}

    def put(grouping: Grouping | None) -> None:
        _put(view, place, grouping)

    def choose(id: str | None) -> None:
        put(Grouping(id, Step.MONTH if fields[id].type in DAYS else Step.WHOLE) if id else None)

    value = now.field if now and now.field in names else None
    choice(label, list(names), value, names, f"group {place}", choose, index=None, placeholder="Nothing",
           filter_mode="contains")  # fmt: skip
    if now and value and fields[value].type in DAYS:
        step = now.step or Step.DAY
        choice("Period", list(STEPS), step, STEPS, f"period {place}", lambda step: put(replace(now, step=step)),
               filter_mode=None)  # fmt: skip


def _put(view: View, place: int, grouping: Grouping | None) -> None:
    groups = list(view.query.groups)
    groups[place : place + 1] = [grouping] if grouping else []
    query = replace(view.query, groups=tuple(groups))
    if not groups:
        view.show(without_groups(query))
    else:
        fields = [view.table.field(each.field) for each in groups]
        view.show(view.with_zone(query) if any(each and each.type in DAYS for each in fields) else query)


def _measure(view: View, query: Query) -> None:
    numbers, function = numbers_in(view), query.measure.function
    functions = [each for each in Function if numbers or each in WITHOUT_NUMBERS]

    def compute(function: Function) -> None:
        view.go(measure=measure_of(view, function, query.measure.field))

    choice("Show", functions, function, frames.WORDS, "group function", compute, filter_mode=None)
    if function is Function.COUNT:
        return
    fields = {each.id: each for each in view.table.fields} if function is Function.DISTINCT else numbers
    names = {id: each.label for id, each in fields.items()}
    value = query.measure.field if query.measure.field in names else None
    choice("Of", list(names), value, names, "group measured", lambda id: view.go(measure=Measure(function, id)),
           filter_mode="contains")  # fmt: skip


def measure_of(view: View, function: Function, field: str) -> Measure:
    """Returns a measure of a field; of the first that it can be computed of, where it cannot be of this one."""
    if function is Function.COUNT:
        return Measure()
    fields = [each.id for each in view.table.fields] if function is Function.DISTINCT else list(numbers_in(view))
    return Measure(function, field if field in fields else fields[0])
