"""The rows of a connection as the screen needs them, kept between reruns.

What is kept is named by owner, connection and load, so nobody is handed another's rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import pyarrow as pa

from .. import frames
from ..frames import Filters, Options
from ..model import Connection, Load
from .kept import kept

Name = tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """What a connection has to show: the load that left it, and its rows; `borrowed` from a colleague who shares it."""

    connection: Connection
    load: Load
    table: pa.Table = field(repr=False)
    borrowed: bool = False

    @property
    def address(self) -> str:
        """What names them in an address: for whom they are shared with, the share."""
        return self.connection.share.id if self.borrowed else self.connection.id

    @property
    def name(self) -> Name:
        """Names these very rows, and the owner they belong to."""
        rows = str(self.table.num_rows)  # fewer, once some are lost
        return (*self.connection.path, self.load.id, self.load.run, str(self.load.chunks), rows)

    def frame(self, columns: tuple[str, ...] = ()) -> pd.DataFrame:
        """The table of the screen, with these properties as columns; not to be changed."""
        return _frame(self.name, columns, self.table)

    def narrowed(self, filters: Filters) -> pd.DataFrame:
        """The rows that meet the filters; not to be changed."""
        return _narrowed(self.name, filters, self.table)

    def ordered(self, filters: Filters, column: str, descending: bool) -> pd.DataFrame:
        """The same, sorted by a column; rows without a value last."""
        return _ordered(self.name, filters, column, descending, self.table)

    def options(self) -> Options:
        """What there is to choose from."""
        return _options(self.name, self.table)

    def properties(self) -> list[str]:
        """The names of the provider's own fields, the most common first."""
        return _properties(self.name, self.table)

    def weeks(self, today: date) -> tuple[pd.DataFrame, dict[str, int]]:
        """Items updated in each of the last twelve weeks, by type; and in the last seven days."""
        return _weeks(self.name, today, self.table)


@kept
def _frame(name: Name, columns: tuple[str, ...], _table: pa.Table) -> pd.DataFrame:
    return frames.frame(_table, columns)


@kept
def _narrowed(name: Name, filters: Filters, _table: pa.Table) -> pd.DataFrame:
    frame = _frame(name, filters.columns, _table)
    return frames.apply(frame, filters, lambda places: _texts(name, _table).take(pa.array(places)))


@kept
def _texts(name: Name, _table: pa.Table) -> pa.Array:
    return frames.kept_texts(_table)


@kept
def _ordered(name: Name, filters: Filters, column: str, descending: bool, _table: pa.Table) -> pd.DataFrame:
    return _narrowed(name, filters, _table).sort_values(column, ascending=not descending, kind="stable")


@kept
def _options(name: Name, _table: pa.Table) -> Options:
    return frames.options(_frame(name, (), _table))


@kept
def _properties(name: Name, _table: pa.Table) -> list[str]:
    return frames.property_names(_table)


@kept
def _weeks(name: Name, today: date, _table: pa.Table) -> tuple[pd.DataFrame, dict[str, int]]:
    frame = _frame(name, (), _table)
    return frames.per_week(frame, today=today), frames.recent(frame, today=today)
