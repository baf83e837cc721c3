"""The menu of a chip: its editor, and other tests of which one is enough."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ..model import Query
from ..model.query import Condition
from .conditions import Chip, checks_of, field_of, free_group, put, put_part, words_of
from .editor import change_to, choose_field, editor, opened, remove
from .text import distinct, line, plain
from .view import View

ONE_MORE = "Or another column…"


def chip_editor(view: View, chip: Chip, name: str) -> None:
    """Draw what changes a chip; `name`: what the keys of its widgets hold."""
    parts = chip.alternatives or (chip,)
    with st.container(width=300, gap="xsmall"):
        at = _part(view, parts, name)
        if at is None or at == len(parts):
            _one_more(view, chip, name)
        else:
            _edit(view, chip, parts[at], f"{name} {at} ")
        with st.container(horizontal=True, gap="small"):
            if not chip.alternatives and at is not None and free_group(view.query):
                st.button("Or…", key=f"or {name}", type="tertiary", on_click=_ask_for_one_more, args=(name,),
                          help="Also show rows that meet a filter on another column")  # fmt: skip
            st.button("Remove filter", key=f"remove {name}", type="tertiary", on_click=remove, args=(view, chip))


def _ask_for_one_more(name: str) -> None:
    st.session_state[_key(name)] = True


def _key(name: str) -> str:
    return f"alternative of {name} {opened()}"


def _part(view: View, parts: Sequence[Chip], name: str) -> int | None:
    """Returns which alternative is edited; None, or one after the last, for a new one."""
    if len(parts) == 1:
        return None if st.session_state.get(_key(name)) else 0
    words = distinct([*(line(words_of(view.table, each)) for each in parts), ONE_MORE])
    return st.selectbox(
        "One of these is enough", range(len(words)), format_func=words.__getitem__, key=f"part of {name} {opened()}",
        filter_mode=None,
    )  # fmt: skip


def _one_more(view: View, chip: Chip, name: str) -> None:
    """Draw the editor of one more alternative, on a column that has none yet."""
    if not chip.alternatives:
        st.caption(f"{plain(words_of(view.table, chip))}, or:")
    field = choose_field(view, f"alternative {name}", {each.field for each in chip.conditions})

    def becomes(conditions: Sequence[Condition]) -> Query:
        return put_part(view.query, chip, None, conditions)

    if field:
        editor(view, field, becomes, key=f"or {name} ")


def _edit(view: View, chip: Chip, part: Chip, key: str) -> None:
    """Draw the editor of a chip, or of one of its alternatives."""

    def becomes(conditions: Sequence[Condition]) -> Query:
        whole = chip is part
        return put(view.query, chip, conditions) if whole else put_part(view.query, chip, part, conditions)

    field = field_of(view.table, part.field_id)
    if field and checks_of(field):
        editor(view, field, becomes, part, key)
    if chip.alternatives:
        st.button("Remove this alternative", key=f"remove part {key}", type="tertiary",
                  on_click=lambda: change_to(view, becomes(())))  # fmt: skip
