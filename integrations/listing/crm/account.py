"""What all objects of one CRM account share: its properties, pipelines and people, and the limits of its calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from ...model.errors import Forbidden, ProviderError
from ...model.schema import Option
from ..batches import together
from ..concurrency import PriorityLock, SharedTask
from ..lookup import Lookup
from .calls import CrmCalls
from .name_limit import NameLimit
from .objects import CrmObject, Table, complete, definitions_in, objects_of, pipeline_options, shown, table_of

SEARCHES = 2  # at the same time: each waits for an answer, and all of them for a rate limit of a few a second
Definitions = list[Mapping[str, Any]]


class CrmAccount:
    """One account during a load. `hidden`: whether its hidden and archived properties are read too.

    `objects`: by id, its own ones included once `discover` has found them. `names`: functions that wait for a list of
    names, by what it names.
    `refused`: pairs of objects whose associations may not be read.
    """

    def __init__(
        self, calls: CrmCalls, cache: dict[str, str], objects: Mapping[str, CrmObject], own_type: str, hidden: bool
    ) -> None:
        self.searches, self.address = PriorityLock(SEARCHES), NameLimit()
        self.objects, self.hidden = dict(objects), hidden
        self.refused: set[tuple[str, str]] = set()
        self.own_unread = False
        self._standard_only: list[str] = []
        self._calls, self._own_type = calls, own_type
        self._facts = Lookup("account", cache, calls.account)
        self._owners = Lookup("owners", cache, lambda: calls.owners(archived=False))
        self._former = Lookup("former owners", cache, lambda: calls.owners(archived=True))
        self._own = SharedTask(calls.schemas)
        self._pipelines = {id: self._pipelines_of(crm.path) for id, crm in objects.items() if crm.stages}
        self._definitions = {id: self._definitions_of(crm) for id, crm in objects.items()}
        self._tables: dict[str, SharedTask[Table]] = {}
        self.names: dict[str, Callable[[], Awaitable[Any]]] = {"owners": self._owners.wait}
        self.names |= {f"{id} stages": partial(_wait, task) for id, task in self._pipelines.items()}

    def _pipelines_of(self, path: str) -> SharedTask[tuple[list[Option], list[Option]]]:
        async def read() -> tuple[list[Option], list[Option]]:
            return pipeline_options(await self._calls.pipelines(path))

        return SharedTask(read)

    def _definitions_of(self, crm: CrmObject) -> SharedTask[Definitions]:
        async def read() -> Definitions:
            archived = ([] if crm.definitions else [False]) + ([True] if self.hidden else [])
            answers = []
            try:
                answers = await together(*(self._calls.definitions(crm.path, each) for each in archived))
            except Forbidden:
                self._standard_only.append(crm.title.lower())
            found = [*crm.definitions, *(each for answer in answers for each in definitions_in(answer))]
            everything = complete(crm, found)
            return everything if self.hidden else shown(everything)

        return SharedTask(read)

    async def discover(self) -> tuple[str, ...]:
        """Find the account's own objects and all properties; returns sentences on what may not be read."""
        reading: list[SharedTask[Any]] = [self._own, *self._definitions.values()]
        results = await asyncio.gather(*reading, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, ProviderError):
                raise result
        refused = isinstance(results[0], Forbidden)
        if isinstance(results[0], ProviderError):  # told by `wait`, unless it was refused
            self.own_unread = not refused
        else:
            own = objects_of(await self._own, self.objects, self._own_type)
            self.objects |= own
            self._definitions |= {id: self._definitions_of(crm) for id, crm in own.items()}
        skipped = [f"Properties of {each}: only the standard ones may be read." for each in self._standard_only]
        return (*skipped, *([f"Custom objects: {results[0]}."] if refused else []))

    async def wait(self, what: str) -> None:
        """Wait for a list of names, or for the account's own objects; raises what kept it from being read."""
        if what in self.names:
            await self.names[what]()
        elif what == self._own_type:
            await self._own

    def start(self) -> None:
        """Start to read the names that pages will need."""
        self._facts.start()
        self._owners.start()
        for each in self._pipelines.values():
            each.start()

    async def table(self, id: str) -> Table:
        """Returns the table of an object."""
        if id not in self._tables:
            self._tables[id] = SharedTask(lambda: self._table(id))
        return await self._tables[id]

    async def _table(self, id: str) -> Table:
        choices: dict[str, list[Option]] = {}
        if id in self._pipelines:
            with suppress(ProviderError):  # told by `wait`
                choices = dict(zip(self.objects[id].stages, await self._pipelines[id], strict=True))
        facts = await self._facts.resolve(["zone", "currency"])
        zone, currency = facts.get("zone", ""), facts.get("currency", "")
        return table_of(id, self.objects, await self._definitions[id], choices, zone, currency)

    async def property_names(self, id: str) -> list[str]:
        """Returns the names of the properties to ask for, those that an item is made of first."""
        names = [each["name"] for each in await self._definitions[id]]
        return list(dict.fromkeys((*self.objects[id].needed, *names)))

    async def address_of_records(self) -> str:
        """Returns the address below which the account opens its records; empty if it is not known."""
        return (await self._facts.resolve(["records"])).get("records", "")

    async def people(self, ids: Iterable[str]) -> dict[str, str]:
        """Returns the names of these people, former ones too."""
        wanted = set(ids)
        known = await self._owners.resolve(wanted)
        return known | await self._former.resolve(wanted - known.keys())


async def _wait(task: SharedTask[Any]) -> None:
    await task
