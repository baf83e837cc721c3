"""The Overview: how every connection is, and what the viewer's saved views come to."""

from __future__ import annotations

import streamlit as st

from .. import providers, service
from ..config import settings
from ..model import SavedView, Viewer
from ..service import Health
from ..service.runtime import run
from .health import health_strip
from .layout import page
from .search import search_box, search_page
from .since_last_visit import since_last_visit
from .text import viewers_zone
from .view_cards import view_cards
from .views_menu import undo_line
from .welcome import welcome

ANYBODY = (
    "Anybody who can open this address can use this dashboard without signing in. Each browser sees only what it "
    "connected itself; whoever uses the same browser sees the same."
)


def overview() -> None:
    """Draw the page `/`."""
    page("Overview", _draw)


def _draw(viewer: Viewer) -> None:
    found = run(service.health(viewer))
    with st.container(key="page", gap="small"):
        if settings().allow_anonymous and not settings().on_this_machine:
            st.info(ANYBODY, icon=":material/public:")
        _page(viewer, found) if found else welcome(viewer)


def _page(viewer: Viewer, found: list[Health]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Overview", width="content", anchor=False)
        st.space("stretch")
        text = search_box()
    if text:
        search_page(viewer, text)
    else:
        _glance(viewer, found)


def _glance(viewer: Viewer, found: list[Health]) -> None:
    health_strip(viewer.owner, found)
    views = [each for each in run(service.saved_views(viewer)) if each.slug in providers()]
    st.header("Saved views", anchor=False)
    undo_line(viewer.owner)
    if views:
        view_cards(viewer.owner, views)
    else:
        st.caption("None yet. Save what a source's page shows with “Save view”, and it is here with its number.")
    _ready(viewer, found, views)
    since_last_visit(viewer, found)


def _ready(viewer: Viewer, found: list[Health], views: list[SavedView]) -> None:
    """Cards of the connections of which the viewer has saved nothing."""
    saved = {each.page for each in views}
    without = [each.connection for each in found if each.shown and each.connection.path[1:] not in saved]
    ready = [view for each in without for view in run(service.ready_views(viewer, each, viewers_zone()))]
    if ready:
        st.header("Ready to open", anchor=False)
        view_cards(viewer.owner, ready, own=False)
