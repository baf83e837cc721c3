"""A load under way: what has arrived, for how long it runs, and a way to stop it; and how the last one ended."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from .. import service
from ..model import Connection, Load, Provider, Viewer
from ..service.runtime import run
from .errors import explained
from .text import clock, count, duration, plain
from .viewer import still

NAMED = 5  # of the records that are gone
EVERY = 0.5  # seconds between two looks
STARTS_WITHIN = 20  # seconds; a load that waits longer has no worker


@st.fragment(run_every=EVERY)
@explained()
def progress(provider: Provider, connection: Connection, owner: str, chunks: int) -> None:
    """Show the running load; draws the whole page again when rows arrive (beyond `chunks`) and when it ends."""
    viewer = still(owner)
    load = run(service.watch(viewer, connection))
    if load is None or not load.active or (chunks == 0 and load.chunks):
        st.rerun()
    _panel(provider, viewer, connection, load)


def _panel(provider: Provider, viewer: Viewer, connection: Connection, load: Load) -> None:
    since = (datetime.now(UTC) - (load.started_at or load.queued_at)).total_seconds()
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/progress_activity: **{_doing(provider, load, since)}**", width="content")
            st.caption(duration(since), width="content")
            st.space("stretch")
            if st.button("Cancel", icon=":material/close:"):
                run(service.cancel(viewer, connection))
                st.rerun()
        st.markdown(_counts(provider, load) or "Nothing has arrived yet.")


def _doing(provider: Provider, load: Load, since: float) -> str:
    if service.is_waiting(load):
        return "Starting…" if since < STARTS_WITHIN else "The loader isn't running. Tell your administrator."
    return f"Loading from {provider.title}: {count(load.total, 'record')}"


def _counts(provider: Provider, load: Load) -> str:
    titles = {slug: plain(provider.type_title(slug)) for slug in load.counts}
    return " ".join(f":gray-badge[{titles[slug]} {number:,}]" for slug, number in load.counts.items())


def outcome(provider: Provider, load: Load | None, shown: Load | None) -> None:
    """Say how complete the rows on this page are, and how the last attempt to renew them ended."""
    if shown and shown.state == "partial":
        st.warning(f"**Partial.** {_sentences(shown.notes)}", icon=":material/warning:")
    if load and load.state == "failed":
        st.error(f"Couldn't refresh at {clock(load.finished_at)}: {_sentences(load.notes)}", icon=":material/error:")
    if shown and shown.removed:
        first = ", ".join(plain(name) for name in shown.removed[:NAMED]) + ("…" if len(shown.removed) > NAMED else "")
        st.caption(f":material/delete: No longer at {provider.title}: {first}")
    if shown and shown.skipped:
        st.caption(f":material/block: Skipped: {_sentences(shown.skipped)}")


def _sentences(notes: tuple[str, ...]) -> str:
    return " ".join(plain(note, longest=400) for note in notes)
