"""The frame of every page: title, sidebar, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from .. import providers
from ..config import settings
from ..identity import cookie_name
from ..model import Connection, Provider, owner_of
from ..model.errors import StoreUnavailable
from ..store import connections
from ..store.loop import run
from .activity import activity_button
from .explain import explained
from .forget import forget
from .full import drawn_whole, told_if_full
from .sign_in import offer_adoption, signed_in, who
from .words import plain

Colour = Literal["green", "gray", "orange", "red", "blue"]
SHARED_WITH_YOU: tuple[str, Colour] = ("Shared with you", "blue")
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g fill="#4f46e5">'
    '<rect x="3" y="3" width="8" height="10" rx="2"/><rect x="13" y="3" width="8" height="6" rx="2"/>'
    '<rect x="3" y="15" width="8" height="6" rx="2"/><rect x="13" y="11" width="8" height="10" rx="2"/></g></svg>'
)
STYLE = (
    "@media (min-width: 768px) { .stMainBlockContainer { padding-top: 3rem } }"  # Streamlit leaves 6 rem
    # a table's own download would leave formulas as they are, and nobody would know of it
    '[data-testid="stElementToolbarButton"]:has([aria-label^="Download as CSV"]) { display: none }'
)


def page(title: str, draw: Callable[[str], None]) -> None:
    """Draw a page for whoever asks; `draw` gets the owner: the person who signed in, or else the browser."""
    st.set_page_config(page_title=f"{title} · Dashboard", page_icon=ICON, layout="wide")
    st.html(f"<style>{STYLE}</style>")
    with explained():
        browser = owner_of(st.context.cookies.get(cookie_name()))
        if browser is None:
            st.warning("This dashboard knows your browser by a cookie. Allow cookies for it, then reload the page.")
            st.stop()
        _ready(title)
        owner = signed_in(browser) if settings().signs_in else browser
        sidebar(browser, owner)
        if browser != owner:
            offer_adoption(browser, owner)
        draw(owner)
        drawn_whole()


def _ready(title: str) -> None:
    """Without Redis a page has its title and the ways to the others, and says why there is no more."""
    try:
        told_if_full()
    except StoreUnavailable:
        with st.sidebar:
            _ways([])
        st.title(title, anchor=False)
        raise


def sidebar(browser: str, owner: str) -> None:
    """The way to every page, with each provider's state beside its link."""
    mine = run(connections.of(owner))
    with st.sidebar:
        _ways(mine)
        if settings().sandbox and any(each.environment == "sandbox" for each in mine):
            st.caption("Sample data is made up by this server.")
        if mine:
            activity_button(owner)
        if browser != owner:
            who(browser)
        elif mine:
            forget(owner, mine)


def _ways(mine: list[Connection]) -> None:
    st.caption("Workspace")
    st.page_link("dashboard.py", label="Overview", icon=":material/dashboard:", width="stretch")
    st.caption("Sources")
    for provider in providers().values():
        _link(provider, [each for each in mine if each.slug == provider.slug])


def badges(provider: Provider, connection: Connection | None) -> list[tuple[str, Colour]]:
    """The state of a provider in words, with colours."""
    if connection is None:
        missing = bool(settings().missing(provider))
        return [("Not configured", "gray") if missing else ("Not connected", "gray")]
    state: tuple[str, Colour] = ("Reconnect needed", "red") if connection.reconnect else ("Connected", "green")
    shared: list[tuple[str, Colour]] = [("Shared", "blue")] if connection.share.id else []
    sample: list[tuple[str, Colour]] = [("Sample data", "orange")] if connection.environment == "sandbox" else []
    return [state, *shared, *sample]


def header(provider: Provider, connection: Connection | None, state: list[tuple[str, Colour]] | None = None) -> None:
    """A page's title with the state beside it; goes into a horizontal container."""
    st.title(f"{provider.icon} {provider.title}", width="content", anchor=False)
    for label, colour in state or badges(provider, connection):
        st.badge(label, color=colour)


def account_line(connection: Connection) -> str:
    """Whose account it is, for a caption."""
    account = connection.account
    return " · ".join(plain(text) for text in dict.fromkeys((account.name, account.detail)) if text)


def _link(provider: Provider, mine: list[Connection]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall"):
        st.page_link(f"pages/{provider.slug}.py", label=provider.title, icon=provider.icon)
        if mine:
            label, colour = badges(provider, mine[-1])[0]
            st.badge("Reconnect" if colour == "red" else label, color=colour)
