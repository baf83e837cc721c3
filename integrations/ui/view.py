"""What a source page shows: one collection, narrowed and sorted as the address asks, and maybe one open row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from .. import frames, service
from ..frames import EVERYTHING, Table
from ..model import Provider, Query
from .query import Asked, change
from .rows import Rows
from .text import line, viewers_zone

COLUMNS_OF = "columns of "  # in the session state: the columns last chosen for each collection
SEPARATOR = "/"  # between collection and id of a row in an address that shows everything


@dataclass(frozen=True)
class Place:
    """A row: its collection and its position there."""

    collection: str
    position: int


@dataclass(frozen=True)
class View:
    """One collection of a connection as an address asks for it.

    `query`: with the collection named; its columns are those that the address names, if any. `row`: the open one.
    `since`: of the changes that are shown in place of the records, if any; see `query.Asked`.
    `saved`: id of the saved view that is open, whether changed since or not.
    """

    provider: Provider
    rows: Rows
    table: Table
    query: Query
    row: str
    since: str = ""
    saved: str = ""

    @property
    def slug(self) -> str:
        """The provider's."""
        return self.rows.connection.slug

    @property
    def is_everything(self) -> bool:
        """Whether it shows the rows of all collections."""
        return self.table.collection.id == EVERYTHING

    @cached_property
    def things(self) -> str:
        """What its rows are called: "deals", "records"."""
        return things(self.provider, self.table)

    @property
    def thing(self) -> str:
        """What one of its rows is called: "deal", "record"."""
        return line(frames.type_label(self.table.collection.item_type or "record"), 40).lower()

    @cached_property
    def positions(self) -> pa.Array:
        """The positions of the rows that meet the query, in its order."""
        return self.rows.positions(self.table, self.query)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The ids of the fields that are shown, the name first."""
        remembered = st.session_state.get(self._columns_key, ())
        named = [self._known(each) for each in (self.query.columns, remembered)]
        chosen = next(filter(None, named), ()) or self.table.main_fields
        return tuple(dict.fromkeys(("name", *chosen)))

    @property
    def gone(self) -> tuple[str, ...]:
        """The columns that the address names and the collection has no more."""
        return tuple(each for each in self.query.columns if self.table.field(each) is None)

    @cached_property
    def place(self) -> Place | None:
        """Where the open row is; None if none is open, or it is not there."""
        found = next(filter(None, (self.rows.tables.find(*each) for each in self.named)), None)
        return Place(*found) if found else None

    @property
    def named(self) -> list[tuple[str, str]]:
        """The collection and id of the open row, whether it is there or not; several where its name may mean them."""
        if not self.row or not self.is_everything:
            return [(self.table.collection.id, self.row)] if self.row else []
        ids = [each.id for each in self.rows.tables.collections]
        return [(id, self.row.removeprefix(id + SEPARATOR)) for id in ids if self.row.startswith(id + SEPARATOR)]

    @cached_property
    def index(self) -> int | None:
        """Which of the rows that meet the query is open, from 0 on; None if none of them is."""
        if self.place is None or self.since:
            return None
        before = self._before(self.place.collection) if self.is_everything else 0
        found = pc.index(self.positions, before + self.place.position).as_py()
        return found if found >= 0 else None

    def name_of(self, index: int) -> str:
        """Returns what names a row in an address; `index`: which of the rows that meet the query."""
        collection, id = frames.key(self.table, self.positions[index].as_py())
        return f"{collection}{SEPARATOR}{id}" if self.is_everything else id

    def go(self, **changes: Any) -> None:
        """Show the same with another query; the open row closes."""
        self.show(replace(self.query, **changes))

    def show(self, query: Query, row: str = "") -> None:
        """Write the address for a query and an open row; a saved view is left with its collection."""
        stays = query.collection == self.query.collection
        change(self.slug, self.rows.account, query, row, saved=self.saved if stays else "")

    def open(self, row: str) -> None:
        """Open a row, or none; everything else stays."""
        change(self.slug, self.rows.account, self.query, row, self.since, self.saved)

    def open_in(self, collection: str, id: str) -> None:
        """Open a row of any collection beside the changes."""
        if self.is_everything or collection == self.table.collection.id:
            self.open(f"{collection}{SEPARATOR}{id}" if self.is_everything else id)
        else:
            change(self.slug, self.rows.account, Query(collection=collection), id, self.since)

    def show_changes(self, since: str) -> None:
        """Show what has changed in place of the records."""
        change(self.slug, self.rows.account, self.query, since=since, saved=self.saved)

    def choose_columns(self, columns: tuple[str, ...]) -> None:
        """Show these columns, and again when an address names none; without any, the usual ones."""
        st.session_state[self._columns_key] = columns
        self.show(replace(self.query, columns=columns), self.row)

    def with_zone(self, query: Query) -> Query:
        """Returns the query with the zone in which its days are read: the viewer's, unless it has one."""
        return query if query.zone else replace(query, zone=viewers_zone())

    @property
    def _columns_key(self) -> str:
        return f"{COLUMNS_OF}{self.slug} {self.rows.account} {self.table.collection.id}"

    def _known(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in ids if self.table.field(each))

    def _before(self, collection: str) -> int:
        """Returns how many rows of everything stand before those of a collection."""
        counts = self.rows.tables.counts
        return sum(counts[each] for each in list(counts)[: list(counts).index(collection)])


def view_of(provider: Provider, rows: Rows, asked: Asked) -> View | None:
    """Returns what an address asks for; None if its collection is not there."""
    collection = service.collection_of(asked.query, rows.tables)
    if collection is None:
        return None
    query = replace(asked.query, collection=collection or service.ALL)
    return View(provider, rows, rows.tables.open(collection), query, asked.row, asked.since, asked.saved)


def things(provider: Provider, table: Table) -> str:
    """Returns what the rows of a table are called: "deals"; the collection's own name if its type has none."""
    collection = table.collection
    if collection.id == EVERYTHING:
        return "records"
    title = provider.type_title(collection.item_type)
    return line(title if title != collection.item_type else collection.label, 40).lower()
