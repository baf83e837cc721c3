"""What a process needs to serve: the event loop of its clients, the store, a worker, and an orderly end.

One event loop a process owns the connections to Redis and to providers, in a thread of its own. Page scripts hand it
coroutines and wait. Clients belong to the loop that opened them, so the app's routes and the workers, which have
loops of their own, do not share them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import cache, partial
from types import FrameType
from typing import Any, TypeVar

from ..config import settings
from ..config.settings import ROOT
from ..model.errors import DashboardError
from ..oauth import shutdown
from ..store import cipher, client, embedded
from ..store.sandbox import SandboxStore
from ..sync import worker

T = TypeVar("T")
log = logging.getLogger(__name__)
ENDS_WITHIN = 8  # seconds; service managers wait ten or more, and token refreshes get up to shutdown.GRACE
RESTART_AFTER = 1  # seconds before a worker that ended is started again

__all__ = ["SandboxStore", "check", "loop", "run", "running", "work"]


@cache
def loop() -> asyncio.AbstractEventLoop:
    """Returns the event loop of this process's clients; starts it on first use."""
    own = asyncio.new_event_loop()
    threading.Thread(target=own.run_forever, name="dashboard-io", daemon=True).start()
    return own


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on that loop and wait; for code without a loop of its own, such as a page script."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop()).result()


def check() -> None:
    """Raises NotConfigured if there is no key for what is stored, or no place for it."""
    cipher.keyring()
    if not settings().redis_url:
        embedded.check_folder(settings().data_dir)


def work(with_parent: bool = False) -> None:
    """Run loads in this process until it is told to stop; see `sync.worker.main`."""
    worker.main(with_parent=with_parent)


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[None]:
    """Keep a worker running as WORKERS says, and let what must not be interrupted finish at the end."""
    with contextlib.suppress(DashboardError):  # pages say so, and it may be back any moment
        await client.execute(lambda redis: redis.ping())
    watching = _worker()
    _end_in_time(watching)
    try:
        yield
    finally:
        if watching is not None:
            if not shutdown.has_begun():  # else it has been told already, and may be waiting for its process
                watching.cancel()
            with contextlib.suppress(asyncio.CancelledError, shutdown.ShuttingDown):
                await watching
        await asyncio.to_thread(shutdown.finished)
        await client.close()


def _end_in_time(watching: asyncio.Task[None] | None = None) -> None:
    """Let SIGTERM and Ctrl-C end this process in time, with its worker.

    The server itself would wait forever for a browser that keeps its connection open. Only token refreshes and code
    exchanges, here and in the worker process, get a little more time.
    """
    app_loop = asyncio.get_running_loop() if watching else None
    told = False

    def end() -> None:
        shutdown.begin()
        if watching and app_loop:
            app_loop.call_soon_threadsafe(watching.cancel)
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
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(worker.work(), loop()))
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
