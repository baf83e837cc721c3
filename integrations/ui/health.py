"""The strip of connections on the Overview: how each is, and where to go on with it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from .. import providers, service
from ..config import settings
from ..model import Load, Provider
from ..service import Health, State
from ..service.runtime import run
from .errors import explained
from .layout import Colour, account_line, page_link
from .progress import STARTS_WITHIN
from .text import clock, count, duration, plain
from .viewer import still

BADGES: dict[State, tuple[str, str, Colour]] = {
    State.RECONNECT: ("Reconnect", ":material/sync_problem:", "orange"),
    State.LOADING: ("Loading", ":material/progress_activity:", "blue"),
    State.FAILED: ("Failed", ":material/error:", "red"),
    State.NOT_LOADED: ("Not loaded", ":material/hourglass_empty:", "gray"),
    State.PARTIAL: ("Partial", ":material/incomplete_circle:", "orange"),
    State.STALE: ("Older", ":material/schedule:", "gray"),
    State.FRESH: ("Fresh", ":material/check:", "green"),
}
LOOK, WATCH = 4.0, 1.0  # seconds between two looks, and while something is loading


def health_strip(owner: str, found: list[Health]) -> None:
    """Draw a card for each connection and one for each provider without; they renew themselves.

    The whole page is drawn again when rows have come or gone, or a connection.
    """
    busy = any(each.state is State.LOADING for each in found)
    st.fragment(run_every=WATCH if busy else LOOK)(_strip)(owner, _drawn_of(found))


@explained()
def _strip(owner: str, drawn: str) -> None:
    found = run(service.health(still(owner)))
    if _drawn_of(found) != drawn:
        st.rerun()
    with st.grid(3, min_column_width=260, key="health"):
        for each in found:
            _card(each)
        for provider in providers().values():
            if provider.slug not in {each.connection.slug for each in found}:
                _not_connected(provider)


def _drawn_of(found: list[Health]) -> str:
    """Returns what names the rows there are, and which connections are loading."""
    return repr([
        (each.connection.path, each.connection.reconnect, each.state is State.LOADING, each.shown and each.shown.id,
         each.shown and each.shown.run, None if each.load is None or each.load.active else each.load.id)
        for each in found
    ])  # fmt: skip


def _card(health: Health) -> None:
    provider, connection = providers()[health.connection.slug], health.connection
    label, icon, colour = BADGES[health.state]
    with st.container(border=True, height="stretch", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            page_link(provider, f"**{provider.title}**", provider.icon)
            st.space("stretch")
            if connection.environment == "sandbox":
                st.badge("Sample data", color="orange")
            st.badge(label, icon=icon, color=colour)
        st.caption(account_line(connection) + (f" · shared by {plain(connection.share.by)}" if health.borrowed else ""))
        st.caption(_words(health))
        if health.state is State.LOADING and (share := _progress(health)):
            st.progress(share)


def _words(health: Health) -> str:
    """Returns how many records there are, as of when, and what keeps them from being newer."""
    load, shown = health.load, health.shown
    if health.state is State.LOADING and load:
        return _loading(load)
    rows = f"{count(shown.total, 'record')} · updated {clock(shown.finished_at)}" if shown else ""
    return " · ".join(filter(None, (rows, *_more(health))))


def _more(health: Health) -> list[str]:
    load, shown = health.load, health.shown
    match health.state:
        case State.RECONNECT:
            return ["reconnect to keep them fresh" if shown else "Reconnect to load it."]
        case State.FAILED if load:
            reason = plain(" ".join(load.notes), longest=160)
            return [f"couldn't refresh at {clock(load.finished_at)}: {reason}" if shown else reason]
        case State.NOT_LOADED:
            return ["Nothing has been loaded yet."]
        case State.PARTIAL if shown:
            return [plain(" ".join(shown.notes), longest=160)]
    following = health.next_refresh
    return [f"next about {clock(following)}"] if following and following > datetime.now(UTC) else []


def _loading(load: Load) -> str:
    since = (datetime.now(UTC) - (load.started_at or load.queued_at)).total_seconds()
    if load.state == "queued":
        return "Starting…" if since < STARTS_WITHIN else "The loader isn't running. Tell your administrator."
    return f"{count(load.total, 'record')} so far · {duration(since)}"


def _progress(health: Health) -> float:
    """Returns how much of a full load has come, by how much there was before; 0 where that is not known."""
    load, shown = health.load, health.shown
    known = load and load.full and shown and shown.total
    return min(load.total / shown.total, 0.99) if known and load and shown else 0.0


def _not_connected(provider: Provider) -> None:
    missing = settings().missing(provider)
    sample = missing and settings().offers_sample(provider)
    with st.container(border=True, height="stretch", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            page_link(provider, f"**{provider.title}**", provider.icon)
            st.space("stretch")
            st.badge("Not set up" if missing else "Not connected", color="gray")
        st.caption(provider.summary)
        label = "Try with sample data" if sample else "" if missing else "Connect"
        if label:
            page_link(provider, label, ":material/arrow_forward:")
