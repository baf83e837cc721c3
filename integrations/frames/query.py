"""Which rows of a table meet a query, in which order, and why a condition can be met by none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ..model import Field, FieldType
from ..model.query import WITHOUT_VALUE, Condition, Operator, Query
from .columns import operators
from .conditions import DAYS, Mask, equal_to_any, has_unit, meeting, value_fault
from .folding import containing, fold
from .order import ordered
from .readable import NUMBERS, cells
from .search import SearchTexts, texts_at
from .tables import STANDARD_FIELDS, Table

SEARCHED_ROWS = 5_000  # whose texts are made at once where none are kept
BY_TEXT = (Operator.HAS, Operator.LACKS, Operator.STARTS)
VALUED = (Operator.NOT, Operator.FROM, Operator.TO, Operator.PERIOD)  # whose value must be one of the field
TYPE = STANDARD_FIELDS["type"]  # filters every table, those of one type too


@dataclass(frozen=True)
class Unmet:
    """A condition that no row can meet, the reason, and the query without it; field "in" is the collection."""

    condition: Condition
    reason: str
    without: Query


def apply(table: Table, query: Query, texts: SearchTexts | None = None) -> pa.Array:
    """Returns the positions of the rows that meet the query, in its order, as int64.

    `texts`: what `search_texts` made of the table; made as needed, and not kept, if None.
    A condition that cannot be met leaves no row, nor does a collection other than the table's. A query with a period
    has to be `dated`; ValueError if it is not.
    """
    table.prefetch(each.field for each in query.where)
    positions = None
    for mask in _masks(table, query):
        positions = np.flatnonzero(mask) if positions is None else positions[mask[positions]]
    if query.search.strip():
        positions = _found(table, positions, query.search.strip(), texts)
    return ordered(table, positions if positions is None else pa.array(positions, pa.int64()), query.sort)


def unmet(table: Table, query: Query) -> list[Unmet]:
    """Returns the parts of a query that no row of the table can meet."""
    found = []
    if query.collection and query.collection != table.collection.id:
        asked = Condition("in", Operator.IS, query.collection)
        found.append(Unmet(asked, "there is no such table here", replace(query, collection="")))
    for each in query.where:
        if reason := _reason(table, each, query.zone):
            rest = tuple(other for other in query.where if other != each)
            found.append(Unmet(each, reason, replace(query, where=rest)))
    return found


def field_of(table: Table, field_id: str) -> Field | None:
    """Returns a field that a table can be filtered by, None if it has none with this id."""
    return TYPE if field_id == TYPE.id else table.field(field_id)


def _reason(table: Table, condition: Condition, zone: str) -> str:
    """Returns why no row can meet the condition; an empty text where one may."""
    field = field_of(table, condition.field)
    if field is None:
        return "there is no such field here"
    if condition.operator not in operators(field):
        return "this filter is not known here"
    if condition.operator in (*WITHOUT_VALUE, *BY_TEXT):
        return ""
    found = cells(table, field, None, zone)
    if fault := value_fault(found, condition):
        return fault
    if condition.operator is Operator.UNIT:
        return "" if has_unit(found, condition.value).any() else "no row has it"
    known = condition.operator is not Operator.IS or field.type in (*DAYS, *NUMBERS, FieldType.BOOLEAN)
    return "" if known or equal_to_any(table, found, [condition.value]).any() else "no row has it"


def _masks(table: Table, query: Query) -> Iterator[Mask]:
    if query.collection and query.collection != table.collection.id:
        yield np.zeros(table.num_rows, np.bool_)
    for group in dict.fromkeys(each.group for each in query.where):
        fields = dict.fromkeys(each.field for each in query.where if each.group == group)
        masks = (_mask(table, each, query.conditions(each, group), query.zone) for each in fields)
        yield from [np.logical_or.reduce(list(masks))] if group else masks


def _mask(table: Table, field_id: str, conditions: tuple[Condition, ...], zone: str) -> Mask:
    """Returns which rows meet all these conditions on one field; none if there is a condition that none can meet."""
    field = field_of(table, field_id)
    if field is None or not {each.operator for each in conditions} <= set(operators(field)):
        return np.zeros(table.num_rows, np.bool_)
    found = cells(table, field, None, zone)
    if any(value_fault(found, each) for each in conditions if each.operator in VALUED):
        return np.zeros(table.num_rows, np.bool_)
    return meeting(table, found, conditions)


def _found(table: Table, positions: np.ndarray | None, search: str, texts: SearchTexts | None) -> np.ndarray:
    """Returns which of the positions (None: of all rows) have the searched text."""
    places = np.arange(table.num_rows) if positions is None else positions
    if not fold(search):  # only accents, which no folded text has
        return places[:0]
    if texts is not None:
        return places[texts.containing(search)[places]]
    blocks = [places[start : start + SEARCHED_ROWS] for start in range(0, len(places), SEARCHED_ROWS)]
    found = [block[containing(texts_at(table, pa.array(block)), search)] for block in blocks]
    return np.concatenate([places[:0], *found])
