"""The connection to Redis: which server, how long to wait for it, and its faults as ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

import cachetools
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError

from ..config import settings
from ..model.errors import RecordUnreadable, StoreError, StoreFull, StoreUnavailable
from . import cipher, embedded
from .keys import PROBE

T = TypeVar("T")
log = logging.getLogger(__name__)

PATIENCE = 0.9  # seconds; so that a page knows within one
LARGE = 50_000  # bytes; what is larger gets more time, once Redis has shown that it is there
SLOWEST = 50_000  # bytes a second, of a link that is still waited for
LONGEST = 120  # seconds
FAULTS = (RedisError, OSError, TimeoutError)
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, Redis]] = WeakKeyDictionary()  # by their timeout
_logged: cachetools.TTLCache[str, bool] = cachetools.TTLCache(100, ttl=600)  # causes of faults
_commands: set[asyncio.Future[Any]] = set()  # under way, even if their callers were cancelled


def url() -> str:
    """The server's address; starts the embedded one where no other is configured."""
    return settings().redis_url or embedded.ensure(settings().data_dir)


def name() -> str:
    """Returns the name of the server and its database for an operator, without credentials."""
    address = settings().redis_url
    if not address:
        return f"the embedded database in the folder {settings().data_dir.name}"
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return f"the database at the socket {PurePosixPath(parts.path).name}"
    return f"the database {parts.hostname}:{parts.port or 6379}/{parts.path.strip('/') or 0}"


async def execute(command: Callable[[Any], Awaitable[T]], *, without_deadline: bool = False, size: float = 0) -> T:
    """Run one command (or one transaction); raises StoreUnavailable within a second.

    `without_deadline`: for a scan or a lock, where only each answer has to come in time. `size`: how many bytes are
    transferred; large ones get more time. An embedded server that is found dead (not: busy) is started again, and the
    command repeated. Raises RecordUnreadable for a key of another type.
    """
    if size > LARGE:
        await execute(lambda redis: redis.ping())
    within = min(PATIENCE + size / SLOWEST, LONGEST) if size > LARGE else PATIENCE
    try:
        client = await _client(within if within == PATIENCE else LONGEST)
        async with asyncio.timeout(None if without_deadline else within):
            call = _apart(command, also_cancelled=without_deadline)
            try:
                return await call(client)
            except ConnectionLost:
                if settings().redis_url:
                    raise
                await asyncio.to_thread(url)
                return await call(client)
    except FAULTS as error:
        raise fault_of(error) from None


async def now() -> datetime:
    """Returns the time by Redis' clock, which all machines share."""
    seconds, micros = await execute(lambda redis: redis.time())
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)


def fault_of(error: Exception) -> StoreError:
    """What a fault means: Redis is not there, or it has something else where a record should be."""
    return RecordUnreadable(cipher.UNREADABLE) if "WRONGTYPE" in str(error) else unavailable(error)


def unavailable(error: Exception) -> StoreUnavailable:
    """What a fault of Redis means to people; its cause is logged, once in ten minutes."""
    cause = f"{type(error).__name__}: {_without_password(str(error))}"
    if cause not in _logged:
        _logged[cause] = True
        log.warning("A command to %s failed: %s", name(), cause)
    full = isinstance(error, OutOfMemoryError | ReadOnlyError) or "MISCONF" in str(error)  # it cannot write to disk
    return StoreFull() if full else StoreUnavailable()


async def check() -> None:
    """Raises StoreUnavailable unless Redis answers, StoreFull unless it takes changes."""
    await execute(lambda redis: redis.set(PROBE, 1, px=1000))


def _apart(command: Callable[[Any], Awaitable[T]], also_cancelled: bool) -> Callable[[Any], Awaitable[T]]:
    """The same, as a task of its own: redis-py sends with asyncio.wait_for, which before Python 3.12
    can lose the cancellation of the waiting task (python/cpython#86296)."""

    async def call(client: Any) -> T:
        task = asyncio.ensure_future(command(client))
        _commands.add(task)
        task.add_done_callback(_ended)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if also_cancelled:
                task.cancel()
            raise

    return call


def _ended(task: asyncio.Future[Any]) -> None:
    _commands.discard(task)
    if not task.cancelled():
        task.exception()  # retrieved, so that asyncio does not log it


def _without_password(text: str) -> str:
    password = urlsplit(settings().redis_url).password or ""
    for secret in filter(None, {password, unquote(password)}):
        text = text.replace(secret, "…")
    return text


async def _client(timeout: float) -> Redis:
    """Returns this loop's client with that timeout for whole answers."""
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if timeout not in clients:
        address = await asyncio.to_thread(url)
        if timeout not in clients:  # another may have connected meanwhile
            clients[timeout] = connect(address, timeout)
    return clients[timeout]


def connect(address: str, timeout: float = PATIENCE) -> Redis:
    """A client for this address that gives up soon enough to tell the person."""
    return Redis.from_url(
        address,
        socket_connect_timeout=PATIENCE,
        socket_timeout=timeout,
        retry=Retry(ConstantBackoff(0.05), 1, supported_errors=(ConnectionLost,)),
        health_check_interval=0,
    )


async def close() -> None:
    """Close this loop's clients, and end what they are still at; the next command opens another."""
    loop = asyncio.get_running_loop()
    left = [task for task in _commands if task.get_loop() is loop]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    for client in _clients.pop(loop, {}).values():
        await client.aclose()
