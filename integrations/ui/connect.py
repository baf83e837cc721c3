"""Connecting: the card, the way out, the way back, and the end."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from .. import service
from ..config import settings
from ..model import Connection, Environment, Provider, Viewer
from ..service.runtime import run
from .choose import choose_types
from .confirm import decided
from .errors import explained
from .navigation import leave_for, replace_with
from .query import address_of_page, forget_queries
from .text import listed, plain
from .viewer import address, still

ANSWER = ("code", "state", "error", "iss")  # RFC 6749 section 4.1.2, RFC 9207


def returned() -> bool:
    """Returns whether this page was asked for by a provider's redirect."""
    return any(name in st.query_params for name in ("code", "state", "error"))


def come_back(provider: Provider, viewer: Viewer) -> None:
    """Redeem the provider's answer, then go on at the clean address, which replaces this one in the history.

    The line that says so is drawn before anything is spent, and nothing after it until all is saved: leaving or
    reloading the page stops a script only where it draws. An answer that has to wait keeps its address: reloading
    redeems it.
    """
    answer = {name: st.query_params[name] for name in ANSWER if name in st.query_params}
    line = st.empty()
    line.info("Finishing the connection…", icon="spinner")
    outcome = run(service.redeem(viewer, provider, answer, address()))
    if outcome.state != "later":
        replace_with(outcome.return_to or f"/{provider.slug}")
    line.warning(outcome.message, icon=":material/hourglass:")
    st.stop()


def notice(provider: Provider, viewer: Viewer) -> None:
    """Show how the last attempt to connect or disconnect ended, once."""
    outcome = run(service.notice(viewer, provider.slug))
    if outcome and outcome.state == "connected":
        st.toast(plain(outcome.message), icon=":material/check_circle:")
    elif outcome:
        st.error(outcome.message, icon=":material/link_off:")


def connect_card(provider: Provider, viewer: Viewer) -> None:
    """Say what connecting means, with the button; or what is missing, and sample data instead."""
    missing = settings().missing(provider)
    with st.container(border=True, width=620):
        st.header(f"Connect your {provider.title} account", anchor=False)
        if missing:
            _how_to_configure(provider, missing)
        else:
            kinds = listed([each.title.lower() for each in provider.item_types])
            st.write(f"Can read: {kinds}. Can't change anything. You can disconnect at any time.")
            choose_types(provider, viewer)
            connect_button(provider, viewer, "real", f"Connect to {provider.title}")
            st.caption(f"You will be sent to {urlsplit(provider.authorize_url).hostname} and back.")
        if settings().offers_sample(provider):
            _sample(provider, viewer, primary=bool(missing))


def connect_button(
    provider: Provider, viewer: Viewer, environment: Environment, label: str, primary: bool = True
) -> None:
    """Draw a button that leaves for the provider's consent page in this tab."""
    icon = ":material/link:" if environment == "real" else ":material/science:"
    if st.button(label, type="primary" if primary else "secondary", icon=icon, key=f"connect {environment} {label}"):
        connect(provider, viewer, environment)


def connect(provider: Provider, viewer: Viewer, environment: Environment, again: bool = False) -> None:
    """Leave for the provider's consent page; `again`: come back to the view that this page shows."""
    return_to = address_of_page(provider.slug) if again else ""
    leave_for(run(service.authorize(viewer, provider, environment, return_to)))


def reconnect_needed(provider: Provider, viewer: Viewer, connection: Connection) -> None:
    """Say why only approving again helps, with the button that does."""
    st.error(connection.reconnect, icon=":material/link_off:")
    if st.button("Reconnect", type="primary", icon=":material/link:"):
        connect(provider, viewer, where_again(provider, connection), again=True)


def where_again(provider: Provider, connection: Connection) -> Environment:
    """Returns where to approve again; for a record that cannot be read, where one can connect here at all."""
    unread = not connection.account.id
    only_samples = bool(settings().missing(provider)) and settings().offers_sample(provider)
    return "sandbox" if unread and only_samples else connection.environment


@st.dialog("Disconnect?")
@explained()
def disconnect_dialog(provider: Provider, connection: Connection) -> None:
    """Ask for confirmation: what was loaded is deleted, and the grant ended."""
    viewer = still(connection.owner)
    st.write(
        f"Ends access to **{plain(connection.account.name)}** and deletes everything that was loaded from it here. "
        f"Nothing changes in {provider.title}; you can connect again at any time."
    )
    if decided("Disconnect", "Cancel"):
        run(service.disconnect(viewer, connection))
        forget_queries()
        st.rerun()


def _how_to_configure(provider: Provider, missing: tuple[str, ...]) -> None:
    st.write(f"{provider.title} isn't set up yet. Ask whoever runs this dashboard.")
    redirect_uri = settings().endpoints(provider, "real").redirect_uri
    with st.expander("For administrators", icon=":material/key:"):
        st.markdown(
            f"Set **{'** and **'.join(missing)}**: create an OAuth app at {provider.console_url} with the redirect "
            f"URI `{redirect_uri}`, and start the dashboard again."
        )


def _sample(provider: Provider, viewer: Viewer, primary: bool) -> None:
    st.divider()
    st.write("No account at hand? See how it works with made-up data, served by this very app.")
    if primary:
        choose_types(provider, viewer)
    connect_button(provider, viewer, "sandbox", "Try with sample data", primary=primary)
