"""What has changed in a source: a menu that asks for it, and the table of changes in place of the records."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from .. import service
from ..frames.windowing import ROWS as WINDOW_ROWS
from ..frames.windowing import windows
from ..model import Viewer
from ..model.changes import Counts, Since, What, total
from ..service import Changes
from ..service.runtime import run
from .changed_grid import changed_grid
from .details import details
from .grid import skip_target
from .names import digest
from .text import clock, deletions_unknown, listed, plain, viewers_zone
from .view import View

VISIT, LOAD = "visit", "load"
CHOICES = {VISIT: "Last visit", LOAD: "Last load", "day": "A day"}
SOME_DAYS = timedelta(days=7)  # before today: the day that is offered first
FIRST_DAY = date(2000, 1, 1)  # that the calendar offers
MENU = "changed menu"
ALL = ""
WORDS = {ALL: "All", What.NEW: "New", What.CHANGED: "Changed", What.REMOVED: "Removed"}


def changed_menu(view: View, viewer: Viewer) -> None:
    """Draw the menu beside the table's other menus; its label says how many rows have changed since the last visit."""
    counts = run(service.changed_counts(viewer, view.rows.connection))
    label = f"{counts.total:,} changed" if counts.total else "Changed"
    menu = st.popover(label, icon=":material/difference:", key=MENU, on_change="rerun", type="tertiary")
    if not menu.open:
        return
    with menu, st.container(width=300, gap="xsmall"):
        st.caption(in_words(counts) + " since your last visit" if counts.total else "Nothing since your last visit")
        for since, label in ((VISIT, "Since your last visit"), (LOAD, "With the last load")):
            st.button(label, key=f"since {since}", width="stretch", on_click=_show, args=(view, since))
        _day(view, None)


def changed_view(view: View, viewer: Viewer) -> None:
    """Draw what has changed since the time that the address names, with the open row beside it."""
    asked = since_of(view.since)
    with st.container(horizontal=True, vertical_alignment="center", gap=14, key="changes"):
        back = f"All {plain(view.things)}"
        st.button(back, icon=":material/arrow_back:", key="leave changes", type="tertiary", on_click=view.go)
        _choices(view, asked)
    skip_target()
    if asked is None:
        st.warning(
            f"This link asks for changes since “{plain(view.since, 40)}”, which is no day. Choose one above.",
            icon=":material/event_busy:",
        )
        return
    found = run(service.changes_since(viewer, view.rows.connection, asked, viewers_zone()))
    kind, collection = _narrowed(view, found)
    lines = view.rows.lines(found, viewers_zone())
    lines = lines[lines["what"].eq(kind) | (kind == ALL)]
    lines = lines[lines["collection"].eq(collection) | (collection == ALL)]
    _told(view, found, asked)
    if len(lines):
        _table(view, viewer, found, lines)
    else:
        _nothing(view, found)


def _show(view: View, since: str) -> None:
    st.session_state[MENU] = False
    view.show_changes(since)


def since_of(text: str) -> Since | None:
    """Returns what an address asks for; None if it is no day."""
    named: dict[str, Since] = {"visit": "visit", "load": "load"}
    try:
        return named[text] if text in named else date.fromisoformat(text)
    except ValueError:
        return None


def _choices(view: View, asked: Since | None) -> None:
    key = f"{view.slug} since"
    now = "day" if isinstance(asked, date) else asked
    if st.session_state.get(key) != now:
        st.session_state[key] = now

    def chosen() -> None:
        found = st.session_state[key] or VISIT
        if found != now:
            view.show_changes(str(date.today() - SOME_DAYS) if found == "day" else found)

    st.caption("Changed since", width="content")
    st.segmented_control(
        "Changed since", list(CHOICES), format_func=CHOICES.__getitem__, key=key, on_change=chosen,
        label_visibility="collapsed",
    )  # fmt: skip
    if isinstance(asked, date):
        _day(view, asked)


def _day(view: View, day: date | None) -> None:
    key = f"{view.slug} since day {day}"

    def chosen() -> None:
        if (found := st.session_state[key]) and found != day:
            _show(view, found.isoformat())

    st.date_input(
        "Since a day", value=day, key=key, format="YYYY-MM-DD", on_change=chosen,
        min_value=min(FIRST_DAY, day or FIRST_DAY), max_value=max(date.today(), day or FIRST_DAY),
        label_visibility="collapsed" if day else "visible", width=140 if day else "stretch",
    )  # fmt: skip


def _narrowed(view: View, found: Changes) -> tuple[str, str]:
    """Draw the choice of what to list; returns the kind of change and the collection, each empty for all."""
    if not found.counts:
        return ALL, ALL
    with st.container(horizontal=True, vertical_alignment="center", gap=14, key="kinds"):
        key = f"{view.slug} collection of changes {digest(tuple(found.counts))}"
        collection = _collection(view, found, key) if len(found.counts) > 1 else ALL
        counts = found.counts[collection] if collection else total(found.counts)
        numbers = {ALL: counts.total, What.NEW: counts.new, What.CHANGED: counts.changed, What.REMOVED: counts.removed}
        kinds = [each for each, number in numbers.items() if number]
        kind = st.segmented_control(
            "What", kinds, default=ALL, required=True, key=f"{view.slug} kind of change {digest(kinds)}",
            format_func=lambda each: f"{WORDS[each]} :gray[{numbers[each]:,}]", label_visibility="collapsed",
        )  # fmt: skip
    return kind or ALL, collection


def _collection(view: View, found: Changes, key: str) -> str:
    words = {ALL: f"All tables · {total(found.counts).total:,}"}
    words |= {each: f"{title(view, each)} · {counts.total:,}" for each, counts in found.counts.items()}
    return st.selectbox("Table", list(words), format_func=words.__getitem__, key=key, width=260,
                        label_visibility="collapsed")  # fmt: skip


def title(view: View, collection: str) -> str:
    """Returns what people read for a collection, also for one that is gone."""
    known = {each.id for each in view.rows.tables.collections}
    return service.title_of(view.provider, view.rows.tables, collection) if collection in known else "Deleted table"


def _told(view: View, found: Changes, asked: Since) -> None:
    """Say how much has changed since when, and what is not known."""
    words = [f"{in_words(found.total)} {_since_words(found, asked)}."] if found.total.total else []
    if found.known_since and clock(found.known_since) != clock(found.since):
        words.append(f"Changes are known from {clock(found.known_since)} on.")
    if not found.with_values:
        words.append("A load changed so much that not all earlier values were kept.")
    if found.uncounted.total:
        words.append(f"Not listed, because there were too many: {in_words(found.uncounted)}.")
    if unread := deletions_unknown(view.rows.load):
        words.append(unread)
    if words:
        st.caption(" ".join(words))


def _since_words(found: Changes, asked: Since) -> str:
    if asked == LOAD:
        return "with the last load"
    return f"since your last visit, {clock(found.since)}" if asked == VISIT else f"since {clock(found.since)}"


def in_words(counts: Counts) -> str:
    """Returns counts as "3 new, 12 changed and 1 removed"."""
    numbers = ((counts.new, "new"), (counts.changed, "changed"), (counts.removed, "removed"))
    return listed([f"{number:,} {word}" for number, word in numbers if number])


def _table(view: View, viewer: Viewer, found: Changes, lines: pd.DataFrame) -> None:
    pages = windows(len(lines))
    page = st.pagination(pages, key=f"page of changes {digest(len(lines), view.since)}") if pages > 1 else 1
    shown = lines.iloc[(page - 1) * WINDOW_ROWS : page * WINDOW_ROWS]
    name = digest(view.rows.name, view.since, found.since, list(shown["id"]), page)
    titles = {each: title(view, each) for each in found.counts}
    with st.container(horizontal=True, gap="small", wrap=False):
        with st.container(width="stretch"):
            changed_grid(view, shown, titles, name)
        details(view, viewer)


def _nothing(view: View, found: Changes) -> None:
    with st.container(border=True):
        if found.since is None:
            st.markdown(
                "**Nothing to compare yet.** From the next load on, this shows which records are new, changed or "
                "removed, with their values before and after."
            )
            return
        st.markdown(f"**Nothing has changed since {clock(found.since)}.** Refresh to look for changes.")
