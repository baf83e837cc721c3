"""Rows read a slice at a time are the rows read at once, in memory that does not grow with their number."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from queries import narrowing

from integrations.frames import Tables, apply, csv_pieces, csv_rows, exported, pack, slices
from integrations.model import Collection, Field, FieldType, Item, Schema
from integrations.model.query import Query, Sort

COLUMNS = ("mixed", "label", "score")
FILTERS = [
    narrowing(),
    narrowing(search="a"),
    narrowing(search="-1"),
    narrowing(search="2026-01"),
    narrowing(types=("contact",), owners=("Ada",)),
    narrowing(parents=("Base ; 1",), search="="),
    narrowing(updated=(date(2026, 1, 3), None)),
    narrowing(search="nothing like it"),
]


@pytest.fixture
def table(odd_items, odd_schema):
    return Tables([pack(odd_items, odd_schema)], odd_schema).open("rows")


def at_once(table, query):
    return exported(table, apply(table, query), ("name", *(query.columns or table.main_fields)))


@pytest.mark.parametrize("rows", [1, 7, 5_000])
@pytest.mark.parametrize("columns", [(), COLUMNS])
@pytest.mark.parametrize("filters", FILTERS)
def test_slices_are_the_rows_of_the_whole_table_in_its_order(table, filters, columns, rows):
    query = replace(filters, columns=columns)
    for raw in (False, True):
        assert b"".join(csv_pieces(slices(table, query, rows), raw)) == b"".join(csv_rows(at_once(table, query), raw))


@pytest.mark.parametrize("sort", [(Sort("name"),), (Sort("owner", True), Sort("created")), (Sort("score"),)])
def test_slices_have_the_order_that_the_query_says(table, sort):
    query = Query(columns=COLUMNS, sort=sort)
    whole = at_once(table, query)
    assert whole.index.to_list() != at_once(table, Query()).index.to_list()
    pd.testing.assert_frame_equal(pd.concat(list(slices(table, query, rows=7))[1:]), whole)


@pytest.mark.parametrize("kind", FieldType)
def test_the_type_of_a_column_is_decided_over_all_rows(one_field, kind):
    for values in ([1, 2.5, "n/a", None], [None, True], [date(2026, 1, 1), None]):
        table = one_field(Field("f", "F", kind), values)
        read = list(slices(table, Query(columns=("f",)), rows=1))
        assert len(read) == len(values) + 1 and all(each.dtypes.equals(read[0].dtypes) for each in read)
        pd.testing.assert_frame_equal(pd.concat(read[1:]), at_once(table, Query(columns=("f",))))


def test_the_name_is_always_there_and_unknown_columns_are_left_out(table):
    assert list(next(slices(table, Query(columns=("made up", "score", "score", "label"))))) == [
        "Record ID", "Name", "Score", "Name (property)", "Link",
    ]  # fmt: skip


def test_the_rows_of_a_filter_that_drops_them_all_are_a_heading_alone(table):
    assert [len(each) for each in slices(table, narrowing(search="nothing like it"))] == [0]


def test_the_memory_of_python_does_not_grow_with_the_table():
    text = "x" * 200
    fields = (Field("a", "A", FieldType.NUMBER), Field("b", "B"))
    schema = Schema((Collection("c", "C", "contact", fields),))
    peaks = [peak(Tables([pack([Item(str(n), "contact", text, collection="c", properties={"a": n, "b": f"{text}{n}"})
                                for n in range(count)], schema)], schema).open("c")) for count in (5_000,
                                 30_000)]  # fmt: skip
    assert peaks[1] < 1.5 * peaks[0]


def peak(table) -> int:
    """Returns the most bytes that Python held while the file was made."""
    tracemalloc.start()
    for _ in csv_pieces(slices(table, Query(columns=("a", "b"), search="x"), rows=1_000)):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most
