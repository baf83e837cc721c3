"""Read everything by ascending id, where pages can only be asked for by the id to start after."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

from ..model.errors import ProviderError
from .pagination import ENDLESS

T = TypeVar("T")


async def read_by_id(
    fetch_after: Callable[[int], Awaitable[Sequence[T]]], id_of: Callable[[T], int | None], page_size: int
) -> AsyncGenerator[Sequence[T], None]:
    """Yields the pages of a listing that is sorted by id, until one is shorter than `page_size`.

    `fetch_after(id)` gets the records with higher ids. Raises ProviderError when a full page brings no higher id.
    """
    last, full = 0, True
    while full:
        records = await fetch_after(last)
        yield records
        highest = max([last, *(each for record in records if (each := id_of(record)) is not None)])
        full = len(records) >= page_size
        if full and highest == last:
            raise ProviderError(ENDLESS)
        last = highest
