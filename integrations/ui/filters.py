"""Search and filters: the query of the address as chips, each of which can be changed and removed."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from .. import frames
from ..frames import Unmet
from ..model.query import Condition, Operator
from .conditions import Chip, chips, field_of, operators_of, words_of
from .editor import editor, opened, remove
from .layout import phone
from .names import digest
from .query import without_filters
from .text import line, plain
from .view import View

NAMES = {"in": "Table", "view": "This link"}
VIEW_GONE = "the filters of this link are no longer kept"
OPERATORS = {Operator.FROM: "from ", Operator.TO: "until "}


def filter_bar(view: View) -> None:
    """Draw the search, the conditions of the query, and a menu that adds one."""
    unmet = frames.unmet(view.table, replace(view.query, collection=""))
    without_rows = {each.condition for each in unmet}
    with st.container(horizontal=True, vertical_alignment="center", gap=10, key="filters", wrap=not phone()):
        _search(view)
        for each in chips(view.query):
            if not without_rows.issuperset(each.conditions):
                _chip(view, each)
        _add(view)
        if view.query.narrows:
            clear_button(view, "Clear")
    for number, found in enumerate(unmet):
        _without_rows(view, found, number)


def clear_button(view: View, label: str) -> None:
    """Draw a button that shows every row of the collection."""
    st.button(label, key=f"clear {label}", type="tertiary", on_click=view.show, args=(without_filters(view.query),))


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


def _chip(view: View, chip: Chip) -> None:
    """A condition: its words open the editor, the cross removes it."""
    field, words = field_of(view.table, chip.field_id), plain(words_of(view.table, chip))
    name = digest(chip.field_id, chip.operator)
    with st.container(horizontal=True, gap=None, width="content", key=f"chip_{name}"):
        if field and operators_of(field):
            menu = st.popover(words, key=f"edit {name} {opened()}", on_change="rerun", width="content")
            if menu.open:
                with menu:
                    editor(view, field, chip)
        else:
            st.button(words, key=f"words {name}", disabled=True)
        st.button(
            ":material/close:", key=f"drop {name}", on_click=remove, args=(view, chip), help=f"Remove filter {words}"
        )


def _add(view: View) -> None:
    menu = st.popover("Filter", icon=":material/add:", key=f"add {opened()}", on_change="rerun", type="tertiary")
    if not menu.open:
        return
    fields = {each.id: each for each in view.table.fields if operators_of(each)}
    with menu, st.container(width=300, gap="xsmall"):
        id = st.selectbox(
            "Column", list(fields), index=None, placeholder="Choose a column", filter_mode="contains",
            format_func=lambda id: line(fields[id].label), key=f"filter column {view.query.collection} {opened()}",
            label_visibility="collapsed",
        )  # fmt: skip
        if id:
            editor(view, fields[id])


def _without_rows(view: View, found: Unmet, number: int) -> None:
    """Show a condition that no row can meet: what it is, why, and a way to remove it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        reason = VIEW_GONE if found.condition.field == "view" else found.reason
        st.markdown(f":orange-badge[{_words(view, found.condition)}] No record can match: {reason}.", width="content")
        st.button(
            "Remove filter", key=f"remove {number} of {view.slug}", icon=":material/close:", type="tertiary",
            on_click=view.show, args=(replace(found.without, collection=view.query.collection),),
        )  # fmt: skip


def _words(view: View, condition: Condition) -> str:
    field = field_of(view.table, condition.field)
    label = field.label if field else NAMES.get(condition.field, condition.field)
    return f"{plain(label)}: {OPERATORS.get(condition.operator, '')}“{plain(condition.value, longest=60)}”"
