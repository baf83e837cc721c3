"""The Manage menu of a connection."""

from __future__ import annotations

import streamlit as st

from .. import service
from ..config import settings
from ..model import Connection, Provider, Viewer
from ..service.runtime import run
from .availability import only_look
from .confirm import decided
from .connect import connect, disconnect_dialog, where_again
from .errors import explained
from .layout import icon_only
from .reading import refresh
from .text import plain
from .viewer import still


def manage(provider: Provider, viewer: Viewer, connection: Connection) -> None:
    """Draw the menu, and do what is picked."""
    organisation = plain(viewer.session.organisation_name) if viewer.session else ""
    share, stop = f"Share with {organisation}", f"Stop sharing with {organisation}"
    sharing = [stop] if connection.share.id else [share] if organisation else []
    another = [] if settings().missing(provider) else ["Add another account"]
    choices = ["Reconnect", "Choose what to load", "Reload everything", *sharing, *another, "Disconnect"]
    label, icon = icon_only("Manage", ":material/settings:")
    match st.menu_button(label, choices, icon=icon, key="manage", type="tertiary", disabled=only_look()):
        case "Reconnect":
            connect(provider, viewer, where_again(provider, connection), again=True)
        case "Choose what to load":
            st.session_state["choosing"] = connection.id
        case "Reload everything":
            refresh(viewer, connection, full=True)
        case "Add another account":
            connect(provider, viewer, "real")
        case "Disconnect":
            disconnect_dialog(provider, connection)
        case picked if picked == share:
            _share_dialog(connection, organisation)
        case picked if picked == stop:
            run(service.stop_sharing(viewer, connection))
            st.rerun()


@st.dialog("Share?")
@explained()
def _share_dialog(connection: Connection, organisation: str) -> None:
    """Ask for confirmation: the rows are shown to everybody there."""
    viewer = still(connection.owner)
    st.write(
        f"Everybody who signs in from **{organisation}** will see, search and download all that is loaded from "
        f"**{plain(connection.account.name)}**. They can change nothing, and you can stop it at any time."
    )
    if decided("Share", "Keep it to myself", destroys=False):
        run(service.share(viewer, connection))
        st.rerun()
