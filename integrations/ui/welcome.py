"""The Overview of a viewer who has connected nothing: what this is, and how to begin."""

from __future__ import annotations

import streamlit as st

from .. import providers
from ..config import settings
from ..model import Provider, Viewer
from .connect import connect
from .layout import page_link
from .text import listed, plain

WIDTH = 720  # pixels


def welcome(viewer: Viewer) -> None:
    """Draw what can be connected, and the way to sample data."""
    known = list(providers().values())
    with st.container(horizontal=True, horizontal_alignment="center"), st.container(width=WIDTH, gap="medium"):
        st.space(40)
        with st.container(gap="xsmall"):
            st.title(f"Your {listed([each.title for each in known])} in one place", anchor=False)
            st.write("See every record you can read as a table, find and sum what matters. Nothing is ever changed.")
        with st.container(gap="xsmall"):
            for each in known:
                _provider(viewer, each)
        _sample(viewer, [each for each in known if settings().offers_sample(each)])


def _provider(viewer: Viewer, provider: Provider) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        page_link(provider, f"**{provider.title}**", provider.icon)
        st.caption(plain(provider.summary), width="content")
        st.space("stretch")
        if settings().missing(provider):
            st.caption("Not set up yet", help=f"Ask whoever runs this dashboard to set up {provider.title}.",
                       width="content")  # fmt: skip
        elif st.button("Connect", key=f"connect {provider.slug}",
                       help=f"You approve on {provider.title}'s own page. Read only."):  # fmt: skip
            connect(provider, viewer, "real")


def _sample(viewer: Viewer, offered: list[Provider]) -> None:
    if not offered:
        return
    titles = {each.title: each for each in offered}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        picked = st.menu_button("Try with sample data", list(titles), type="primary", icon=":material/play_arrow:",
                                key="sample")  # fmt: skip
        st.caption("Made up by this server: no account, a few seconds.", width="content")
    if picked:
        connect(titles[picked], viewer, "sandbox")
