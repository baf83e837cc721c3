"""What was done with one's connections, by whom and from where."""

from __future__ import annotations

import streamlit as st

from .. import providers
from ..config import settings
from ..frames import activity
from ..model import Actor, Session, client_address
from ..store import audit
from ..store.loop import run
from .explain import explained
from .leave import leave_for
from .sign_in import session, still

LATEST = 1_000  # events on the page


def actor() -> Actor:
    """Returns who sits at the browser that asks, and where."""
    return actor_of(session())


def actor_of(person: Session | None) -> Actor:
    """Returns the same, where it is known already who is signed in."""
    agent = st.context.headers.get("User-Agent", "")
    return Actor.at(person.name if person else "", address(), str(agent))


def address() -> str:
    """Returns the network address of the browser that asks."""
    forwarded = st.context.headers.get_all("X-Forwarded-For")
    return client_address(st.context.ip_address, forwarded, settings().trusted_proxies)


def activity_button(owner: str) -> None:
    """In the sidebar: opens the log."""
    if st.button("Activity", icon=":material/history:", type="tertiary"):
        _dialog(owner)


@st.dialog("Activity", width="large")
@explained()
def _dialog(owner: str) -> None:
    still(owner)
    events = run(audit.events(owner, LATEST))
    which = f"The latest {LATEST:,} things done with your connections; the file has them all"
    few = "What was done with your connections in the last 90 days"
    st.caption(f"{few if len(events) < LATEST else which}. Nobody else can read this.")
    if not events:
        st.info("Nothing yet: connect something first.", icon=":material/history:")
        return
    table = activity(events, {slug: provider.title for slug, provider in providers().items()})
    if not any(event.who for event in events):
        table = table.drop(columns="Who")
    when = {"When": st.column_config.DatetimeColumn(format="D MMM, HH:mm")}
    st.dataframe(table, hide_index=True, height=min(420, 38 + 35 * len(table)), column_config=when, alt="What was done")
    if st.button("Download CSV", icon=":material/download:", key="download activity"):
        leave_for("/activity.csv")
