"""A database that takes no changes, or is away: what can still be done, and looking whether it is well again."""

from __future__ import annotations

import contextlib

import streamlit as st

from ..model.errors import StoreFull, StoreUnavailable
from ..store import connection as redis
from ..store.loop import run

AGAIN = 2  # seconds between looks whether Redis is well again
KEY = "only look"


def told_if_full() -> None:
    """At the top of a page: what is stored can still be looked at."""
    st.session_state[KEY] = False
    try:
        run(redis.check())
    except StoreFull as error:
        st.session_state[KEY] = True
        st.warning(str(error), icon=":material/database_off:")
        look_again()


def only_look() -> bool:
    """Whether nothing can be changed now, as the top of the page says."""
    return bool(st.session_state.get(KEY))


@st.fragment(run_every=AGAIN)
def look_again() -> None:
    """Draw the whole page again once Redis is well."""
    with contextlib.suppress(StoreUnavailable):
        run(redis.check())
        st.rerun()
