"""The filter bar; its values live in the page's address, so a copied address shows the same view."""

from __future__ import annotations

from datetime import date

import streamlit as st

from ..frames import Filters
from .data import Rows
from .words import plain

MOST = 20_000  # choices in one list; what is beyond can be typed


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
            columns = _several("More columns", f"{slug}_column", rows.properties(), "None", keep_unknown=False)
    return Filters(text or "", types, chosen_parents, chosen_owners, created_days, updated_days, columns)


def clear(slug: str) -> None:
    """Put every filter of a page back to its default; columns stay."""
    for name, empty in (("q", ""), ("type", []), ("parent", []), ("owner", []), ("updated", ()), ("created", ())):
        st.session_state[f"{slug}_{name}"] = empty


def _several(
    label: str, key: str, options: list[str], placeholder: str = "All", keep_unknown: bool = True
) -> tuple[str, ...]:
    """What is chosen of the options; a value that an address asks for stays chosen though no row has it."""
    known = set(options)
    asked = [value for value in st.query_params.get_all(key) if keep_unknown or value in known]
    chosen = st.multiselect(
        label, list(dict.fromkeys([*asked, *options[:MOST]])), key=key, bind="query-params", placeholder=placeholder,
        accept_new_options=len(options) > MOST,
    )  # fmt: skip
    if nowhere := [value for value in chosen if value not in known]:
        st.caption(f"No row has {' or '.join(f'“{plain(value)}”' for value in nowhere)}.")
    return tuple(chosen)


def _days(label: str, key: str) -> tuple[date | None, date | None]:
    """The first and last day, in any order; one day alone is a range of one."""
    days = sorted(
        st.date_input(
            label, value=[], min_value=date.min, max_value=date.max, key=key, bind="query-params", format="YYYY-MM-DD"
        )
    )
    return (days[0], days[-1]) if days else (None, None)
