"""A database that takes no changes, or is away: what can still be done, and looking whether it is well again."""

from __future__ import annotations

import contextlib
import time

import streamlit as st

from .. import service
from ..model.errors import StoreFull, StoreUnavailable
from ..service.runtime import run

AGAIN, LONGEST_PAUSE = 2, 30  # seconds between looks whether Redis is well again, and until a page is drawn again
KEY, PAUSE = "only look", "pause before looking again"


def told_if_full() -> None:
    """At the top of a page: what is stored can still be looked at."""
    st.session_state[KEY] = False
    try:
        run(service.check_store())
    except StoreFull as error:
        st.session_state[KEY] = True
        st.warning(str(error), icon=":material/database_off:")
        look_again()


def only_look() -> bool:
    """Whether nothing can be changed now, as the top of the page says."""
    return bool(st.session_state.get(KEY))


def look_again() -> None:
    """Draw the whole page again once Redis is well, after a pause that doubles while that does not help."""
    pause = min(2 * st.session_state.get(PAUSE, AGAIN / 2), LONGEST_PAUSE)
    st.session_state[PAUSE] = pause
    _look(time.monotonic() + pause)


def drawn_whole() -> None:
    """At the end of a page: the next pause is a short one again."""
    st.session_state.pop(PAUSE, None)


@st.fragment(run_every=AGAIN)
def _look(due: float) -> None:
    if time.monotonic() >= due:
        with contextlib.suppress(StoreUnavailable):
            run(service.check_store())
            st.rerun()
