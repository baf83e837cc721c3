"""What has changed between loads: how much of it is kept, and when a viewer last saw a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

VISIT_ENDS_AFTER = timedelta(minutes=30)  # without a look at the page, as web analytics count visits
Since = Literal["visit", "load"] | date


class What(StrEnum):
    """What has become of a row."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class Counts:
    """How many rows are new, changed and removed."""

    new: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        """How many rows that are in all."""
        return self.new + self.changed + self.removed

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.new + other.new, self.changed + other.changed, self.removed + other.removed)


NO_ROWS = Counts()


@dataclass(frozen=True)
class KeptDifference:
    """What a load has changed, of which a difference is kept.

    `load`: its id. `at`: when it ended. `bytes`: what the difference takes. `values`: whether it has the values before
    and after. `uncounted`: the rows of a difference that was too large to name them.
    """

    load: str
    at: datetime
    bytes: int
    values: bool = True
    uncounted: Counts = NO_ROWS


@dataclass(frozen=True)
class ChangeLog:
    """The differences that are kept of a connection, the oldest first.

    `since`: when the load ended from which on all changes are known. `data_key`: what the differences are sealed with.
    """

    since: datetime
    data_key: str = field(repr=False)
    differences: tuple[KeptDifference, ...] = ()

    @property
    def bytes(self) -> int:
        """What the differences take."""
        return sum(each.bytes for each in self.differences)


@dataclass(frozen=True)
class Visit:
    """When a viewer began to look at a connection, when they began the time before, and when they looked last."""

    began: datetime
    seen: datetime
    before: datetime | None = None

    def at(self, now: datetime) -> Visit:
        """Returns the visit after a look at this time, which begins another one if the last is long ago."""
        if now - self.seen > VISIT_ENDS_AFTER:
            return Visit(now, now, self.began)
        return Visit(self.began, now, self.before)

    def previous(self, now: datetime) -> datetime:
        """Returns when the visit before the one at this time began; when the first one did, if there is only one."""
        found = self.at(now)
        return found.before or found.began


def total(counts: Mapping[str, Counts]) -> Counts:
    """Returns the sum of the counts of all collections."""
    return sum(counts.values(), NO_ROWS)
