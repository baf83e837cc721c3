"""A connection to the made-up provider, and looks at what became of it."""

from __future__ import annotations

import json
import multiprocessing.context
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from integrations import sync
from integrations.frames import Tables
from integrations.model import Account, Connection, Load, Token
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import connections, keys, records
from integrations.sync.job import load as job

OWNER = "a" * 64
LEASE = 2  # seconds
Process = multiprocessing.context.ForkServerProcess


class Fake:
    """What a test does with the provider and looks at afterwards."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = Connection(
            "0123456789abcdef", OWNER, "fake", Account("1", "Somebody"), "real", "https://api.fake.example",
            datetime.now(UTC),
        )  # fmt: skip
        run(connections.save(self.connection, Token("secret")))

    def answers(self, **streams: Any) -> None:
        self.path.write_text(json.dumps(streams))

    def load(self, full: bool = True) -> Load:
        """Ask for a load and do it here and now, as a worker would."""
        wanted = run(sync.start(self.connection, full))
        run(job(*self.connection.path, wanted.id))
        return self.status

    @property
    def status(self) -> Load:
        found = run(records.get(keys.LOAD, self.connection.path))
        assert found
        return found

    @property
    def shown(self) -> tuple[Load, list[str]]:
        """The snapshot, and the ids of its rows as the page gets them, sorted."""
        found = run(sync.shown(self.connection))
        assert found, "there is no snapshot"
        return found[0], ids_of(found[1])

    @property
    def plans(self) -> int:
        """How often anybody asked the provider what there is."""
        return self.log.count("catalog")

    @property
    def log(self) -> list[str]:
        """What the provider was asked, in order."""
        log = self.path.with_suffix(".log")
        return log.read_text().splitlines() if log.exists() else []

    def ended(self, within: float = 20) -> Load:
        """The load once it is over."""
        eventually(lambda: not self.status.active, within)
        return self.status

    def keys_left(self) -> list[str]:
        """Every key that names this connection, but for docket's, which expire within a minute."""

        async def scan(redis: Any) -> list[tuple[str, int]]:
            found = redis.scan_iter(match=f"*{self.connection.id}*")
            return [(key.decode(), await redis.ttl(key)) async for key in found]

        found = run(store_connection.execute(scan))
        return [name for name, ttl in found if not (name.startswith("dashboard:jobs") and 0 < ttl <= 60)]


def eventually(true: Callable[[], Any], within: float = 20) -> Any:
    """Wait until it is true; returns what it then is."""
    deadline = time.monotonic() + within
    while not (value := true()):
        assert time.monotonic() < deadline, f"not within {within} seconds"
        time.sleep(0.03)
    return value


def ids(stream: str, count: int) -> list[str]:
    return sorted(f"{stream}-{number}" for number in range(count))


def ids_of(tables: Tables) -> list[str]:
    """The ids of all rows, sorted."""
    return sorted(tables.open().ids.to_pylist())


def table(fake: Fake, load: Load) -> list[str]:
    """The ids of the rows that a load has saved so far."""
    found = run(sync.so_far(fake.connection, load))
    return ids_of(found) if found is not None else []
