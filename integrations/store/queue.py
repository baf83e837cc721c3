"""The queue that loads wait in (pydocket, on the same Redis)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar
from weakref import WeakKeyDictionary

from docket import Docket, ExecutionState

from ..model.errors import StoreUnavailable
from .client import FAULTS, PATIENCE, execute, unavailable, url
from .sealed_jobs import seal_docket

T = TypeVar("T")
NAME = "dashboard:jobs"
_dockets: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Docket]] = WeakKeyDictionary()


class Briefly(logging.Filter):
    """A Redis that is away is a line in the log for each try, without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always keeps the record."""
        error = record.exc_info and record.exc_info[1]
        if error and _of_redis(error):
            record.msg, record.exc_info = f"{record.msg} ({type(error).__name__})", None
        return True


def _of_redis(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(map(_of_redis, error.exceptions))
    return isinstance(error, (*FAULTS, StoreUnavailable))


for module in ("worker", "docket", "execution", "strikelist", "_redelivery"):
    logging.getLogger(f"docket.{module}").addFilter(Briefly())


def new_docket() -> Docket:
    """A docket to enter: what workers and pages share."""
    seal_docket()
    return Docket(name=NAME, url=url(), execution_ttl=timedelta(minutes=1))


async def enqueue(task: str, *arguments: str, key: str) -> None:
    """Ask for a job; one that waits or runs under this key already stays the only one."""
    docket = await _docket()
    await _soon(docket.add(task, key=key)(*arguments))


async def cancel(key: str) -> None:
    """Take a job out of the queue, or stop the worker that has it."""
    docket = await _docket()
    await _soon(docket.cancel(key))


async def is_known(key: str) -> bool:
    """Whether a job under this key waits or runs."""
    docket = await _docket()
    state = await execute(lambda redis: redis.hget(docket.runs_key(key), "state"))
    waiting = (ExecutionState.SCHEDULED, ExecutionState.QUEUED, ExecutionState.RUNNING)
    return state is not None and state.decode(errors="replace") in {each.value for each in waiting}


async def close() -> None:
    """Leave the queue; the next job asked for enters it again."""
    entered = _dockets.pop(asyncio.get_running_loop(), None)
    if entered is not None:
        await (await entered).__aexit__(None, None, None)


async def _docket() -> Docket:
    """Returns this loop's docket; concurrent callers wait for the same one to be entered."""
    loop = asyncio.get_running_loop()
    entering = _dockets.get(loop) or loop.create_task(_entered())
    _dockets[loop] = entering
    try:
        return await asyncio.shield(entering)
    except Exception:
        if _dockets.get(loop) is entering:
            del _dockets[loop]
        raise


async def _entered() -> Docket:
    docket = await asyncio.to_thread(new_docket)
    docket.tasks.setdefault("load", _placeholder)
    await _soon(docket.__aenter__())
    return docket


async def _placeholder(owner: str, slug: str, connection_id: str, load_id: str) -> None:
    """Stands for the worker's task where jobs are only asked for."""


async def _soon(answer: Awaitable[T]) -> T:
    """docket waits for Redis without end; a page does not."""
    try:
        return await asyncio.wait_for(answer, PATIENCE)
    except FAULTS as error:
        raise unavailable(error) from None
