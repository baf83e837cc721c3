"""The worker: runs loads, scheduled refreshes, and the sweep that ends unused connections."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import anyio
from docket import CurrentExecution, Depends, Execution, Perpetual, Worker
from docket.dependencies import AdmissionBlocked

from .. import frames, providers
from ..config import settings
from ..http import shared_client
from ..oauth import shutdown
from ..store import connections, records
from ..store.queue import new_docket
from .disconnect import disconnect
from .job import load as read
from .loads import requeue_if_lost, start_if_older

log = logging.getLogger(__name__)
SWEEP_EVERY = timedelta(hours=6)
LOOK_EVERY = timedelta(minutes=1)
LOADS_PER_PROVIDER, LOADS_PER_OWNER = 16, 6  # at once in one worker
UPKEEP = 4  # more jobs at once: the sweep, the refresh, and those that are sent back to the queue
TRIES_A_SECOND = 20  # that loads without room make together

_running: Counter[str] = Counter()  # loads of this worker by provider and by owner
_next_try = 0.0


@contextlib.asynccontextmanager
async def _room(execution: Execution = CurrentExecution()) -> AsyncIterator[None]:  # noqa: B008 - docket's way
    """Count a load as running; send it back to the queue for a moment where its provider or its owner has enough.

    Sent back it takes no place in this worker, and another one may take it. (docket's own ConcurrencyLimit knows one
    limit a task, counts over all workers, and goes by the machines' clocks.)
    """
    owner, slug = execution.get_argument("owner"), execution.get_argument("slug")
    limits = {f"provider {slug}": LOADS_PER_PROVIDER, f"owner {owner}": LOADS_PER_OWNER}
    if any(_running[name] >= most for name, most in limits.items()):
        raise AdmissionBlocked(execution, "the limits of its provider and owner", retry_delay=_pause())
    _running.update(limits.keys())
    try:
        yield
    finally:
        _running.subtract(limits.keys())
        for name in limits.keys() - (+_running).keys():
            del _running[name]


def _pause() -> timedelta:
    """Returns how long a load without room waits until it tries again: a second, or longer where many do."""
    global _next_try
    now = time.monotonic()
    _next_try = max(now + 1, _next_try + 1 / TRIES_A_SECOND)
    return timedelta(seconds=_next_try - now)


async def load(owner: str, slug: str, connection_id: str, load_id: str, room: None = Depends(_room)) -> None:
    """The job: do one load of one connection, as soon as there is room for it."""
    await read(owner, slug, connection_id, load_id)


async def sweep(perpetual: Perpetual = Perpetual(every=SWEEP_EVERY, automatic=True)) -> None:  # noqa: B008 - docket's way
    """Revoke and delete connections that two sweeps, a day apart, found unused for FORGET_AFTER_DAYS."""
    async with contextlib.aclosing(connections.unused(settings().forget_after_days)) as unused:
        async for connection in unused:
            try:
                await disconnect(connection)
            except Exception as error:  # one that cannot be ended must not keep the others
                log.error("ending an unused connection to %s failed: %s", connection.slug, type(error).__name__)


async def refresh(perpetual: Perpetual = Perpetual(every=LOOK_EVERY, automatic=True)) -> None:  # noqa: B008
    """Ask for a refresh of whatever is older than its provider's REFRESH_EVERY, and for loads that have no worker."""
    for connection in await connections.everybodys():
        try:
            every = settings().refresh_every(providers()[connection.slug])
            await requeue_if_lost(connection)
            if every:
                await start_if_older(connection, every)
        except Exception as error:
            log.error("asking for a refresh from %s failed: %s", connection.slug, type(error).__name__)


def concurrency() -> int:
    """Returns how many jobs run at once: so many that every provider may hang, and upkeep goes on."""
    return len(providers()) * LOADS_PER_PROVIDER + UPKEEP


async def work() -> None:
    """Take jobs from the queue until cancelled."""
    await get_ready()
    async with new_docket() as docket:
        docket.register(load)
        docket.register(sweep)
        docket.register(refresh)
        lease, soon = timedelta(seconds=settings().lease_seconds), timedelta(seconds=1)
        async with Worker(
            docket, concurrency=concurrency(), redelivery_timeout=lease, reconnection_delay=soon
        ) as worker:
            await worker.run_forever()


async def get_ready() -> None:
    """Load what takes a while before the first job does."""
    records.get_ready()
    for slug in providers():
        shared_client(slug)
    frames.pack([])
    await anyio.sleep(0)  # httpx's back end
    gc.freeze()  # what is loaded stays: looking through it again and again costs a tenth of a second each time


def main(with_parent: bool = False) -> None:
    """A worker process; ends on SIGTERM and Ctrl-C, as soon as no token refresh is under way.

    Whatever else it was doing is taken up again by another worker.
    `with_parent`: it also ends when its standard input does, that is, when its parent does.
    """
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_work_until_told(with_parent))


async def _work_until_told(with_parent: bool) -> None:
    loop, working = asyncio.get_running_loop(), asyncio.ensure_future(work())

    def end(*_: object) -> None:
        threading.Thread(target=_end, args=(lambda: loop.call_soon_threadsafe(working.cancel),), daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if with_parent:
        threading.Thread(target=_end_with_parent, args=(end,), daemon=True).start()
    await asyncio.wait([working])
    await shutdown.the_end()  # a cancelled worker finishes its jobs first, and a refresh may have outlived its job
    await working


def _end(take_no_more_jobs: Callable[[], object]) -> None:
    """End the process as soon as nothing is under way that would be lost."""
    shutdown.begin()
    take_no_more_jobs()
    shutdown.finished()
    os._exit(0)


def _end_with_parent(end: Callable[[], None]) -> None:
    while sys.stdin.buffer.read(1):
        pass
    end()
