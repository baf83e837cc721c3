"""The overview: every provider at a glance, and what changed lately in all of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from .. import frames, providers, service
from ..config import settings
from ..frames import Tables
from ..model import Connection, Load, Provider, Viewer
from ..service import Source
from ..service.runtime import run
from .cache import kept
from .charts import updates_per_day
from .errors import explained
from .layout import SHARED_WITH_YOU, account_line, badges, page, page_link
from .rows import Name, Rows
from .search import search_box, search_page
from .text import ago, count, listed, plain
from .viewer import still

WATCH = 1.0  # seconds between two looks while something is loading
ANYBODY = (
    "Anybody who can open this address can use this dashboard without signing in. Each browser sees only what it "
    "connected itself; whoever uses the same browser sees the same."
)


def overview() -> None:
    """Draw the page `/`."""
    page("Overview", _draw)


def _draw(viewer: Viewer) -> None:
    with st.container(key="page"):
        _page(viewer)


def _page(viewer: Viewer) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Overview", width="content", anchor=False)
        st.space("stretch")
        text = search_box()
    if text:
        search_page(viewer, text)
        return
    st.caption(f"Your {listed([provider.title for provider in providers().values()])} in one place")
    if settings().allow_anonymous and not settings().on_this_machine:
        st.info(ANYBODY, icon=":material/public:")
    busy = _is_busy(run(service.sources(viewer)))
    st.fragment(run_every=WATCH if busy else None)(_glance)(viewer.owner, busy)


@explained()
def _glance(owner: str, busy: bool) -> None:
    """Draw the cards and the chart, again and again while something is loading."""
    viewer = still(owner)
    mine = run(service.sources(viewer))
    if busy and not _is_busy(mine):
        st.rerun()
    theirs = run(service.shared_with(viewer))
    with st.grid(3, min_column_width=260):
        for provider in providers().values():
            shared = [each for each in theirs if each.slug == provider.slug]
            _card(provider, [each for each in mine if each.connection.slug == provider.slug], shared)
    _changes([Rows(each.rows, each.connection.id) for each in mine if each.rows])


def _is_busy(sources: list[Source]) -> bool:
    return any(each.load and each.load.active for each in sources)


def _card(provider: Provider, mine: list[Source], theirs: list[Connection]) -> None:
    source = mine[-1] if mine else None
    connection = source.connection if source else None
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(f"{provider.icon} {provider.title}", anchor=False, width="content")
            st.space("stretch")
            state, *others = [SHARED_WITH_YOU] if theirs and not connection else badges(provider, connection)
            st.badge(state[0], color=state[1])
        st.caption(account_line(connection) if connection else provider.summary)
        if source:
            more = "".join(f" :{colour}-badge[{label}]" for label, colour in others)
            st.markdown(_loaded(source.load, source.rows.load if source.rows else None) + more)
        if theirs:
            st.caption(":material/group: Shared by " + ", ".join(plain(each.share.by, longest=40) for each in theirs))
        sample = settings().offers_sample(provider) and settings().missing(provider)
        label = "Open" if connection or theirs else "Try with sample data" if sample else "Connect"
        page_link(provider, label, ":material/arrow_forward:")


def _loaded(load: Load | None, shown: Load | None) -> str:
    if load and load.active:
        return f":blue-badge[Loading] {count(load.total, 'record')} so far"
    if shown is None:
        return "Nothing could be loaded." if load else "Nothing loaded yet."
    partial = " :orange-badge[Partial]" if shown.state == "partial" else ""
    return f"**{count(shown.total, 'record')}**{partial} · loaded {ago(shown.finished_at)}"


def _changes(all_rows: list[Rows]) -> None:
    """Updates per day, stacked by provider when there are several, by type when there is one."""
    today = datetime.now(UTC).date()
    several = len(all_rows) > 1
    days = [_per_day(rows.name, several, rows.connection.slug, today.isoformat(), rows.tables) for rows in all_rows]
    if not days or not any(day.to_numpy().sum() for day in days):
        return
    with st.container(border=True):
        st.header("Updates per day", anchor=False)
        updates_per_day(pd.concat(days, axis=1).T.groupby(level=0, sort=False).sum().T)


@kept
def _per_day(name: Name, by_provider: bool, slug: str, today: str, _tables: Tables) -> pd.DataFrame:
    days = frames.per_day(_tables.open(), today=datetime.fromisoformat(today).date())
    return days.sum(axis=1).to_frame(providers()[slug].title) if by_provider else days.loc[:, days.any()]
