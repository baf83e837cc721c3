"""Following a listing to its end, whatever the provider calls its cursor."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from ..model.errors import CursorExpired, ProviderError

RESTARTS = 2


async def cursor_pages(
    fetch: Callable[[str | None], Awaitable[Any]], cursor_of: Callable[[Any], str | None]
) -> AsyncGenerator[Any, None]:
    """Every answer of a listing: `fetch(None)` first, then with the cursor found in each answer.

    A cursor that outlived its session starts the listing again from its beginning (items
    may then come twice). Raises ProviderError for a cursor that leads back to itself.
    """
    for restarts_left in reversed(range(RESTARTS + 1)):
        try:
            async for answer in _one_pass(fetch, cursor_of):
                yield answer
            return
        except CursorExpired:
            if not restarts_left:
                raise


async def _one_pass(
    fetch: Callable[[str | None], Awaitable[Any]], cursor_of: Callable[[Any], str | None]
) -> AsyncGenerator[Any, None]:
    seen: set[str | None] = {None}
    cursor: str | None = None
    while True:
        answer = await fetch(cursor)
        yield answer
        cursor = cursor_of(answer)
        if not cursor:
            return
        if cursor in seen:
            raise ProviderError("the listing never ends: the provider repeats a page")
        seen.add(cursor)


def listed(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects that an answer lists under a name; what has no id is none."""
    return [found for found in answer.get(name) or () if isinstance(found, dict) and found.get("id")]
