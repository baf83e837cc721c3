"""Leaving nothing behind on a browser that somebody else may use."""

from __future__ import annotations

import streamlit as st

from .. import service
from ..model import Connection
from ..store.loop import run
from .decide import decided
from .explain import explained
from .viewer import viewer
from .words import accounts, count


def forget(owner: str, mine: list[Connection]) -> None:
    """In the sidebar: end everything that this browser has connected."""
    if st.button("Forget this browser", icon=":material/ink_eraser:", type="tertiary"):
        _dialog(owner, mine)


@st.dialog("Forget this browser")
@explained()
def _dialog(owner: str, mine: list[Connection]) -> None:
    ended = count(len(mine), "connection")
    st.markdown(f"Ends {ended} and deletes what was loaded: {accounts(mine)}. This can't be undone.")
    if decided("Forget everything", "Keep everything"):
        run(service.forget_browser(viewer()))
        st.rerun()
