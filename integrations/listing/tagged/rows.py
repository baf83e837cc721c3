"""Rows of tables with properties, completed: each with the table it belongs to, and with all of its long values."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from ...model.errors import ProviderError
from ...model.schema import PEOPLE_TYPES
from ..concurrency import all_of
from ..values import text_at
from .cells import EMPTY
from .columns import OpenColumns
from .properties import (
    CELLS,
    WITHOUT_COLUMN,
    Property,
    columns_of,
    is_cut,
    people_in,
    plain,
    properties_of,
    table,
    with_option_names,
)

AT_ONCE = 16  # long values that are asked for at the same time
Record = Mapping[str, Any]


class TableSource(Protocol):
    """The calls that complete rows; each raises ProviderError."""

    def tables(self) -> AsyncGenerator[Sequence[Record], None]:
        """Yields the descriptions of tables as a listing has them; it may lack some."""
        ...

    async def table(self, id: str) -> Record | None:
        """Returns the description of one table, None if it may not be read."""
        ...

    async def whole(self, record: Record, held: Property) -> Property | None:
        """Returns a property of a row with its whole value, None if it may not be read."""
        ...


@dataclass
class Row:
    """A record, the id of its table, its properties as they came, and its values, all by field id.

    `people`: names by id of the people among the values, empty where they are not told.
    """

    record: Record
    collection: str
    held: dict[str, Property]
    values: dict[str, Any] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The text of its title, whichever property that is."""
        return next((plain(each.get("title")) for each in self.held.values() if each.get("type") == "title"), "")


class Rows:
    """Completes the rows of one load; `columns` learns from them."""

    def __init__(self, columns: OpenColumns, source: TableSource) -> None:
        self._columns = columns
        self._options = columns.options
        self._source = source
        self._whole: dict[tuple[str, str, str], Property | None] = {}  # a page may be read more than once in a load

    async def complete(self, records: Iterable[tuple[str, Record]]) -> list[Row]:
        """Returns the rows of records, each given with the id of its table."""
        rows = [Row(record, collection, properties_of(record)) for collection, record in records]
        await self._define([row for row in rows if self._is_new(row)])
        for row in rows:
            self._add_columns(row)
        long = [partial(self._fill, row, id) for row in rows for id in self._cut(row)]
        await all_of(long, AT_ONCE)
        for row in rows:
            self._read(row)
        await self._define([row for row in rows if row.collection in self._columns.undefined])
        return rows

    def learn(self, records: Iterable[Record]) -> None:
        """Take in the descriptions of tables; one that was not shared in full has no properties, and says nothing."""
        for each in records:
            if isinstance(each.get("properties"), dict):
                found = properties_of(each).items()
                held = {id: with_option_names(each["id"], id, one, self._options) for id, one in found}
                self._columns.define(table(each["id"], plain(each.get("title")), held))

    def _is_new(self, row: Row) -> bool:
        """Whether the row needs its table's description: for columns never seen, or for what a long value means."""
        if self._columns.is_defined(row.collection):
            return False
        return not self._columns.has(row.collection, columns_of(row.held)) or any(map(is_cut, row.held.values()))

    async def _define(self, rows: Sequence[Row]) -> None:
        missing = {row.collection: row.held for row in rows}
        if missing:
            with suppress(ProviderError):  # the listing's own reader tells of it
                await self._look_up()
        for id, held in missing.items():
            if not self._columns.is_defined(id):
                found = await self._source.table(id)
                self.learn([found] if found else [])
            if not self._columns.is_defined(id):
                self._columns.extend(table(id, "", held))

    async def _look_up(self) -> None:
        async with aclosing(self._source.tables()) as pages:
            async for page in pages:
                self.learn(page)

    def _add_columns(self, row: Row) -> None:
        """Take in columns that are younger than the table's description, and those of rows without a table."""
        if not self._columns.has(row.collection, columns_of(row.held)):
            self._columns.extend(table(row.collection, "", row.held))

    def _cut(self, row: Row) -> set[str]:
        """Ids of properties that came in part, and of those that are computed from them."""
        direct = {id for id, held in row.held.items() if is_cut(held)}
        return self._columns.dependants(row.collection, direct) & row.held.keys() if direct else direct

    async def _fill(self, row: Row, id: str) -> None:
        key = (row.record["id"], id, text_at(row.record, "last_edited_time"))
        if key not in self._whole:
            self._whole[key] = await self._source.whole(row.record, row.held[id])
        whole = self._whole[key]
        row.held[id] = {**row.held[id], **(whole or {"type": "unsupported", "unsupported": {}})}

    def _read(self, row: Row) -> None:
        for id, held in row.held.items():
            if held.get("type") in WITHOUT_COLUMN:
                continue
            cell = CELLS.read(with_option_names(row.collection, id, held, self._options))
            if cell is not EMPTY:
                row.values[id] = cell.value
                self._columns.note(row.collection, id, cell)
                if cell.type in PEOPLE_TYPES:
                    row.people.update(people_in(held))
