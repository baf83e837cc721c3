"""Streamlit's websocket: what browsers may ask on it, and what they are not told.

Streamlit also listens to its own developers' tools: emptying the caches that everybody uses, naming the files of the
git repository, installing files beside the script. Pages need none of that. And it tells each browser where the
script is and which versions run here. `withhold` replaces a private function of the pinned Streamlit;
tests/web/test_web_protocol.py fails when that function changes.
"""

from __future__ import annotations

import functools
from pathlib import PurePath
from typing import Any

from google.protobuf.message import DecodeError
from starlette.types import Message, Receive
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.NewSession_pb2 import EnvironmentInfo, NewSession, UserInfo
from streamlit.runtime.app_session import AppSession
from streamlit.version import STREAMLIT_VERSION_STRING

from ..identity.signing import keyed_hash

STREAM = "/_stcore/stream"
MAY_ASK = ("rerun_script", "stop_script", "app_heartbeat")
MAY_ASK_OF_THE_BACKEND = ("dataframe_chunk",)  # more rows of a long table


def only_what_pages_ask(receive: Receive) -> Receive:
    """Returns `receive` without the messages that no page of ours sends."""

    async def receive_wanted() -> Message:
        while True:
            message = await receive()
            if message["type"] != "websocket.receive" or is_wanted(message.get("bytes")):
                return message

    return receive_wanted


def is_wanted(frame: bytes | None) -> bool:
    """Returns whether Streamlit should see this frame; it closes the websocket over one that it cannot read."""
    if frame is None:
        return False  # text, which Streamlit does not use
    try:
        asked = BackMsg.FromString(frame)
    except DecodeError:
        return True
    kind = asked.WhichOneof("type")
    return kind in MAY_ASK or (
        kind == "backend_operation_request"
        and asked.backend_operation_request.WhichOneof("payload") in MAY_ASK_OF_THE_BACKEND
    )


def withhold() -> None:
    """From now on, what Streamlit tells of a new session names no path, no version and no machine."""
    told = AppSession._create_new_session_message
    if hasattr(told, "__wrapped__"):
        return

    @functools.wraps(told)
    def tell_less(session: AppSession, *args: Any, **more: Any) -> Any:
        message = told(session, *args, **more)
        _reduce(message.new_session)
        return message

    AppSession._create_new_session_message = tell_less  # type: ignore[method-assign, assignment]


def _reduce(new: NewSession) -> None:
    """Pages need these parts to be there, not what is in them, and the version only to notice that it changed."""
    new.main_script_path = PurePath(new.main_script_path).name
    new.initialize.environment_info.CopyFrom(EnvironmentInfo(streamlit_version=_version()))
    new.initialize.user_info.CopyFrom(UserInfo())
    new.initialize.user_info.SetInParent()
    new.initialize.recommend_skills_install = False
    new.initialize.skills_nudge_suppressed_reason = ""


def _version() -> str:
    """Returns a name of Streamlit's version that only this server could have made."""
    return keyed_hash("name of a version", STREAMLIT_VERSION_STRING).hex()[:16]
