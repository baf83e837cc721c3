"""The worker: runs loads, and once in a while ends connections that nobody uses."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from datetime import timedelta

import anyio
from docket import Perpetual, Worker

from .. import frames, providers
from ..http import shared_client
from ..model import settings
from ..oauth import disconnect
from ..store import connections, records
from ..store.jobs import new_docket
from .jobs import start_if_older, status
from .load import load

log = logging.getLogger(__name__)
SWEEP_EVERY = timedelta(hours=6)
LOOK_EVERY = timedelta(minutes=1)


async def sweep(perpetual: Perpetual = Perpetual(every=SWEEP_EVERY, automatic=True)) -> None:  # noqa: B008 - docket's way
    """Revoke and delete connections that two sweeps, a day apart, found unused for FORGET_AFTER_DAYS."""
    async for connection in connections.unused(settings().forget_after_days):
        try:
            await disconnect(providers()[connection.slug], connection)
        except Exception as error:  # one that cannot be ended must not keep the others
            log.error("ending an unused connection to %s failed: %s", connection.slug, type(error).__name__)


async def refresh(perpetual: Perpetual = Perpetual(every=LOOK_EVERY, automatic=True)) -> None:  # noqa: B008
    """Ask for a refresh of whatever is older than its provider's REFRESH_EVERY, and for loads that have no worker."""
    for connection in await connections.everybodys():
        try:
            every = settings().refresh_every(providers()[connection.slug])
            await (start_if_older(connection, every) if every else status(connection))
        except Exception as error:
            log.error("asking for a refresh from %s failed: %s", connection.slug, type(error).__name__)


async def work() -> None:
    """Take jobs from the queue until cancelled."""
    await get_ready()
    async with new_docket() as docket:
        docket.register(load)
        docket.register(sweep)
        docket.register(refresh)
        lease = timedelta(seconds=settings().lease_seconds)
        async with Worker(docket, redelivery_timeout=lease, reconnection_delay=timedelta(seconds=1)) as worker:
            await worker.run_forever()


async def get_ready() -> None:
    """Load what takes a while before the first job does."""
    records.get_ready()
    providers(), shared_client(), frames.pack([])
    await anyio.sleep(0)  # httpx's back end
    gc.freeze()  # what is loaded stays: looking through it again and again costs a tenth of a second each time


def main(with_parent: bool = False) -> None:
    """A worker process; stops at once on SIGTERM and Ctrl-C: what it was doing is taken up again.

    `with_parent`: it also stops when its standard input ends, that is, when its parent does.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(work())


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)
