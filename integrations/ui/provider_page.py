"""A provider's page: not connected, choosing, loading, or the table."""

from __future__ import annotations

import streamlit as st

from .. import providers, service, sync
from ..config import settings
from ..model import Actor, Connection, Load, Provider, Session
from ..store import audit, connections, sharing
from ..store.loop import run
from .activity import actor
from .charts import metrics
from .choose import choose_panel
from .connect import (
    come_back,
    connect,
    connect_button,
    connect_card,
    disconnect_dialog,
    notice,
    reconnect_needed,
    returned,
    where_again,
)
from .data import Rows
from .decide import decided
from .explain import explained
from .filters import filter_bar
from .frame import SHARED_WITH_YOU, account_line, badges, header, page
from .full import only_look
from .progress import outcome, progress
from .sign_in import session, still
from .table import table
from .viewer import viewer
from .words import ago, count, distinct, line, plain, size


def provider_page(provider: Provider) -> None:
    """Draw the page of one provider, which is also its redirect URI."""

    def draw(owner: str) -> None:
        if returned():
            come_back(provider, owner)
        mine, theirs = run(service.visible(viewer(), provider.slug))
        _told_of_ended(provider, theirs)
        chosen = _chosen(mine, theirs) if mine or theirs else None
        if chosen is None:
            _not_connected(provider, owner)
        elif chosen.owner == owner:
            _connected(provider, owner, chosen)
        else:
            _borrowed(provider, owner, chosen, mine)

    page(provider.title, draw)


def _not_connected(provider: Provider, owner: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        header(provider, None)
    st.caption(provider.summary)
    notice(provider, owner)
    connect_card(provider, owner)


def _borrowed(provider: Provider, owner: str, connection: Connection, mine: list[Connection]) -> None:
    """What a colleague shows: to be seen, filtered and downloaded, and nothing else."""
    with st.container(horizontal=True, vertical_alignment="center"):
        header(provider, None, [SHARED_WITH_YOU, *badges(provider, connection)[2:]])
        st.space("stretch")
        if not mine:
            _own_account(provider, owner)
    _, rows = run(_state(connection, borrowed=True))
    loaded = f" · loaded {ago(rows.load.finished_at)}" if rows and rows.load.finished_at else ""
    st.caption(f"{account_line(connection)} · shared by {plain(connection.share.by)}{loaded}")
    notice(provider, owner)
    _opened(connection)
    if rows:
        outcome(provider, None, rows.load)
        _rows(provider, rows)
    else:
        st.info("Nothing has been loaded here yet.", icon=":material/hourglass_empty:")


def _told_of_ended(provider: Provider, theirs: list[Connection]) -> None:
    """Who was just looking at a share that has ended is told so, rather than left before an empty page."""
    before = st.session_state.get(f"{provider.slug} shared", {})
    now = {each.share.id: each.share.by for each in theirs}
    st.session_state[f"{provider.slug} shared"] = now
    for name in before.keys() - now.keys():
        st.info(f"{plain(before[name])} no longer shares this account with you.", icon=":material/group_off:")


def _own_account(provider: Provider, owner: str) -> None:
    """For who sees only what colleagues share."""
    if not settings().missing(provider):
        if st.button("Connect my own account", icon=":material/link:", disabled=only_look()):
            connect(provider, owner, "real")
    elif settings().sandbox:
        connect_button(provider, owner, "sandbox", "Try with sample data", primary=False)


def _connected(provider: Provider, owner: str, connection: Connection) -> None:
    _opened(connection)
    load, rows = run(_state(connection))
    _top(provider, connection, load)
    _line(provider, connection, rows)
    notice(provider, owner)
    if connection.reconnect:
        reconnect_needed(provider, connection, owner)
    never_loaded = load is None and rows is None
    if st.session_state.get("choosing") == connection.id or (never_loaded and not connection.reconnect):
        choose_panel(provider, connection, first=rows is None)
    elif load and load.active:
        progress(provider, connection, load.chunks)
    else:
        said = load and load.notes == (connection.reconnect,)  # once is enough
        outcome(provider, None if said else load, rows.load if rows else None)
    if rows:
        _rows(provider, rows)


async def _state(connection: Connection, borrowed: bool = False) -> tuple[Load | None, Rows | None]:
    """The latest load, and what there is to show: the snapshot, or before the first one the rows so far.

    A snapshot is shown at once, however old; one that is stale is refreshed behind it, unless calls are rationed.
    """
    rationed = bool(providers()[connection.slug].ration)
    load = await (sync.status(connection) if rationed else sync.start_if_older(connection, settings().stale_after))
    await connections.touch(connection)
    shown = await sync.shown(connection)
    if shown:
        return load, Rows(connection, *shown, borrowed)
    table = await sync.so_far(connection, load) if load and load.active and load.chunks else None
    return load, Rows(connection, load, table, borrowed) if load and table is not None else None


def _chosen(mine: list[Connection], theirs: list[Connection]) -> Connection:
    both = [*mine, *theirs]
    if len(both) == 1:
        return both[0]
    labels = _labels(both, theirs)
    latest = len(mine) - 1 if mine else 0
    chosen = st.selectbox("Account", list(labels), key=f"{both[0].slug}_account", bind="query-params", index=latest)
    return labels[chosen]


def _labels(mine: list[Connection], theirs: list[Connection]) -> dict[str, Connection]:
    """The connections by what people read, each different: Streamlit tells choices apart by their words."""
    labels = []
    for each in mine:
        account = " · ".join(dict.fromkeys(filter(None, (each.account.name, each.account.detail))))
        label = line(account) + (" (sample data)" if each.environment == "sandbox" else "")
        labels.append(label + (f" (shared by {line(each.share.by, 40)})" if each in theirs else ""))
    return dict(zip(distinct(labels), mine, strict=True))


def _top(provider: Provider, connection: Connection, load: Load | None) -> None:
    """Title and state, and what can be done with the connection."""
    with st.container(horizontal=True, vertical_alignment="center"):
        header(provider, connection)
        st.space("stretch")
        busy = bool(load and load.active) or bool(connection.reconnect)
        if st.button("Refresh", icon=":material/refresh:", disabled=busy or only_look()):
            run(_asked(connection, "refresh", actor()))
            st.rerun()
        _manage(provider, connection)


def _manage(provider: Provider, connection: Connection) -> None:
    person = session()
    organisation = plain(person.organisation_name) if person else ""
    shares = f"Stop sharing with {organisation}" if connection.share.id else f"Share with {organisation}"
    sharing_choices = [shares] if organisation or connection.share.id else []
    loading = ["Choose what to load", "Reload everything"]
    another = [] if settings().missing(provider) else ["Add another account"]
    choices = ["Reconnect", *loading, *sharing_choices, *another, "Disconnect"]
    match st.menu_button("Manage", choices, icon=":material/settings:", disabled=only_look()):
        case picked if picked == shares and connection.share.id:
            run(sharing.stop(connection))
            run(audit.note("stopped sharing", connection.owner, connection, actor()))
            st.rerun()
        case picked if picked == shares and person:
            _share_dialog(connection, person)
        case "Reconnect":
            connect(provider, connection.owner, where_again(provider, connection))
        case "Choose what to load":
            st.session_state["choosing"] = connection.id
        case "Reload everything":
            run(_asked(connection, "full reload", actor()))
            st.rerun()
        case "Add another account":
            connect(provider, connection.owner, "real")
        case "Disconnect":
            disconnect_dialog(provider, connection)


async def _asked(connection: Connection, what: str, by: Actor) -> None:
    await sync.start(connection, full=what == "full reload")
    await audit.note(f"asked for a {what}", connection.owner, connection, by)


@st.dialog("Share?")
@explained()
def _share_dialog(connection: Connection, person: Session) -> None:
    """Ask once more: it is shown to everybody there."""
    still(connection.owner)
    st.write(
        f"Everybody who signs in from **{plain(person.organisation_name)}** will see, search and download all that is "
        f"loaded from **{plain(connection.account.name)}**. They can change nothing, and you can stop it at any time."
    )
    if decided("Share", "Keep it to myself"):
        run(sharing.share(connection, person))
        run(audit.note(f"shared with {person.organisation_name}", connection.owner, connection, actor()))
        st.rerun()


def _opened(connection: Connection) -> None:
    """Written down once a visit."""
    seen = st.session_state.setdefault("opened", set())
    if connection.path not in seen:
        seen.add(connection.path)
        run(audit.note("opened", connection.owner, connection, actor()))


def _line(provider: Provider, connection: Connection, rows: Rows | None) -> None:
    done = rows and rows.load.finished_at
    loaded = f" · loaded {ago(rows.load.finished_at)} · {size(rows.load.bytes)}" if rows and done else ""
    calls = run(sync.calls_this_month(connection)) if provider.ration else 0
    st.caption(account_line(connection) + loaded + (f" · {count(calls, 'call')} this month" if calls else ""))


def _rows(provider: Provider, rows: Rows) -> None:
    if rows.table.num_rows == 0:
        with st.container(border=True):
            st.markdown(f"**There is nothing here yet.** {provider.if_empty}")
        return
    metrics(provider, rows)
    filters = filter_bar(rows)
    table(rows, filters)
