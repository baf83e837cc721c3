"""The rows of a connection as the screen needs them, cached between reruns.

What is cached is named by owner, connection and load, so that nobody is given another person's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa

from .. import frames, service
from ..frames import Options
from ..model import Connection, Load, Query
from ..model.query import Sort
from .cache import kept

Name = tuple[str, ...]


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
    def table(self) -> pa.Table:
        """The rows of `frames.unpack`."""
        return self.source.table

    @property
    def name(self) -> Name:
        """Names these very rows, and the owner they belong to."""
        rows = str(self.table.num_rows)  # fewer, once some are lost
        return (*self.connection.path, self.load.id, self.load.run, str(self.load.chunks), rows)

    def frame(self, columns: tuple[str, ...] = ()) -> pd.DataFrame:
        """Returns all rows with these properties as columns; not to be changed."""
        return _frame(self.name, columns, (), self.table)

    def narrowed(self, query: Query) -> pd.DataFrame:
        """Returns the rows that meet the query, in its order; not to be changed."""
        return _narrowed(self.name, query, self.table)

    def options(self) -> Options:
        """Returns what there is to choose from."""
        return _options(self.name, self.table)

    def properties(self) -> list[str]:
        """Returns the names of the provider's own fields, the most common first."""
        return _properties(self.name, self.table)

    def weeks(self, today: date) -> tuple[pd.DataFrame, dict[str, int]]:
        """Returns the items updated in each of the last twelve weeks by type, and in the last seven days."""
        return _weeks(self.name, today, self.table)


@kept
def _frame(name: Name, columns: tuple[str, ...], sort: tuple[Sort, ...], _table: pa.Table) -> pd.DataFrame:
    return frames.frame(_table, columns, sort)


@kept
def _narrowed(name: Name, query: Query, _table: pa.Table) -> pd.DataFrame:
    known = set(_properties(name, _table)) if query.columns else set()
    columns = tuple(each for each in query.columns if each in known)
    frame = _frame(name, columns, query.sort, _table)
    return frames.apply(frame, query, lambda places: _texts(name, _table).take(pa.array(places)))


@kept
def _texts(name: Name, _table: pa.Table) -> pa.Array:
    return frames.kept_texts(_table)


@kept
def _options(name: Name, _table: pa.Table) -> Options:
    return frames.options(_frame(name, (), (), _table))


@kept
def _properties(name: Name, _table: pa.Table) -> list[str]:
    return frames.property_names(_table)


@kept
def _weeks(name: Name, today: date, _table: pa.Table) -> tuple[pd.DataFrame, dict[str, int]]:
    frame = _frame(name, (), (), _table)
    return frames.per_week(frame, today=today), frames.recent(frame, today=today)
