"""Ask for smaller pages where larger ones take a provider too long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ..model.errors import ProviderError, Unavailable

T = TypeVar("T")


class PageTooSlow(ProviderError):
    """The provider gave a page up, since it took too long; a smaller one may do."""


class PageSize:
    """How many records to ask for: as many as the provider takes, and fewer for the rest of a listing if one fails."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = list(sizes)
        self._answered = False

    async def ask(self, call: Callable[[int], Awaitable[T]]) -> T:
        """Returns the answer to the largest page that the provider gives in time; raises Unavailable if it gives none.

        A provider that is unavailable is asked for less only if it has answered before: it may be away altogether.
        """
        while True:
            try:
                answer = await call(self._sizes[0])
                self._answered = True
                return answer
            except (PageTooSlow, Unavailable) as error:
                self._make_smaller(error)

    def _make_smaller(self, error: PageTooSlow | Unavailable) -> None:
        hopeless = isinstance(error, Unavailable) and not self._answered
        if hopeless or len(self._sizes) == 1:
            raise error if isinstance(error, Unavailable) else Unavailable(str(error)) from error
        del self._sizes[0]
