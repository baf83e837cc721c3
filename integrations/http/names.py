"""Names by id: fetched when one is asked for that is not known yet, and remembered between full loads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from .chains import Once


class Names:
    """The names that one listing gives to ids; `known` is what the connection remembers (model.Api)."""

    def __init__(self, what: str, known: dict[str, str], fetch: Callable[[], Awaitable[dict[str, str]]]) -> None:
        self._what = what
        self._known = known
        self._fetched = Once(lambda: self._remember(fetch))

    def start(self) -> None:
        """Begin to fetch them, unless they are remembered."""
        if self._what not in self._known:
            self._fetched.start()

    async def be_there(self) -> None:
        """Wait until they are remembered or fetched; raises what kept them from it."""
        if self._what not in self._known:
            await self._fetched

    async def of(self, ids: Iterable[str | None]) -> dict[str, str]:
        """The names of those that have one; none is an error, nor is a listing that may not be read."""
        asked = {self._key(each): each for each in ids if each}
        if not asked.keys() <= self._known.keys():
            with suppress(Exception):  # whoever waits for `be_there` says so
                await self._fetched
                self._known.update(dict.fromkeys(asked.keys() - self._known.keys(), ""))  # nor will it have a name soon
        return {each: name for key, each in asked.items() if (name := self._known.get(key))}

    async def _remember(self, fetch: Callable[[], Awaitable[dict[str, str]]]) -> None:
        names = await fetch()
        self._known.update({self._key(each): name for each, name in names.items()}, **{self._what: ""})

    def _key(self, name: str) -> str:
        return f"{self._what} {name}"
