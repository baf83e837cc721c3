"""What was done with one's connections, by whom and from where."""

from __future__ import annotations

import streamlit as st

from ..frames import activity
from ..model import Actor
from ..store import audit
from ..store.loop import run
from .leave import leave_for
from .sign_in import session
from .words import line


def actor() -> Actor:
    """Whoever sits at the browser that asks."""
    person = session()
    browser = line(str(st.context.headers.get("User-Agent", "")))
    where = " · ".join(filter(None, (str(st.context.ip_address or "this machine"), browser)))
    return Actor(person.name if person else "", where)


def activity_button(owner: str) -> None:
    """In the sidebar: opens the log."""
    if st.button("Activity", icon=":material/history:", type="tertiary"):
        _dialog(owner)


@st.dialog("Activity", width="large")
def _dialog(owner: str) -> None:
    events = run(audit.events(owner))
    st.caption("What was done with your connections in the last 90 days. Nobody else can read this.")
    if not events:
        st.info("Nothing yet: connect something first.", icon=":material/history:")
        return
    st.dataframe(activity(events), hide_index=True, height=420, alt="What was done, the latest first")
    if st.button("Download CSV", icon=":material/download:", key="download activity"):
        leave_for("/activity.csv")
