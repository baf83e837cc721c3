"""Following a listing to its end, whatever the provider calls its cursor."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from ..model.errors import CursorExpired, ProviderError

RESTARTS = 2
IDLE = 100  # pages in a row without anything new; then a listing is taken to be endless
ENDLESS = "The provider repeats a page without end. Refresh to try again."


async def cursor_pages(
    fetch: Callable[[str | None], Awaitable[Any]], name: str, cursor_of: Callable[[Any], str | None]
) -> AsyncGenerator[Any, None]:
    """Every answer of a listing: `fetch(None)` first, then with the cursor found in each answer.

    A cursor that outlived its session starts the listing again from its beginning (items
    may then come twice). Raises ProviderError for a listing that leads back to itself, or goes on without
    anything new, and for an answer that lists nothing under `name`.
    """
    for restarts_left in reversed(range(RESTARTS + 1)):
        try:
            async for answer in _one_pass(fetch, name, cursor_of):
                yield answer
            return
        except CursorExpired:
            if not restarts_left:
                raise


async def _one_pass(
    fetch: Callable[[str | None], Awaitable[Any]], name: str, cursor_of: Callable[[Any], str | None]
) -> AsyncGenerator[Any, None]:
    cursors: set[str | None] = {None}
    pages = {hash(())}
    cursor, idle = None, 0
    while idle < IDLE:
        answer = await fetch(cursor)
        page = hash(tuple(str(found["id"]) for found in listed(answer, name)))
        yield answer
        cursor = cursor_of(answer)
        if not cursor:
            return
        if cursor in cursors:
            break
        idle = idle + 1 if page in pages else 0
        cursors.add(cursor)
        pages.add(page)
    raise ProviderError(ENDLESS)


def listed(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects that an answer lists under a name; raises ProviderError where there is no list."""
    if not isinstance(answer.get(name), list):
        raise ProviderError("The provider sent an answer without its rows. Refresh to try again.")
    return objects(answer[name])


def objects(things: Any) -> list[dict[str, Any]]:
    """The objects of a list; what has no id is none."""
    return [each for each in things or () if isinstance(each, dict) and each.get("id")]
