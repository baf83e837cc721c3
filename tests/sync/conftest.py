"""A made-up provider, and workers: one in this process, or processes to be killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.context
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import fake_provider
import pytest
from sync_helpers import LEASE, Fake, Process

import integrations
from integrations import sync
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import queue as queue


@pytest.fixture
def fake(
    store: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: Callable[..., None]
) -> Iterator[Fake]:
    monkeypatch.setenv("FAKE_SCRIPT", str(tmp_path / "script.json"))
    monkeypatch.setitem(integrations.providers(), "fake", fake_provider.PROVIDER)
    monkeypatch.setattr(store_connection, "PATIENCE", 5)  # a busy machine is not a Redis that is away
    monkeypatch.setattr(queue, "PATIENCE", 5)
    configured(LEASE_SECONDS=str(LEASE))
    fake_provider.STILL_READING.clear()
    yield Fake(tmp_path / "script.json")
    run(queue.close())


@pytest.fixture
def worker(fake: Fake) -> Iterator[None]:
    """A worker in this process; its loads end with the test."""
    task = run(_started())
    yield
    run(_ended(task))


async def _started() -> asyncio.Task[None]:
    return asyncio.create_task(sync.work())


async def _ended(task: asyncio.Task[None]) -> None:
    try:
        await store_connection.execute(lambda redis: redis.flushall())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(scope="session")
def processes() -> multiprocessing.context.ForkServerContext:
    """Forks processes from one that has imported everything: importing takes seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fake_provider", "integrations.sync.worker"])
    return context


@pytest.fixture
def start_worker(fake: Fake, processes: multiprocessing.context.ForkServerContext) -> Iterator[Callable[[], Process]]:
    """Start a worker process; whatever is left of it is killed at the end."""
    started: list[Process] = []

    def start() -> Process:
        started.append(processes.Process(target=fake_provider.work, args=(dict(os.environ),)))
        started[-1].start()
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.join()
        process.close()
