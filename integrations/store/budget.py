"""One budget of calls for all processes: how many a lane takes in a time, counted in Redis.

Each caller reserves its moment and waits for it, by the clock of Redis, so that processes
whose own clocks differ never send together. A moment can be moved to when the request was
really on the wire, and a lane closed after a 429. (pyrate-limiter's Redis bucket counts by
the callers' clocks and has neither.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .connection import execute

NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
RESERVE = NOW + """
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local at = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0), tonumber(redis.call('LINDEX', KEYS[1], -1) or 0))
local oldest = redis.call('LINDEX', KEYS[1], -limit)
if oldest then at = math.max(at, oldest + window) end
redis.call('RPUSH', KEYS[1], at)
redis.call('LTRIM', KEYS[1], -limit, -1)
redis.call('PEXPIRE', KEYS[1], at - now + window)
return at - now
"""
SENT = NOW + """
local last = redis.call('LINDEX', KEYS[1], -1)
if last and tonumber(last) < now then redis.call('LSET', KEYS[1], -1, now) end
"""
CLOSE = NOW + """
local till = math.max(now + ARGV[1], tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], till, 'PX', till - now + 1000)
"""


@dataclass(frozen=True)
class Lane:
    """Where calls share a limit: `calls` in any `seconds`."""

    name: str
    calls: int
    seconds: float


async def reserve(lane: Lane) -> float:
    """Seconds to wait for this call's own moment in the lane."""
    names = (_key("moments", lane), _key("closed", lane))
    return await _milliseconds(RESERVE, *names, arguments=(lane.calls, round(lane.seconds * 1000)))


async def sent(lane: Lane) -> None:
    """The call that was last let in went on the wire now: the next ones count from here."""
    await _milliseconds(SENT, _key("moments", lane))


async def close(lane: Lane, seconds: float) -> None:
    """Let nobody in for so long: the provider asked for a pause."""
    await _milliseconds(CLOSE, _key("closed", lane), arguments=(round(seconds * 1000),))


async def _milliseconds(script: str, *names: str, arguments: tuple[int, ...] = ()) -> float:
    async def call(redis: Any) -> Any:
        return await redis.eval(script, len(names), *names, *arguments)

    return int(await execute(call) or 0) / 1000


def _key(what: str, lane: Lane) -> str:
    return f"dashboard:budget:{what}:{lane.name}"
