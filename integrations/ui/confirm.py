"""Asking for confirmation before an action that others see, or that cannot be undone."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from .availability import only_look


def decided(yes: str, no: str, destroys: bool = True) -> bool:
    """Draw the two buttons that end a dialog; returns whether the first was pressed. The other closes it."""
    with st.container(horizontal=True):
        kind: Literal["primary", "secondary"] = "secondary" if destroys else "primary"
        sure = st.button(yes, type=kind, key=f"{yes}, decided", disabled=only_look())
        if st.button(no):
            st.rerun()
    return sure
