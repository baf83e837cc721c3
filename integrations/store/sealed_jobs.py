"""Jobs in the queue as sealed data: nothing that is read from Redis is unpickled.

pydocket writes a job's arguments, its results, its errors and its strikes as pickles, and reads them wherever it meets
them; whoever can write to Redis could run code that way, here and in every worker. `seal_docket` replaces the places
where the pinned version does so (tests/store/test_sealed_jobs.py fails when they change):

- a job carries its function, key and arguments (texts) as one record sealed with TOKEN_KEYS and bound to the job's key;
- a job that does not open, or does not fit its function, is replaced by one that does nothing, and so leaves the queue;
- results and errors are not kept; strikes, which could stop jobs, are not read.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

import docket
import docket.docket
import docket.execution
import docket.strikelist
import docket.worker
from docket.execution import Execution
from docket.strikelist import Restore, StrikeInstruction

from ..model.errors import RecordUnreadable
from . import cipher

VERSION = "0.27.0"  # of pydocket, whose private parts these are
FORMAT = 1
BOUND_TO = "dashboard:jobs:sealed"

log = logging.getLogger(__name__)
dropped = 0  # jobs since this process started that were not ours


class NotOurs(Exception):
    """A job that this installation has not queued, or not in this form."""


def seal_docket() -> None:
    """From now on, whatever docket reads from Redis in this process is sealed data or nothing."""
    if docket.__version__ != VERSION:
        raise RuntimeError(f"pydocket {docket.__version__} is not the version whose queue can be sealed ({VERSION})")
    for module in (docket.execution, docket.worker, docket.strikelist):
        module.cloudpickle = _Nothing  # type: ignore[attr-defined]
    Execution.as_message = _as_message  # type: ignore[method-assign]
    Execution.from_message = classmethod(_from_message)  # type: ignore[assignment, method-assign]
    StrikeInstruction.from_message = classmethod(_no_strike)  # type: ignore[assignment, method-assign]
    docket.docket.Docket.get_execution = _never  # type: ignore[method-assign]


class _Nothing:
    """In the place of cloudpickle: keeps nothing, and reads nothing."""

    @staticmethod
    def dumps(value: object) -> bytes:
        return b""

    @staticmethod
    def loads(data: bytes) -> NoReturn:
        raise NotOurs("nothing is unpickled here")


def _as_message(self: Execution) -> dict[bytes, bytes]:
    if self.kwargs or not all(isinstance(each, str) for each in self.args):
        raise TypeError("a job takes texts, by position")
    plain = json.dumps([self.function_name, self.key, list(self.args)]).encode()
    return {
        b"key": self.key.encode(),
        b"when": self.when.isoformat().encode(),
        b"function": self.function_name.encode(),
        b"args": cipher.seal(FORMAT, _bound_to(self.key), plain),
        b"kwargs": b"none",
        b"attempt": str(self.attempt).encode(),
        b"generation": str(self.generation).encode(),
    }


async def _from_message(
    cls: type[Execution],
    docket: docket.Docket,
    message: Mapping[bytes, bytes],
    redelivered: bool = False,
    fallback_task: Any = None,
    message_id: Any = None,
    sync: bool = True,
) -> Execution:
    key = message.get(b"key", b"").decode(errors="replace") or "a job without a key"
    try:
        function, arguments = _opened(docket, key, message)
    except NotOurs as error:
        _count(str(error))
        function, arguments = _drop, ()
    found = cls(
        docket=docket,
        function=function,
        args=arguments,
        kwargs={},
        key=key,
        when=_time(message.get(b"when", b"")),
        attempt=_number(message.get(b"attempt", b""), 1),
        redelivered=redelivered,
        function_name=function.__name__,
        generation=_number(message.get(b"generation", b""), 0),
        message_id=message_id,
    )
    if sync:
        await found.sync()
    return found


def _opened(docket: docket.Docket, key: str, message: Mapping[bytes, bytes]) -> tuple[Any, tuple[str, ...]]:
    """Returns the function and the arguments of a job; raises NotOurs."""
    try:
        version, plain = cipher.open_(_bound_to(key), message.get(b"args", b""))
    except RecordUnreadable:
        raise NotOurs("it was not sealed with a key of this server") from None
    if version != FORMAT:
        raise NotOurs("another version has queued it")
    name, sealed_key, arguments = json.loads(plain)
    function = docket.tasks.get(name)
    if function is None or sealed_key != key or message.get(b"function", b"") != name.encode():
        raise NotOurs("it is another job than the one that was sealed")
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        raise NotOurs("its arguments do not fit") from None
    return function, tuple(arguments)


async def _drop() -> None:
    """Takes the place of a job that is not ours, so that it leaves the queue."""


def _no_strike(cls: type[StrikeInstruction], message: Mapping[bytes, bytes]) -> StrikeInstruction:
    _count("it is a strike, and none is ever sent here")
    return Restore(None, "nothing", docket.strikelist.Operator.EQUAL, None)


async def _never(self: object, key: str) -> NoReturn:
    raise NotImplementedError("use jobs.is_known: executions are not read back")


def _count(reason: str) -> None:
    """Log the first of them, and then each time that their number has doubled."""
    global dropped
    dropped += 1
    if dropped & (dropped - 1) == 0:
        log.warning("An entry of the queue was dropped: %s (%d so far)", reason, dropped)


def _bound_to(key: str) -> str:
    return f"{BOUND_TO}:{key}"


def _number(text: bytes, otherwise: int) -> int:
    return int(text) if text.isdigit() and len(text) < 10 else otherwise


def _time(text: bytes) -> datetime:
    try:
        found = datetime.fromisoformat(text.decode())
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        return datetime.now(UTC)
