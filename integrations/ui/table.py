"""The table: how many rows, the file, the rows themselves, and one of them in full."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from .. import frames, service
from ..model import Provider, Query
from ..model.query import Sort
from ..service.runtime import run
from .navigation import leave_for
from .query import ACCOUNT, change, without_filters
from .rows import Rows
from .text import apart, count, plain

HEIGHT = 560


def table(provider: Provider, rows: Rows, query: Query) -> None:
    """Draw the rows that meet the query, and what can be done with them."""
    narrowed = rows.narrowed(query)
    _above(rows, query, len(narrowed))
    if narrowed.empty:
        _no_match(rows, query)
        return
    selected = _show(rows, query, narrowed)
    if selected is not None:
        _details(provider, rows, selected)


def _above(rows: Rows, query: Query, shown: int) -> None:
    """Draw count and download, kept to the left: the table's own toolbar floats above its right edge."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{shown:,}** of {rows.table.num_rows:,} records", width="content")
        if query.narrows or query.collection:
            _clear_button(rows, query, "Clear filters", ":material/filter_alt_off:")
        raw = st.session_state.get("raw", False)
        if st.button("Download CSV", icon=":material/download:", type="primary", disabled=not shown):
            leave_for(download_url(rows, query, raw))
        st.toggle(
            "Keep formulas (not for Excel)", key="raw",
            help="Leave what a spreadsheet would run (text or a line that starts with = + - @) as it is: "
            "for programs, not for spreadsheets.",
        )  # fmt: skip


def _clear_button(rows: Rows, query: Query, label: str, icon: str | None = None) -> None:
    everything = (rows.connection.slug, rows.account, without_filters(query))
    st.button(label, icon=icon, on_click=change, args=everything)


def download_url(rows: Rows, query: Query, raw: bool) -> str:
    """Returns the address of exactly this view as a file."""
    pairs = [(ACCOUNT, rows.account), *run(service.pairs_of(query)), *([("raw", "1")] if raw else [])]
    return f"/download/{rows.connection.slug}?{urlencode(pairs)}"


def _no_match(rows: Rows, query: Query) -> None:
    """Say which part of the query to drop, and how many rows that gives."""
    with st.container(border=True):
        st.markdown("**No records match.**")
        with st.container(horizontal=True):
            for number, (label, without) in enumerate(_alternatives(query)):
                left = len(rows.narrowed(without))
                if left:
                    st.button(
                        f"Drop {label} · {count(left, 'record')}", key=f"drop {number} of {rows.connection.slug}",
                        on_click=change, args=(rows.connection.slug, rows.account, without),
                    )  # fmt: skip
            _clear_button(rows, query, "Show everything")


def _alternatives(query: Query) -> list[tuple[str, Query]]:
    """Returns the query without each of its filters, with the name of the one left out."""
    fields = list(dict.fromkeys(each.field for each in query.where))
    names = {field: plain(field.replace("_", " ")) for field in fields}
    found = [(f"“{names[f]}”", replace(query, where=tuple(c for c in query.where if c.field != f))) for f in fields]
    found += [("the search", replace(query, search=""))] if query.search.strip() else []
    return found if len(found) > 1 else []


def _show(rows: Rows, query: Query, narrowed: pd.DataFrame) -> int | None:
    """Returns the selected row's place in the loaded table.

    The grid's key holds what is shown: a selection is a position in these very rows.
    """
    view = _key(rows.name, query)
    shown, window = (narrowed, "") if frames.fits(narrowed) else _window(view, rows, query, narrowed)
    event = st.dataframe(
        shown, key=f"table {view}{window}", hide_index=True, height=min(HEIGHT, 38 + 35 * len(shown)),
        column_config=_columns(), placeholder="", alt="The records that match the filters", lazy=False,
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    chosen = event["selection"]["rows"]
    return int(shown.index[chosen[0]]) if chosen and chosen[0] < len(shown) else None


def _window(view: str, rows: Rows, query: Query, narrowed: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Returns one window of a table that is too large to send at once, and its name; sorted over all rows."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _sort(rows, query, narrowed)
        number = st.pagination(frames.windows(narrowed), key=f"window {view}")
    shown = frames.window(narrowed, number)
    first = (number - 1) * frames.WINDOW_ROWS + 1
    st.caption(f"Rows {first:,} to {first + len(shown) - 1:,} of {len(narrowed):,}. Open a row for its texts in full.")
    return shown, f" {number}"


def _sort(rows: Rows, query: Query, narrowed: pd.DataFrame) -> None:
    """Choose the column to sort all rows by; part of the query, so that the file has the same order."""
    slug, names = rows.connection.slug, frames.column_labels(query.columns)
    fields = {label: frames.sort_field(label, names) for label in narrowed}
    by, down = f"sort of {slug}", f"descending of {slug}"
    now = query.sort[0] if query.sort else None
    st.session_state[by] = next((label for label, field in fields.items() if now and field == now.field), None)
    st.session_state[down] = bool(now and now.descending)

    def changed() -> None:
        label = st.session_state[by]
        sort = (Sort(fields[label], st.session_state[down]),) if label else ()
        change(slug, rows.account, replace(query, sort=sort))

    st.selectbox(
        "Sort all rows by", list(fields), index=None, key=by, placeholder="Last update", width=240, on_change=changed
    )
    st.toggle("Descending", key=down, disabled=now is None, on_change=changed)


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


def _details(provider: Provider, rows: Rows, row: int) -> None:
    """Draw everything about one item."""
    item_type, item_id = frames.key(rows.table, row)
    item = frames.details(rows.table, item_type, item_id)
    with st.container(border=True):
        st.subheader(plain(item["name"]), anchor=False)
        st.table(_facts(item_type, item), border="horizontal")
        if item["url"] and item["url"].startswith(("https://", "http://")):
            st.link_button(f"Open in {provider.title}", item["url"], icon=":material/open_in_new:")


def _facts(item_type: str, item: dict[str, Any]) -> dict[str, str]:
    """Returns what is known of an item; a property called Type or Owner stands beside the item's own."""
    labels = frames.column_labels(item["properties"])
    facts = {
        "Type": frames.type_label(item_type),
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
