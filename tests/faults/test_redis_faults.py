"""Whatever happens to Redis, before a load or in the middle of one: the page says so, nothing that is stored is lost,
and all goes on by itself once Redis is well.

`make test` has each trouble at both moments; `make soak` with every provider.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from account import Account
from own_valkey import KEEPING, Valkey
from trouble import Wire

from integrations import providers, sync
from integrations.model.errors import StoreUnavailable
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import keys, records
from integrations.store import queue as queue

ROWS_SHOWN = re.compile(r"\*\*[1-9][\d,]*\*\* :gray\[")  # the line above a table
AWAY = "cannot reach its database (Redis) right now. This page works again"
FULL = "takes no changes right now"
TROUBLES = {"down": AWAY, "slow": AWAY, "read-only": FULL, "out of memory": FULL}
MOMENTS = ("before a load", "in the middle of a load")
EVERY = list(itertools.product(TROUBLES, MOMENTS, sorted(providers())))
USUAL = [case for number, case in enumerate(EVERY) if number % 3 == number // 3 % 3]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "trouble" in metafunc.fixturenames:
        cases = EVERY if metafunc.config.getoption("--soak") else USUAL
        metafunc.parametrize(("trouble", "moment", "slug"), cases, ids=[" - ".join(case) for case in cases])


class Troubled(Valkey):
    """A Valkey to which something happens."""

    def forget(self) -> None:
        """What it was told is gone."""
        shutil.rmtree(self.socket.parent / "appendonlydir")

    def befall(self, trouble: str) -> None:
        match trouble:
            case "down":
                self.kill()
            case "slow":  # slower than anybody waits
                self.hang()
            case "read-only":
                self._tell("REPLICAOF", "127.0.0.1", "1")
            case "out of memory":
                self._tell("CONFIG", "SET", "maxmemory", "1")

    def mend(self, trouble: str) -> None:
        match trouble:
            case "down":
                self.start()
            case "slow":
                self.wake()
            case "read-only":
                self._tell("REPLICAOF", "NO", "ONE")
            case "out of memory":
                self._tell("CONFIG", "SET", "maxmemory", "0")

    def _tell(self, *words: str) -> None:
        run(store_connection.execute(lambda redis: redis.execute_command(*words)))


@pytest.fixture
def server(tmp_path: Path, configured: Callable[..., None], addresses: tuple[str, str]) -> Iterator[Troubled]:
    server = Troubled(tmp_path, *KEEPING)
    configured(REDIS_URL=server.url, PUBLIC_URL=addresses[0], SANDBOX="on", LEASE_SECONDS="1", STALE_AFTER="0")
    run(queue.close())
    run(store_connection.close())
    yield server
    run(queue.close())
    run(store_connection.close())
    server.kill()


@pytest.fixture
def account(slug: str, server: Troubled, wire: Wire) -> Account:
    """The account at one provider, loaded in whole."""
    return Account(slug, wire)


@pytest.fixture
def worker(account: Account) -> Iterator[None]:
    """A worker in this process."""
    task = run(started())
    yield
    run(ended(task))


async def started() -> asyncio.Task[None]:
    return asyncio.create_task(sync.work())


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def eventually(account: Account, within: float = 20) -> None:
    """A load of everything ends complete, as soon as Redis is well, by the looks that an open page has."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        time.sleep(0.2)
        try:
            load = run(sync.requeue_if_lost(account.connection))
        except StoreUnavailable:
            continue
        if load and not load.active:
            break
    assert load and (load.state, load.notes) == ("complete", ()), load
    assert account.rows() == account.everything


@pytest.mark.whole
def test_trouble_with_redis_is_said_and_costs_nothing(
    trouble: str, moment: str, slug: str, server: Troubled, account: Account, wire: Wire, worker: None,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    if moment == MOMENTS[1]:
        wire.hold(at=account.calls // 2)
        run(sync.start(account.connection, full=True))
        assert wire.held.wait(10)
    run(records.delete(keys.USAGE, account.connection.path))  # so that a look would have something to write
    server.befall(trouble)
    try:
        said = account.page()
        assert TROUBLES[trouble] in said
        assert TROUBLES[trouble] == AWAY or ROWS_SHOWN.search(said), "it can be looked at"
        if moment == MOMENTS[0]:
            with pytest.raises(StoreUnavailable):
                run(sync.start(account.connection, full=True))
        else:
            wire.go.set()
            time.sleep(1.5)
    finally:
        wire.plan()
        server.mend(trouble)
    if moment == MOMENTS[0]:
        run(sync.start(account.connection, full=True))
    eventually(account)
    assert TROUBLES[trouble] not in account.page()
    assert not [record for record in caplog.records if record.exc_info], "a line each, no tracebacks"


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("slug", ["hubspot"])
def test_a_redis_that_comes_back_empty_is_a_dashboard_to_connect_again(
    moment: str, slug: str, server: Troubled, account: Account, wire: Wire, worker: None
) -> None:
    if moment == MOMENTS[1]:
        wire.hold(at=account.calls // 2)
        run(sync.start(account.connection, full=True))
        assert wire.held.wait(10)
    server.kill()
    server.forget()
    server.start()
    if moment == MOMENTS[1]:
        wire.go.set()
    assert "Connect your" in account.page()
    again = Account(slug, wire)
    run(sync.start(again.connection, full=True))
    eventually(again)
