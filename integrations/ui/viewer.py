"""Who sits at the browser that a page is drawn for."""

from __future__ import annotations

import streamlit as st

from ..config import settings
from ..identity import cookie_name
from ..model import Viewer, owner_of
from .activity import actor
from .sign_in import session


def viewer() -> Viewer:
    """Returns who asks: the person who is signed in, or without sign-in the browser; nobody's things have no owner."""
    person = session()
    if settings().signs_in:
        return Viewer(person.owner if person else "", person, actor())
    return Viewer(owner_of(st.context.cookies.get(cookie_name())) or "", None, actor())
