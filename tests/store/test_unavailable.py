"""Redis gone or silent: a sentence within a second, and all well again by itself when it is back."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from own_valkey import Valkey

from integrations.model import Choice
from integrations.model.errors import StoreUnavailable
from integrations.service.runtime import run
from integrations.store import client, embedded, locks, records
from integrations.store.keys import CHOICE

PATH = ("owner", "acme")
SOON = 2  # seconds: the promise is one, a busy machine may take its time


@pytest.fixture
def server(tmp_path: Path, configured: Callable[..., None]) -> Iterator[Valkey]:
    server = Valkey(tmp_path)
    configured(REDIS_URL=server.url)
    run(client.close())
    yield server
    server.kill()
    run(client.close())


@pytest.fixture
def own(tmp_path: Path, configured: Callable[..., None]) -> Iterator[Callable[[int], None]]:
    """The embedded server in a folder of this test's own; `own(signal)` sends it one."""
    configured(DATA_DIR=str(tmp_path))
    run(client.close())
    run(records.put(CHOICE, PATH, Choice(("a",))))
    yield lambda number: os.kill(int((tmp_path / "server").read_text()), number)
    run(client.close())
    embedded.release(tmp_path)


def unavailable() -> None:
    """Says so, and soon."""
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="works again by itself") as raised:
        run(records.get(CHOICE, PATH))
    assert time.monotonic() - started < SOON and client.PATIENCE < 1 and raised.value.__suppress_context__


def test_a_dead_server_is_a_sentence_and_one_that_is_back_is_used_again(server: Valkey) -> None:
    run(records.put(CHOICE, PATH, Choice(("a",))))
    server.kill()
    unavailable()
    unavailable()
    server.start()
    assert run(records.get(CHOICE, PATH)) is None


@pytest.mark.parametrize("connected", [True, False])
def test_a_server_that_hangs_is_a_sentence_too(server: Valkey, connected: bool) -> None:
    run(records.put(CHOICE, PATH, Choice(("a",))))
    if not connected:
        run(client.close())
    server.hang()
    try:
        unavailable()
        unavailable()
    finally:
        server.wake()
    assert run(records.get(CHOICE, PATH)) == Choice(("a",))


def test_a_server_that_cannot_be_found_is_a_sentence(configured: Callable[..., None]) -> None:
    configured(REDIS_URL="redis://127.0.0.1:1")
    run(client.close())
    unavailable()
    run(client.close())


def test_a_server_that_wants_another_password_is_a_sentence_without_the_address(server: Valkey, configured) -> None:
    run(client.execute(lambda redis: redis.config_set("requirepass", "right")))
    configured(REDIS_URL=f"unix://:wrong-password@{server.socket}")
    run(client.close())
    unavailable()


def test_a_lock_that_cannot_be_had_is_a_sentence(server: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "WAIT", 0.2)

    async def twice() -> None:
        async with locks.held(PATH), locks.held(PATH):
            raise AssertionError("both hold it")

    with pytest.raises(StoreUnavailable):
        run(twice())


def test_an_embedded_server_that_was_killed_is_started_again_unnoticed(own: Callable[[int], None]) -> None:
    time.sleep(1.1)  # it writes its file every second
    own(signal.SIGKILL)
    assert patiently_read() == Choice(("a",))


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="finds the keeper by its folder in /proc")
def test_an_embedded_server_that_was_killed_with_its_keeper_is_started_again_by_whoever_needs_it(
    own: Callable[[int], None], tmp_path: Path
) -> None:
    time.sleep(1.1)  # it writes its file every second
    for process in living_in(tmp_path):
        os.kill(process, signal.SIGKILL)
    assert patiently_read() == Choice(("a",))


def living_in(folder: Path) -> list[int]:
    """The processes that have this working folder: keeper and server."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").resolve() == folder.resolve():
                found.append(int(process.name))
    assert len(found) == 2
    return found


def patiently_read() -> Choice | None:
    """The record, as soon as it can be had."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return run(records.get(CHOICE, PATH))
        except StoreUnavailable:
            assert time.monotonic() < deadline


def test_an_embedded_server_that_hangs_is_a_sentence_and_then_works_again(own: Callable[[int], None]) -> None:
    own(signal.SIGSTOP)
    try:
        unavailable()
        unavailable()
    finally:
        own(signal.SIGCONT)
    assert run(records.get(CHOICE, PATH)) == Choice(("a",))


def test_the_cause_is_logged_once_and_without_the_password(
    configured: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    configured(REDIS_URL="redis://:top%2Fsecret@127.0.0.1:1/3")
    client._logged.clear()
    run(client.close())
    for _ in range(3):
        unavailable()
    client.unavailable(OSError("no way to redis://:top%2Fsecret@127.0.0.1:1 with top/secret"))
    refused, odd = [record.getMessage() for record in caplog.records if record.name == client.log.name]
    assert "127.0.0.1:1/3" in refused and "111" in refused and "no way to" in odd
    assert "secret" not in refused + odd
    run(client.close())
