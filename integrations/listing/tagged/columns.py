"""The columns of collections as a provider describes them, and where it does not say, as the rows turn out to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...model.schema import LIST_TYPES, Collection, Field, FieldType
from .cells import Cell
from .option_names import OptionNames

NUMBERS = frozenset({FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT})
MIXED = (FieldType.TEXT, False)
MAX_DEPTH = 3  # of columns that show other columns that show other columns

Shape = tuple[FieldType, bool]


@dataclass(frozen=True)
class Lead:
    """What is known of a column whose type the provider does not say.

    `through`: id of the relation field that it looks through, and `target`: id of the field that it looks at there;
    empty for a column that only its rows tell about. `lists`: it shows the values themselves, not a sum of them.
    `sources`: ids of the fields beside it that it is computed from. `fixed`: its type is known after all.
    """

    through: str = ""
    target: str = ""
    lists: bool = False
    sources: frozenset[str] = frozenset()
    fixed: bool = False


@dataclass(frozen=True)
class Table:
    """A collection, and the leads of those of its fields whose type is open, by field id."""

    collection: Collection
    leads: Mapping[str, Lead] = field(default_factory=dict)


class OpenColumns:
    """The collections of one load, completed by what its rows show.

    `cache` is the connection's memory between loads (`model.Api.cache`): it keeps what the rows have shown, so that a
    column whose changed rows are all empty keeps its type.
    """

    def __init__(self, cache: dict[str, str]) -> None:
        self._cache = cache
        self.options = OptionNames(cache)
        self._tables: dict[str, Table] = {}
        self._sent: dict[str, Collection] = {}
        self._changed: set[str] = set()

    def define(self, table: Table) -> None:
        """Take in a collection as its provider describes it."""
        self._tables[table.collection.id] = table
        self._cache[_key(table.collection.id)] = "\n".join(each.id for each in table.collection.fields)
        self._changed |= {table.collection.id, *(name for name, each in self._tables.items() if each.leads)}

    def extend(self, table: Table) -> None:
        """Take in a collection as one of its rows shows it; adds the fields that it did not have."""
        before = self._tables.get(table.collection.id, table)
        new = [each for each in table.collection.fields if not before.collection.field(each.id)]
        if new or before is table:
            fields = (*before.collection.fields, *new) if before is not table else table.collection.fields
            self.define(Table(replace(before.collection, fields=fields), {**table.leads, **before.leads}))

    def is_defined(self, collection: str) -> bool:
        """Returns whether the collection was taken in during this load."""
        return collection in self._tables

    def has(self, collection: str, fields: Iterable[str]) -> bool:
        """Returns whether a collection is known to have these fields, from this load or an earlier one."""
        known = self._cache.get(_key(collection))
        return known is not None and set(fields) <= set(known.split("\n"))

    def note(self, collection: str, id: str, cell: Cell) -> None:
        """Take in what one value shows about its column."""
        if cell.type is None:
            return
        key = _key(collection, id)
        shape = f"{cell.type} {cell.many:d}"
        known = self._cache.get(key)
        if known not in (shape, "mixed"):
            self._cache[key] = "mixed" if known else shape
            self._changed.add(collection)

    def dependants(self, collection: str, ids: Iterable[str]) -> set[str]:
        """Returns these fields and those that are computed from them, directly or not."""
        found, leads = set(ids), self._tables[collection].leads if collection in self._tables else {}
        while more := {each for each, lead in leads.items() if lead.sources & found} - found:
            found |= more
        return found

    @property
    def undefined(self) -> set[str]:
        """Ids of collections of which the rows have shown something new, and whose description is missing."""
        return self._changed - self._tables.keys()

    def news(self) -> Sequence[Collection]:
        """Returns the collections that have changed since the last call."""
        now = {each: self._completed(self._tables[each]) for each in self._tables if each in self._changed}
        changed = [found for each, found in now.items() if self._sent.get(each) != found]
        self._sent.update(now)
        self._changed -= now.keys()
        return changed

    def _completed(self, table: Table) -> Collection:
        fields = (self._field(table, each) for each in table.collection.fields)
        return replace(table.collection, fields=tuple(fields))

    def _field(self, table: Table, field: Field, depth: int = 0) -> Field:
        """Returns a field with its type: the one that its target and its rows agree on, else that of the rows."""
        lead = table.leads.get(field.id)
        if lead is None or lead.fixed:
            return field
        seen = self._seen(table.collection.id, field.id)
        target = self._target(table, lead, depth)
        if target and (seen is None or seen[0] == target.type or {seen[0], target.type} <= NUMBERS):
            many = seen[1] if seen else lead.lists and target.type not in LIST_TYPES
            return replace(target, id=field.id, label=field.label, many=many, computed=field.computed)
        return replace(field, type=seen[0], many=seen[1]) if seen else field

    def _seen(self, collection: str, id: str) -> Shape | None:
        known = self._cache.get(_key(collection, id), "")
        if known == "mixed":
            return MIXED
        kind, _, many = known.partition(" ")
        return (FieldType(kind), many == "1") if kind else None

    def _target(self, table: Table, lead: Lead, depth: int) -> Field | None:
        through = table.collection.field(lead.through)
        there = self._tables.get(through.relates_to) if through else None
        target = there.collection.field(lead.target) if there else None
        return self._field(there, target, depth + 1) if there and target and depth < MAX_DEPTH else None


def _key(collection: str, field: str = "") -> str:
    return f"columns {collection} {field}".rstrip()
