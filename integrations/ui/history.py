"""The history of a row: what loads have found changed in it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from .. import service
from ..frames import changes as changes_of
from ..model import Viewer
from ..model.changes import What
from ..service.runtime import run
from .rows import labels_of
from .text import apart, clock, plain, viewers_zone
from .view import View

MOST_LINES = 20
LONGEST = 200  # characters of a value
WORDS = {What.NEW: "New", What.CHANGED: "Changed", What.REMOVED: "Removed"}
NOTHING = "–"


def history(view: View, viewer: Viewer, collection: str, item_id: str) -> None:
    """Draw what has changed in a row, the latest first."""
    found = run(service.history(viewer, view.rows.connection, collection, item_id))
    st.caption("History")
    if found is None:
        st.caption("Changes that later loads find are listed here.")
        return
    lines = changes_of.lines(found.found, labels_of(view.rows, [collection]), viewers_zone())
    for at, group in lines.head(MOST_LINES).groupby("at", sort=False):
        _of_a_load(at, group)
    left = len(lines) - MOST_LINES
    more = f"{left:,} more before that. " if left > 0 else "" if len(lines) else "No changes found. "
    st.caption(f"{more}Kept since {clock(found.since)}.")


def _of_a_load(at: pd.Timestamp, lines: pd.DataFrame) -> None:
    bare = lines[lines["field"].isna()]
    for what in bare["what"]:
        st.markdown(f"{WORDS[What(what)]} :gray[· {clock(at.to_pydatetime())}]")
    named = lines[lines["field"].notna()]
    if len(named):
        st.caption(clock(at.to_pydatetime()))
        words = [_words(*each) for each in zip(named["before"], named["after"], strict=True)]
        st.table(dict(zip(apart(named["field"]), words, strict=True)), border="horizontal")


def _words(before: object, after: object) -> str:
    texts = (plain(each, LONGEST) if isinstance(each, str) and each else NOTHING for each in (before, after))
    return " → ".join(texts)
