"""Redis' clock, and how much of its time the sweeps have watched.

Every process shares Redis' clock, but it can be wrong as well: after a jump of 90 days everything looks unused.
So time counts only as far as sweeps have seen it pass: at most LONGEST_STEP between two of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..model.errors import RecordUnreadable
from . import records
from .connection import execute
from .keys import SWEEP_CLOCK, Jump, SweepClock

LONGEST_STEP = timedelta(hours=12)  # sweeps come every 6 hours
REMEMBERED = timedelta(days=400)  # jumps before the last use of a connection do not matter
PLACE = ("sweep",)


async def now() -> datetime:
    """Returns the time by Redis' clock."""
    seconds, micros = await execute(lambda redis: redis.time())
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)


async def tick(at_least: timedelta) -> SweepClock:
    """Note that a sweep begins, and any jump since the one before; jumps are kept for `at_least` this time."""
    at = await now()
    clock = _after(await _before(at), at, max(at_least, REMEMBERED))
    await records.put(SWEEP_CLOCK, PLACE, clock)
    return clock


async def stop() -> None:
    """Delete the record of the sweeps: there is nothing to sweep."""
    await records.delete(SWEEP_CLOCK, PLACE)


def elapsed(clock: SweepClock, since: datetime) -> timedelta:
    """Returns the time until the latest sweep that sweeps have watched; negative for a moment after it."""
    unwatched = sum(jump.seconds for jump in clock.jumps if jump.at > since)
    since = max(since, clock.counts_from or since)
    return clock.seen_at - since - timedelta(seconds=unwatched)


async def _before(at: datetime) -> SweepClock:
    """Returns the clock at the sweep before; one that counts from now if its record was lost."""
    try:
        return await records.get(SWEEP_CLOCK, PLACE) or SweepClock(at)
    except RecordUnreadable:
        return SweepClock(at, counts_from=at)


def _after(before: SweepClock, at: datetime, remembered: timedelta) -> SweepClock:
    jumps = [replace(jump, at=min(jump.at, at)) for jump in before.jumps]  # the clock may have gone back
    unwatched = at - before.seen_at - LONGEST_STEP
    if unwatched > timedelta():
        jumps.append(Jump(at, unwatched.total_seconds()))
    clock = SweepClock(at, tuple(jumps), before.counts_from and min(before.counts_from, at))
    return replace(clock, jumps=tuple(jump for jump in jumps if elapsed(clock, jump.at) <= remembered))
