"""The rows of a connection as the screen needs them, cached between reruns.

What is cached is named by owner, connection and load, so that nobody is given another person's rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa

from .. import frames, service
from ..frames import Choice, Summary, Table, Tables, Unmet
from ..frames.changes import BETWEEN, Changed, lines
from ..model import Connection, Load, Query
from ..model.query import Chart, Measure
from ..service import Changes
from ..service.kept import kept

Name = tuple[str, ...]
Sums = list[tuple[str, float]]


@dataclass(frozen=True)
class Rows:
    """The rows of a connection (`service.Rows`), as tables and numbers."""

    source: service.Rows
    account: str  # what names the connection in addresses

    @property
    def connection(self) -> Connection:
        """The connection that the rows come from."""
        return self.source.connection

    @property
    def load(self) -> Load:
        """The load that left them."""
        return self.source.load

    @property
    def tables(self) -> Tables:
        """The tables of the load."""
        return self.source.tables

    @property
    def name(self) -> Name:
        """Names these very rows, and the owner they belong to."""
        return self.source.name

    def positions(self, table: Table, query: Query) -> pa.Array:
        """Returns the positions of the rows of a table that meet a query, in its order."""
        query = dated(query)
        asked = Query(where=query.where, search=query.search, sort=query.sort, zone=query.zone)
        return _positions(self._named(table), asked, table)

    def window(self, table: Table, query: Query, columns: tuple[str, ...], number: int, zone: str) -> pd.DataFrame:
        """Returns one window (from 0 on) of the rows that meet a query, as they are shown; not to be changed."""
        query = dated(query)
        found = self.positions(table, query).slice(number * frames.WINDOW_ROWS, frames.WINDOW_ROWS)
        asked = (query.where, query.search, query.sort, query.zone)
        return _window(self._named(table), str(asked), columns, number, zone, (table, found))

    def totals(self, table: Table, query: Query, measure: Measure) -> Sums:
        """Returns a measure of all rows that meet a query, by currency."""
        query = dated(query)
        asked = Query(where=query.where, search=query.search, zone=query.zone)
        return _totals(self._named(table), asked, measure, (table, self.positions(table, query)))

    def summary(self, table: Table, query: Query) -> Summary:
        """Returns the groups of the rows that meet a query; raises NotGroupable."""
        asked = replace(dated(query), sort=(), columns=(), chart=Chart.AUTOMATIC)
        return _summary(self._named(table), asked, (table, self.positions(table, query)))

    def lines(self, found: Changes, zone: str) -> pd.DataFrame:
        """Returns changes as `frames.changes.lines` does; not to be changed."""
        return _lines((*self.name, *found.name), zone, (found.found, labels_of(self, found.counts)))

    def unmet(self, table: Table, query: Query) -> list[Unmet]:
        """Returns the conditions of a query that no row of the table can meet."""
        return _unmet(self._named(table), Query(where=query.where, zone=query.zone), table)

    def choices(self, table: Table, field_id: str, search: str, limit: int) -> list[Choice]:
        """Returns the values of a field whose labels contain the searched text."""
        return _choices(self._named(table), field_id, search, limit, table)

    def units(self, table: Table, field_id: str) -> list[Choice]:
        """Returns the currencies of the amounts of a field."""
        return _units(self._named(table), field_id, table)

    def _named(self, table: Table) -> Name:
        return (*self.name, table.collection.id)


def labels_of(rows: Rows, collections: Iterable[str]) -> dict[str, str]:
    """Returns the labels of fields as `frames.changes.lines` takes them."""
    known = {each.id for each in rows.tables.collections}
    tables = [rows.tables.open(each) for each in collections if each in known]
    return {BETWEEN.join((table.collection.id, each.id)): each.label for table in tables for each in table.fields}


@kept
def _lines(name: Name, zone: str, _found: tuple[Changed, dict[str, str]]) -> pd.DataFrame:
    return lines(*_found, zone)


def now() -> datetime:
    """Returns the time at which periods are looked at."""
    return datetime.now(UTC)


def dated(query: Query) -> Query:
    """Returns the query with the days that its periods have today."""
    return frames.dated(query, now())


@kept
def _positions(name: Name, query: Query, _table: Table) -> pa.Array:
    return frames.apply(_table, query, service.texts_of(name[:-1], _table) if query.search.strip() else None)


@kept
def _window(
    name: Name, asked: str, columns: tuple[str, ...], number: int, zone: str, _rows: tuple[Table, pa.Array]
) -> pd.DataFrame:
    table, positions = _rows
    return frames.shown(table, positions, columns, zone)


@kept
def _totals(name: Name, query: Query, measure: Measure, _rows: tuple[Table, pa.Array]) -> Sums:
    table, positions = _rows
    return frames.totals(table, positions, measure)


@kept
def _summary(name: Name, query: Query, _rows: tuple[Table, pa.Array]) -> Summary:
    table, positions = _rows
    return frames.summarise(table, positions, query)


@kept
def _unmet(name: Name, query: Query, _table: Table) -> list[Unmet]:
    return frames.unmet(_table, query)


@kept
def _choices(name: Name, field_id: str, search: str, limit: int, _table: Table) -> list[Choice]:
    return frames.choices(_table, field_id, search, limit)


@kept
def _units(name: Name, field_id: str, _table: Table) -> list[Choice]:
    return frames.units(_table, field_id)
