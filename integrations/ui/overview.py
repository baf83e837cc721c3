"""The overview: every provider at a glance, and what changed lately in all of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from .. import frames, providers, sync
from ..config import settings
from ..model import Connection, Load, Provider
from ..store import connections, sharing
from ..store.loop import run
from .charts import updates_per_day
from .data import Name, Rows
from .explain import explained
from .frame import SHARED_WITH_YOU, account_line, badges, page
from .kept import kept
from .sign_in import session, still
from .words import ago, count, plain

WATCH = 1.0  # seconds between two looks while something is loading
ANYBODY = (
    "Anybody who can open this address can use this dashboard without signing in. Each browser sees only what it "
    "connected itself; whoever uses the same browser sees the same."
)


def overview() -> None:
    """Draw the page `/`."""
    page("Overview", _draw)


def _draw(owner: str) -> None:
    st.title(":material/dashboard: Overview", anchor=False)
    st.caption("All connected sources at a glance")
    if settings().allow_anonymous and not settings().on_this_machine:
        st.info(ANYBODY, icon=":material/public:")
    busy = any(load and load.active for _, load, _ in run(_all(owner)))
    st.fragment(run_every=WATCH if busy else None)(_glance)(owner, busy)


@explained()
def _glance(owner: str, busy: bool) -> None:
    """The cards and the chart, drawn again and again while something is loading."""
    still(owner)
    mine = run(_all(owner))
    if busy and not any(load and load.active for _, load, _ in mine):
        st.rerun()
    theirs = run(sharing.seen_by(session()))
    with st.grid(3, min_column_width=260):
        for provider in providers().values():
            shared = [each for each in theirs if each.slug == provider.slug]
            _card(provider, [each for each in mine if each[0].slug == provider.slug], shared)
    _changes([Rows(connection, *shown) for connection, _, shown in mine if shown])


async def _all(owner: str) -> list[tuple[Connection, Load | None, tuple[Load, object] | None]]:
    found = [each for each in await connections.of(owner) if each.slug in providers()]
    return [(each, await sync.status(each), await sync.shown(each)) for each in found]


def _card(
    provider: Provider, mine: list[tuple[Connection, Load | None, tuple[Load, object] | None]], theirs: list[Connection]
) -> None:
    connection, load, shown = mine[-1] if mine else (None, None, None)
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"{provider.icon} {provider.title}", anchor=False, width="content")
            st.space("stretch")
            state, *others = [SHARED_WITH_YOU] if theirs and not connection else badges(provider, connection)
            st.badge(state[0], color=state[1])
        st.caption(account_line(connection) if connection else provider.summary)
        if connection:
            more = "".join(f" :{colour}-badge[{label}]" for label, colour in others)
            st.markdown(_loaded(load, shown[0] if shown else None) + more)
        if theirs:
            st.caption(":material/group: Shared by " + ", ".join(plain(each.share.by, longest=40) for each in theirs))
        missing = settings().sandbox and settings().missing(provider)
        label = "Open" if connection or theirs else "Try with sample data" if missing else "Connect"
        st.page_link(f"pages/{provider.slug}.py", label=label, icon=":material/arrow_forward:")


def _loaded(load: Load | None, shown: Load | None) -> str:
    if load and load.active:
        return f":blue-badge[Loading] {count(load.total, 'item')} so far"
    if shown is None:
        return "The last load did not work." if load else "Nothing loaded yet."
    partial = " :orange-badge[Partial]" if shown.state == "partial" else ""
    return f"**{count(shown.total, 'item')}**{partial} · loaded {ago(shown.finished_at)}"


def _changes(all_rows: list[Rows]) -> None:
    """Updates per day, stacked by provider when there are several, by type when there is one."""
    today = datetime.now(UTC).date()
    several = len(all_rows) > 1
    days = [_per_day(rows.name, several, rows.connection.slug, today.isoformat(), rows.table) for rows in all_rows]
    if not days or not any(day.to_numpy().sum() for day in days):
        return
    with st.container(border=True):
        st.subheader("Updates per day", anchor=False)
        updates_per_day(pd.concat(days, axis=1).T.groupby(level=0, sort=False).sum().T)


@kept
def _per_day(name: Name, by_provider: bool, slug: str, today: str, _table: object) -> pd.DataFrame:
    days = frames.per_day(frames.frame(_table), today=datetime.fromisoformat(today).date())
    return days.sum(axis=1).to_frame(providers()[slug].title) if by_provider else days.loc[:, days.any()]
