"""A table read a slice at a time is the table read at once, in memory that does not grow with its length."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from queries import narrowing

from integrations.frames import csv_pieces, csv_rows, frame, pack, slices, unpack
from integrations.frames.query import apply
from integrations.frames.search import search_texts
from integrations.model import Item
from integrations.model.query import Sort

COLUMNS = ("Mixed", "Name", "Score")
FILTERS = [
    narrowing(),
    narrowing(search="a"),
    narrowing(search="-1"),
    narrowing(search="true"),
    narrowing(search="2026-01"),
    narrowing(types=("contact",), owners=("Ada",)),
    narrowing(parents=("Base ; 1",), search="="),
    narrowing(updated=(date(2026, 1, 3), None)),
    narrowing(search="nothing like it"),
]


def at_once(table, filters, raw=False) -> bytes:
    return b"".join(csv_rows(apply(frame(table, filters.columns), filters, search_texts(table)), raw))


def in_slices(table, filters, rows, raw=False) -> bytes:
    return b"".join(csv_pieces(slices(table, filters, rows=rows), raw))


@pytest.mark.parametrize("rows", [1, 7, 5_000])
@pytest.mark.parametrize("columns", [(), COLUMNS])
@pytest.mark.parametrize("filters", FILTERS)
def test_slices_are_the_rows_of_the_whole_table_in_its_order(odd_items, filters, columns, rows):
    table, filters = unpack([pack(odd_items)]), replace(filters, columns=columns)
    assert in_slices(table, filters, rows) == at_once(table, filters)
    assert in_slices(table, filters, rows, raw=True) == at_once(table, filters, raw=True)


@pytest.mark.parametrize("sort", [(Sort("name"),), (Sort("owner", True), Sort("created")), (Sort("property Score"),)])
def test_slices_have_the_order_of_the_whole_table_sorted_as_the_query_says(odd_items, sort):
    table, query = unpack([pack(odd_items)]), replace(narrowing(columns=("Score",)), sort=sort)
    whole = frame(table, query.columns, sort)
    assert whole.index.to_list() != frame(table).index.to_list()
    pd.testing.assert_frame_equal(pd.concat(list(slices(table, query, rows=7))[1:]), whole)


TYPES = {
    "whole and broken numbers": [1, 2, 2.5, None],
    "whole numbers beyond a float": [2**53 + 1, 1, 0.5, None],
    "whole numbers beyond 64 bits": [1, 2**63, 2, None],
    "the largest whole numbers": [2**63 - 1, -(2**63 - 1), 0, None],
    "truth and numbers": [True, 1, 0, None],
    "truth alone": [True, False, None, True],
    "numbers and text": [1, "a", 2.0, "3"],
    "empty lists, objects and texts": ["", [], {}, None],
    "lists": [["a", 1], [], ["b"], None],
}


@pytest.mark.parametrize("values", TYPES.values(), ids=TYPES)
def test_the_type_of_a_column_is_decided_over_all_rows(item, values):
    items = [item(id=str(n), name=str(n), properties={"p": value}) for n, value in enumerate(values)]
    table, filters = unpack([pack(items)]), narrowing(columns=("p",))
    whole = frame(table, ("p",))
    read = list(slices(table, filters, rows=1))
    assert len(read) == 5 and all(each["p"].dtype == whole["p"].dtype for each in read)
    pd.testing.assert_frame_equal(pd.concat(read[1:]), whole)
    assert in_slices(table, filters, 1) == at_once(table, filters)


def test_columns_that_no_row_has_are_left_out(item):
    table = unpack([pack([item(properties={f"f{n}": n for n in range(9)}), item(id="2", properties={"late": 1})])])
    asked = narrowing(columns=("made up", "late", "f3", "f3", "f1"))
    assert list(next(slices(table, asked)).columns[7:]) == ["late", "f3", "f1"]


def test_the_rows_of_a_filter_that_drops_them_all_are_a_heading_alone(item):
    table = unpack([pack([item()])])
    assert [len(each) for each in slices(table, narrowing(search="nothing like it"))] == [0]


def test_the_memory_of_python_does_not_grow_with_the_table():
    text = "x" * 200
    peaks = [peak(unpack([pack([Item(str(n), "contact", text, properties={"a": n, "b": f"{text}{n}"})
                                for n in range(count)])])) for count in (2_000, 20_000)]  # fmt: skip
    assert peaks[1] < 1.5 * peaks[0]


def peak(table) -> int:
    """Returns the most bytes that Python held while the file was made."""
    tracemalloc.start()
    for _ in csv_pieces(slices(table, narrowing(columns=("a", "b")), rows=1_000)):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most
