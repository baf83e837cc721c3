"""Typed records in Redis: sealed, with a format version, migrated when read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

from redis.exceptions import ResponseError

from ..model.errors import RecordTooNew, RecordUnreadable
from . import cipher, shapes
from .client import execute
from .keys import CONNECTION, FENCE, LOAD, OF_A_CONNECTION, OF_AN_OWNER, RECORD_TYPES, WITH_DATA_KEY, RecordType

T = TypeVar("T")

WRITE_IF_FENCED = """
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
FENCE_WHILE_WANTED = """
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
"""


async def put(record_type: RecordType[T], path: Sequence[str], value: T, *, seconds: int | None = None) -> None:
    """Save a record, replacing what was there; it expires as its record_type says, or in `seconds`."""
    key = record_type.key(*path)
    record = encode(record_type, key, value)
    await execute(lambda redis: redis.set(key, record, ex=seconds or record_type.expiry))


async def put_beside(record_type: RecordType[T], path: Sequence[str], value: T) -> None:
    """Save a record of a connection, unless that was deleted meanwhile."""
    names = record_type.key(*path), CONNECTION.key(*path[:3])
    record = encode(record_type, names[0], value)
    await execute(lambda redis: redis.eval(PUT_BESIDE, 2, *names, record, record_type.expiry or ""))


async def renew(record_type: RecordType[Any], path: Sequence[str]) -> None:
    """Count the time until it expires from now."""
    await execute(lambda redis: redis.expire(record_type.key(*path), record_type.expiry))


async def get(record_type: RecordType[T], path: Sequence[str]) -> T | None:
    """The record, or None; raises RecordUnreadable and RecordTooNew."""
    key = record_type.key(*path)
    return decode(record_type, key, await _read(record_type, lambda redis: redis.get(key)))


async def get_many(
    record_type: RecordType[T], paths: Sequence[Sequence[str]], data_key: str = "", size: float = 0
) -> list[T | None]:
    """The records in the order of their paths, in one round trip of so many bytes.

    `data_key` opens what was sealed with it.
    """
    keys = [record_type.key(*path) for path in paths]
    values = await execute(lambda redis: redis.mget(keys), size=size) if keys else []
    return [decode(record_type, key, value, data_key) for key, value in zip(keys, values, strict=True)]


async def any_exist(*places: tuple[RecordType[Any], Sequence[str]]) -> bool:
    """Returns whether there is a record at any of these places, without reading one."""
    keys = [record_type.key(*path) for record_type, path in places]
    return bool(await execute(lambda redis: redis.exists(*keys)))


async def take(record_type: RecordType[T], path: Sequence[str]) -> T | None:
    """Returns and deletes a record in one step."""
    key = record_type.key(*path)
    return decode(record_type, key, await _read(record_type, lambda redis: redis.getdel(key)))


async def _read(record_type: RecordType[Any], command: Callable[[Any], Awaitable[bytes | None]]) -> bytes | None:
    """What Redis has in a record's place; something of another type counts as none where that can be had again."""
    try:
        return await execute(command)
    except RecordUnreadable:
        if record_type.dispensable:
            return None
        raise


async def delete(record_type: RecordType[Any], *paths: Sequence[str]) -> None:
    """Delete the records that exist."""
    keys = [record_type.key(*path) for path in paths]
    if keys:
        await execute(lambda redis: redis.unlink(*keys))


async def claim(
    spent: tuple[RecordType[T], Sequence[str]], mark: tuple[RecordType[Any], Sequence[str]], value: Any
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


async def put_unless(record_type: RecordType[T], path: Sequence[str], value: T, *, keep: Callable[[T], bool]) -> T:
    """Save a record unless the one there is to be kept, in one step; returns the one that is there then."""
    key = record_type.key(*path)
    record = encode(record_type, key, value)

    async def unless_kept(pipe: Any) -> T:
        found = decode(record_type, key, await pipe.get(key))
        if found is not None and keep(found):
            return found
        pipe.multi()
        pipe.set(key, record, ex=record_type.expiry)
        return value

    return cast(T, await execute(lambda redis: redis.transaction(unless_kept, key, value_from_callable=True)))


async def exchange(record_type: RecordType[T], path: Sequence[str], change: Callable[[T], T | None]) -> T | None:
    """Replace a record by what `change` makes of it, in one step and on disk; `change` may decline with None.

    Returns the record that is there then; None if there is none (any more).
    """
    key = record_type.key(*path)
    while True:
        record = await execute(lambda redis: redis.get(key))
        found = decode(record_type, key, record)
        changed = found and change(found)
        if not changed:
            return found
        replaced = (key, record, encode(record_type, key, changed), record_type.expiry or "")
        if await execute(lambda redis: durably(redis, REPLACE, *replaced), without_deadline=True):  # noqa: B023
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


async def take_fence(path: Sequence[str], fencing_token: bytes) -> bool:
    """Make this the only fencing token that may write the connection's load; False if there is no load."""
    names = FENCE.key(*path), LOAD.key(*path)
    return bool(await execute(lambda redis: redis.eval(FENCE_WHILE_WANTED, 2, *names, fencing_token)))


async def put_fenced(
    path: Sequence[str], fencing_token: bytes, *writes: tuple[RecordType[Any], Sequence[str], Any], data_key: str = ""
) -> bool:
    """Save records if `fencing_token` is the newest of the connection's load; returns whether it was.

    Chunks and differences are sealed with the `data_key`, the others with TOKEN_KEYS.
    """
    keys = [record_type.key(*where) for record_type, where, _ in writes]
    names = [FENCE.key(*path), *keys]
    values: list[Any] = []
    for (record_type, _, value), key in zip(writes, keys, strict=True):
        values += [
            encode(record_type, key, value, data_key if record_type in WITH_DATA_KEY else ""),
            record_type.expiry or "",
        ]
    size = sum(len(value) for value in values if isinstance(value, bytes))
    write = (WRITE_IF_FENCED, len(names), *names, fencing_token, *values)
    return bool(await execute(lambda redis: redis.eval(*write), size=size))


async def paths(record_type: RecordType[Any], *start: str) -> list[tuple[str, ...]]:
    """The paths of all records of a record_type that start like this, found by scanning."""
    pattern = record_type.key(*start, "*")

    async def scan(redis: Any) -> list[bytes]:
        return [key async for key in redis.scan_iter(match=pattern, count=1000)]

    return sorted(tuple(key.decode().split(":")[2:]) for key in await execute(scan, without_deadline=True))


async def delete_connection(path: Sequence[str]) -> None:
    """Delete every record that belongs to a connection.

    Fence and load go first and together: from then on no worker can write for it, or take its fence.
    Its own record goes last: what is interrupted can be seen, and deleted again.
    """
    await execute(lambda redis: redis.unlink(FENCE.key(*path), LOAD.key(*path)))
    for record_type in OF_A_CONNECTION:
        await delete(record_type, path, *await paths(record_type, *path))


async def delete_owner(owner: str) -> None:
    """Delete what is remembered of an owner beside connections: choices, notices, attempts."""
    for record_type in OF_AN_OWNER:
        await delete(record_type, (owner,), *await paths(record_type, owner))


def get_ready() -> None:
    """Prepare for every record_type what takes a while to prepare."""
    for record_type in RECORD_TYPES:
        _adapter(record_type)


def encode(record_type: RecordType[Any], key: str, value: Any, data_key: str = "") -> bytes:
    """The sealed record of a value for this key."""
    plain = value if record_type.shape is bytes else shapes.to_json(record_type.shape, value)
    return cipher.seal(record_type.version, key, plain, data_key)


def decode(record_type: RecordType[T], key: str, record: bytes | None, data_key: str = "") -> T | None:
    """The value of a sealed record; raises RecordTooNew, and RecordUnreadable unless it is dispensable."""
    try:
        return None if record is None else _decoded(record_type, key, record, data_key)
    except RecordUnreadable:
        if record_type.dispensable:
            return None
        raise


def _decoded(record_type: RecordType[T], key: str, record: bytes, data_key: str) -> T:
    if record[:1] > bytes([record_type.version]):
        raise RecordTooNew("This was stored by a newer version of the dashboard. Update this server to read it.")
    version, plain = cipher.open_(key, record, data_key)
    if record_type.shape is bytes:
        return cast(T, plain)
    try:
        return shapes.from_python(record_type.shape, _migrated(record_type, version, plain))
    except shapes.Misshapen:
        raise RecordUnreadable(cipher.UNREADABLE) from None


def _migrated(record_type: RecordType[Any], version: int, plain: bytes) -> Any:
    value = shapes.from_json(object, plain)
    for step in range(version, record_type.version):
        value = record_type.migrations[step](value)
    return value


def _adapter(record_type: RecordType[Any]) -> Any:
    return shapes.adapter(record_type.shape)
