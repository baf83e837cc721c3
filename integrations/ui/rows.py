"""The rows of a connection as the screen needs them, cached between reruns.

What is cached is named by owner, connection and load, so that nobody is given another person's rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa

from .. import frames, service
from ..frames import Summary, Table, Tables
from ..model import Connection, Load, Query
from ..model.query import Chart, Measure
from .cache import kept

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
        rows = str(self.tables.total)  # fewer, once some are lost
        return (*self.connection.path, self.load.id, self.load.run, str(self.load.chunks), rows)

    def positions(self, table: Table, query: Query) -> pa.Array:
        """Returns the positions of the rows of a table that meet a query, in its order."""
        asked = Query(where=query.where, search=query.search, sort=query.sort, zone=query.zone)
        return _positions(self._named(table), _dated(asked), table)

    def window(self, table: Table, query: Query, columns: tuple[str, ...], number: int, zone: str) -> pd.DataFrame:
        """Returns one window (from 0 on) of the rows that meet a query, as they are shown; not to be changed."""
        found = self.positions(table, query).slice(number * frames.WINDOW_ROWS, frames.WINDOW_ROWS)
        asked = (_dated(query).where, query.search, query.sort, query.zone)
        return _window(self._named(table), str(asked), columns, number, zone, (table, found))

    def totals(self, table: Table, query: Query, measure: Measure) -> Sums:
        """Returns a measure of all rows that meet a query, by currency."""
        asked = Query(where=query.where, search=query.search, zone=query.zone)
        return _totals(self._named(table), _dated(asked), measure, (table, self.positions(table, query)))

    def summary(self, table: Table, query: Query) -> Summary:
        """Returns the groups of the rows that meet a query; raises NotGroupable."""
        asked = replace(query, sort=(), columns=(), chart=Chart.AUTOMATIC)
        return _summary(self._named(table), _dated(asked), (table, self.positions(table, query)))

    def _named(self, table: Table) -> Name:
        return (*self.name, table.collection.id)


@kept
def _positions(name: Name, query: Query, _table: Table) -> pa.Array:
    return frames.apply(_table, query, _texts(name, _table) if query.search.strip() else None)


@kept
def _texts(name: Name, _table: Table) -> pa.Array:
    return frames.search_texts(_table)


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


def _dated(query: Query) -> Query:
    return frames.dated(query, datetime.now(UTC))
