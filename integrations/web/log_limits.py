"""Limits repetition in the log: of records alike only some are written in a minute, and the rest are counted."""

from __future__ import annotations

import asyncio
import logging
import threading

log = logging.getLogger(__name__)

MOST, KINDS, MINUTE = 20, 500, 60
ANYTHING_ELSE = ("", 0, "others")
Kind = tuple[str, int, str]


class Repeats(logging.Filter):
    """Lets so many records of a kind (logger, level, words before their values) pass until `left_out` is asked."""

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self._most = most
        self._counts: dict[Kind, int] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns whether to write the record."""
        kind = (record.name, record.levelno, str(record.msg).partition("\n")[0][:200])
        with self._lock:
            kind = kind if kind in self._counts or len(self._counts) < KINDS else ANYTHING_ELSE
            self._counts[kind] = self._counts.get(kind, 0) + 1
            return self._counts[kind] <= self._most

    def left_out(self) -> str:
        """Returns how many records of which kind were left out since the last time, and starts again."""
        with self._lock:
            counts, self._counts = self._counts, {}
        most = {kind: count - self._most for kind, count in counts.items() if count > self._most}
        return "; ".join(f"{count:,} of {name or 'root'}: {words}" for (name, _, words), count in most.items())


async def limit_repeats(repeats: Repeats | None = None, every: float = MINUTE) -> None:
    """Limit every logger there is, and say each minute what was left out; ends when it is cancelled."""
    repeats = repeats or Repeats()
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    for each in loggers:
        each.addFilter(repeats)
    try:
        while True:
            await asyncio.sleep(every)
            if left_out := repeats.left_out():
                log.warning("Left out of the log in the last minute: %s", left_out)
    finally:
        for each in loggers:
            each.removeFilter(repeats)
