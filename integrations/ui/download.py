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
    so_far = " The load goes on: these are the rows so far." if view.rows.load.active else ""
    if is_behind(view.rows.connection):
        so_far = " Newer data has come: the file has that."
    st.caption(f"{rows:,} {view.things} with these columns, in this order.{so_far}")


def download_url(view: View, raw: bool) -> str:
    """Returns the address of exactly this view as a file."""
    query = replace(view.query, columns=view.columns)
    pairs = [(ACCOUNT, view.rows.account), *run(service.pairs_of(query)), *([("raw", "1")] if raw else [])]
    return f"/download/{view.slug}?{urlencode(pairs)}"
