"""The menu that sorts by several columns."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ..model import Field
from ..model.query import Sort
from .grid import LARGEST_FIRST
from .text import line, plain
from .view import View


def sort_menu(view: View) -> None:
    """Draw the menu; what is chosen is written into the address."""
    menu = st.popover("Sort", icon=":material/swap_vert:", key="sort", on_change="rerun", type="tertiary")
    if menu.open:
        with menu, st.container(width=340, gap="xxsmall", key="sort-list"):
            _menu(view, view.query.sort)


def _menu(view: View, sort: tuple[Sort, ...]) -> None:
    for place, each in enumerate(sort):
        _line(view, sort, place, view.table.field(each.field))
    _add(view, sort)
    if sort:
        st.button("Usual order", key="usual order", type="tertiary", on_click=view.go, kwargs={"sort": ()})


def _line(view: View, sort: tuple[Sort, ...], place: int, field: Field | None) -> None:
    """A column that the rows are sorted by: the other way, before the one above it, or no longer."""
    name = plain(line(field.label if field else sort[place].field, 40))
    one, rest = sort[place], sort[:place] + sort[place + 1 :]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        st.markdown(f"{'Then by' if place else 'By'} **{name}**", width="stretch")
        turned = (*sort[:place], replace(one, descending=not one.descending), *sort[place + 1 :])
        _button(view, f"turn {place}", _arrow(one), f"{_words(one)}: turn the order of {name}", turned)
        earlier = (*rest[: place - 1], one, *rest[place - 1 :]) if place else None
        _button(view, f"earlier {place}", ":material/move_up:", f"Sort by {name} earlier", earlier)
        _button(view, f"unsort {place}", ":material/close:", f"Stop sorting by {name}", rest)


def _arrow(sort: Sort) -> str:
    return ":material/arrow_downward:" if sort.descending else ":material/arrow_upward:"


def _words(sort: Sort) -> str:
    return "Descending" if sort.descending else "Ascending"


def _button(view: View, key: str, icon: str, help: str, then: tuple[Sort, ...] | None) -> None:
    st.button(
        icon, key=f"sort {key}", type="tertiary", help=help, disabled=then is None, on_click=view.go,
        kwargs={"sort": then},
    )  # fmt: skip


def _add(view: View, sort: tuple[Sort, ...]) -> None:
    fields = {each.id: each for each in view.table.fields if all(each.id != one.field for one in sort)}
    key = f"sort by {sort}"

    def add() -> None:
        field = fields[st.session_state[key]]
        view.go(sort=(*sort, Sort(field.id, field.type in LARGEST_FIRST)))

    st.selectbox(
        "Sort by", list(fields), index=None, placeholder="Add a column" if sort else "Choose a column", key=key,
        format_func=lambda id: line(fields[id].label, 60), label_visibility="collapsed", filter_mode="contains",
        on_change=add,
    )  # fmt: skip
