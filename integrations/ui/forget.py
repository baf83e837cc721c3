"""Leaving nothing behind on a browser that other people use."""

from __future__ import annotations

import streamlit as st

from .. import service
from ..model import Connection
from ..service.runtime import run
from .confirm import decided
from .errors import explained
from .query import forget_queries
from .text import accounts, count
from .viewer import still


def forget(owner: str, mine: list[Connection]) -> None:
    """Draw the button in the sidebar that ends everything this browser has connected."""
    if st.button("Disconnect everything", icon=":material/ink_eraser:", type="tertiary"):
        _dialog(owner, mine)


@st.dialog("Disconnect everything?")
@explained()
def _dialog(owner: str, mine: list[Connection]) -> None:
    viewer = still(owner)
    ended = count(len(mine), "connection")
    st.markdown(f"Ends {ended} and deletes what was loaded: {accounts(mine)}. This can't be undone.")
    if decided("Disconnect everything", "Cancel"):
        run(service.forget_browser(viewer))
        forget_queries()
        st.rerun()
