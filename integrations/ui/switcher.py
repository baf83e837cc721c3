"""The switcher of collections: which of them the page shows, with how many rows each has."""

from __future__ import annotations

import streamlit as st

from .. import service
from ..frames import EVERYTHING
from ..model import Query
from .layout import phone
from .names import digest
from .text import apart, distinct, line
from .view import View

SEGMENTS = 6  # collections beside each other; more are a list that can be searched


def switcher(view: View) -> None:
    """Draw the choice among the collections, everything last."""
    counts = {**view.rows.tables.counts, EVERYTHING: view.rows.tables.total}
    short = len(counts) - 1 <= SEGMENTS
    labels = _segments(view, counts) if short else _lines(view, counts)
    key = f"{view.slug} in {digest(labels)}"  # a closed list shows the words that it was made with
    if st.session_state.get(key) != view.table.collection.id:
        st.session_state[key] = view.table.collection.id
    named = dict(zip(counts, labels, strict=True))
    (_segmented if short else _list)(view, list(counts), named, key)


def _segmented(view: View, ids: list[str], labels: dict[str, str], key: str) -> None:
    with st.container(key="collections", width="stretch" if phone() else "content"):
        st.segmented_control(
            "Collection", ids, format_func=labels.__getitem__, key=key, required=True, label_visibility="collapsed",
            wrap=not phone(), on_change=lambda: _choose(view, st.session_state[key]),
        )  # fmt: skip


def _list(view: View, ids: list[str], labels: dict[str, str], key: str) -> None:
    st.selectbox(
        "Collection", ids, format_func=labels.__getitem__, key=key, filter_mode="contains", width=340,
        label_visibility="collapsed", on_change=lambda: _choose(view, st.session_state[key]),
    )  # fmt: skip
    if not phone():
        st.caption(f"{len(ids) - 1} collections", width="content")


def _choose(view: View, id: str) -> None:
    """Show another collection, without what was asked of this one.

    Streamlit also calls this when another view takes the switcher's place; nothing was chosen then.
    """
    if id != view.table.collection.id:
        view.show(Query(collection=id or service.ALL))


def _segments(view: View, counts: dict[str, int]) -> list[str]:
    labels = [service.title_of(view.provider, view.rows.tables, each) for each in counts]
    return [f"{name} :gray[{number:,}]" for name, number in zip(apart(labels, 60), counts.values(), strict=True)]


def _lines(view: View, counts: dict[str, int]) -> list[str]:
    grouped = [f"{line(each.group, 60)} / " if each.group else "" for each in view.rows.tables.collections] + [""]
    labels = [
        group + line(service.title_of(view.provider, view.rows.tables, each), 60)
        for group, each in zip(grouped, counts, strict=True)
    ]
    return distinct(f"{label} · {number:,}" for label, number in zip(labels, counts.values(), strict=True))
