"""Ready answers: questions that many ask, each one click away while nothing else is asked."""

from __future__ import annotations

import streamlit as st

from .. import service
from ..model.query import Operator, Query
from .conditions import DAYS
from .layout import phone
from .text import line, plain
from .view import View

OFFERED = 5
ICON = ":material/bolt:"


def ready_answers(view: View) -> None:
    """Draw the questions, those of the collection that is shown first; none once a question is asked."""
    query = view.query
    offered = [] if query.narrows or query.groups or view.rows.load.active else _offered(view)
    if not phone() or not offered:
        _buttons(view, offered)
        return
    menu = st.popover("Answers", icon=ICON, key="answers", on_change="rerun", type="tertiary")
    if menu.open:
        with menu:
            _buttons(view, offered)


def _buttons(view: View, offered: list[tuple[str, Query]]) -> None:
    for number, (title, answer) in enumerate(offered):
        st.button(
            plain(line(title, 40)), key=f"answer {number}", icon=ICON, type="tertiary", on_click=view.show,
            args=(_in_zone(view, answer),),
        )  # fmt: skip


def _offered(view: View) -> list[tuple[str, Query]]:
    """Returns the questions: of other collections too where they are the provider's own."""
    found, shown = service.answers_of(view.provider, view.rows.tables), view.table.collection
    if view.provider.answers:
        return sorted(found, key=lambda each: each[1].collection != shown.id)[:OFFERED]
    mine = [(title.removeprefix(f"{shown.label}: "), query) for title, query in found if query.collection == shown.id]
    return mine[:OFFERED]


def _in_zone(view: View, query: Query) -> Query:
    """Returns the query with the zone that its days are read in, if it asks for any."""
    table = view.rows.tables.open(query.collection)
    fields = [table.field(each.field) for each in query.groups]
    by_day = any(each.operator is Operator.PERIOD for each in query.where) or any(
        each and each.type in DAYS for each in fields
    )
    return view.with_zone(query) if by_day else query
