"""Connecting: the card, the way out, the way back, and the end."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

import streamlit as st

from .. import oauth, service, sync
from ..config import settings
from ..model import Actor, Connection, Environment, Provider, Viewer
from ..model.errors import StoreFull
from ..store import audit, connections, keys, records
from ..store.keys import Outcome
from ..store.loop import run
from .activity import actor, address
from .decide import decided
from .explain import explained
from .leave import leave_for, replace_with
from .sign_in import still
from .viewer import viewer
from .words import plain

ANSWER = ("code", "state", "error", "iss")  # RFC 6749 section 4.1.2, RFC 9207


def returned() -> bool:
    """Whether this page was asked for by a provider's redirect."""
    return any(name in st.query_params for name in ("code", "state", "error"))


def come_back(provider: Provider, owner: str) -> None:
    """Redeem the provider's answer, then go on at the clean address, which takes its place in the history.

    The line that says so is drawn before anything is spent, and nothing after it until all is saved: leaving or
    reloading the page stops a script only where it draws. An answer that has to wait keeps its address: reloading
    redeems it.
    """
    answer = {name: st.query_params[name] for name in ANSWER if name in st.query_params}
    line = st.empty()
    line.info("Finishing the connection…", icon="spinner")
    outcome = run(_redeem(provider, owner, answer, actor(), address()))
    if outcome.state != "later":
        replace_with(f"/{provider.slug}")
    line.warning(outcome.message, icon=":material/hourglass:")
    st.stop()


async def _redeem(provider: Provider, owner: str, answer: dict[str, str], by: Actor, address: str) -> Outcome:
    outcome = await oauth.redeem(provider, owner, answer, address)
    if outcome.state == "later":
        return outcome
    connection = await connections.find(owner, provider.slug, outcome.connection_id) if outcome.connection_id else None
    done = "connected" if connection else f"tried to connect to {provider.title}: {outcome.message}"
    if await connections.of(owner):  # a browser that has nothing leaves nothing
        await audit.note(done, owner, connection, by)
    asked = (await sync.choice(owner, provider.slug)).asked
    if connection and (asked or not provider.ration):
        await sync.start(connection)
    return outcome


def notice(provider: Provider, owner: str) -> None:
    """What came of the last attempt to connect, shown once."""
    outcome = run(_told(owner, provider.slug))
    if outcome and outcome.state == "connected":
        st.toast(plain(outcome.message), icon=":material/check_circle:")
    elif outcome:
        st.error(outcome.message, icon=":material/link_off:")


async def _told(owner: str, slug: str) -> Outcome | None:
    with contextlib.suppress(StoreFull):
        return await records.take(keys.NOTICE, (owner, slug))
    return None


def connect_card(provider: Provider, owner: str) -> None:
    """What connecting means, and the button; or what is missing, and sample data instead."""
    missing = settings().missing(provider)
    with st.container(border=True, width=620):
        st.subheader(f"Connect your {provider.title} account", anchor=False)
        st.write("Read-only: nothing is ever changed there. You can disconnect at any time.")
        if missing:
            _how_to_configure(provider, missing)
        else:
            _what_to_load(provider, owner)
            _scopes(provider)
            connect_button(provider, owner, "real", f"Connect to {provider.title}")
            st.caption(f"You will be sent to {urlsplit(provider.authorize_url).hostname} and back.")
        if settings().sandbox:
            _sample(provider, owner, primary=bool(missing))


def connect_button(provider: Provider, owner: str, environment: Environment, label: str, primary: bool = True) -> None:
    """A button that leaves for the provider's consent page in this tab."""
    icon = ":material/link:" if environment == "real" else ":material/science:"
    if st.button(label, type="primary" if primary else "secondary", icon=icon, key=f"connect {environment} {label}"):
        connect(provider, owner, environment)


def connect(provider: Provider, owner: str, environment: Environment) -> None:
    """Leave for the provider's consent page."""
    leave_for(run(oauth.authorize(provider, owner, environment)))


def reconnect_needed(provider: Provider, connection: Connection, owner: str) -> None:
    """Why only approving again helps, with the button that does."""
    st.error(connection.reconnect, icon=":material/link_off:")
    connect_button(provider, owner, where_again(provider, connection), "Reconnect")


def where_again(provider: Provider, connection: Connection) -> Environment:
    """Where to approve again; of what cannot be read, where one can connect here at all."""
    unread = not connection.account.id
    only_samples = bool(settings().missing(provider)) and settings().sandbox
    return "sandbox" if unread and only_samples else connection.environment


@st.dialog("Disconnect?")
@explained()
def disconnect_dialog(provider: Provider, connection: Connection) -> None:
    """Ask once more: what was loaded is deleted, and the grant ended."""
    still(connection.owner)
    st.write(
        f"Ends access to **{plain(connection.account.name)}** and deletes everything that was loaded from it here. "
        f"Nothing changes in {provider.title}; you can connect again at any time."
    )
    if decided("Disconnect", "Keep it"):
        run(_disconnect(provider, connection, viewer()))
        st.rerun()


async def _disconnect(provider: Provider, connection: Connection, by: Viewer) -> None:
    left_to_do = await service.disconnect(by, connection)
    said = Outcome("failed", f"Disconnected. {left_to_do}") if left_to_do else Outcome("connected", "Disconnected.")
    await records.put(keys.NOTICE, (connection.owner, provider.slug), said)


def _how_to_configure(provider: Provider, missing: tuple[str, ...]) -> None:
    redirect_uri = settings().endpoints(provider, "real").redirect_uri
    st.info(
        f"{provider.title} is not configured on this server yet. Set **{'** and **'.join(missing)}**: create an OAuth "
        f"app at {provider.console_url} with the redirect URI `{redirect_uri}`, and start the dashboard again.",
        icon=":material/key:",
    )


def _scopes(provider: Provider) -> None:
    scopes = (*settings().endpoints(provider, "real").scopes, *provider.optional_scopes)
    if scopes:
        st.markdown(" ".join(f":gray-badge[{scope}]" for scope in scopes))


def _what_to_load(provider: Provider, owner: str) -> None:
    """Types to leave out, known before connecting; bases and tables are chosen afterwards."""
    if provider.ration:
        return
    left_out = run(sync.choice(owner, provider.slug)).left_out
    kinds = [kind.slug for kind in provider.kinds]
    chosen = st.pills(
        "What to load", kinds, selection_mode="multi", format_func=provider.kind_title, key=f"{provider.slug} kinds",
        default=[kind for kind in kinds if kind not in left_out],
    )  # fmt: skip
    now_out = tuple(kind for kind in kinds if kind not in chosen)
    if now_out != left_out and len(now_out) < len(kinds):
        run(sync.choose(owner, provider.slug, now_out))


def _sample(provider: Provider, owner: str, primary: bool) -> None:
    st.divider()
    st.write("No account at hand? See how it works with made-up data, served by this very app.")
    if primary:
        _what_to_load(provider, owner)
    connect_button(provider, owner, "sandbox", "Try with sample data", primary=primary)
