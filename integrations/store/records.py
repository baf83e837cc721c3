"""Typed records in Redis: sealed, with a format version, migrated when read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

from redis.exceptions import ResponseError

from ..model.errors import RecordTooNew, RecordUnreadable
from . import cipher, shapes
from .connection import execute
from .keys import CHUNK, CONNECTION, KINDS, LOAD, OF_A_CONNECTION, OF_AN_OWNER, RUN, Kind

T = TypeVar("T")

WRITE_IF_HOLDER = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], ARGV[2 * i - 2])
  if ARGV[2 * i - 1] ~= '' then redis.call('EXPIRE', KEYS[i], ARGV[2 * i - 1]) end
end
return 1
"""
REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
if ARGV[3] ~= '' then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return 1
"""
ON_DISK_WITHIN, LOOKS = 800, 5  # ms, less than a command may take; and how often that is waited on a slow disk
PUT_BESIDE = """
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
if ARGV[2] ~= '' then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 1
"""
HOLD_WHILE_WANTED = """
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""


async def put(kind: Kind[T], path: Sequence[str], value: T, *, seconds: int | None = None) -> None:
    """Save a record, replacing what was there; it expires as its kind says, or in `seconds`."""
    key = kind.key(*path)
    record = encode(kind, key, value)
    await execute(lambda redis: redis.set(key, record, ex=seconds or kind.expiry))


async def put_beside(kind: Kind[T], path: Sequence[str], value: T) -> None:
    """Save a record of a connection, unless that was deleted meanwhile."""
    names = kind.key(*path), CONNECTION.key(*path)
    record = encode(kind, names[0], value)
    await execute(lambda redis: redis.eval(PUT_BESIDE, 2, *names, record, kind.expiry or ""))


async def renew(kind: Kind[Any], path: Sequence[str]) -> None:
    """Count the time until it expires from now."""
    await execute(lambda redis: redis.expire(kind.key(*path), kind.expiry))


async def get(kind: Kind[T], path: Sequence[str]) -> T | None:
    """The record, or None; raises RecordUnreadable and RecordTooNew."""
    key = kind.key(*path)
    return decode(kind, key, await _read(kind, lambda redis: redis.get(key)))


async def get_many(
    kind: Kind[T], paths: Sequence[Sequence[str]], data_key: str = "", size: float = 0
) -> list[T | None]:
    """The records in the order of their paths, in one round trip of so many bytes.

    `data_key` opens what was sealed with it.
    """
    keys = [kind.key(*path) for path in paths]
    values = await execute(lambda redis: redis.mget(keys), size=size) if keys else []
    return [decode(kind, key, value, data_key) for key, value in zip(keys, values, strict=True)]


async def take(kind: Kind[T], path: Sequence[str]) -> T | None:
    """The record, spent: nobody gets it again."""
    key = kind.key(*path)
    return decode(kind, key, await _read(kind, lambda redis: redis.getdel(key)))


async def _read(kind: Kind[Any], command: Callable[[Any], Awaitable[bytes | None]]) -> bytes | None:
    """What Redis has in a record's place; something of another type counts as none where that can be had again."""
    try:
        return await execute(command)
    except RecordUnreadable:
        if kind.dispensable:
            return None
        raise


async def delete(kind: Kind[Any], *paths: Sequence[str]) -> None:
    """Delete records, those that exist."""
    keys = [kind.key(*path) for path in paths]
    if keys:
        await execute(lambda redis: redis.unlink(*keys))


async def claim(
    spent: tuple[Kind[T], Sequence[str]], mark: tuple[Kind[Any], Sequence[str]], value: Any
) -> tuple[T | None, bool]:
    """Spend one record and leave a mark if there was none, in one step.

    Returns what was spent (None: nothing there) and whether the mark is ours.
    """
    spent_key, mark_key = spent[0].key(*spent[1]), mark[0].key(*mark[1])
    record = encode(mark[0], mark_key, value)

    async def transaction(redis: Any) -> list[Any]:
        async with redis.pipeline(transaction=True) as pipe:
            pipe.getdel(spent_key)
            pipe.set(mark_key, record, nx=True, ex=mark[0].expiry)
            return cast(list[Any], await pipe.execute())

    taken, marked = await execute(transaction)
    return decode(spent[0], spent_key, taken), bool(marked)


async def put_unless(kind: Kind[T], path: Sequence[str], value: T, *, keep: Callable[[T], bool]) -> T:
    """Save a record unless the one there is to be kept, in one step; returns the one that is there then."""
    key = kind.key(*path)
    record = encode(kind, key, value)

    async def unless_kept(pipe: Any) -> T:
        found = decode(kind, key, await pipe.get(key))
        if found is not None and keep(found):
            return found
        pipe.multi()
        pipe.set(key, record, ex=kind.expiry)
        return value

    return cast(T, await execute(lambda redis: redis.transaction(unless_kept, key, value_from_callable=True)))


async def exchange(kind: Kind[T], path: Sequence[str], change: Callable[[T], T | None]) -> T | None:
    """Replace a record by what `change` makes of it, in one step and on disk; `change` may decline with None.

    Returns the record that is there then; None if there is none (any more).
    """
    key = kind.key(*path)
    while True:
        record = await execute(lambda redis: redis.get(key))
        found = decode(kind, key, record)
        changed = found and change(found)
        if not changed:
            return found
        replaced = (key, record, encode(kind, key, changed), kind.expiry or "")
        if await execute(lambda redis: durably(redis, REPLACE, *replaced), patiently=True):  # noqa: B023
            return changed


async def durably(redis: Any, script: str, key: str, *arguments: Any) -> Any:
    """Run a script on a key, and wait until what it wrote is on disk where the server can tell (WAITAOF)."""
    async with redis.client() as one:  # it counts what this very connection has written
        done = await one.eval(script, 1, key, *arguments)
        with suppress(ResponseError):  # no such command, or no append-only file
            for _ in range(LOOKS):
                if (await one.execute_command("WAITAOF", 1, 0, ON_DISK_WITHIN))[0]:
                    break
    return done


async def become_holder(path: Sequence[str], holder: bytes) -> bool:
    """From now on only this holder may write the connection's load; False if there is no load (any more)."""
    names = RUN.key(*path), LOAD.key(*path)
    return bool(await execute(lambda redis: redis.eval(HOLD_WHILE_WANTED, 2, *names, holder)))


async def put_as_holder(
    path: Sequence[str], holder: bytes, *writes: tuple[Kind[Any], Sequence[str], Any], data_key: str = ""
) -> bool:
    """Save records if `holder` still holds the connection's load; says whether it did.

    Chunks are sealed with the `data_key`, the others with TOKEN_KEYS.
    """
    keys = [kind.key(*where) for kind, where, _ in writes]
    names = [RUN.key(*path), *keys]
    values: list[Any] = []
    for (kind, _, value), key in zip(writes, keys, strict=True):
        values += [encode(kind, key, value, data_key if kind is CHUNK else ""), kind.expiry or ""]
    size = sum(len(value) for value in values if isinstance(value, bytes))
    write = (WRITE_IF_HOLDER, len(names), *names, holder, *values)
    return bool(await execute(lambda redis: redis.eval(*write), size=size))


async def paths(kind: Kind[Any], *start: str) -> list[tuple[str, ...]]:
    """The paths of all records of a kind that start like this, found by scanning."""
    pattern = kind.key(*start, "*")

    async def scan(redis: Any) -> list[bytes]:
        return [key async for key in redis.scan_iter(match=pattern, count=1000)]

    return sorted(tuple(key.decode().split(":")[2:]) for key in await execute(scan, patiently=True))


async def delete_connection(path: Sequence[str]) -> None:
    """Delete every record that belongs to a connection.

    Hold and load go first and together: from then on no worker can write for it, or become its holder.
    Its own record goes last: what is interrupted can be seen, and deleted again.
    """
    await execute(lambda redis: redis.unlink(RUN.key(*path), LOAD.key(*path)))
    for kind in OF_A_CONNECTION:
        await delete(kind, path, *await paths(kind, *path))


async def delete_owner(owner: str) -> None:
    """Delete what is remembered of an owner beside connections: choices, notices, attempts."""
    for kind in OF_AN_OWNER:
        await delete(kind, (owner,), *await paths(kind, owner))


def get_ready() -> None:
    """Prepare for every kind what takes a while to prepare."""
    for kind in KINDS:
        _adapter(kind)


def encode(kind: Kind[Any], key: str, value: Any, data_key: str = "") -> bytes:
    """The sealed record of a value for this key."""
    plain = value if kind.shape is bytes else shapes.to_json(kind.shape, value)
    return cipher.seal(kind.version, key, plain, data_key)


def decode(kind: Kind[T], key: str, record: bytes | None, data_key: str = "") -> T | None:
    """The value of a sealed record; raises RecordTooNew, and RecordUnreadable unless it is dispensable."""
    try:
        return None if record is None else _decoded(kind, key, record, data_key)
    except RecordUnreadable:
        if kind.dispensable:
            return None
        raise


def _decoded(kind: Kind[T], key: str, record: bytes, data_key: str) -> T:
    if record[:1] > bytes([kind.version]):
        raise RecordTooNew("This was stored by a newer version of the dashboard. Update this server to read it.")
    version, plain = cipher.open_(key, record, data_key)
    if kind.shape is bytes:
        return cast(T, plain)
    try:
        return shapes.from_python(kind.shape, _migrated(kind, version, plain))
    except shapes.Misshapen:
        raise RecordUnreadable(cipher.UNREADABLE) from None


def _migrated(kind: Kind[Any], version: int, plain: bytes) -> Any:
    value = shapes.from_json(object, plain)
    for step in range(version, kind.version):
        value = kind.migrations[step](value)
    return value


def _adapter(kind: Kind[Any]) -> Any:
    return shapes.adapter(kind.shape)
