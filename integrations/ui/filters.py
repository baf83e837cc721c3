"""Search and filters: the query of the address as chips, each of which can be changed and removed."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import streamlit as st

from .. import frames
from ..frames import Unmet
from ..model.query import Condition, Operator
from .alternatives import chip_editor
from .answers import ready_answers
from .conditions import Chip, checks_of, chips, field_of, period_words, put, words_of
from .editor import change_to, choose_field, editor, opened, remove
from .layout import phone
from .names import digest
from .query import without_filters
from .rows import dated
from .text import line, plain
from .undo import undo_button
from .view import View

NAMES = {"in": "Table", "view": "This link"}
VIEW_GONE = "the filters of this link are no longer kept"
OPERATORS = {Operator.FROM: "from ", Operator.TO: "until "}


def filter_bar(view: View) -> None:
    """Draw the search, the conditions of the query, and a menu that adds one."""
    unmet = view.rows.unmet(view.table, view.query)
    without_rows = {each.condition for each in unmet}
    with st.container(horizontal=True, vertical_alignment="center", gap=10, key="filters", wrap=not phone()):
        _search(view)
        for name, each in _named(chips(view.query)):
            if not without_rows.issuperset(each.conditions):
                _chip(view, each, name)
        _add(view)
        if view.query.narrows:
            clear_button(view, "Clear")
        undo_button(view)
        ready_answers(view)
    for number, found in enumerate(unmet):
        _without_rows(view, found, number)


def clear_button(view: View, label: str) -> None:
    """Draw a button that shows every row of the collection."""
    st.button(
        label, key=f"clear {label}", type="tertiary", on_click=change_to, args=(view, without_filters(view.query))
    )


def _search(view: View) -> None:
    key = f"{view.slug} q"
    if st.session_state.get(key) != view.query.search:
        st.session_state[key] = view.query.search

    def changed() -> None:
        if (text := st.session_state[key] or "") != view.query.search:
            view.go(search=text)

    st.text_input(
        "Search", type="search", live=True, key=key, placeholder=f"Search {line(view.things, 40)}",
        label_visibility="collapsed", width=150 if phone() else 230, on_change=changed,
    )  # fmt: skip


def _chip(view: View, chip: Chip, name: str) -> None:
    """A filter: its words open the editor, the cross removes it."""
    words = plain(words_of(view.table, chip))
    with st.container(horizontal=True, gap=None, width="content", key=f"chip_{name}"):
        if _editable(view, chip):
            menu = st.popover(words, key=f"edit {name} {opened()}", on_change="rerun", width="content",
                              help=_days(view, chip))  # fmt: skip
            if menu.open:
                with menu:
                    chip_editor(view, chip, name)
        else:
            st.button(words, key=f"words {name}", disabled=True)
        st.button(
            ":material/close:", key=f"drop {name}", on_click=remove, args=(view, chip), help=f"Remove filter {words}"
        )


def _editable(view: View, chip: Chip) -> bool:
    field = field_of(view.table, chip.field_id)
    return bool(chip.alternatives or (field and checks_of(field)))


def _days(view: View, chip: Chip) -> str | None:
    """Returns which days a period has today, and where; nothing for other chips."""
    if chip.operator is not Operator.PERIOD:
        return None
    days = period_words(dated(replace(view.query, where=chip.conditions)).where[0].value)
    return f"{plain(days)}, in the time zone {frames.zone_name(view.query.zone)}"


def _named(found: list[Chip]) -> list[tuple[str, Chip]]:
    """Returns the chips with a name for the keys of each, which stays when its values change."""
    seen: dict[str, Chip] = {}
    for each in found:
        parts = [each.group] if each.group else [each.field_id, each.operator]
        names = (digest(*parts, *([number] if number else [])) for number in count())
        seen[next(name for name in names if name not in seen)] = each
    return list(seen.items())


def _add(view: View) -> None:
    menu = st.popover("Filter", icon=":material/add:", key=f"add {opened()}", on_change="rerun", type="tertiary")
    if not menu.open:
        return
    with menu, st.container(width=300, gap="xsmall"):
        field = choose_field(view, "filter column")
        if field:
            editor(view, field, lambda conditions: put(view.query, None, conditions))


def _without_rows(view: View, found: Unmet, number: int) -> None:
    """Show a condition that no row can meet: what it is, why, and a way to remove it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        reason = VIEW_GONE if found.condition.field == "view" else found.reason
        st.markdown(f":orange-badge[{_words(view, found.condition)}] No record can match: {reason}.", width="content")
        st.button(
            "Remove filter", key=f"remove {number} of {view.slug}", icon=":material/close:", type="tertiary",
            on_click=change_to, args=(view, replace(view.query, where=found.without.where)),
        )  # fmt: skip


def _words(view: View, condition: Condition) -> str:
    field = field_of(view.table, condition.field)
    label = field.label if field else NAMES.get(condition.field, condition.field)
    return f"{plain(label)}: {OPERATORS.get(condition.operator, '')}“{plain(condition.value, longest=60)}”"
