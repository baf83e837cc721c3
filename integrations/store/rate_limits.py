"""Rate limits shared by all processes, counted in Redis.

Each caller reserves its moment and waits for it, by the clock of Redis, so that processes
whose own clocks differ never send together. At a strict rate a moment is when the request was
really on the wire, and in a short window callers go there one by one; it is moved to when the provider
may have counted the call, where the answer tells that it was under way for longer than others. A bucket
can be closed after a 429, and at a strict rate its windows are WIDER for a while.
(pyrate-limiter's Redis bucket counts by the callers' clocks and has neither; a reservation
here costs 0.35 ms.)
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from ..model import Bucket
from .client import execute
from .keys import RATE_LIMIT

GOING, AGAIN = 1000, 5  # ms: how long a call may take to the wire, and until others look whether it is there
WIDER = 1.15  # times the window, after a 429 for calls that kept to it: they arrive closer together than they are sent
WIDER_FOR = 10 * 60  # seconds since the last 429
NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
RESERVE = (
    NOW
    + """
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local at = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0), tonumber(redis.call('LINDEX', KEYS[1], -1) or 0))
local oldest = redis.call('LINDEX', KEYS[1], -limit)
if oldest then at = math.max(at, oldest + window) end
redis.call('RPUSH', KEYS[1], at)
redis.call('LTRIM', KEYS[1], -limit, -1)
redis.call('PEXPIRE', KEYS[1], at - now + window)
return at - now
"""
)
SENT = (
    NOW
    + """
local at = math.max(now - ARGV[4], tonumber(redis.call('ZSCORE', KEYS[1], ARGV[3]) or 0))
redis.call('ZADD', KEYS[1], at, ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -2 * ARGV[1] - 1)
redis.call('PEXPIRE', KEYS[1], 3 * ARGV[2])
if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
"""
)
CLOSE = (
    NOW
    + """
local till = math.max(now + ARGV[1], tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], till, 'PX', till - now + 1000)
if ARGV[2] ~= '0' then redis.call('SET', KEYS[2], 1, 'EX', ARGV[2]) end
"""
)
CLAIM = (
    NOW
    + """
local first = redis.call('ZRANGE', KEYS[1], -ARGV[1], -ARGV[1], 'WITHSCORES')[2]
local window = ARGV[2] * (redis.call('EXISTS', KEYS[4]) == 1 and ARGV[5] or 1)
local open = math.max(tonumber(redis.call('GET', KEYS[3]) or 0), (tonumber(first) or 0) + window)
if open > now then return math.ceil(open - now) end
if ARGV[3] == '0' then
  redis.call('ZADD', KEYS[1], now, ARGV[6])
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -2 * ARGV[1] - 1)
  redis.call('PEXPIRE', KEYS[1], 3 * ARGV[2])
  return 0
end
if redis.call('SET', KEYS[2], ARGV[6], 'NX', 'PX', ARGV[3]) then return 0 end
return ARGV[4]
"""
)
ADMIT = (
    NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if not redis.call('ZSCORE', KEYS[1], ARGV[3]) then
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
  redis.call('ZADD', KEYS[1], now, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1000
"""
)
CLOSED = NOW + "return math.max(0, tonumber(redis.call('GET', KEYS[1]) or 0) - now)"


async def reserve(bucket: Bucket) -> float:
    """Returns seconds to wait for this call's slot."""
    names = (_key("moments", bucket), _key("closed", bucket))
    return await _seconds(RESERVE, *names, arguments=_numbers(bucket))


async def claim(bucket: Bucket, call: str) -> float:
    """Returns 0 if the call is granted the slot, else seconds to wait; it counts from now on in a long window."""
    names = (_key("wire", bucket), _key("going", bucket), _key("closed", bucket), _key("wider", bucket))
    going = GOING if bucket.limit.one_by_one else 0
    return await _seconds(CLAIM, *names, arguments=(*_numbers(bucket), going, AGAIN, str(WIDER), call))


async def sent(bucket: Bucket, call: str, ago: float = 0) -> None:
    """Note that the call with the slot was on the wire so many seconds ago: the next ones count from there.

    Again for the same call: from the later of both moments.
    """
    names = (_key("wire", bucket), _key("going", bucket))
    await _seconds(SENT, *names, arguments=(*_numbers(bucket), call, round(ago * 1000)))


async def admit(bucket: Bucket, attempt: str = "") -> bool:
    """Returns whether one more attempt is within the rate; it is counted once, under its name if it has one."""
    name = _key("attempts", bucket)
    return bool(await _seconds(ADMIT, name, arguments=(*_numbers(bucket), attempt or secrets.token_hex(8))))


async def refund(bucket: Bucket, attempt: str) -> None:
    """Stop counting an admitted attempt, so that only failed ones count in the end."""
    await execute(lambda redis: redis.zrem(_key("attempts", bucket), attempt))


async def close(bucket: Bucket, seconds: float) -> None:
    """Grant no slot for so many seconds: the provider asked for a pause."""
    names, wider = (_key("closed", bucket), _key("wider", bucket)), WIDER_FOR if bucket.limit.strict else 0
    await _seconds(CLOSE, *names, arguments=(round(seconds * 1000), wider))


async def forget(bucket: Bucket) -> None:
    """Open a bucket and forget the attempts counted so far."""
    names = (_key("attempts", bucket), _key("closed", bucket), _key("wider", bucket))
    await execute(lambda redis: redis.unlink(*names))


async def closed_for(bucket: Bucket) -> float:
    """Returns seconds until the bucket opens again; 0 when it is open."""
    return await _seconds(CLOSED, _key("closed", bucket))


async def _seconds(script: str, *names: str, arguments: tuple[int | str, ...] = ()) -> float:
    async def call(redis: Any) -> Any:
        return await redis.eval(script, len(names), *names, *arguments)

    return int(await execute(call) or 0) / 1000


def _numbers(bucket: Bucket) -> tuple[int, int]:
    """Calls, and in how many ms."""
    return bucket.limit.calls, round(bucket.limit.seconds * 1000)


def _key(what: str, bucket: Bucket) -> str:
    return f"{RATE_LIMIT}:{what}:{hashlib.sha256(bucket.name.encode()).hexdigest()[:32]}"
