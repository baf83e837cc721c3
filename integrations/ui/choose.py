"""Choosing what to load, and seeing what it costs where calls are rationed."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from .. import sync
from ..model import Connection, Part, Provider
from ..store.keys import Choice, Outline
from ..store.loop import run
from .words import ago, apart, count, plain


def choose_panel(provider: Provider, connection: Connection, first: bool) -> None:
    """Everything that can be loaded, ticked unless left out before; loads what stays ticked."""
    with st.container(border=True):
        st.subheader("What should be loaded?" if first else "Choose what to load", anchor=False)
        st.caption("Everything, unless you leave something out. Your choice is remembered.")
        outline, choice = _outline(connection), run(sync.choice(connection.owner, provider.slug))
        parts = [part for part in outline.parts if part.calls]
        wanted = [part for group in _groups(parts) for part in _ticked(group, choice)]
        for sentence in outline.skipped:
            st.caption(f":material/block: Skipped: {plain(sentence)}")
        _cost(provider, connection, wanted, first)
        left_out = tuple(part.id for part in parts if part not in wanted)
        _buttons(provider, connection, None if len(left_out) == len(parts) else left_out, first)
        _look_again(outline)


def _outline(connection: Connection) -> Outline:
    """Looked up at the provider once, and again only when asked."""
    again = st.session_state.pop("look again", False)
    with st.spinner("Looking at what there is…"):
        return run(sync.outline(connection, look_again=again))


def _buttons(provider: Provider, connection: Connection, left_out: tuple[str, ...] | None, first: bool) -> None:
    """Load, or leave everything as it is; `left_out` is None when nothing at all would be loaded."""
    with st.container(horizontal=True, vertical_alignment="center"):
        load = st.button("Load", type="primary", icon=":material/download:", disabled=left_out is None)
        if load and left_out is not None:
            _remember_and_load(provider, connection, left_out)
        if not first and st.button("Not now"):
            st.session_state.pop("choosing", None)
            st.rerun()


def _look_again(outline: Outline) -> None:
    label = f"Listed {ago(outline.seen_at)} · look again"
    if st.button(label, type="tertiary", icon=":material/refresh:", key="look again button"):
        st.session_state["look again"] = True
        st.rerun()


def _groups(parts: list[Part]) -> list[list[Part]]:
    return [list(group) for _, group in groupby(parts, key=lambda part: part.group)]


def _ticked(group: list[Part], choice: Choice) -> list[Part]:
    """The parts of a group that stay ticked."""
    titles = dict(zip([part.id for part in group], apart(part.title for part in group), strict=True))
    chosen = st.pills(
        plain(group[0].group_title) or "Types", list(titles), selection_mode="multi", format_func=titles.__getitem__,
        default=[part.id for part in group if not sync.is_left_out(part, choice)], key=f"parts of {group[0].group}",
    )  # fmt: skip
    return [part for part in group if part.id in chosen]


def _cost(provider: Provider, connection: Connection, wanted: list[Part], first: bool) -> None:
    if not provider.ration:
        return
    calls = sum(part.calls for part in wanted)
    bases = len({part.group for part in wanted if part.group})
    about = count(calls + bases + 1, "call")
    beyond = "and one more for every 100 records beyond the first 100 of a table"
    cost = f"At least {about}, {beyond}." if first else f"About {about}, going by the last load."
    made = run(sync.calls_this_month(connection))
    so_far = f" {count(made, 'call')} of this month came from here." if made else ""
    st.info(f"{cost} {provider.ration}{so_far}", icon=":material/speed:")


def _remember_and_load(provider: Provider, connection: Connection, left_out: tuple[str, ...]) -> None:
    async def remember_and_load() -> None:
        await sync.choose(connection.owner, provider.slug, left_out)
        await sync.start(connection)

    run(remember_and_load())
    st.session_state.pop("choosing", None)
    st.rerun()
