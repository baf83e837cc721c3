"""What has changed in each table since the viewer's last visit, on the Overview."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from .. import providers, service
from ..model import Connection, Viewer
from ..model.changes import Counts
from ..service import Health
from ..service.runtime import run
from .changed import in_words
from .query import ACCOUNT, SINCE
from .text import plain

LISTED = 10  # tables


@dataclass(frozen=True)
class Changed:
    """A table with changes, and how many they are."""

    connection: Connection
    title: str
    collection: str
    counts: Counts


def since_last_visit(viewer: Viewer, found: list[Health]) -> None:
    """Draw the tables that have changed, those with most changes first; nothing if none has."""
    lines = [each for health in found if health.shown for each in _of(viewer, health)]
    if not lines:
        return
    lines.sort(key=lambda each: -each.counts.total)
    with st.container(border=True, gap="xxsmall", key="since-last-visit"):
        st.header("Since your last visit", anchor=False)
        for each in lines[:LISTED]:
            _line(each)
        if len(lines) > LISTED:
            st.caption(f"and {len(lines) - LISTED} more tables")


def _of(viewer: Viewer, health: Health) -> list[Changed]:
    """Returns the tables of a connection with changes; a load that changed too many to name them is one line."""
    changes = run(service.changes_since(viewer, health.connection, "visit"))
    titles = run(service.collection_titles(viewer, health.connection)) if changes.counts else {}
    lines = [
        Changed(health.connection, titles.get(id, "Deleted table"), id, counts) for id, counts in changes.counts.items()
    ]
    return lines + ([Changed(health.connection, "", "", changes.uncounted)] if changes.uncounted.total else [])


def _line(changed: Changed) -> None:
    slug = changed.connection.slug
    names = [providers()[slug].title, plain(changed.title, 80)]
    params = {ACCOUNT: changed.connection.id, SINCE: "visit", **({"in": changed.collection} if changed.title else {})}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(f"pages/{slug}.py", label=" / ".join(filter(None, names)), query_params=params)
        st.caption(in_words(changed.counts), width="content")
