"""What was done with the viewer's connections, by whom and from where."""

from __future__ import annotations

import streamlit as st

from .. import providers, service
from ..frames import activity
from ..service.runtime import run
from .errors import explained
from .navigation import leave_for
from .viewer import still

LATEST = 1_000  # events on the page


def activity_button(owner: str) -> None:
    """Draw the button in the sidebar that opens the log."""
    if st.button("Activity", icon=":material/history:", type="tertiary"):
        _dialog(owner)


@st.dialog("Activity", width="large")
@explained()
def _dialog(owner: str) -> None:
    events = run(service.events(still(owner), LATEST))
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
