"""The layout that all pages share: title, sidebar, sign-in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import streamlit as st

from .. import providers, service
from ..config import settings
from ..model import Connection, Provider, Viewer
from ..model.errors import StoreUnavailable
from ..service.runtime import run
from .activity import activity_button
from .availability import drawn_whole, told_if_full
from .errors import explained
from .forget import forget
from .query import remembered
from .search import search_button
from .sign_in import offer_adoption, require_sign_in, who
from .text import plain
from .viewer import browser, viewer
from .views_list import views_list

Colour = Literal["green", "gray", "orange", "red", "blue"]
SHARED_WITH_YOU: tuple[str, Colour] = ("Shared with you", "blue")
SQUARES = (
    '<rect x="3" y="3" width="8" height="10" rx="2"/><rect x="13" y="3" width="8" height="6" rx="2"/>'
    '<rect x="3" y="15" width="8" height="6" rx="2"/><rect x="13" y="11" width="8" height="10" rx="2"/>'
)
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g fill="#4f46e5">{SQUARES}</g></svg>'
LOGO = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 122 24"><g fill="#6a62ee">{SQUARES}</g>'
    '<text x="32" y="17.5" font-family="sans-serif" font-size="15" font-weight="600" fill="#73778c">Dashboard</text>'
    "</svg>"
)
STYLE = Path(__file__).with_name("style.css")
FOCUS = '<script src="/focus.js"></script>'  # see `web.focus`
SIDEBAR = 220  # pixels


def phone() -> bool:
    """Returns whether the browser says that it runs on a phone: how wide its window is, it does not say."""
    return "Mobile" in str(st.context.headers.get("User-Agent", ""))


def icon_only(label: str, icon: str) -> tuple[str, str | None]:
    """Returns label and icon of a button; on a phone, where there is no room, the icon alone is its label."""
    return (icon, None) if phone() else (label, icon)


def page(title: str, draw: Callable[[Viewer], None], slug: str = "") -> None:
    """Draw a page for the viewer: the person who is signed in, or without sign-in the browser.

    `slug`: the provider's whose page it is.
    """
    st.set_page_config(page_title=f"{title} · Dashboard", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR)
    st.html(STYLE)
    st.html(FOCUS, unsafe_allow_javascript=True)
    st.logo(LOGO, size="small")
    with explained():
        if (at := browser()) is None:
            st.warning("This dashboard knows your browser by a cookie. Allow cookies for it, then reload the page.")
            st.stop()
        _ready(title)
        if settings().signs_in:
            require_sign_in(at)
        asking = viewer()
        if asking is None:  # signed out on another tab in this very moment
            st.rerun()
        sidebar(asking, slug)
        offer_adoption(asking)
        draw(asking)
        drawn_whole()


def _ready(title: str) -> None:
    """Without Redis, draw title and links, and say why there is no more."""
    try:
        told_if_full()
    except StoreUnavailable:
        with st.sidebar:
            _links([])
        st.title(title, anchor=False)
        raise


def sidebar(viewer: Viewer, slug: str = "") -> None:
    """Draw the search, the links to every page with each provider's state beside its own, and to saved views."""
    mine = run(service.connections_of(viewer))
    with st.sidebar:
        if slug:
            st.html('<a class="skip-link" href="#table">Skip to table</a>')
        if not phone():  # where the overview has the search, and a page may have a dialog of its own
            search_button(viewer.owner, slug)
        _links(mine)
        views_list(run(service.saved_views(viewer)), slug)
        if any(each.environment == "sandbox" for each in mine):
            st.caption("Sample data is made up by this server.")
        if mine:
            activity_button(viewer.owner)
        if viewer.session:
            who(viewer.browser, viewer.session)
        elif mine:
            forget(viewer.owner, mine)


def _links(mine: list[Connection]) -> None:
    with st.container(gap="xxsmall"):
        st.page_link("dashboard.py", label="Overview", icon=":material/space_dashboard:", width="stretch")
        st.space(6)
        st.caption("Sources")
        for provider in providers().values():
            _link(provider, [each for each in mine if each.slug == provider.slug])


def badges(provider: Provider, connection: Connection | None) -> list[tuple[str, Colour]]:
    """Returns the state of a provider in words, with colours."""
    if connection is None:
        return [("Not set up", "gray") if settings().missing(provider) else ("Not connected", "gray")]
    state: tuple[str, Colour] = ("Reconnect needed", "red") if connection.reconnect else ("Connected", "green")
    shared: list[tuple[str, Colour]] = [("Shared", "blue")] if connection.share.id else []
    sample: list[tuple[str, Colour]] = [("Sample data", "orange")] if connection.environment == "sandbox" else []
    return [state, *shared, *sample]


def header(
    provider: Provider, connection: Connection | None, state: list[tuple[str, Colour]] | None = None,
    account: bool = True,
) -> None:  # fmt: skip
    """Draw a page's title with the state beside it; goes into a horizontal container."""
    st.title(provider.title, width="content", anchor=False)
    if connection and account and not phone():
        st.caption(account_line(connection), width="content")
    for label, colour in state or badges(provider, connection):
        st.badge(label, color=colour)


def account_line(connection: Connection) -> str:
    """Returns whose account it is, for a caption."""
    account = connection.account
    return " · ".join(plain(text) for text in dict.fromkeys((account.name, account.detail)) if text)


def page_link(provider: Provider, label: str, icon: str) -> None:
    """Draw a link to a provider's page, with the query that it was last seen with."""
    st.page_link(f"pages/{provider.slug}.py", label=label, icon=icon, query_params=remembered(provider.slug))


def _link(provider: Provider, mine: list[Connection]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall"):
        page_link(provider, provider.title, provider.icon)
        if mine and mine[-1].reconnect:
            st.badge("Reconnect", color="red")
