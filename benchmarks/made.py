"""Made-up rows with thirty typed columns, as the dashboard stores them and as one Arrow table for others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from integrations.frames import Tables
from integrations.frames.cells import TEXT
from integrations.frames.chunks import FIELD, _joined, _written
from integrations.model import Collection, FieldType, Schema

from .tables import STAGES, _field

FIELDS = tuple(_field(number) for number in range(30))
SCHEMA = Schema((Collection("deal", "Deals", "deal", FIELDS),))
PART = 5_000  # rows of a chunk
DAY, FIRST_DAY = 86_400_000_000, 20_089  # microseconds; 2025-01-01 since 1970
Dice = np.random.Generator


def rows(count: int) -> pa.Table:
    """Returns so many rows in no order, the same ones each time."""
    dice = np.random.default_rng(7)
    numbers = dice.permutation(count)
    columns: dict[str, pa.Array] = {
        "id": pa.array(numbers).cast(TEXT),
        "type": pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["deal"], TEXT)),
        "name": _words("Deal ", numbers),
        "last_modified_time": _moments(dice, count),
    }
    return pa.table(columns | {FIELD + each.id: _column(each.type, dice, count) for each in FIELDS})


def chunks(table: pa.Table) -> list[bytes]:
    """Returns the rows as a load stores them."""
    parts = (table.slice(start, PART) for start in range(0, table.num_rows, PART))
    return [_joined([_written("deal", each)]) for each in parts]


def opened(table: pa.Table) -> Tables:
    """Returns the rows as the dashboard reads them."""
    return Tables(chunks(table), SCHEMA)


def plain(table: pa.Table) -> pa.Table:
    """Returns the rows for a database: columns with simple names, without types of Arrow's that it may not know."""
    names = [each.removeprefix(FIELD) for each in table.column_names]
    named = table.rename_columns(names).drop_columns(["type"])
    return named.cast(pa.schema([(each.name, _simple(each.type)) for each in named.schema]))


def _simple(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(pa.string())
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else pa.string() if kind == TEXT else kind


def _column(kind: FieldType, dice: Dice, count: int) -> pa.Array:
    return _MADE[kind](dice, count)


def _words(before: str, numbers: np.ndarray, after: str = "") -> pa.Array:
    texts = pa.array(numbers).cast(TEXT)
    return pc.binary_join_element_wise(pa.scalar(before, TEXT), texts, pa.scalar(after, TEXT), pa.scalar("", TEXT))


def _moments(dice: Dice, count: int) -> pa.Array:
    return pa.array(dice.integers(FIRST_DAY * DAY, (FIRST_DAY + 700) * DAY, count), pa.timestamp("us", "UTC"))


def _stages(dice: Dice, count: int) -> pa.Array:
    return pa.array([each.value for each in STAGES], TEXT).take(pa.array(dice.integers(0, len(STAGES), count)))


def _lists(dice: Dice, count: int) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(2 * np.arange(count + 1, dtype=np.int32)), _stages(dice, 2 * count))


_MADE: dict[FieldType, Callable[[Dice, int], pa.Array]] = {
    FieldType.SELECT: _stages,
    FieldType.CURRENCY: lambda dice, count: pa.array(dice.integers(0, 10_000_000, count) / 100),
    FieldType.NUMBER: lambda dice, count: pa.array(dice.integers(0, 100_000, count) / 4),
    FieldType.DATE: lambda dice, count: pa.array(
        dice.integers(FIRST_DAY, FIRST_DAY + 700, count, np.int32), pa.date32()
    ),
    FieldType.DATETIME: _moments,
    FieldType.BOOLEAN: lambda dice, count: pa.array(dice.integers(0, 2, count) == 1),
    FieldType.EMAIL: lambda dice, count: _words("person", dice.integers(0, count, count), "@example.com"),
    FieldType.TEXT: lambda dice, count: _words("Text ", dice.integers(0, 100_000, count)),
    FieldType.MULTI_SELECT: _lists,
}
