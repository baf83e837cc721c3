"""What is sent of a table is bounded in rows and in bytes, and keeps types, order and index."""

from __future__ import annotations

import pyarrow as pa
import pytest

from integrations.frames import WINDOW_ROWS, shown, windows
from integrations.frames.windowing import MOST_BYTES
from integrations.model import Field, FieldType


def window(table, rows):
    return shown(table, pa.array(range(rows), pa.int64()), [each.id for each in table.fields])


@pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 1), (WINDOW_ROWS, 1), (WINDOW_ROWS + 1, 2), (2_007, 3)])
def test_rows_are_in_windows_and_none_are_in_one(count, expected):
    assert windows(count) == expected


@pytest.mark.parametrize(("rows", "length", "left"), [(5, 2_001, 2_000), (5, 2_000, 2_000), (900, 100_000, 2_000)])
def test_long_texts_are_cut_and_say_so(one_field, rows, length, left):
    text = window(one_field(Field("t", "T"), ["é" * length] * rows), rows)["T"]
    assert text.str.len().unique().tolist() == [left]
    assert text.str.endswith("…").all() == (length > left)


def test_a_window_of_many_long_columns_stays_small(one_field):
    fields = [Field(f"t{n}", f"T{n}") for n in range(60)]
    row = {each.id: "é" * 500 for each in fields} | {"n": 5}
    table = one_field(Field("n", "N", FieldType.NUMBER), [row] * WINDOW_ROWS, fields=fields)
    wide = window(table, WINDOW_ROWS)
    assert len(wide) == WINDOW_ROWS and int(wide.memory_usage().sum()) < 2 * MOST_BYTES
    assert wide["N"].tolist() == [5] * WINDOW_ROWS


def test_long_lists_of_labels_are_cut_too(one_field):
    found = window(one_field(Field("t", "T", FieldType.MULTI_SELECT), [["é" * 5_000, "b"]]), 1)["T"][0]
    assert [len(each) for each in found] == [2_000, 1]


def test_values_that_are_missing_stay_so(one_field):
    assert window(one_field(Field("t", "T"), ["x" * 3_000, None]), 2)["T"].isna().tolist() == [False, True]
