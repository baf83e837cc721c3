"""Ask for smaller pages where larger ones take a provider too long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ..model.errors import ProviderError, Unavailable

T = TypeVar("T")

PAUSE = 0.5  # seconds before a smaller page is asked for; twice as long before the next
GOOD_PAGES = 10  # after which a larger page is tried again


class PageTooSlow(ProviderError):
    """The provider gave a page up, since it took too long; a smaller one may do."""


class PageSize:
    """How many records of a listing to ask for; `sizes`, the largest first."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._place = 0
        self._good = 0
        self._answered = False

    async def ask(self, call: Callable[[int], Awaitable[T]]) -> T:
        """Returns the answer to the largest page that comes in time; raises Unavailable if none does.

        A provider that is unavailable is asked for less only if it has answered before: it may be away altogether.
        """
        pause = PAUSE
        while True:
            try:
                answer = await call(self._sizes[self._place])
            except (PageTooSlow, Unavailable) as error:
                self._make_smaller(error)
                await asyncio.sleep(pause)
                pause *= 2
            else:
                self._make_larger()
                return answer

    def _make_smaller(self, error: PageTooSlow | Unavailable) -> None:
        """The next size; the smallest at once if the provider is unavailable, which it is only after many tries."""
        away, last = isinstance(error, Unavailable), len(self._sizes) - 1
        if self._place == last or (away and not self._answered):
            raise error if isinstance(error, Unavailable) else Unavailable(str(error)) from error
        self._place, self._good = last if away else self._place + 1, 0

    def _make_larger(self) -> None:
        self._answered = True
        self._good += 1
        if self._good == GOOD_PAGES:
            self._place, self._good = max(0, self._place - 1), 0
