"""What went wrong, as a sentence where it happened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import streamlit as st

from ..model.errors import DashboardError, StoreFull, StoreUnavailable
from .availability import look_again


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Around a page, a dialog or a fragment; looks again by itself while Redis is away."""
    try:
        yield
    except StoreFull:
        st.error("This has to wait until the database takes changes again.", icon=":material/database_off:")
        look_again()
    except StoreUnavailable as error:
        st.error(str(error), icon=":material/cloud_off:")
        look_again()
    except DashboardError as error:
        st.error(str(error), icon=":material/error:")


def unexpected(error: Exception) -> bool:
    """What people see of a mistake of ours; the server's log has the rest."""
    st.error("Something went wrong on this page. Reload it; if it happens again, tell whoever runs this dashboard.")
    return True
