"""What Streamlit's websocket takes from browsers and tells them, in the version that is pinned."""

from __future__ import annotations

import asyncio
import json
import platform
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import MagicMock

import pytest
import streamlit
from google.protobuf.json_format import MessageToJson
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg
from streamlit.proto.NewSession_pb2 import EnvironmentInfo, Initialize, NewSession
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner import RunDescriptor
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from integrations.config.settings import ROOT
from integrations.web import protocol

REFUSED = {
    "clear_cache": True, "set_run_on_save": True, "load_git_info": True, "debug_disconnect_websocket": True,
    "debug_shutdown_runtime": True,
}  # fmt: skip


def message(**fields: bool) -> BackMsg:
    return BackMsg(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_page_asks_is_not_heard(kind: str) -> None:
    assert not protocol.is_wanted(message(**{kind: True}).SerializeToString())


def test_files_and_installations_are_not_asked_for_either() -> None:
    files, operation = BackMsg(), BackMsg()
    files.file_urls_request.file_names.append("x")
    assert not protocol.is_wanted(files.SerializeToString())
    for payload in ("deferred_file", "install_skills", "dismiss_skills_nudge"):
        getattr(operation.backend_operation_request, payload).SetInParent()
        assert not protocol.is_wanted(operation.SerializeToString()), payload
    assert not protocol.is_wanted(BackMsg().SerializeToString()) and not protocol.is_wanted(None)


def test_pages_are_heard() -> None:
    rerun, rows = BackMsg(), BackMsg()
    rerun.rerun_script.query_string = "a=b"
    rows.backend_operation_request.dataframe_chunk.SetInParent()
    for asked in (rerun, rows, message(app_heartbeat=True), message(stop_script=True)):
        assert protocol.is_wanted(asked.SerializeToString())
    assert protocol.is_wanted(b"\xff\xff"), "Streamlit closes the websocket over it"


def test_nothing_can_be_asked_of_streamlit_that_was_not_decided_here() -> None:
    """A newer Streamlit may listen to more."""
    kinds = {each.name for each in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}
    assert kinds == {*REFUSED, *protocol.MAY_ASK, "file_urls_request", "backend_operation_request"}
    payloads = {each.name for each in BackendOperationRequest.DESCRIPTOR.oneofs_by_name["payload"].fields}
    assert payloads == {"deferred_file", "install_skills", "dismiss_skills_nudge", *protocol.MAY_ASK_OF_THE_BACKEND}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[NewSession]:
    """What a browser is told of a new session."""
    monkeypatch.setattr(AppSession, "_create_new_session_message", AppSession._create_new_session_message)
    protocol.withhold()

    async def said() -> NewSession:
        script = ScriptData(str(ROOT / "dashboard.py"), False)
        session = AppSession(script, MagicMock(), ScriptCache(), None, {})
        new = session._create_new_session_message("", RunDescriptor.create()).new_session
        session.shutdown()
        session._script_event_loop.close()
        return new

    yield asyncio.run(said())


def test_a_browser_is_told_no_path_no_version_and_no_machine(told: NewSession) -> None:
    said = MessageToJson(told)
    paths = [str(ROOT), str(Path(streamlit.__file__).parent)]
    secrets = [*paths, streamlit.__version__, platform.python_version(), platform.system(), platform.node()]
    assert not [secret for secret in secrets if secret and secret in said]
    assert told.main_script_path == "dashboard.py" and told.initialize.HasField("user_info")
    assert set(json.loads(said)["initialize"]["environmentInfo"]) == {"streamlitVersion"}


def test_streamlits_page_still_notices_that_the_version_has_changed(
    told: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told.initialize.environment_info.streamlit_version
    assert before == protocol._version() and len(before) == 16
    monkeypatch.setattr(protocol, "STREAMLIT_VERSION_STRING", "99")
    assert protocol._version() != before


def test_nothing_is_told_of_a_session_that_was_not_decided_here() -> None:
    """A newer Streamlit may tell more."""
    names = {kind: {each.name for each in kind.DESCRIPTOR.fields} for kind in (NewSession, Initialize, EnvironmentInfo)}
    assert names[NewSession] == {"initialize", "name", "main_script_path", "config", "custom_theme", "app_pages",
                                 "page_script_hash", "main_script_hash"}  # fmt: skip
    assert names[Initialize] == {"user_info", "environment_info", "session_status", "session_id", "is_hello",
                                 "recommend_skills_install", "skills_nudge_suppressed_reason"}  # fmt: skip
    assert names[EnvironmentInfo] == {"streamlit_version", "python_version", "server_os", "has_display"}
