"""Starting: with unsafe settings not at all, otherwise with a worker that is always there."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.service import runtime
from integrations.service.runtime import run
from integrations.web import check, lifespan

ROOT = Path(__file__).resolve().parents[2]
REFUSED = [
    ({"PUBLIC_URL": "https://dash.example.com"}, "ALLOW_ANONYMOUS=on"),
    ({"PUBLIC_URL": "http://192.168.1.7:8501"}, "ALLOW_ANONYMOUS=on"),
    ({"PUBLIC_URL": "http://localhost.evil.example"}, "ALLOW_ANONYMOUS=on"),
    ({"REDIS_URL": "redis://redis:6379", "TOKEN_KEYS": ""}, "TOKEN_KEYS is needed"),
    ({"REDIS_HOST": "redis", "TOKEN_KEYS": ""}, "TOKEN_KEYS is needed"),
    ({"TOKEN_KEYS": "short"}, "TOKEN_KEYS holds something that is not a key"),
    ({"PUBLIC_URL": "localhost:8501"}, "PUBLIC_URL must look like"),
    ({"PUBLIC_URL": "http://[oops"}, "PUBLIC_URL must look like"),
    ({"[auth]": "{}"}, "[auth] lacks redirect_uri, cookie_secret, client_id"),
    ({"PUBLIC_URL": "https://dash.example.com", "[auth]": '{"client_id": "us"}'}, "Sign-in is not complete"),
    ({"DATA_DIR": "/dev/null/data", "TOKEN_KEYS": ""}, "DATA_DIR cannot hold the key file (Not a directory)"),
    ({"DATA_DIR": "/dev/null", "TOKEN_KEYS": "k" * 43}, "DATA_DIR cannot hold the embedded database (File exists)"),
    ({"WORKERS": "many"}, "WORKERS must be one of"),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED)
def test_unsafe_settings_stop_the_start_with_a_sentence(
    configured: Callable[..., None], settings: dict[str, str], sentence: str
):
    configured(**settings)
    with pytest.raises(SystemExit) as stopped:
        check()
    assert "The dashboard cannot start." in str(stopped.value) and sentence in str(stopped.value)


@pytest.mark.parametrize(
    "settings",
    [{}, {"PUBLIC_URL": "http://127.0.0.1:9000"}, {"PUBLIC_URL": "https://dash.example.com", "ALLOW_ANONYMOUS": "on"}],
)
def test_safe_settings_start(configured: Callable[..., None], settings: dict[str, str]):
    configured(**settings)
    check()


def test_a_folder_on_a_disk_that_takes_nothing_stops_the_start(
    configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def full(**_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    configured(DATA_DIR=str(tmp_path))
    with pytest.raises(SystemExit, match="Read-only file system"):
        check()


def test_the_server_shows_the_sentence_and_no_traceback():
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "-c", "import dashboard"], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**bare, "PUBLIC_URL": "https://dash.example.com", "REDIS_URL": "redis://127.0.0.1:1"},
    )  # fmt: skip
    assert ended.returncode == 1
    assert "The dashboard cannot start. PUBLIC_URL is https://dash.example.com" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_worker_process_that_ends_is_replaced_and_ends_with_the_app(
    store: None, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runtime, "RESTART_AFTER", 0.01)
    children: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def short_lived(*command: str, **options):
        assert command[1:] == ("-m", "integrations", "worker", "--with-parent")
        seconds = 0 if not children else 60
        children.append(await start(sys.executable, "-c", f"import time; time.sleep({seconds})", **options))
        return children[-1]

    monkeypatch.setattr(runtime.asyncio, "create_subprocess_exec", short_lived)

    async def live() -> None:
        async with lifespan(None):
            while len(children) < 2:
                await asyncio.sleep(0.01)
            assert children[1].returncode is None

    asyncio.run(live())
    assert [child.returncode for child in children] == [0, -15]


def test_a_worker_inside_the_app_that_ends_is_replaced(
    store: None, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    """As when Redis is not there yet when the app starts."""
    configured(WORKERS="inline")
    monkeypatch.setattr(runtime, "RESTART_AFTER", 0.01)
    started = 0

    async def work() -> None:
        nonlocal started
        started += 1
        if started < 3:
            raise ConnectionError
        await asyncio.sleep(60)

    monkeypatch.setattr(runtime.worker, "work", work)

    async def live() -> None:
        async with lifespan(None):
            while started < 3:
                await asyncio.sleep(0.01)

    asyncio.run(live())
    assert started == 3
    run(asyncio.sleep(0))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_ends_in_time_though_a_browser_does_not_hang_up(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    told, ended = [], threading.Event()
    monkeypatch.setattr(runtime, "ENDS_WITHIN", 0.05)
    monkeypatch.setattr(runtime.os, "_exit", lambda status: ended.set())
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        for each in before:
            signal.signal(each, lambda number, frame: told.append(number))
        runtime._end_in_time()
        os.kill(os.getpid(), number)
        assert ended.wait(5) and told == [number], "the server was told as well"
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
