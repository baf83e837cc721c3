"""Many processes want a new token at once, and the provider takes each refresh token once: there is one refresh."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerProcess

import pytest
import racers

from integrations.model import Connection, Token
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import connections, keys, records

LEASE = 1.5  # seconds, so that a busy machine lets its holder renew it; the token endpoint takes three times as long
SHARES = (13, 13, 12, 12)  # fifty workers in four processes
OWNER = "a" * 64
Start = Callable[[], list[tuple[ForkServerProcess, Pipe]]]


@pytest.fixture
def endpoint() -> Iterator[racers.TokenEndpoint]:
    found = racers.TokenEndpoint(3 * LEASE)
    yield found
    found.close()


@pytest.fixture
def mine(store: None, endpoint: racers.TokenEndpoint, configured: Callable[..., None]) -> Connection:
    configured(ACME_CLIENT_ID="acme", ACME_CLIENT_SECRET="secret", TOKEN_LEASE_SECONDS=str(LEASE))
    made = racers.connection(endpoint.url, OWNER, datetime.now(UTC))
    run(connections.save(made, Token("access-1", "refresh-1")))
    return made


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Forks from one that has imported everything: importing takes seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["racers"])
    return context


@contextmanager
def racing(processes: multiprocessing.context.ForkServerContext, mine: Connection) -> Iterator[dict[int, Pipe]]:
    """Four processes at work; by process id where each tells what its workers got."""
    started: list[ForkServerProcess] = []
    pipes: dict[int, Pipe] = {}
    for share in SHARES:
        here, there = processes.Pipe()
        started.append(processes.Process(target=racers.race, args=(dict(os.environ), mine, "access-1", share, there)))
        started[-1].start()
        there.close()
        pipes[started[-1].pid] = here
    try:
        assert [pipe.recv() for pipe in pipes.values()] == ["ready"] * len(SHARES)
        for pipe in pipes.values():
            pipe.send("go")
        yield pipes
    finally:
        for process in started:
            process.kill()
            process.join()
            process.close()
        for pipe in pipes.values():
            pipe.close()


def got(pipes: dict[int, Pipe]) -> Counter[str]:
    """What the workers of these processes got."""
    assert all(pipe.poll(30) for pipe in pipes.values()), "nobody answers"
    return Counter(each for pipe in pipes.values() for each in pipe.recv())


def stored(mine: Connection) -> str:
    return run(records.get(keys.TOKEN, mine.path)).access_token


@pytest.mark.rounds(usual=1, soak=50)
def test_fifty_workers_in_four_processes_refresh_once(
    mine: Connection, endpoint: racers.TokenEndpoint, processes, attempt: int, record_property
) -> None:
    with racing(processes, mine) as pipes:
        assert got(pipes) == {"access-2": 50}
    assert (endpoint.refreshed, endpoint.replays, stored(mine)) == (["refresh-1"], 0, "access-2")
    record_property("refreshes", len(endpoint.refreshed))


@pytest.mark.rounds(usual=3, soak=500)
def test_a_holder_that_is_killed_costs_nobody_the_grant(
    mine: Connection, endpoint: racers.TokenEndpoint, processes, attempt: int, record_property
) -> None:
    """But between the provider's answer and the save: then the pair is lost, and everybody is told to reconnect."""
    with racing(processes, mine) as pipes:
        victim = holder(mine)
        time.sleep(random.uniform(0, 3.3 * LEASE))
        saved = stored(mine) != "access-1"
        os.kill(victim, 9)
        pipes.pop(victim).close()
        outcomes = got(pipes)
    lost = set(outcomes) == {"ReconnectNeeded"}
    assert lost or set(outcomes) == {stored(mine)}
    assert endpoint.replays == int(lost), "who is refused asks once, for everybody"
    assert len(endpoint.refreshed) == 1 and not (lost and saved)
    record_property("grants lost", int(lost))
    record_property("replays", endpoint.replays)


def test_a_grant_that_was_lost_with_its_holder_is_asked_for_once_more_and_everybody_is_told(
    mine: Connection, endpoint: racers.TokenEndpoint, processes
) -> None:
    with racing(processes, mine) as pipes:
        victim = holder(mine)
        endpoint.before_answering = lambda: os.kill(victim, 9)
        outcomes = got({pid: pipe for pid, pipe in pipes.items() if pid != victim})
    assert set(outcomes) == {"ReconnectNeeded"} and (endpoint.refreshed, endpoint.replays) == (["refresh-1"], 1)
    assert run(connections.of(OWNER))[0].reconnect


def holder(mine: Connection) -> int:
    """The process that refreshes."""
    name = ":".join((keys.LOCK, *mine.path))
    deadline = time.monotonic() + 10
    while (found := run(store_connection.execute(lambda redis: redis.get(name)))) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(found.decode().partition(":")[2].partition("-")[0])
