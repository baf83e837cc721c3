"""The filter bar; its values live in the page's address, so a copied address shows the same view."""

from __future__ import annotations

from datetime import date

import streamlit as st

from ..frames import Filters
from .data import Rows

MOST = 2_000  # choices in one list; more would make the page slow


def filter_bar(rows: Rows) -> Filters:
    """What the person narrowed the table to."""
    slug, options = rows.connection.slug, rows.options()
    with st.container(border=True):
        search, kinds, updated = st.columns([3, 3, 4])
        with search:
            text = st.text_input(
                "Search", key=f"{slug}_q", bind="query-params", placeholder="Anything in a row",
                icon=":material/search:", live=True,
            )  # fmt: skip
        with kinds:
            types = _several("Type", f"{slug}_type", options["types"])
        with updated:
            updated_days = _days("Updated between", f"{slug}_updated")
        parents, owners, more, created = st.columns([2, 2, 2, 4])
        with parents:
            chosen_parents = _several("Parent", f"{slug}_parent", options["parents"])
        with owners:
            chosen_owners = _several("Owner", f"{slug}_owner", options["owners"])
        with created:
            created_days = _days("Created between", f"{slug}_created")
        with more:
            columns = _several("More columns", f"{slug}_column", rows.properties(), placeholder="None")
    return Filters(text or "", types, chosen_parents, chosen_owners, created_days, updated_days, columns)


def clear(slug: str) -> None:
    """Put every filter of a page back to its default; columns stay."""
    for name, empty in (("q", ""), ("type", []), ("parent", []), ("owner", []), ("updated", ()), ("created", ())):
        st.session_state[f"{slug}_{name}"] = empty


def _several(label: str, key: str, options: list[str], placeholder: str = "All") -> tuple[str, ...]:
    asked = [value for value in st.query_params.get_all(key) if value in options]
    listed = list(dict.fromkeys([*asked, *options[:MOST]]))
    return tuple(st.multiselect(label, listed, key=key, bind="query-params", placeholder=placeholder))


def _days(label: str, key: str) -> tuple[date | None, date | None]:
    """The first and last day, in any order; one day alone is a range of one."""
    days = sorted(st.date_input(label, value=[], key=key, bind="query-params", format="YYYY-MM-DD"))
    return (days[0], days[-1]) if days else (None, None)
