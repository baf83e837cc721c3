"""Choosing what to load, and seeing what it costs where calls are rationed."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from .. import service
from ..model import Choice, Connection, KnownCatalog, Provider, Stream, Viewer
from ..service.runtime import run
from .reading import follow
from .text import ago, apart, count, plain


def choose_panel(provider: Provider, viewer: Viewer, connection: Connection, first: bool) -> None:
    """Show everything that can be loaded, ticked unless left out before; loads what stays ticked."""
    with st.container(border=True):
        st.header("What should be loaded?" if first else "Choose what to load", anchor=False)
        st.caption("Everything, unless you leave something out. Your choice is remembered.")
        known, choice = _catalog(viewer, connection), run(service.choice(viewer, provider.slug))
        streams = [stream for stream in known.streams if stream.calls]
        wanted = [stream for group in _groups(streams) for stream in _ticked(group, choice)]
        for sentence in known.skipped:
            st.caption(f":material/block: Skipped: {plain(sentence)}")
        _cost(provider, viewer, connection, wanted, first)
        _buttons(viewer, connection, _chosen(streams, wanted), first)
        _look_again(known)


def choose_types(provider: Provider, viewer: Viewer) -> None:
    """Offer the types to leave out, known before connecting; single tables are chosen afterwards."""
    if provider.ration:
        return
    choice = run(service.choice(viewer, provider.slug))
    left_out = choice.left_out
    types = [each.slug for each in provider.item_types]
    chosen = st.pills(
        "What to load", types, selection_mode="multi", format_func=provider.type_title, key=f"{provider.slug} types",
        default=[each for each in types if each not in left_out],
    )  # fmt: skip
    now_out = tuple(each for each in types if each not in chosen)
    if now_out != left_out and len(now_out) < len(types):
        run(service.choose(viewer, provider.slug, now_out, choice.added))


def _chosen(streams: list[Stream], wanted: list[Stream]) -> Choice | None:
    """Returns what is left out, and what is added of what comes only on request; None if nothing would be loaded."""
    left_out = tuple(each.id for each in streams if each not in wanted and not each.on_request)
    added = tuple(each.id for each in wanted if each.on_request)
    return Choice(left_out, True, added) if wanted else None


def _catalog(viewer: Viewer, connection: Connection) -> KnownCatalog:
    """Returns what the provider listed once, or lists now if the person asked for that."""
    again = st.session_state.pop("look again", False)
    with st.spinner("Looking at what there is…"):
        return run(service.catalog(viewer, connection, look_again=again))


def _buttons(viewer: Viewer, connection: Connection, chosen: Choice | None, first: bool) -> None:
    """Load, or leave everything as it is; `chosen` is None when nothing at all would be loaded."""
    with st.container(horizontal=True, vertical_alignment="center"):
        load = st.button("Load", type="primary", icon=":material/download:", disabled=chosen is None)
        if load and chosen is not None:
            run(service.choose_and_load(viewer, connection, chosen.left_out, chosen.added))
            follow(connection)
            st.session_state.pop("choosing", None)
            st.rerun()
        if not first and st.button("Not now"):
            st.session_state.pop("choosing", None)
            st.rerun()


def _look_again(known: KnownCatalog) -> None:
    label = f"Listed {ago(known.seen_at)} · look again"
    if st.button(label, type="tertiary", icon=":material/refresh:", key="look again button"):
        st.session_state["look again"] = True
        st.rerun()


def _groups(streams: list[Stream]) -> list[list[Stream]]:
    return [list(group) for _, group in groupby(streams, key=lambda stream: stream.group)]


def _ticked(group: list[Stream], choice: Choice) -> list[Stream]:
    """Returns the streams of a group that stay ticked."""
    titles = dict(zip([stream.id for stream in group], apart(stream.title for stream in group), strict=True))
    chosen = st.pills(
        plain(group[0].group_title) or "Types", list(titles), selection_mode="multi", format_func=titles.__getitem__,
        default=[each.id for each in group if not choice.leaves_out(each)], key=f"streams of {group[0].group}",
    )  # fmt: skip
    return [stream for stream in group if stream.id in chosen]


def _cost(provider: Provider, viewer: Viewer, connection: Connection, wanted: list[Stream], first: bool) -> None:
    if not provider.ration:
        return
    calls = sum(stream.calls for stream in wanted)
    calls += len({stream.group for stream in wanted if stream.group}) + 1
    about = f"at least {calls:,}" if first else f"about {calls:,}, going by the last load,"
    made = run(service.calls_this_month(viewer, connection))
    so_far = f" {count(made, 'call')} of this month came from here." if made else ""
    more = " Each 100 records of a table beyond its first 100 take one more." if first else ""
    st.info(f"Uses {about} of {provider.ration}.{more}{so_far}", icon=":material/speed:")
