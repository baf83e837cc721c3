"""The records of one object of a CRM: all, what has changed and what was deleted, with all properties and links."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ...model import Item, Page, moment
from ...model.errors import Forbidden, ProviderError
from ..batches import batched, handled, together
from ..both_ends import ListPage, SearchPage, read_from_both_ends
from ..by_id import read_by_id
from ..pagination import records_in
from ..values import mapping
from .account import CrmAccount
from .associations import MAX_IDS, Links, read_associations
from .calls import CrmCalls
from .name_limit import body_length
from .objects import MERGED, OWNER, CrmObject, Table, related
from .properties import members

MAX_REMOVED_PAGES = 10  # calls an object to learn what was deleted
FIRST_WAIT, NEXT_WAIT = 0.7, 2.5  # seconds until people see rows of the first object, and of the others
SPARE_BODY = 400  # characters of a search besides its properties
SEARCH_LAG = timedelta(minutes=15)  # until the search surely knows a record; clocks differ by up to ten

Record = dict[str, Any]
MakeItem = Callable[[Record, Mapping[str, str], Mapping[str, Any], Table, str], Item]


class CrmRecords:
    """The records of one object; implements `TwoEndedSource` for its list and its search.

    `make`: returns the item of a record, its properties as texts, its values, the table, and the address of records.
    """

    def __init__(self, calls: CrmCalls, account: CrmAccount, id: str, make: MakeItem) -> None:
        self.search_size, self.max_skip = calls.search_size, calls.max_skip
        self._calls, self._account, self._id, self._make = calls, account, id, make
        self._crm: CrmObject = account.objects[id]
        self._names: list[str] = []
        self._told: frozenset[str] | None = None  # what the collection was told to be without

    async def all(self, cursor: str) -> AsyncGenerator[Page, None]:
        """Yields every record, listed from the lowest ids and searched from the highest until they meet."""
        self._account.start()
        self._names = await self._account.property_names(self._id)
        found = read_from_both_ends(self, cursor, self._account.searches)
        async with aclosing(self._handled(found)) as pages:
            async for page in pages:
                yield page

    async def changes(self, since: datetime) -> AsyncGenerator[Page, None]:
        """Yields what was created or changed since, then what was deleted."""
        self._account.start()
        self._names = await self._account.property_names(self._id)
        async with aclosing(self._handled(self._changed(since))) as pages:
            async for page in pages:
                yield page
        yield Page(removed=await self._removed(since))

    async def list_from(self, cursor: str) -> AsyncGenerator[ListPage[Record], None]:
        """Yields the list from a cursor on, with as many properties as an address takes."""
        while True:
            names = self._account.address.split(self._names)[0]
            try:
                async with aclosing(self._calls.listed(self._crm.path, names, cursor)) as pages:
                    async for records, reached in pages:
                        yield ListPage(records, reached)
                        cursor = reached
                return
            except ProviderError as error:
                if not self._calls.is_too_long(error) or not self._account.address.shorten(names):
                    raise

    async def search_below(self, limit: int | None, skip: int) -> SearchPage[Record]:
        """Returns a page of the search; raises ProviderError where that cannot name all properties."""
        if not self._searchable:
            raise ProviderError("A search has no room for so many properties.")
        below = [] if limit is None else [_filter("hs_object_id", "LT", limit)]
        answer = await self._search("DESCENDING", *below, skip=skip)
        total = answer.get("total")
        return SearchPage(records_in(answer, "results"), total if isinstance(total, int) else None)

    def id_of(self, record: Record) -> int | None:
        """Returns the id as a number; None if it is none."""
        return int(record["id"]) if str(record["id"]).isdigit() else None

    def is_settled(self, record: Record) -> bool:
        """Whether a record is old enough for the search to know it for certain."""
        created = moment(record.get("createdAt"))
        return created is not None and created < datetime.now(UTC) - SEARCH_LAG

    @property
    def _searchable(self) -> bool:
        return body_length({"properties": self._names}) + SPARE_BODY <= self._calls.max_search_body

    async def _search(self, direction: str, *filters: Mapping[str, str], skip: int = 0) -> Any:
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [{"propertyName": "hs_object_id", "direction": direction}],
            "properties": self._names if self._searchable else list(self._crm.needed),
            "limit": self.search_size,
            **({"after": str(skip)} if skip else {}),
        }
        return await self._calls.search(self._crm.path, body)

    async def _changed(self, since: datetime) -> AsyncGenerator[tuple[Sequence[Record], str], None]:
        changed = _filter(self._crm.modified, "GTE", int(since.timestamp() * 1000))

        async def fetch_after(last: int) -> list[Record]:
            answer = await self._search("ASCENDING", changed, _filter("hs_object_id", "GT", last))
            return records_in(answer, "results")

        async with aclosing(read_by_id(fetch_after, self.id_of, self.search_size)) as pages:
            async for records in pages:
                yield (records if self._searchable else await self._with(self._names, records)), ""

    async def _removed(self, since: datetime) -> list[tuple[str, str]]:
        """Returns what was deleted since; nothing where that takes more than MAX_REMOVED_PAGES calls to tell."""
        gone, count = [], 0
        async with aclosing(self._calls.listed(self._crm.path, ["hs_object_id"], archived=True)) as pages:
            async for records, cursor in pages:
                count += 1
                gone += [
                    (self._id, each["id"]) for each in records if (moment(each.get("archivedAt")) or since) >= since
                ]
                if count == MAX_REMOVED_PAGES and cursor:
                    return []
        return gone

    async def _handled(self, found: AsyncGenerator[tuple[Sequence[Record], str], None]) -> AsyncGenerator[Page, None]:
        """Yields pages with everything that belongs to the records found, and the collection with the first one.

        A batch costs a call for every related object, so the records of most objects wait for a full one.
        """
        first_wait = FIRST_WAIT if self._id == next(iter(self._account.objects)) else NEXT_WAIT
        async with aclosing(handled(batched(found, MAX_IDS, first_wait), self._page)) as pages:
            async for page in pages:
                yield replace(page, collections=self._collections(await self._account.table(self._id)))

    async def _page(self, batch: tuple[list[Record], str]) -> Page:
        records, cursor = batch
        targets = [to for to in self._crm.related if to in self._account.objects]
        ids = [each["id"] for each in records]
        own, table, base, *found = await together(
            self._own(records),
            self._account.table(self._id),
            self._account.address_of_records(),
            *(self._links(to, ids) for to in targets),
        )
        full, texts, values, people = own
        links = dict(zip(targets, found, strict=True))
        rows = [{**value, **related(links, each["id"])} for each, value in zip(full, values, strict=True)]
        items = [self._make(*each, table, base) for each in zip(full, texts, rows, strict=True)]
        merged = [(self._id, old) for each in texts for old in members(each.get(MERGED, ""))]
        here = {(self._id, each.id) for each in items}
        return Page(items, cursor, people=people, removed=[each for each in merged if each not in here])

    async def _own(self, records: Sequence[Record]) -> tuple[list[Record], list[dict[str, str]], list[Any], Any]:
        """Returns records with all properties, their texts and their values, and the names of people in them."""
        full, table = await together(
            self._with(self._account.address.split(self._names)[1], records), self._account.table(self._id)
        )
        names = frozenset(self._names)
        texts = [_texts(each, names) for each in full]
        values = [table.values(each) for each in texts]
        people = {each[OWNER] for each in texts if OWNER in each} | {id for each in values for id in table.people(each)}
        return full, texts, values, await self._account.people(people)

    def _collections(self, table: Table) -> tuple[Any, ...]:
        """Returns the collection with the first page, and once more if less of it can be read than was thought."""
        refused = frozenset(to for id, to in self._account.refused if id == self._id)
        if refused == self._told:
            return ()
        self._told = refused
        return (table.without(refused),)

    async def _with(self, names: Sequence[str], records: Sequence[Record]) -> list[Record]:
        """Returns records with more properties; those that have disappeared meanwhile are left out."""
        if not names or not records:
            return list(records)
        ids, size = list(dict.fromkeys(each["id"] for each in records)), self._calls.batch_size
        parts = (ids[start : start + size] for start in range(0, len(ids), size))
        answers = await together(*(self._calls.batch(self._crm.path, part, names) for part in parts))
        more = {each["id"]: mapping(each.get("properties")) for answer in answers for each in answer}
        return [
            {**each, "properties": mapping(each.get("properties")) | more[each["id"]]}
            for each in records
            if each["id"] in more
        ]

    async def _links(self, to: str, ids: Sequence[str]) -> Links:
        """Returns what records are associated with; nothing where that may not be asked."""
        if not ids or (self._id, to) in self._account.refused:
            return {}

        async def fetch(body: dict[str, Any]) -> Any:
            try:
                return await self._calls.associations(self._crm.path, self._account.objects[to].path, body)
            except ProviderError as error:
                if type(error) not in (Forbidden, ProviderError):  # it may pass
                    raise
                raise Forbidden(str(error)) from None

        try:
            return await read_associations(fetch, ids, self._calls.primary)
        except Forbidden:
            self._account.refused.add((self._id, to))
            return {}


def _texts(record: Record, names: Collection[str]) -> dict[str, str]:
    """Returns those properties of a record that have a value: each is text on the wire, and an empty text is none."""
    found = mapping(record.get("properties")).items()
    return {
        name: value if type(value) is str else str(value)
        for name, value in found
        if value is not None and value != "" and name in names
    }


def _filter(name: str, operator: str, value: int) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(value)}
