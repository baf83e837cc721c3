"""The viewer of the page that is being drawn."""

from __future__ import annotations

import streamlit as st

from ..config import settings
from ..identity import cookie_name, owner_of, viewer_of
from ..model import Viewer, client_address
from ..service.runtime import run


def browser() -> str | None:
    """Returns the owner that this browser's cookie names; None without a cookie of ours."""
    return owner_of(st.context.cookies.get(cookie_name()))


def viewer() -> Viewer | None:
    """Returns who asks; None if people have to sign in and nobody has."""
    agent = str(st.context.headers.get("User-Agent", ""))
    return run(viewer_of(browser(), None, address(), agent))


def still(owner: str) -> Viewer:
    """Call first in dialogs and fragments; returns the viewer, or reruns the page if another person is signed in."""
    found = viewer()
    if found is None or found.owner != owner:
        st.rerun()
    return found


def address() -> str:
    """Returns the network address of the browser that asks."""
    forwarded = st.context.headers.get_all("X-Forwarded-For")
    return client_address(st.context.ip_address, forwarded, settings().trusted_proxies)
