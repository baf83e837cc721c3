"""The editor of a filter: a test, its value, and a button that applies both at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from functools import partial

import streamlit as st

from .. import frames
from ..model import Field, Query
from ..model.query import Condition
from .conditions import DAYS, Check, Chip, check_words, checks_of, put
from .text import line, viewers_zone
from .undo import narrow
from .values import CHOSEN, Values, control
from .view import View

OPENED = "filters applied"  # in the session state: part of the menus' keys, so that applying closes them
LISTED = ("type", "parent", "owner")  # standard fields whose values are few, and chosen rather than typed
Becomes = Callable[[Sequence[Condition]], Query]


def opened() -> int:
    """Returns what the keys of the menus hold, so that they close when a filter is applied."""
    return int(st.session_state.get(OPENED, 0))


def choose_field(view: View, key: str, without: Collection[str] = ()) -> Field | None:
    """Draw a list of the fields that can be filtered; returns the chosen one."""
    fields = {each.id: each for each in view.table.fields if checks_of(each) and each.id not in without}
    id = st.selectbox(
        "Column", list(fields), index=None, placeholder="Choose a column", filter_mode="contains",
        format_func=lambda id: line(fields[id].label), key=f"{key} {view.query.collection} {opened()}",
        label_visibility="collapsed",
    )  # fmt: skip
    return fields[id] if id else None


def editor(view: View, field: Field, becomes: Becomes, chip: Chip | None = None, key: str = "") -> None:
    """Draw the editor of a chip, or of a new filter on a field.

    `becomes`: returns the query that these conditions make; none removes them. `key`: tells two editors of the same
    field and operator apart.
    """
    key, choices = f"{field.id} {chip.operator if chip else ''} {key}{opened()}", checks_of(field)
    with st.container(width=300, gap="xsmall"):
        test = st.selectbox(
            line(field.label), choices, index=_index(choices, chip, field), format_func=partial(check_words, field),
            key=f"test {key}", filter_mode=None, label_visibility="visible" if chip else "collapsed",
        )  # fmt: skip
        if test is None:
            return
        with nullcontext() if test in CHOSEN else st.form(f"filter {key}", border=False):
            values = control(view, field, test, chip, f"{test} {key}")
            apply = partial(_apply, view, field, becomes, values)
            button = partial(st.button, key=f"apply {key}") if test in CHOSEN else st.form_submit_button
            button("Apply", type="primary", width="stretch", on_click=apply)
        if field.type in DAYS and test not in (Check.EMPTY, Check.FILLED):
            zone = frames.zone_name(view.query.zone or viewers_zone())
            st.caption(f"Days are those of {zone}; weeks start on Monday.")


def remove(view: View, chip: Chip) -> None:
    """Show the rows without these conditions."""
    change_to(view, put(view.query, chip, ()))


def change_to(view: View, query: Query) -> None:
    """Show what another narrowing leaves; the menus close."""
    st.session_state[OPENED] = opened() + 1
    narrow(view, query)


def _apply(view: View, field: Field, becomes: Becomes, values: Values) -> None:
    conditions = [Condition(field.id, operator, value) for operator, value in values()]
    query = becomes(conditions)
    change_to(view, view.with_zone(query) if conditions and field.type in DAYS else query)


def _index(choices: list[Check], chip: Chip | None, field: Field) -> int | None:
    if not choices:
        return None
    if chip is None:
        return choices.index(Check.IS) if field.id in LISTED and Check.IS in choices else 0
    test = Check.BETWEEN if chip.test is Check.IS and Check.IS not in choices else chip.test
    return choices.index(test) if test in choices else 0
