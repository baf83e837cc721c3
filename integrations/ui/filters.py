"""The filter bar: shows the query of the page's address, and writes it there when someone changes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import streamlit as st

from .. import frames
from ..frames import Unmet
from ..model.query import Condition, Operator, Query
from .query import change
from .rows import Rows
from .text import plain

MAX_CHOICES = 20_000  # in one list; what is beyond can be typed
LISTS = {"type": "Type", "parent": "Parent", "owner": "Owner"}
DATES = {"updated": "Updated between", "created": "Created between"}
FIELDS = {**LISTS, "created": "Created", "updated": "Updated", "in": "Table", "view": "This link"}
VIEW_GONE = "the filters of this link are no longer kept"
OPERATORS = {Operator.FROM: "from ", Operator.TO: "until "}


def filter_bar(rows: Rows, query: Query) -> None:
    """Draw the widgets of a query over these rows."""
    options = rows.options()
    types = list(dict.fromkeys(rows.table["type"].combine_chunks().dictionary.to_pylist()))
    with st.container(border=True):
        search, kinds, updated = st.columns([3, 3, 4])
        with search:
            _search(rows, query)
        with kinds:
            _choices(rows, query, "type", types, frames.type_label)
        with updated:
            _days(rows, query, "updated")
        parents, owners, more, created = st.columns([2, 2, 2, 4])
        with parents:
            _choices(rows, query, "parent", options["parents"])
        with owners:
            _choices(rows, query, "owner", options["owners"])
        with more:
            _columns(rows, query)
        with created:
            _days(rows, query, "created")
    for number, each in enumerate(frames.unmet(query, options)):
        _chip(rows, each, number)


def _chip(rows: Rows, found: Unmet, number: int) -> None:
    """Show a condition that no row can meet: what it is, why, and a way to remove it."""
    slug, condition = rows.connection.slug, found.condition
    edge = OPERATORS.get(condition.operator, "")
    what = f"{FIELDS.get(condition.field, plain(condition.field))}: {edge}“{plain(condition.value, longest=60)}”"
    reason = VIEW_GONE if condition.field == "view" else found.reason
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":orange-badge[{what}] No record can match: {reason}.", width="content")
        st.button(
            "Remove filter", key=f"remove {number} of {slug}", icon=":material/close:", type="tertiary",
            on_click=change, args=(slug, rows.account, found.without),
        )  # fmt: skip


def _search(rows: Rows, query: Query) -> None:
    key = _seeded(rows, "q", query.search)

    def changed() -> None:
        _change(rows, replace(query, search=st.session_state[key] or ""))

    st.text_input(
        "Search", key=key, placeholder="Anything in a row", icon=":material/search:", live=True, on_change=changed
    )


def _choices(
    rows: Rows, query: Query, field: str, options: Sequence[str], label_of: Callable[[str], str] = str
) -> None:
    """A list to choose from; a value that an address asks for stays chosen though no row has it."""
    asked = [each.value for each in query.conditions(field) if each.operator is Operator.IS]
    key = _seeded(rows, field, asked)

    def changed() -> None:
        others = [each for each in query.where if each.field != field or each.operator is not Operator.IS]
        chosen = [Condition(field, Operator.IS, value) for value in st.session_state[key]]
        _change(rows, replace(query, where=(*others, *chosen)))

    st.multiselect(
        LISTS[field], list(dict.fromkeys([*asked, *options[:MAX_CHOICES]])), key=key, placeholder="All",
        accept_new_options=len(options) > MAX_CHOICES, format_func=label_of, on_change=changed,
    )  # fmt: skip


def _columns(rows: Rows, query: Query) -> None:
    properties = rows.properties()
    known = set(properties)
    key = _seeded(rows, "show", [name for name in query.columns if name in known])

    def changed() -> None:
        _change(rows, replace(query, columns=tuple(st.session_state[key])))

    st.multiselect("Columns", properties, key=key, placeholder="Add columns", on_change=changed)
    if gone := [plain(name) for name in query.columns if name not in known]:
        st.caption(f"No longer here: {', '.join(gone)}.")


def _days(rows: Rows, query: Query, field: str) -> None:
    """The first and last day, in any order; one day alone is a range of one."""
    days = _span(query, field)
    key = _seeded(rows, field, days)

    def changed() -> None:
        chosen = sorted(day.isoformat() for day in st.session_state[key])
        operators = (Operator.IS,) if len(chosen) == 1 else (Operator.FROM, Operator.TO)
        span = [Condition(field, *each) for each in zip(operators, chosen, strict=False)]
        others = [each for each in query.where if each.field != field]
        _change(rows, replace(query, where=(*others, *span)))

    st.date_input(
        DATES[field], value=[], min_value=date.min, max_value=date.max, key=key, format="YYYY-MM-DD",
        on_change=changed,
    )  # fmt: skip


def _span(query: Query, field: str) -> tuple[date, ...]:
    """Returns the days that a query asks for as a date input shows them: none, one, or the first and the last."""
    found = {each.operator: day for each in query.conditions(field) if (day := frames.day_of(each.value))}
    if day := found.get(Operator.IS):
        return (day,)
    first, last = found.get(Operator.FROM), found.get(Operator.TO)
    return tuple(sorted((first or date.min, last or date.max))) if first or last else ()


def _change(rows: Rows, query: Query) -> None:
    change(rows.connection.slug, rows.account, query)


def _seeded(rows: Rows, name: str, value: object) -> str:
    """Returns the key of a widget, whose value is set from the address where the two differ."""
    key = f"{rows.connection.slug} {name}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key
