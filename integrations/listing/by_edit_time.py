"""Read a listing that is sorted by the time of the last edit, from both ends at once, while people edit.

A record that is edited moves to the newest end, and past the stream from there if that has not read it yet; the stream
from the oldest end may miss one for every record that moves past it. So the newest end is read again at the end, until
nothing has moved meanwhile, and everything is read again where a record has moved past the oldest end's stream.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from .merge import merge

MAX_LOOKS = 10  # at the newest end, while people edit more than a page of records
T = TypeVar("T")
Time = Any  # anything that can be ordered: datetimes of a provider, integers of a test


@dataclass(frozen=True)
class EditPage(Generic[T]):
    """One page of the listing, and the end that it was read from.

    `edits`: the time of the last edit by id, of the records that have one. `incomplete`: the provider says that it
    left something out.
    """

    records: Sequence[T]
    edits: Mapping[str, Time]
    newest_first: bool
    has_more: bool
    incomplete: bool = False

    @cached_property
    def earliest(self) -> Time | None:
        """The earliest edit on the page."""
        return min(self.edits.values(), default=None)

    @cached_property
    def latest(self) -> Time | None:
        """The latest edit on the page."""
        return max(self.edits.values(), default=None)


class EditSource(Protocol[T]):
    """What is read."""

    def pages(self, newest_first: bool) -> AsyncGenerator[EditPage[T], None]:
        """Yields the listing from one end; raises ProviderError."""
        ...


@dataclass
class EditTimeReader(Generic[T]):
    """Reads one listing once. `incomplete`: the provider said that it left something out."""

    source: EditSource[T]
    incomplete: bool = False
    _above: Time | None = None  # everything edited later was read from the newest end
    _below: Time | None = None  # everything edited earlier was read from the oldest end
    _passed: dict[str, Time] = field(default_factory=dict)  # edits that the oldest end's stream has read
    _moved: bool = False  # a record it had passed was edited since
    _known: dict[str, Time] = field(default_factory=dict)  # edits as they were read last, from either end
    _found_new: bool = False  # this look has read an edit that was not known

    async def read_all(self) -> AsyncGenerator[EditPage[T], None]:
        """Yields pages until every record was read as it is now; some may come twice."""
        async with aclosing(self.source.pages(newest_first=True)) as newest:
            first = await anext(newest)
            self._add(first)
            yield first
            if not first.has_more:
                return
            async with aclosing(self._from_both_ends(newest, self.source.pages(newest_first=False))) as pages:
                async for page in pages:
                    yield page
        async with aclosing(self._look_again(first.latest)) as pages:
            async for page in pages:
                yield page
        if self._moved:
            async with aclosing(self.read_since(None)) as pages:
                async for page in pages:
                    yield page
            async with aclosing(self._look_again(first.latest)) as pages:
                async for page in pages:
                    yield page

    async def _look_again(self, time: Time | None) -> AsyncGenerator[EditPage[T], None]:
        """Yields what was edited at that time or later, again until a look takes one page or finds nothing new.

        A record that is edited while a look takes several pages can move past it. After MAX_LOOKS that is left to the
        next refresh, which reads what was edited since this one began.
        """
        for _ in range(MAX_LOOKS):
            self._found_new, count = False, 0
            async with aclosing(self.read_since(time)) as pages:
                async for page in pages:
                    count += 1
                    yield page
            if count == 1 or not self._found_new:
                return

    async def read_since(self, time: Time | None) -> AsyncGenerator[EditPage[T], None]:
        """Yields what was edited at that time or later, and all if it is None."""
        async with aclosing(self.source.pages(newest_first=True)) as newest:
            async for page in newest:
                self._add(page)
                yield page
                if time is not None and page.earliest is not None and page.earliest < time:
                    return

    async def _from_both_ends(
        self, newest: AsyncGenerator[EditPage[T], None], oldest: AsyncGenerator[EditPage[T], None]
    ) -> AsyncGenerator[EditPage[T], None]:
        async with merge(newest, oldest) as pages:
            async for page in pages:
                self._add(page)
                yield page
                if self._met or not (page.has_more or page.incomplete):
                    return

    @property
    def _met(self) -> bool:
        """Whether both streams are strictly past each other: records edited at one time come in any order."""
        return self._above is not None and self._below is not None and self._above < self._below

    def _add(self, page: EditPage[T]) -> None:
        self.incomplete = self.incomplete or page.incomplete
        self._moved = self._moved or any(self._passed.get(each, time) < time for each, time in page.edits.items())
        self._found_new = self._found_new or any(self._known.get(each) != time for each, time in page.edits.items())
        self._known.update(page.edits)
        if page.newest_first:
            known = [time for time in (self._above, page.earliest) if time is not None]
            self._above = min(known, default=None)
        else:
            self._passed.update(page.edits)
            known = [time for time in (self._below, page.latest) if time is not None]
            self._below = max(known, default=None)
