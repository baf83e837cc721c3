"""Names by id, fetched on first use and kept between loads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from .concurrency import SharedTask


class Lookup:
    """The names that one listing of a provider gives to ids.

    `cache` is the connection's memory between loads (`model.Api.cache`), shared by all its lookups; keys start with
    the lookup's own name. It is emptied by a full load.
    """

    def __init__(self, name: str, cache: dict[str, str], fetch: Callable[[], Awaitable[dict[str, str]]]) -> None:
        self._name = name
        self._cache = cache
        self._fetch = fetch
        self._fetching = SharedTask(self._fetch_all)

    def start(self) -> None:
        """Start to fetch the names, unless they are cached."""
        if self._name not in self._cache:
            self._fetching.start()

    async def wait(self) -> None:
        """Wait until the names are cached; raises what the fetch raised."""
        if self._name not in self._cache:
            await self._fetching

    async def resolve(self, ids: Iterable[str | None]) -> dict[str, str]:
        """Returns the names of those ids that have one; a listing that cannot be read has none.

        An unknown id fetches the names again, once a load.
        """
        wanted = {self._key(each): each for each in ids if each}
        if not wanted.keys() <= self._cache.keys():
            with suppress(Exception):  # `wait` reports it
                await self._fetching
                self._cache.update(dict.fromkeys(wanted.keys() - self._cache.keys(), ""))  # not asked for again
        return {each: name for key, each in wanted.items() if (name := self._cache.get(key))}

    async def _fetch_all(self) -> None:
        names = await self._fetch()
        self._cache.update({self._key(each): name for each, name in names.items()}, **{self._name: ""})

    def _key(self, each: str) -> str:
        return f"{self._name} {each}"
