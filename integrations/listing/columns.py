"""The columns of a table that describes its own fields, and what they make of a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.schema import PEOPLE_TYPES, Field
from .cells import Reader, people_in, shown


@dataclass(frozen=True)
class Column:
    """A field, how its cells are read (see `cell_reader`), and `kind`, the provider's own word for its type."""

    field: Field
    read: Reader
    kind: str = ""


@dataclass(frozen=True)
class Columns:
    """The columns of a table in its order; `primary` is the id of the field that names a row."""

    all: tuple[Column, ...]
    primary: str = ""

    @property
    def naming(self) -> Field | None:
        """The field that names a row, None if the table has no such field."""
        return next((each.field for each in self.all if each.field.id == self.primary), None)

    @property
    def others(self) -> tuple[Field, ...]:
        """The fields that do not name a row."""
        return tuple(each.field for each in self.all if each.field.id != self.primary)

    def first(self, kind: str) -> str:
        """Returns the id of the first field of a kind, empty if there is none."""
        return next((each.field.id for each in self.all if each.kind == kind), "")

    def values(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the values of a row by field id, without those that are empty."""
        read = ((each.field.id, each.read(cells.get(each.field.id))) for each in self.all)
        return {id: value for id, value in read if value is not None}

    def name(self, values: Mapping[str, Any], people: Mapping[str, str]) -> str:
        """Returns the name of a row as text, empty if it has none."""
        field = self.naming
        return shown(field, values.get(field.id), people) if field else ""

    def people(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """Returns the names of all people in the cells of some rows, by id."""
        ids = [each.field.id for each in self.all if each.field.type in PEOPLE_TYPES]
        return {id: name for cells in rows for field in ids for id, name in people_in(cells.get(field)).items()}
