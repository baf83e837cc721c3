"""From start to stop: settings checked, Redis warmed, a worker started and watched."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from types import FrameType
from typing import Any

from ..config import require_complete_sign_in, settings
from ..config.settings import ROOT
from ..model.errors import DashboardError, NotConfigured
from ..oauth import shutdown
from ..store import cipher, connection, embedded, loop
from ..sync import work
from . import capacity, protocol, server
from .logs import limit_repeats

log = logging.getLogger(__name__)
ENDS_WITHIN = 8  # seconds; service managers wait ten or more, and token refreshes get up to shutdown.GRACE
RESTART_AFTER = 1  # seconds before a worker that ended is started again


def check() -> None:
    """Exit with a sentence if this process could not serve safely with its settings."""
    try:
        if not (settings().on_this_machine or settings().signs_in or settings().allow_anonymous):
            raise NotConfigured(
                f"PUBLIC_URL is {settings().public_url}, and anybody who can open it could use this dashboard. "
                "Set up sign-in (the README says how), or set ALLOW_ANONYMOUS=on if that is meant."
            )
        require_complete_sign_in()
        cipher.keyring()
        if not settings().redis_url:
            embedded.check_folder(settings().data_dir)
    except DashboardError as error:
        sys.exit(f"\n  The dashboard cannot start. {error}\n")


def prepare() -> None:
    """Limit what the server takes on and what it tells; call it while the server loads the app."""
    capacity.capacity()
    server.limit()
    protocol.withhold()


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Starlette's lifespan: everything that lives as long as the process."""
    with contextlib.suppress(DashboardError):  # pages say so, and it may be back any moment
        await connection.execute(lambda redis: redis.ping())
    worker, limiting = _worker(), asyncio.create_task(limit_repeats())
    _end_in_time(worker)
    print(f"\n  The dashboard is open at {settings().public_url}  (Ctrl-C stops it)\n", flush=True)
    try:
        yield
    finally:
        limiting.cancel()
        if worker is not None:
            if not shutdown.has_begun():  # else it has been told already, and may be waiting for its process
                worker.cancel()
            with contextlib.suppress(asyncio.CancelledError, shutdown.ShuttingDown):
                await worker
        with contextlib.suppress(asyncio.CancelledError):
            await limiting
        await asyncio.to_thread(shutdown.finished)
        await connection.close()


def _end_in_time(worker: asyncio.Task[None] | None = None) -> None:
    """Let SIGTERM and Ctrl-C end this process in time, with its worker.

    The server waits without end for a browser that does not hang up; whoever stops it does not. Only token refreshes
    and code exchanges, and the worker process that may be at one, are waited for a little longer.
    """
    loop = asyncio.get_running_loop() if worker else None
    told = False

    def end() -> None:
        shutdown.begin()
        if worker and loop:
            loop.call_soon_threadsafe(worker.cancel)
        time.sleep(ENDS_WITHIN)
        shutdown.finished(max(0, shutdown.GRACE - ENDS_WITHIN))
        os._exit(0)

    def ending(then: Callable[..., Any], number: int, frame: FrameType | None) -> None:
        nonlocal told
        if not told:
            told = True
            threading.Thread(target=end, daemon=True).start()
        then(number, frame)

    for number in (signal.SIGTERM, signal.SIGINT):
        then = signal.getsignal(number)
        if callable(then) and threading.current_thread() is threading.main_thread():
            signal.signal(number, partial(ending, then))


def _worker() -> asyncio.Task[None] | None:
    if settings().workers == "child":
        return asyncio.create_task(_watch_child())
    if settings().workers == "inline":
        return asyncio.create_task(_watch_inline())
    return None


async def _watch_inline() -> None:
    """Run a worker on the loop of this process's own connections; one that ends is replaced.

    Parsing holds the interpreter for its interval at a time: a filter of 9 ms took 142 ms beside it, 31 ms with 0.5 ms.
    """
    sys.setswitchinterval(0.0005)
    while True:
        try:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), loop.get()))
        except Exception as error:  # such as Redis not there yet
            log.warning("the worker ended (%s) and is started again", type(error).__name__)
        await asyncio.sleep(RESTART_AFTER)


async def _watch_child() -> None:
    """Run a worker process; one that ends, however, is replaced. Its end of our pipe ends it with us."""
    command = (sys.executable, "-m", "integrations", "worker", "--with-parent")
    while True:
        with shutdown.unfinished():  # it may be refreshing a token, and ends at once if it is not
            child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, cwd=ROOT)
            try:
                status = await child.wait()
            except asyncio.CancelledError:
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()
                await child.wait()
                raise
        log.warning("the worker ended with status %s and is started again", status)
        await asyncio.sleep(RESTART_AFTER)
