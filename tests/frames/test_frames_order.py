"""Rows come as the query sorts them, by typed values, those without a value last; else the newest first."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.frames import Tables, apply, pack
from integrations.model import Collection, Field, FieldType, Item, Option, Schema
from integrations.model.query import Condition, Operator, Query, Sort


def at(day):
    return datetime(2026, 11, day, tzinfo=UTC)


def order(table, *sort):
    return table.ids.take(apply(table, Query(sort=sort))).to_pylist()


def test_newest_come_first_then_names_then_ids_and_rows_without_a_time_last(item, opened):
    items = [
        item("1", name="no time"), item("2", name="b", last_modified_time=at(2)), item("4", name="a",
         last_modified_time=at(2)),
        item("3", name="a", last_modified_time=at(2)), item("5", name="z", last_modified_time=at(3)),
    ]  # fmt: skip
    assert order(opened(items)) == ["5", "3", "4", "2", "1"]


def test_the_order_does_not_depend_on_the_order_of_loading(odd_items, odd_schema):
    tables = [Tables([pack(each, odd_schema)], odd_schema).open("rows") for each in (odd_items, odd_items[::-1])]
    for sort in ((), (Sort("score", True),), (Sort("label"), Sort("mixed", True))):
        assert order(tables[0], *sort) == order(tables[1], *sort)


OPTIONS = (Option("z", "First"), Option("a", "Second"))


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ({"type": FieldType.NUMBER}, [10, 9, None, "n/a", -1], [4, 1, 0, 2, 3]),
        ({"type": FieldType.CURRENCY}, [10, 9, None], [1, 0, 2]),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, [10, 9, None], [1, 0, 2]),
        ({"type": FieldType.BOOLEAN}, [True, None, False], [2, 0, 1]),
        ({"type": FieldType.DATE}, [date(2026, 11, 9), date(2026, 2, 10), None], [1, 0, 2]),
        ({"type": FieldType.DATE_RANGE}, [(at(9), None), (date(2026, 2, 10), None), None, (None, at(1))], [1, 3, 0, 2]),
        ({"type": FieldType.SELECT, "options": OPTIONS}, ["a", "unknown", "z", None, ""], [2, 0, 1, 3, 4]),
        ({"type": FieldType.SELECT, "options": (Option("\udfff", "Half"), Option("a", "A"))}, ["a", "\udfff"], [1, 0]),
        ({"type": FieldType.SELECT}, ["b", "a", None], [1, 0, 2]),
        ({"type": FieldType.MULTI_SELECT, "options": OPTIONS}, [["a"], ["z"], []], [1, 0, 2]),
        ({"type": FieldType.PERSON}, ["u1", "u2", None], [1, 0, 2]),
        ({"type": FieldType.RELATION}, [["c1"], ["c2"], None], [1, 0, 2]),
        ({}, ["b", "Á", "c", "", None], [1, 0, 2, 3, 4]),
        ({"many": True}, [["b"], ["a", "c"], None], [1, 0, 2]),
    ],
)  # fmt: skip
def test_rows_are_sorted_by_typed_values_and_those_without_come_last(one_field, field, values, expected):
    others = [Item("c1", "company", "Zeta"), Item("c2", "company", "alpha")]
    table = one_field(Field("f", "F", **field), values, {"u1": "Zeta", "u2": "Äbc"}, others)
    assert apply(table, Query(sort=(Sort("f"),))).to_pylist() == expected
    empty = [each for each in expected if values[each] in (None, "", [], "n/a")]
    filled = [each for each in expected if each not in empty]
    found = apply(table, Query(sort=(Sort("f", True),))).to_pylist()
    assert [values[each] for each in found] == [values[each] for each in [*filled[::-1], *empty]]


def test_several_fields_sort_in_their_order_and_those_not_there_change_nothing(item, opened):
    items = [item(str(n), name=f"n{n}", owner=owner) for n, owner in enumerate(["b", None, "a", "b"])]
    table = opened(items)
    assert order(table, Sort("owner"), Sort("name", True)) == ["2", "3", "0", "1"]
    assert order(table, Sort("owner", True), Sort("name", True)) == ["3", "0", "2", "1"]
    assert order(table, Sort("nowhere"), Sort("owner"), Sort("owner", True)) == order(table, Sort("owner"))
    assert order(table, Sort("nowhere")) == order(table)


def test_rows_without_a_name_are_the_last_by_name(item, opened):
    table = opened([item("1", name=""), item("2", name="b"), item("3", name="a")])
    assert order(table, Sort("name")) == ["3", "2", "1"] and order(table, Sort("name", True)) == ["2", "3", "1"]


def test_ids_of_fields_may_have_any_characters(one_field):
    assert order(one_field(Field("a.b[0] .x", "F", FieldType.NUMBER), [2, 1]), Sort("a.b[0] .x")) == ["001", "000"]


ROWS = st.lists(st.tuples(st.none() | st.integers(-2, 2), st.none() | st.sampled_from("abc")), max_size=15)


@given(ROWS, st.booleans(), st.booleans(), st.sampled_from(["", "a"]))
def test_sorting_is_what_python_says(rows, first, second, wanted):
    fields = (Field("n", "N", FieldType.NUMBER), Field("t", "T"))
    schema = Schema((Collection("c", "C", "row", fields),))
    items = [Item(f"{p:02}", "row", "", collection="c", properties={"n": n, "t": t}) for p, (n, t) in enumerate(rows)]
    table = Tables([pack(items, schema)] if items else [], schema).open("c")
    where = (Condition("t", Operator.IS, wanted),) if wanted else ()
    found = apply(table, Query(where=where, sort=(Sort("n", first), Sort("t", second)))).to_pylist()

    def sign(value, descending):
        number = ord(value) if isinstance(value, str) else value
        return (value is None, 0 if value is None else -number if descending else number)

    left = [place for place, (_, text) in enumerate(rows) if not wanted or text == wanted]
    assert found == sorted(left, key=lambda place: (sign(rows[place][0], first), sign(rows[place][1], second), place))
