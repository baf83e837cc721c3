"""A load under way: what has come in, for how long, and a way to stop it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from .. import sync
from ..model import Connection, Load, Provider
from ..store.loop import run
from .explain import explained
from .sign_in import still
from .words import count, duration, plain

NAMED = 5  # of the items that are gone
EVERY = 0.5  # seconds between two looks


@st.fragment(run_every=EVERY)
@explained()
def progress(provider: Provider, connection: Connection, chunks: int) -> None:
    """The running load; draws the whole page again when rows arrive (beyond `chunks`) and when it ends."""
    still(connection.owner)
    load = run(sync.status(connection))
    if load is None or not load.active or (chunks == 0 and load.chunks):
        st.rerun()
    _panel(provider, connection, load)


def _panel(provider: Provider, connection: Connection, load: Load) -> None:
    since = (datetime.now(UTC) - (load.started_at or load.queued_at)).total_seconds()
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/progress_activity: **{_doing(provider, load)}**", width="content")
            st.caption(duration(since), width="content")
            st.space("stretch")
            if st.button("Cancel", icon=":material/close:"):
                run(sync.cancel(connection))
                st.rerun()
        st.markdown(_counts(provider, load) or "Nothing has arrived yet.")


def _doing(provider: Provider, load: Load) -> str:
    if sync.stale(load) or load.state == "queued":
        return "Waiting for a worker to take this up…"
    return f"Loading from {provider.title}: {count(load.total, 'item')}"


def _counts(provider: Provider, load: Load) -> str:
    titles = {kind: plain(provider.kind_title(kind)) for kind in load.counts}
    return " ".join(f":gray-badge[{titles[kind]} {number:,}]" for kind, number in load.counts.items())


def outcome(provider: Provider, load: Load | None, shown: Load | None) -> None:
    """How complete the rows on this page are, and how the last attempt to renew them ended."""
    if shown and shown.state == "partial":
        st.warning(f"**Partial.** {_sentences(shown.notes)}", icon=":material/warning:")
    if load and load.state == "failed":
        st.error(f"The last load did not work. {_sentences(load.notes)}", icon=":material/error:")
    if shown and shown.removed:
        first = ", ".join(plain(name) for name in shown.removed[:NAMED]) + ("…" if len(shown.removed) > NAMED else "")
        st.caption(f":material/delete: No longer at {provider.title}: {first}")
    if shown and shown.skipped:
        st.caption(f":material/block: Skipped: {_sentences(shown.skipped)}")


def _sentences(notes: tuple[str, ...]) -> str:
    return " ".join(plain(note, longest=400) for note in notes)
