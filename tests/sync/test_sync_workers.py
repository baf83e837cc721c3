"""Worker processes killed, stopped, hung and cut off from Redis: nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from own_valkey import KEEPING, Valkey
from sync_helpers import LEASE, Fake, Process, eventually, ids

from integrations import oauth, providers, sync
from integrations.model import Token
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import connections
from integrations.store import queue as queue

Start = Callable[[], Process]
TESTS = Path(__file__).parent


def running(fake: Fake) -> bool:
    return fake.status.chunks > 0


def two_workers(fake: Fake, start_worker: Start) -> tuple[Process, Process]:
    """Both up, the load under way: the one that has it, and the other."""
    workers = {str(process.pid): process for process in (start_worker(), start_worker())}
    eventually(lambda: len(run(at_work())) == 2)
    load = run(sync.start(fake.connection))
    eventually(lambda: fake.status.state == "running")
    key = ":".join(("dashboard:jobs:runs", *fake.connection.path, load.id))
    name = run(store_connection.execute(lambda redis: redis.hget(key, "worker")))
    first = workers.pop(name.decode().rpartition("#")[2])
    return first, workers.popitem()[1]


async def at_work() -> list[bytes]:
    return await store_connection.execute(lambda redis: redis.zrange("dashboard:jobs:workers", 0, -1))


@pytest.mark.rounds(usual=3, soak=50)
def test_a_load_whose_worker_is_killed_is_finished_by_another(
    fake: Fake, start_worker: Start, attempt: int, record_property: Callable[[str, object], None]
):
    fake.answers(people=[50, 0.05] * 24, deals=[7, 0.1] * 12)
    first, second = two_workers(fake, start_worker)
    time.sleep(random.uniform(0, 1.2))
    first.kill()
    killed = time.monotonic()
    load = fake.ended(within=20)
    record_property("s until they were done", round(time.monotonic() - killed, 2))
    assert second.is_alive() and load.state == "complete"
    assert fake.shown[1] == sorted(ids("people", 1200) + ids("deals", 84))
    assert fake.shown[0].counts == {"people": 1200, "deals": 84}


def test_a_worker_that_is_stopped_ends_at_once_and_leaves_its_load_to_the_next(fake: Fake, start_worker: Start):
    fake.answers(people=[50, 0.05] * 24)
    first, _ = two_workers(fake, start_worker)
    eventually(lambda: running(fake))
    first.terminate()
    first.join(timeout=10)
    assert first.exitcode == 0
    assert fake.ended(within=20).state == "complete" and fake.plans == 2
    assert fake.shown[1] == ids("people", 1200)


def test_cancel_ends_within_a_second_where_the_worker_hangs_and_nobody_goes_on_with_it(fake: Fake, start_worker: Start):
    """Not the worker that gets its job once the lease is over, and not the first one when it wakes up."""
    fake.answers(people=[3, 0.1] * 1000)
    first, _ = two_workers(fake, start_worker)
    eventually(lambda: running(fake))
    os.kill(first.pid, signal.SIGSTOP)
    began = time.monotonic()
    ended = run(sync.cancel(fake.connection))
    assert time.monotonic() - began < 2
    load, rows = fake.shown
    assert ended == load and load.state == "partial" and rows == ids("people", len(rows)) and rows
    time.sleep(1.5 * LEASE)
    os.kill(first.pid, signal.SIGCONT)
    time.sleep(1)
    assert fake.shown == (load, rows) and fake.status == load and fake.plans == 1


def test_a_hung_worker_writes_nothing_of_a_connection_that_was_deleted_meanwhile(fake: Fake, start_worker: Start):
    fake.answers(people=[3, 0.1] * 1000)
    run(sync.start(fake.connection))
    worker = start_worker()
    eventually(lambda: running(fake))
    os.kill(worker.pid, signal.SIGSTOP)
    run(sync.stop_for_good(fake.connection))
    run(oauth.disconnect(providers()["fake"], fake.connection))
    os.kill(worker.pid, signal.SIGCONT)
    time.sleep(1.2)
    eventually(lambda: not fake.keys_left())


def test_a_worker_started_by_the_app_ends_with_it(fake: Fake):
    """The pipe from its parent closes however the parent ends."""
    fake.answers(people=[3, 30.0])
    run(sync.start(fake.connection))
    command = [sys.executable, "-c", "import fake_provider; fake_provider.work(with_parent=True)"]
    paths = os.pathsep.join(map(str, (TESTS, TESTS.parent, TESTS.parents[1])))
    with subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}) as worker:
        eventually(lambda: fake.status.state == "running", within=30)
        assert worker.stdin
        worker.stdin.close()
        try:
            assert worker.wait(timeout=5) == 0
        finally:
            worker.kill()


def dies(worker: Process) -> bool:
    worker.join(timeout=30)
    return worker.exitcode == 9


@pytest.mark.parametrize(("steps", "state", "rows"), [(["kill"], "failed", 0), ([6000, 1.5, "kill"], "partial", 5000)])
def test_a_load_that_kills_its_worker_twice_at_the_same_point_is_given_up(
    fake: Fake, start_worker: Start, steps: list[Any], state: str, rows: int
) -> None:
    """It killed fourteen workers in three minutes, and would have gone on."""
    fake.answers(people=steps)
    run(sync.start(fake.connection))
    workers = 2 if state == "failed" else 3  # the first one got somewhere
    assert all(dies(start_worker()) for _ in range(workers))
    last = start_worker()
    load = fake.ended(within=20)
    assert last.is_alive() and load.state == state and "twice at the same point" in load.notes[0]
    assert load.total >= rows
    fake.answers(people=[3])
    run(sync.start(fake.connection))
    assert fake.ended().state == "complete" and last.is_alive(), "and the next one is done by the same worker"


@pytest.fixture
def server(fake: Fake, configured: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """`fake` again, on a server of its own."""
    run(queue.close())
    run(store_connection.close())
    server = Valkey(tmp_path_factory.mktemp("redis"), *KEEPING)
    configured(REDIS_URL=server.url)
    run(connections.save(fake.connection, Token("secret")))
    yield server
    run(queue.close())
    run(store_connection.close())
    server.kill()


def test_a_load_goes_on_when_redis_comes_back_after_some_seconds(server: Valkey, fake: Fake, start_worker: Start):
    fake.answers(people=[50, 1.2, 50, 0.05, 50, 0.5, 50])
    run(sync.start(fake.connection))
    start_worker()
    eventually(lambda: running(fake))
    server.kill()
    time.sleep(1.5)
    server.start()
    assert fake.ended(within=20).state == "complete"
    assert (fake.plans, fake.shown[1]) == (1, ids("people", 200))
    fake.answers(people=[1])
    run(sync.start(fake.connection))
    assert fake.ended(within=20).state == "complete"
