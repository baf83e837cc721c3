"""Asking once more before something is done that others see, or that can't be undone."""

from __future__ import annotations

import streamlit as st

from .full import only_look


def decided(yes: str, no: str) -> bool:
    """The two buttons that end a dialog: whether the first one was pressed; the other closes it."""
    with st.container(horizontal=True):
        sure = st.button(yes, type="primary", key=f"{yes}, decided", disabled=only_look())
        if st.button(no):
            st.rerun()
    return sure
