"""Worker processes killed, stopped, hung and cut off from Redis: nothing is lost, nothing comes twice."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Fake, eventually, ids, leave_the_queue

from integrations import oauth, providers, sync
from integrations.model import Token
from integrations.store import connection as store_connection
from integrations.store import connections, embedded
from integrations.store.loop import run

Start = Callable[..., subprocess.Popen[bytes]]


def running(fake: Fake) -> bool:
    return fake.status.chunks > 0


@pytest.mark.parametrize("round", range(3))
def test_a_load_whose_worker_is_killed_is_finished_by_another(fake: Fake, start_worker: Start, round: int):
    fake.answers(people=[50, 0.05] * 40, deals=[7, 0.1] * 20)
    run(sync.start(fake.connection))
    first = start_worker()
    eventually(lambda: fake.status.state == "running")
    second = start_worker()
    time.sleep(random.uniform(0, 1.8))
    first.kill()
    load = fake.ended(within=20)
    assert second.poll() is None and load.state == "complete"
    assert fake.shown[1] == sorted(ids("people", 2000) + ids("deals", 140))
    assert fake.shown[0].counts == {"people": 2000, "deals": 140}


def test_a_worker_that_is_stopped_ends_at_once_and_leaves_its_load_to_the_next(fake: Fake, start_worker: Start):
    fake.answers(people=[50, 0.05] * 40)
    run(sync.start(fake.connection))
    first = start_worker()
    eventually(lambda: running(fake))
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=1) == 0
    start_worker()
    assert fake.ended(within=20).state == "complete"
    assert fake.shown[1] == ids("people", 2000)


def test_cancel_ends_within_a_second_where_the_worker_hangs_and_its_late_rows_change_nothing(
    fake: Fake, start_worker: Start
):
    fake.answers(people=[3, 0.1] * 1000)
    run(sync.start(fake.connection))
    worker = start_worker()
    eventually(lambda: running(fake))
    worker.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    ended = run(sync.cancel(fake.connection))
    assert time.monotonic() - began < 1.3
    load, rows = fake.shown
    assert ended == load and load.state == "partial" and rows == ids("people", len(rows)) and rows
    worker.send_signal(signal.SIGCONT)
    time.sleep(1.2)
    assert fake.shown == (load, rows) and fake.status == load


def test_a_killed_workers_load_is_cancelled_for_good(fake: Fake, start_worker: Start):
    fake.answers(people=[3, 0.1] * 1000)
    run(sync.start(fake.connection))
    worker = start_worker()
    eventually(lambda: running(fake))
    worker.kill()
    ended = run(sync.cancel(fake.connection))
    assert ended and ended.state == "partial"
    start_worker()
    time.sleep(2.5)
    assert fake.status == ended and fake.plans == 1


def test_a_hung_worker_writes_nothing_of_a_connection_that_was_deleted_meanwhile(fake: Fake, start_worker: Start):
    fake.answers(people=[3, 0.1] * 1000)
    run(sync.start(fake.connection))
    worker = start_worker()
    eventually(lambda: running(fake))
    worker.send_signal(signal.SIGSTOP)
    run(sync.stop_for_good(fake.connection))
    run(oauth.disconnect(providers()["fake"], fake.connection))
    worker.send_signal(signal.SIGCONT)
    time.sleep(1.2)
    assert fake.keys_left() == []


def test_a_worker_started_by_the_app_ends_with_it(fake: Fake, start_worker: Start):
    """The pipe from its parent closes however the parent ends."""
    fake.answers(people=[3, 30.0])
    run(sync.start(fake.connection))
    worker = start_worker(with_parent=True)
    eventually(lambda: fake.status.state == "running")
    assert worker.stdin
    worker.stdin.close()
    assert worker.wait(timeout=2) == 0


class Server:
    """A Valkey of a test's own, to be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(folder), "--appendonly", "yes"]
        self.command = [embedded._binary(), *options, "--save", "", "--appendfsync", "everysec"]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        eventually(lambda: embedded._answers(self.socket))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(fake: Fake, configured: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`fake` again, on a server of its own."""
    run(leave_the_queue())
    run(store_connection.close())
    server = Server(tmp_path_factory.mktemp("redis"))
    configured(REDIS_URL=f"unix://{server.socket}")
    run(connections.save(fake.connection, Token("secret")))
    yield server
    run(leave_the_queue())
    run(store_connection.close())
    server.kill()


def test_a_load_goes_on_when_redis_comes_back_after_some_seconds(server: Server, fake: Fake, start_worker: Start):
    fake.answers(people=[50, 0.05] * 60)
    run(sync.start(fake.connection))
    start_worker()
    eventually(lambda: fake.status.chunks > 1)
    time.sleep(1.1)  # what is older than a second is on the disk
    server.kill()
    time.sleep(2)
    server.start()
    load = fake.ended(within=20)
    assert fake.plans == 1
    if load.state == "complete":
        assert fake.shown[1] == ids("people", 3000)
    else:  # Valkey lost its last second: said, not hidden
        assert load.notes == (sync.run.LOST,)


def test_a_load_done_while_redis_is_away_is_stored_when_it_is_back(server: Server, fake: Fake, start_worker: Start):
    fake.answers(people=[50, 1.5, 50])
    run(sync.start(fake.connection))
    start_worker()
    eventually(lambda: fake.status.state == "running")
    time.sleep(1.1)
    server.kill()
    time.sleep(3)
    server.start()
    assert fake.ended(within=20).state == "complete"
    assert fake.shown[1] == ids("people", 100)
    fake.answers(people=[1])
    run(sync.start(fake.connection))
    assert fake.ended(within=20).state == "complete"
