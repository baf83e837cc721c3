"""Read records with ascending integer ids from both ends at once.

A list goes up from the lowest id by cursor while a search goes down from the highest; they stop where they meet.
The search may lag behind, miscount, fail, or be refused at any time; every record of the list is read all the same.
That needs a list in ascending order. If its pages are not, the search and its count must agree that nothing is
missing; otherwise the list is read to its end.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from ..model.errors import ProviderError
from .concurrency import PriorityLock
from .merge import merge

T = TypeVar("T")

MIN_SECOND_LIST = 1_000  # records left that are worth a second list


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """One page of the list. `cursor`: of the next page; empty after the last."""

    records: Sequence[T]
    cursor: str


@dataclass(frozen=True)
class SearchPage(Generic[T]):
    """One page of the search. `total`: how many records match in all; None where the provider does not say."""

    records: Sequence[T]
    total: int | None


class TwoEndedSource(Protocol[T]):
    """What is read. Both calls raise ProviderError.

    `search_size`: records in a full page of the search. `max_skip`: how many results a search can leave out.
    """

    search_size: int
    max_skip: int

    def list_from(self, cursor: str) -> AsyncGenerator[ListPage[T], None]:
        """Yields pages in ascending order of id; a cursor that is a number starts at that id."""
        ...

    async def search_below(self, limit: int | None, skip: int) -> SearchPage[T]:
        """Returns records in descending order of id, those below `limit`, after the first `skip` of them."""
        ...

    def id_of(self, record: T) -> int | None:
        """Returns the id of a record; None if it is no number."""
        ...

    def is_settled(self, record: T) -> bool:
        """Whether a record is old enough for the search to know it for certain."""
        ...


async def read_from_both_ends(
    source: TwoEndedSource[T], cursor: str = "", lock: PriorityLock | None = None
) -> AsyncGenerator[tuple[Sequence[T], str], None]:
    """Yields (records, cursor to resume from) until every record was read; some may come twice.

    `lock` limits the searches of several readers; the one with the most records left goes first.
    """
    progress = _Progress(source, cursor)
    list_, search = _list(source, progress.first), _search(source, progress, lock or PriorityLock())
    async with merge(list_, search) as pages:
        async for page in pages:
            for gap in progress.add(page):
                pages.add(_list(source, gap))
            yield page.records, progress.first.cursor
            if progress.complete:
                break


@dataclass
class _Gap:
    """A range of ids not read yet: the list goes up from `low`, from `cursor` on; the search goes down from `high`.

    `requested`: the lower end of the latest search, which is known before its records are counted.
    """

    cursor: str = ""
    low: float = 0
    high: float = math.inf
    requested: float = math.inf

    @property
    def closed(self) -> bool:
        return self.low >= self.high


@dataclass(frozen=True)
class _Page(Generic[T]):
    """Records of a gap, from its list (with the next `cursor`) or from the search, which has come down to `high`."""

    gap: _Gap
    records: Sequence[T]
    cursor: str | None = None
    high: float = 0
    skipped: bool = False


@dataclass
class _Progress(Generic[T]):
    """How far list and search have come, and whether together they have read everything.

    `total`: how many records the search announced, up to the id `top`.
    `trusted`: whether lists are in ascending order and the search knows the older records. Otherwise only the end of
    the first list counts.
    """

    source: TwoEndedSource[T]
    cursor: str
    total: int | None = None
    top: float = math.inf
    trusted: bool = True
    gaps: list[_Gap] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.gaps.append(_Gap(self.cursor, int(self.cursor) if self.cursor.isdigit() else 0))

    @property
    def first(self) -> _Gap:
        """The gap that starts at the lowest id."""
        return self.gaps[0]

    @property
    def left(self) -> float:
        """How many records are still to come; while that is unknown, as many as have come."""
        return len(self._seen) if self.total is None else self.total - len(self._seen)

    @property
    def complete(self) -> bool:
        """Whether the first list has ended, or all gaps are closed and every announced record has come."""
        everything_announced = self.trusted and self.total is not None and self.left <= 0
        return self.first.low == math.inf or (self._met and everything_announced)

    @property
    def _met(self) -> bool:
        return all(gap.closed for gap in self.gaps)

    def add(self, page: _Page[T]) -> list[_Gap]:
        """Count a page; returns gaps that need a list of their own."""
        ids = self.ids(page.records)
        self._seen.update(each for each in ids if each <= self.top)
        new = self._after_search(page, ids) if page.cursor is None else self._after_list(page, ids)
        self.gaps += new
        if self._met and not self.complete:  # reopen the first gap; the list that still reads its old copy ends
            self.gaps[0] = replace(self.first, high=math.inf)
            new = [self.first]
        return new

    def ids(self, records: Sequence[T]) -> list[int]:
        """Returns the ids that are numbers."""
        return [each for record in records if (each := self.source.id_of(record)) is not None]

    def _after_list(self, page: _Page[T], ids: list[int]) -> list[_Gap]:
        gap, cursor = page.gap, page.cursor or ""
        order = [gap.low, *ids, *([int(cursor)] if cursor.isdigit() else [])]
        ascending = len(ids) == len(page.records) and order == sorted(order)
        self.trusted = self.trusted and ascending
        gap.cursor = cursor
        if not cursor or (gap is not self.first and not ascending):
            gap.low = math.inf
        elif ascending and cursor.isdigit():
            gap.low = int(cursor)
        return []

    def _after_search(self, page: _Page[T], ids: list[int]) -> list[_Gap]:
        high, page.gap.high = page.gap.high, page.high
        if high == math.inf:
            self.top = max(ids, default=0)
            settled = max(self.ids([each for each in page.records if self.source.is_settled(each)]), default=None)
            self.trusted = self.trusted and settled is not None
            return [_Gap(str(settled), settled, requested=0)] if settled else []
        return [_Gap(str(max(ids)), max(ids), high, requested=high)] if page.skipped else []


async def _list(source: TwoEndedSource[T], gap: _Gap) -> AsyncGenerator[_Page[T], None]:
    async with aclosing(source.list_from(gap.cursor)) as pages:
        async for page in pages:
            yield _Page(gap, page.records, page.cursor)
            if gap.closed:
                return


async def _search(
    source: TwoEndedSource[T], progress: _Progress[T], lock: PriorityLock
) -> AsyncGenerator[_Page[T], None]:
    """Yields pages from the highest id down, and once leaves out records for a second list to read."""
    skipped = False
    while gap := next((gap for gap in progress.gaps if gap.low < gap.requested), None):
        async with lock.acquire(lambda: progress.left):
            skip = 0 if skipped or progress.total is None else _skip(source, progress.left)
            try:
                found = await source.search_below(int(gap.requested) if gap.requested < math.inf else None, skip)
            except ProviderError:
                return
            ids = progress.ids(found.records)
            usable = found.total is not None and len(ids) == len(found.records)
            if not usable or max(ids, default=0) >= gap.requested or (skip and not ids):
                return
            progress.total = found.total if progress.total is None else progress.total
        gap.requested = min(ids) if len(found.records) == source.search_size else 0
        skipped = skipped or skip > 0
        yield _Page(gap, found.records, high=gap.requested, skipped=skip > 0)


def _skip(source: TwoEndedSource[T], left: float) -> int:
    """A quarter of the records left: the search reads twice as many a page as each of two lists."""
    return min(int(left / 4), source.max_skip) if left >= MIN_SECOND_LIST else 0
