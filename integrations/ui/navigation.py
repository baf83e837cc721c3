"""Going elsewhere in the same tab."""

from __future__ import annotations

from html import escape
from typing import NoReturn

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx


def leave_for(url: str) -> None:
    """Open an address in this tab, leaving an entry to come back to (as st.login does)."""
    context = get_script_run_ctx()
    if context is None:
        replace_with(url)
    message = ForwardMsg()
    message.auth_redirect.url = url
    context.enqueue(message)


def replace_with(url: str) -> NoReturn:
    """Open an address in place of this one: the history forgets where we were."""
    st.markdown(f'<meta http-equiv="refresh" content="0; url={escape(url)}">', unsafe_allow_html=True)
    st.stop()
