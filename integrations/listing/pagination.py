"""Follow a listing to its end: by cursor, by offset, or by the Link header (RFC 8288)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from ..model.errors import CursorExpired, ProviderError

T = TypeVar("T")
U = TypeVar("U")

MAX_RESTARTS = 2  # of a listing whose cursor expired
MAX_STALE_PAGES = 100  # pages in a row without a new record, after which a listing is taken to be endless
ENDLESS = "The provider repeats a page without end. Refresh to try again."


def cursor_pages(
    fetch: Callable[[str | None], Awaitable[Any]], name: str, cursor_of: Callable[[Any], str | None]
) -> AsyncGenerator[Any, None]:
    """Yields every answer of a listing that names the next page by a cursor.

    `fetch(None)` gets the first answer, `fetch(cursor)` the next; `name` is the key of its records. A cursor that
    expired restarts the listing, so records may come twice. Raises ProviderError for a listing without an end and for
    an answer without its records.
    """
    return _pages(fetch, lambda answer: records_in(answer, name), lambda answer, cursor: cursor_of(answer))


def offset_pages(fetch: Callable[[int], Awaitable[Any]], name: str, page_size: int) -> AsyncGenerator[Any, None]:
    """Yields every answer of a listing that is asked for by the number of records to skip; a short page is the last."""

    def following(answer: Any, offset: int | None) -> int | None:
        count = len(answer[name])
        return (offset or 0) + count if count >= page_size else None

    return _pages(lambda offset: fetch(offset or 0), lambda answer: records_in(answer, name), following)


def link_pages(fetch: Callable[[str | None], Awaitable[Any]]) -> AsyncGenerator[Sequence[Any], None]:
    """Yields the body of every answer of a listing of JSON arrays, following the Link header with rel="next".

    `fetch(None)` gets the first `model.Answer`, `fetch(link)` the one behind a link.
    """

    pages = _pages(fetch, lambda answer: with_id(_array(answer.body)), lambda answer, _: answer.links.get("next"))
    return converted(pages, lambda answer: answer.body)


async def _pages(
    fetch: Callable[[T | None], Awaitable[Any]],
    records_of: Callable[[Any], list[dict[str, Any]]],
    next_of: Callable[[Any, T | None], T | None],
) -> AsyncGenerator[Any, None]:
    for restarts_left in reversed(range(MAX_RESTARTS + 1)):
        try:
            async with aclosing(_one_pass(fetch, records_of, next_of)) as answers:
                async for answer in answers:
                    yield answer
            return
        except CursorExpired:
            if not restarts_left:
                raise


async def _one_pass(
    fetch: Callable[[T | None], Awaitable[Any]],
    records_of: Callable[[Any], list[dict[str, Any]]],
    next_of: Callable[[Any, T | None], T | None],
) -> AsyncGenerator[Any, None]:
    seen_cursors: set[T | None] = {None}
    seen_pages = {hash(())}
    cursor, stale_pages = None, 0
    while stale_pages < MAX_STALE_PAGES:
        answer = await fetch(cursor)
        page = hash(tuple(str(record["id"]) for record in records_of(answer)))
        yield answer
        cursor = next_of(answer, cursor)
        if not cursor:
            return
        if cursor in seen_cursors:
            break
        stale_pages = stale_pages + 1 if page in seen_pages else 0
        seen_cursors.add(cursor)
        seen_pages.add(page)
    raise ProviderError(ENDLESS)


async def converted(pages: AsyncGenerator[T, None], convert: Callable[[T], U]) -> AsyncGenerator[U, None]:
    """Yields what `convert` makes of each answer of a listing."""
    async with aclosing(pages):
        async for page in pages:
            yield convert(page)


async def collected(pages: AsyncGenerator[T, None]) -> list[T]:
    """Returns every answer of a listing."""
    return [page async for page in pages]


def records_in(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Returns the records of an answer, those with an id; raises ProviderError if there is no list of that name."""
    return with_id(_array(answer.get(name)))


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ProviderError("The provider sent an answer without its rows. Refresh to try again.")
    return value


def with_id(values: Any) -> list[dict[str, Any]]:
    """Returns the objects of a list that have an id."""
    return [each for each in values or () if isinstance(each, dict) and each.get("id")]
