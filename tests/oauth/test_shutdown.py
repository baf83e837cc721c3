"""An ordinary restart in the middle of a token refresh costs nobody the grant: real processes, told to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from slow_provider import SlowProvider

from integrations import providers, sync
from integrations.config.settings import ROOT
from integrations.model import Account, Connection, Token
from integrations.model.errors import ReconnectNeeded
from integrations.oauth import ConnectionTokens, shutdown
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import connections, embedded, keys, queue, records

OWNER = "a" * 64
WORKER = [sys.executable, "-m", "integrations", "worker"]
APP = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless", "true", "--server.port"]
WITHIN = 40  # seconds for what takes three


@pytest.fixture
def provider() -> Iterator[SlowProvider]:
    found = SlowProvider()
    yield found
    found.close()


@pytest.fixture
def launch() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a process in a group of its own; what is left of the group is killed at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(command: list[str], **settings: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **settings}
        quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, **quiet))
        return started[-1]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        process.stdin.close()


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def command(who: str) -> tuple[list[str], dict[str, str]]:
    """The process that refreshes: a worker by itself, or the app with a worker as its child or inside it."""
    return (WORKER, {}) if who == "worker" else ([*APP, free_port()], {"WORKERS": who})


def connected(provider: SlowProvider) -> Connection:
    """A connection whose access token has ended; a load of it is asked for."""
    mine = Connection("0" * 16, OWNER, "airtable", Account("1", "Ada"), "real", provider.url, datetime.now(UTC))
    ended = datetime.now(UTC) - timedelta(minutes=1)
    run(connections.save(mine, Token("access-1", "refresh-1", ended, lifetime=3600)))
    run(sync.start(mine))
    return mine


def token_of(mine: Connection) -> Token:
    return run(records.get(keys.TOKEN, mine.path))


def told_to_end(process: subprocess.Popen[bytes], whom: str) -> None:
    """As a service manager does: the process, or everything that it has started as well."""
    if whom == "the process":
        process.terminate()
    else:
        os.killpg(process.pid, signal.SIGTERM)


@pytest.mark.parametrize("whom", ["the process", "its group"])
@pytest.mark.parametrize("who", ["worker", "child", "inline"])
def test_a_process_that_is_told_to_end_saves_the_pair_that_it_has_asked_for(
    store: None, configured: Callable[..., None], provider: SlowProvider, launch, who: str, whom: str
) -> None:
    configured(**provider.settings)
    mine = connected(provider)
    program, settings = command(who)
    process = launch(program, **settings)
    assert provider.asked.wait(WITHIN)

    told_to_end(process, whom)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.5)
    provider.answer.set()

    process.wait(WITHIN)
    saved = token_of(mine)
    assert (saved.access_token, saved.refresh_token, saved.refresh_begun) == ("access-2", "refresh-2", None)
    assert (provider.grants, provider.replays) == (["refresh-1"], 0)
    assert run(connections.find(*mine.path)).reconnect == ""


def test_the_embedded_server_outlives_the_refresh_though_it_is_told_to_end_as_well(
    configured: Callable[..., None], provider: SlowProvider, launch, tmp_path: Path
) -> None:
    configured(**provider.settings, DATA_DIR=str(tmp_path), REDIS_URL="", TOKEN_KEYS="")
    mine = connected(provider)
    process = launch([*APP, free_port()], WORKERS="child")
    assert provider.asked.wait(WITHIN)
    server = int((tmp_path / "server").read_text())
    leave(tmp_path)

    told_to_end(process, "its group")
    os.kill(server, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1.5)
    provider.answer.set()

    process.wait(WITHIN)
    try:
        assert token_of(mine).access_token == "access-2" and provider.replays == 0
    finally:
        leave(tmp_path)


def leave(folder: Path) -> None:
    """Be no user of the embedded server any more."""
    run(queue.close())
    run(store_connection.close())
    embedded.release(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_with_nothing_under_way_ends_at_once(
    store: None, configured: Callable[..., None], launch, number: signal.Signals
) -> None:
    process = launch(WORKER)
    deadline = time.monotonic() + WITHIN
    while not run(store_connection.execute(lambda redis: redis.zrange("dashboard:jobs:workers", 0, -1))):
        assert time.monotonic() < deadline, "the worker did not start"
        time.sleep(0.05)
    process.send_signal(number)
    began = time.monotonic()
    assert process.wait(WITHIN) == 0 and time.monotonic() - began < 5


def test_a_refresh_that_hangs_keeps_a_process_only_for_so_long(
    store: None, configured: Callable[..., None], provider: SlowProvider, launch
) -> None:
    configured(**provider.settings)
    mine = connected(provider)
    process = launch([sys.executable, "-c", SHORT_GRACE])
    assert provider.asked.wait(WITHIN)
    process.terminate()
    assert process.wait(WITHIN) == 0
    assert token_of(mine).refresh_begun is not None

    with pytest.raises(ReconnectNeeded, match="The server stopped while it was renewing this connection"):
        run(ConnectionTokens(providers()["airtable"], mine).renewed("access-1"))
    assert (provider.grants, provider.replays) == (["refresh-1"], 0), "it is not sent again"


@pytest.mark.rounds(usual=1, soak=40)
def test_a_process_that_is_killed_costs_the_grant_but_nothing_is_sent_twice_and_the_page_says_so(
    store: None, configured: Callable[..., None], provider: SlowProvider, launch, attempt: int, record_property
) -> None:
    configured(**provider.settings, TOKEN_LEASE_SECONDS="1")
    mine = connected(provider)
    process = launch(WORKER)
    assert provider.asked.wait(WITHIN)
    process.kill()
    process.wait(WITHIN)
    provider.answer.set()

    with pytest.raises(ReconnectNeeded, match="The server stopped while it was renewing this connection"):
        run(ConnectionTokens(providers()["airtable"], mine).renewed("access-1"))
    assert (provider.grants, provider.replays) == (["refresh-1"], 0)
    assert "Reconnect to go on" in run(connections.find(*mine.path)).reconnect
    record_property("sent twice", provider.replays)


SHORT_GRACE = """
from integrations.oauth import shutdown
from integrations.sync.worker import main
shutdown.finished.__defaults__ = (0.5,)
main()
"""


@pytest.fixture
def ending() -> Iterator[None]:
    """A process that has been told to end; at the end of the test it has not."""
    shutdown.begin()
    yield
    shutdown.begin(ending=False)


def test_nothing_that_must_be_finished_begins_once_a_process_is_told_to_end(
    store: None, configured: Callable[..., None], provider: SlowProvider, ending: None
) -> None:
    configured(**provider.settings)
    provider.answer.set()
    mine = connected(provider)

    async def asked_too_late() -> str:
        renewing = asyncio.ensure_future(ConnectionTokens(providers()["airtable"], mine).renewed("access-1"))
        await asyncio.wait([renewing], timeout=1)
        assert not renewing.done() and provider.grants == []
        shutdown.begin(ending=False)
        return await renewing

    assert run(asked_too_late()) == "access-2"


def test_a_shutdown_waits_for_what_is_under_way_and_no_longer() -> None:
    done = threading.Event()

    def wait() -> None:
        assert shutdown.finished(30)
        done.set()

    with shutdown.unfinished():
        assert not shutdown.finished(0.01)
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not done.wait(0.05)
    assert done.wait(10)
    waiting.join()
