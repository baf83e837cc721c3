"""Rows as the grid of a screen takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..model import FieldType
from ..model.schema import PLAIN
from .cells import TEXT
from .columns import EXACT, TIME
from .readable import TAGS, Cells, cells, labels_of_tags, texts
from .tables import Table
from .windowing import bounded

MISFIT_MARK = " ⚠"  # behind a value that does not fit its column
PANDAS = {
    TEXT: pd.StringDtype("pyarrow", na_value=np.nan),
    pa.bool_(): pd.BooleanDtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.date32(): pd.ArrowDtype(pa.date32()),
    pa.list_(pa.string()): pd.ArrowDtype(pa.list_(pa.string())),
}
AS_TEXT = frozenset(
    {FieldType.TEXT, FieldType.LONG_TEXT, FieldType.URL, FieldType.EMAIL, FieldType.PHONE, FieldType.LOCATION,
     FieldType.JSON, FieldType.FILES, FieldType.SELECT, FieldType.MULTI_SELECT, FieldType.PERSON, FieldType.PEOPLE,
     FieldType.RELATION}
)  # fmt: skip


def shown(table: Table, positions: pa.Array, field_ids: Iterable[str], zone: str = "") -> pd.DataFrame:
    """Returns these rows as a screen shows them: a column a field, headed by its label; unknown fields are left out.

    Numbers and percentages (as fractions) are Int64 or Float64, truth is boolean, days are date32, times are
    datetime64[us, UTC], options are lists of labels. All else is text; so are numbers of plain digits, and a column
    with a value that does not fit it, which is marked. Times within texts are in `zone`. Long texts are cut. The index
    "row" has the positions.
    """
    wanted = [field for each in dict.fromkeys(field_ids) if (field := table.field(each))]
    table.prefetch(each.id for each in wanted)
    columns = {each.label: column(cells(table, each, positions, zone)) for each in wanted}
    return framed(bounded(pa.table(columns)), positions)


def framed(columns: pa.Table, positions: pa.Array) -> pd.DataFrame:
    """Returns the columns as pandas keeps them, with the positions as index."""
    index = pd.Index(np.asarray(positions, np.int64), name="row")
    result: pd.DataFrame = columns.to_pandas(types_mapper=PANDAS.get)
    return result.set_axis(index) if len(columns.column_names) else pd.DataFrame(index=index)


def column(found: Cells) -> pa.Array:
    """Returns the values of a field in the type in which a screen shows them."""
    field = found.field
    if field.type in TAGS:
        return labels_of_tags(found)
    as_text = field.many or found.odd or field.format == PLAIN
    typed = None if as_text else _TYPED.get(field.type)
    return typed(found.values) if typed else texts(found, "" if field.type in AS_TEXT else MISFIT_MARK)


def _numbers(values: pa.Array) -> pa.Array:
    whole = pc.and_(pc.equal(pc.floor(values), values), pc.less_equal(pc.abs(values), EXACT))
    return values.cast(pa.int64()) if pc.all(whole).as_py() is not False else values


def _same(values: pa.Array) -> pa.Array:
    return values


_TYPED: Mapping[FieldType, Callable[[pa.Array], pa.Array]] = {
    FieldType.NUMBER: _numbers,
    FieldType.RATING: _numbers,
    FieldType.PERCENT: _same,
    FieldType.BOOLEAN: _same,
    FieldType.DATE: _same,
    FieldType.DATETIME: lambda values: values.cast(TIME),
}
