"""A table without rows: why, and what to do."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ..model import Query
from .conditions import chips, put, words_of
from .editor import change_to
from .filters import clear_button
from .text import count, plain
from .view import View


def no_match(view: View) -> None:
    """Say that no row meets the query, which part of it to drop, and how many rows that gives."""
    with st.container(border=True):
        if not view.query.narrows:
            st.markdown(
                f"**No {plain(view.things)} in {view.provider.title}.** New ones appear after the next refresh."
            )
            return
        st.markdown(f"**No {plain(view.things)} match.**")
        with st.container(horizontal=True):
            for number, (label, without) in enumerate(_alternatives(view)):
                left = len(view.rows.positions(view.table, without))
                if left:
                    st.button(
                        f"Drop {label} to see {count(left, plain(view.thing), plain(view.things))}",
                        key=f"drop {number} of {view.slug}", on_click=change_to, args=(view, without),
                    )  # fmt: skip
            clear_button(view, "Clear search and filters")


def _alternatives(view: View) -> list[tuple[str, Query]]:
    """Returns the query without each of its filters, with the name of the one left out."""
    found = [(f"“{plain(words_of(view.table, each), 60)}”", put(view.query, each, ())) for each in chips(view.query)]
    found += [("the search", replace(view.query, search=""))] if view.query.search.strip() else []
    return found if len(found) > 1 else []
