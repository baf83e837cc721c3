"""The download menu: exactly the rows and columns that the page shows, as a file."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from .. import service
from ..service.runtime import run
from .navigation import leave_for
from .query import ACCOUNT
from .reading import is_behind
from .view import View


def download_menu(view: View) -> None:
    """Draw the menu; a click in it starts the download, and the page stays."""
    menu = st.popover("Download", icon=":material/download:", key="download", on_change="rerun", type="tertiary")
    if menu.open:
        with menu, st.container(width=300, gap="xsmall"):
            _menu(view)


def _menu(view: View) -> None:
    raw = st.toggle(
        "Keep formulas (not for Excel)", key="raw", persist_state="session",
        help="Leave what a spreadsheet would run (text or a line that starts with = + - @) as it is: "
        "for programs, not for spreadsheets.",
    )  # fmt: skip
    rows = len(view.positions)
    if st.button("Download CSV", icon=":material/download:", type="primary", disabled=not rows, width="stretch"):
        leave_for(download_url(view, raw))
    if view.query.groups and st.button(
        "Download summary", icon=":material/download:", disabled=not rows, width="stretch",
        help="The groups above the table with their numbers, all of them.",
    ):  # fmt: skip
        leave_for(download_url(view, raw, summary=True))
    so_far = " The load goes on: these are the rows so far." if view.rows.load.active else ""
    if is_behind(view.rows.connection):
        so_far = " Newer data has come: the file has that."
    st.caption(f"{rows:,} {view.things} with these columns, in this order.{so_far}")


def download_url(view: View, raw: bool, summary: bool = False) -> str:
    """Returns the address of exactly this view, or of the summary of its groups, as a file."""
    query = replace(view.query, columns=view.columns)
    asked = [(name, "1") for name, wanted in (("raw", raw), ("summary", summary)) if wanted]
    pairs = [(ACCOUNT, view.rows.account), *run(service.pairs_of(query)), *asked]
    return f"/download/{view.slug}?{urlencode(pairs)}"
