"""Who sits at the browser that a page is drawn for."""

from __future__ import annotations

import streamlit as st

from ..config import settings
from ..identity import cookie_name
from ..model import Viewer, owner_of
from .activity import actor_of
from .sign_in import session


def viewer() -> Viewer:
    """Returns who asks: the person who is signed in, or without sign-in the browser; nobody's things have no owner."""
    person = session()
    browser = owner_of(st.context.cookies.get(cookie_name()))
    owner = browser if not settings().signs_in else person.owner if person else None
    return Viewer(owner or "", person, actor_of(person))
