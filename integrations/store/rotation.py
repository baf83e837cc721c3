"""Every record sealed again with the first key, while everybody goes on reading and writing.

Each record is replaced in one step if nobody has changed it meanwhile, so that it can be
stopped at any instant and started again. What was sealed with a data key stays: that key
is in a record, which is sealed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from ..config import settings
from ..model.errors import NotConfigured, RecordUnreadable
from . import cipher, client
from .client import execute
from .keys import CONNECTION, RECORD_TYPES, UNSEALED

RESEAL = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
"""


@dataclass
class Rotation:
    """What was done.

    `database`: the server's name. `connections`: how many it holds. `keys_before`: records by the id of the key that
    had sealed them. `key`: the id of the key that seals now. `unreadable`: records that open with none of the keys;
    they stay as they are.
    """

    database: str = ""
    connections: int = 0
    keys_before: Counter[str] = field(default_factory=Counter)
    key: str = ""
    resealed: int = 0
    unreadable: int = 0


async def rotate_keys(back: bool = False, even_if_empty: bool = False) -> Rotation:
    """Seal everything with the first key of TOKEN_KEYS, or of the key file, where a new one is put first for it.

    `back`: with the key of the key file that was first before. `even_if_empty`: also where nothing is stored, which
    is otherwise taken for the wrong database. Raises NotConfigured, StoreUnavailable.
    """
    if settings().token_keys and back:
        raise NotConfigured("Put the old key first in TOKEN_KEYS, start the dashboard again, then run this again.")
    done = await _survey()
    if not (done.keys_before or even_if_empty):
        raise NotConfigured(
            f"Nothing is stored in {done.database}, so no key was changed. If the dashboard uses another one, run this "
            "with the same REDIS_URL, DATA_DIR and TOKEN_KEYS as the dashboard; if not, add --even-if-empty."
        )
    if not settings().token_keys and not (await _reseal(Rotation()) or back):  # what was interrupted is done first
        cipher.put_file_key_first()
    if back:
        cipher.put_file_key_first(cipher.previous_file_key())
    while await _reseal(done):  # once more: others may have sealed with an older key meanwhile
        pass
    done.key = next(iter(cipher.keyring())).hex()
    return done


async def _survey() -> Rotation:
    """Returns what is stored before anything is changed."""
    found = Rotation(database=client.name())
    async with aclosing(_keys()) as keys:
        async for key in keys:
            record = await execute(lambda redis: redis.get(key))  # noqa: B023
            if record is not None and cipher.key_of(record) != cipher.DATA:
                found.keys_before[cipher.key_of(record).hex()] += 1
            found.connections += key.startswith(CONNECTION.key("").encode())
    return found


async def _reseal(done: Rotation) -> int:
    """Seal again what needs it; returns how many that were."""
    before, done.unreadable = done.resealed, 0
    async with aclosing(_keys()) as keys:
        async for key in keys:
            await _reseal_record(key, done)
    return done.resealed - before


async def _reseal_record(key: bytes, done: Rotation) -> None:
    record = await execute(lambda redis: redis.get(key))
    if record is None or cipher.key_of(record) in (next(iter(cipher.keyring())), cipher.DATA):
        return
    try:
        version, plain = cipher.open_(key.decode(), record)
    except RecordUnreadable:
        done.unreadable += 1
        return
    sealed = cipher.seal(version, key.decode(), plain)
    done.resealed += await execute(lambda redis: redis.eval(RESEAL, 1, key, record, sealed))


async def _keys() -> AsyncGenerator[bytes, None]:
    for record_type in (record_type for record_type in RECORD_TYPES if record_type not in UNSEALED):
        pattern, cursor = record_type.key("*"), 0
        while True:
            cursor, found = await execute(lambda redis: redis.scan(cursor, match=pattern, count=1000))  # noqa: B023
            for key in found:
                yield key
            if not cursor:
                break
