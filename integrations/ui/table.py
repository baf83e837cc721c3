"""The table: how many rows, the file, the rows themselves, and one of them in full."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from .. import frames
from ..frames import Filters
from .data import Rows
from .filters import clear
from .leave import leave_for
from .words import apart, plain

HEIGHT = 560


def table(rows: Rows, filters: Filters) -> None:
    """The rows that meet the filters, and what can be done with them."""
    narrowed = rows.narrowed(filters)
    _above(rows, filters, len(narrowed))
    if narrowed.empty:
        _no_match(rows.connection.slug)
        return
    selected = _show(rows, filters, narrowed)
    if selected is not None:
        _details(rows, selected)


def _above(rows: Rows, filters: Filters, shown: int) -> None:
    """Count and download, kept to the left: the table's own toolbar floats above its right edge."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{shown:,}** of {rows.table.num_rows:,} items", width="content")
        if frames.active(filters):
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=clear, args=(rows.connection.slug,))
        raw = st.session_state.get("raw", False)
        if st.button("Download CSV", icon=":material/download:", type="primary", disabled=not shown):
            leave_for(download_url(rows, filters, raw))
        st.toggle(
            "Raw values", key="raw",
            help="Leave what a spreadsheet would run (text or a line that starts with = + - @) as it is: "
            "for programs, not for spreadsheets.",
        )  # fmt: skip


def download_url(rows: Rows, filters: Filters, raw: bool) -> str:
    """The address of exactly this view as a file."""
    query = [("connection", rows.address), *frames.to_query(filters), *([("raw", "1")] if raw else [])]
    return f"/download/{rows.connection.slug}?{urlencode(query)}"


def _no_match(slug: str) -> None:
    with st.container(border=True):
        st.markdown("**Nothing matches these filters.** The items are still there.")
        st.button("Show everything", on_click=clear, args=(slug,))


def _show(rows: Rows, filters: Filters, narrowed: pd.DataFrame) -> int | None:
    """Returns the selected row's place in the loaded table.

    The grid's key holds what is shown: a selection is a position in these very rows.
    """
    view = _key(rows.name, filters)
    shown, window = (narrowed, "") if frames.fits(narrowed) else _window(view, rows, filters, narrowed)
    event = st.dataframe(
        shown, key=f"table {view}{window}", hide_index=True, height=min(HEIGHT, 38 + 35 * len(shown)),
        column_config=_columns(), placeholder="", alt="The items that match the filters", lazy=False,
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    chosen = event["selection"]["rows"]
    return int(shown.index[chosen[0]]) if chosen and chosen[0] < len(shown) else None


def _window(view: str, rows: Rows, filters: Filters, narrowed: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """One window of a table that is too large to send at once, and the name of it; sorted over all rows."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            "Sort all rows by", narrowed.columns, index=None, key=f"sort {view}", placeholder="Last update", width=240
        )
        down = st.toggle("Descending", key=f"descending {view}", disabled=column is None)
        ordered = rows.ordered(filters, column, down) if column else narrowed
        number = st.pagination(frames.windows(narrowed), key=f"window {_key(view, column, down)}")
    shown = frames.window(ordered, number)
    first = (number - 1) * frames.WINDOW_ROWS + 1
    st.caption(f"Rows {first:,} to {first + len(shown) - 1:,} of {len(narrowed):,}. Open a row for its texts in full.")
    return shown, f" {column} {down} {number}"


def _key(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "Name": config.TextColumn(width=250),
        "Type": config.TextColumn(width="small"),
        "Parent": config.TextColumn(width=120),
        "Updated": config.DatetimeColumn(format="distance", width=115),
        "Created": config.DatetimeColumn(format="D MMM YYYY", width=105),
        "Link": config.LinkColumn(display_text=":material/open_in_new:", width="small", help="Open it at the provider"),
    }


def _details(rows: Rows, row: int) -> None:
    """Everything about one item."""
    kind, item_id = frames.key(rows.table, row)
    item = frames.details(rows.table, kind, item_id)
    with st.container(border=True):
        st.subheader(plain(item["name"]), anchor=False)
        st.table(_facts(kind, item), border="horizontal")
        if item["url"] and item["url"].startswith(("https://", "http://")):
            st.link_button("Open at the provider", item["url"], icon=":material/open_in_new:")


def _facts(kind: str, item: dict[str, Any]) -> dict[str, str]:
    """What is known of an item, by names for the screen: a property called Type or Owner stands beside the item's."""
    labels = frames.column_labels(item["properties"])
    facts = {
        "Type": frames.type_label(kind),
        "Parent": item["parent_path_or_name"],
        "Owner": item["owner"],
        "Created": item["creation_time"],
        "Updated": item["last_modified_time"],
        **{labels[name]: value for name, value in item["properties"].items()},
    }
    told = {name: _words(value) for name, value in facts.items() if _has(value)}
    return dict(zip(apart(told), told.values(), strict=True))


def _has(value: Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def _words(value: Any) -> str:
    if isinstance(value, datetime):
        return plain(value.strftime("%-d %B %Y, %H:%M UTC"))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return plain(", ".join(str(each) for each in value), longest=500)
    return plain(str(value), longest=2_000)
