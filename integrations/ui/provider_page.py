"""A provider's page: not connected, choosing, loading, or the table."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from .. import service
from ..config import settings
from ..model import Connection, Provider, Viewer
from ..service import Source
from ..service.runtime import run
from .availability import only_look
from .choose import choose_panel
from .connect import come_back, connect, connect_button, connect_card, notice, reconnect_needed, returned
from .layout import SHARED_WITH_YOU, account_line, badges, header, icon_only, page, phone
from .manage import manage
from .progress import outcome, progress
from .query import choose_account, current
from .reading import held, offer, refresh
from .rows import Rows
from .table import table
from .text import clock, count, deletions_unknown, distinct, line, plain


def provider_page(provider: Provider) -> None:
    """Draw the page of one provider, which is also its redirect URI."""

    def draw(viewer: Viewer) -> None:
        if returned():
            come_back(provider, viewer)
        with st.container(gap="xsmall", key="page"):
            _page(provider, viewer)

    page(provider.title, draw, provider.slug)


def _page(provider: Provider, viewer: Viewer) -> None:
    mine, theirs = run(service.visible(viewer, provider.slug))
    _told_of_ended(provider, theirs)
    both = service.addresses(mine, theirs)
    account = current(provider.slug).account
    if account and account not in both:
        _unseen(provider, viewer, both)
    elif not both:
        _not_connected(provider, viewer)
    else:
        latest = list(both)[len(mine) - 1 if mine else 0]
        _source(provider, viewer, account or latest, both, theirs)


def _source(
    provider: Provider, viewer: Viewer, account: str, both: dict[str, Connection], theirs: list[Connection]
) -> None:
    connection = both[account]
    opened = st.session_state.setdefault("opened", set())
    source = run(service.open_source(viewer, connection, first=connection.path not in opened))
    opened.add(connection.path)
    source = held(viewer, source)
    labels = dict(zip(both, _labels(list(both.values()), theirs), strict=True))
    if connection.owner == viewer.owner:
        _connected(provider, viewer, source, account, labels)
    else:
        own = any(each.owner == viewer.owner for each in both.values())
        _borrowed(provider, viewer, source, account, labels, offers_own=not own)


def _not_connected(provider: Provider, viewer: Viewer) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        header(provider, None)
    st.caption(provider.summary)
    notice(provider, viewer)
    connect_card(provider, viewer)


def _unseen(provider: Provider, viewer: Viewer, both: dict[str, Connection]) -> None:
    """The address names an account that the viewer cannot see: say so, and show no other in its place."""
    with st.container(horizontal=True, vertical_alignment="center"):
        header(provider, None, [("Not shared with you", "gray")])
    notice(provider, viewer)
    st.warning(
        f"This link is to a {provider.title} account that you can't see here. Ask the person who sent it to share the "
        "account with you, or connect the same account yourself: the link then works.",
        icon=":material/visibility_off:",
    )
    if both:
        st.button("Show my accounts", icon=":material/arrow_back:", on_click=choose_account, args=(provider.slug, ""))
    else:
        connect_card(provider, viewer)


def _borrowed(
    provider: Provider, viewer: Viewer, source: Source, account: str, labels: dict[str, str], offers_own: bool
) -> None:
    """What a colleague shares: to be seen, filtered and downloaded, and nothing else."""
    connection = source.connection
    with _head():
        header(provider, None, [SHARED_WITH_YOU, *badges(provider, connection)[2:]])
        if len(labels) == 1:
            st.caption(account_line(connection), width="content")
        _account(provider, account, labels)
        st.caption(f"shared by {plain(connection.share.by)}", width="content")
        st.space("stretch")
        if not phone():
            offer(viewer, source, account)
        _updated(source)
        if offers_own:
            _own_account(provider, viewer)
    if phone():
        offer(viewer, source, account)
    notice(provider, viewer)
    if source.rows:
        outcome(provider, None, source.rows.load)
        table(provider, viewer, Rows(source.rows, account))
    else:
        st.info("Nothing has been loaded here yet.", icon=":material/hourglass_empty:")


def _told_of_ended(provider: Provider, theirs: list[Connection]) -> None:
    """Tell a viewer who was just looking at a share that it has ended, rather than show an empty page."""
    before = st.session_state.get(f"{provider.slug} shared", {})
    now = {each.share.id: each.share.by for each in theirs}
    st.session_state[f"{provider.slug} shared"] = now
    for name in before.keys() - now.keys():
        st.info(f"{plain(before[name])} no longer shares this account with you.", icon=":material/group_off:")


def _own_account(provider: Provider, viewer: Viewer) -> None:
    """Offer to connect one's own, to a viewer who sees only what colleagues share."""
    if not settings().missing(provider):
        if st.button("Connect my own account", icon=":material/link:", disabled=only_look()):
            connect(provider, viewer, "real")
    elif settings().offers_sample(provider):
        connect_button(provider, viewer, "sandbox", "Try with sample data", primary=False)


def _connected(provider: Provider, viewer: Viewer, source: Source, account: str, labels: dict[str, str]) -> None:
    connection, load, rows = source.connection, source.load, source.rows
    _top(provider, viewer, source, account, labels)
    notice(provider, viewer)
    if connection.reconnect:
        reconnect_needed(provider, viewer, connection)
    never_loaded = load is None and rows is None
    if st.session_state.get("choosing") == connection.id or (never_loaded and not connection.reconnect):
        choose_panel(provider, viewer, connection, first=rows is None)
    elif load and load.active:
        progress(provider, connection, viewer.owner, load.chunks)
    else:
        said = load and load.notes == (connection.reconnect,)  # once is enough
        outcome(provider, None if said else load, rows.load if rows else None)
    if rows:
        table(provider, viewer, Rows(rows, account))


def _account(provider: Provider, account: str, labels: dict[str, str]) -> None:
    """Offer the other accounts, where there are any."""
    if len(labels) == 1:
        return
    key = f"{provider.slug} account"
    if st.session_state.get(key) != account:
        st.session_state[key] = account
    st.selectbox(
        "Account", list(labels), key=key, format_func=labels.__getitem__, label_visibility="collapsed", width=260,
        on_change=lambda: choose_account(provider.slug, st.session_state[key]),
    )  # fmt: skip


def _labels(connections: list[Connection], theirs: list[Connection]) -> list[str]:
    """Returns what people read for each connection, all different: Streamlit tells choices apart by their words."""
    labels = []
    for each in connections:
        account = " · ".join(dict.fromkeys(filter(None, (each.account.name, each.account.detail))))
        label = line(account) + (" (sample data)" if each.environment == "sandbox" else "")
        labels.append(label + (f" (shared by {line(each.share.by, 40)})" if each in theirs else ""))
    return distinct(labels)


def _head() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="head")


def _top(provider: Provider, viewer: Viewer, source: Source, account: str, labels: dict[str, str]) -> None:
    """Draw title and state, and what can be done with the connection."""
    calls = run(service.calls_this_month(viewer, source.connection)) if provider.ration else 0
    with _head():
        header(provider, source.connection, account=len(labels) == 1)
        _account(provider, account, labels)
        st.space("stretch")
        if calls and not phone():
            st.caption(f"{count(calls, 'call')} this month", width="content")
        if not phone():
            offer(viewer, source, account)
        _updated(source)
        busy = bool(source.load and source.load.active) or bool(source.connection.reconnect)
        label, icon = icon_only("Refresh", ":material/refresh:")
        if st.button(
            label, icon=icon, key="refresh", type="tertiary", help="Load what has changed", disabled=busy or only_look()
        ):
            refresh(viewer, source.connection)
        manage(provider, viewer, source.connection)
    if phone():
        offer(viewer, source, account)


def _updated(source: Source) -> None:
    if source.rows and (done := source.rows.load.finished_at):
        st.caption(f"Updated {clock(done)}", width="content", help=deletions_unknown(source.rows.load))
