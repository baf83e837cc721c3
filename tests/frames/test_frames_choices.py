"""A filter offers the values that rows have, by label and with counts."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.frames import apply, choices, label_of, operators
from integrations.model import Field, FieldType, Item, Option
from integrations.model.query import Condition, Operator, Query

OPTIONS = (Option("1", "Open"), Option("2", "Closed won"), Option("3", "Lost"))
PEOPLE = {"u1": "Mina Okoro", "u2": "Łukasz"}


def offered(table, id="f", search="", limit=200):
    return [(each.value, each.label, each.count) for each in choices(table, id, search, limit)]


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ({}, ["b", "a", "b", "", None], [("b", "b", 2), ("a", "a", 1)]),
        ({"type": FieldType.SELECT, "options": OPTIONS}, ["2", "9", "9", "1", "2", "2", None],
         [("1", "Open", 1), ("2", "Closed won", 3), ("3", "Lost", 0), ("9", "9", 2)]),
        ({"type": FieldType.MULTI_SELECT, "options": OPTIONS[:1]}, [["1", "9"], ["9"], [], None], [("1", "Open", 1),
        ("9", "9", 2)]),
        ({"type": FieldType.PERSON}, ["u2", "u1", "u2", None], [("u2", "Łukasz", 2), ("u1", "Mina Okoro", 1)]),
        ({"type": FieldType.PEOPLE}, [["u2", "u1"], ["u1"]], [("u1", "Mina Okoro", 2), ("u2", "Łukasz", 1)]),
        ({"type": FieldType.RELATION}, [["c1"], ["c1", "c9"]], [("c1", "Acme", 2), ("c9", "(not loaded)", 1)]),
        ({"type": FieldType.BOOLEAN}, [True, False, True, None], [("yes", "Yes", 2), ("no", "No", 1)]),
        ({"type": FieldType.NUMBER}, [1234.5, 5, 5], [("5", "5", 2), ("1234.5", "1,234.5", 1)]),
        ({"type": FieldType.DATE}, [date(2026, 11, 26)], [("2026-11-26", "26 Nov 2026", 1)]),
        ({"type": FieldType.FILES}, [[{"name": "a.pdf"}], [{"name": "a.pdf"}]], [("a.pdf", "a.pdf", 2)]),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, [7], [("7", "D-7", 1)]),
        ({"type": FieldType.CURRENCY, "currency": "EUR", "many": True}, [[5, 5.5]], [("5", "EUR 5.00", 1),
        ("5.5", "EUR 5.50", 1)]),
    ],
)  # fmt: skip
def test_values_come_by_how_many_rows_have_them_and_options_in_their_order(one_field, field, values, expected):
    table = one_field(Field("f", "F", **field), values, PEOPLE, [Item("c1", "company", "Acme")])
    assert offered(table) == expected
    for value, _, count in expected:
        found = apply(table, Query(where=(Condition("f", Operator.IS, value),)))
        assert len(found) == count or field.get("many"), "each choice leaves the rows that it counts"


def test_choices_are_searched_by_label_and_limited(one_field):
    table = one_field(Field("f", "F", FieldType.PERSON), ["u1", "u2", "u2"], PEOPLE)
    assert offered(table, search="  LUK ") == [("u2", "Łukasz", 2)] and offered(table, search="u1") == []
    assert offered(table, limit=1) == [("u2", "Łukasz", 2)] and offered(table, "nowhere") == []


def test_an_empty_name_is_no_choice(item, opened):
    assert offered(opened([item("1", name=""), item("2", name="b")]), "name") == [("b", "b", 1)]


def test_types_and_owners_are_offered_by_what_addresses_name(deals):
    everything = deals.tables.open()
    assert offered(everything, "type") == [("deal", "Deal", 3), ("company", "Company", 1)]
    assert offered(everything, "owner") == [("u1", "Mina Okoro", 1), ("u2", "Łukasz", 1)]
    assert offered(everything, "parent") == [("Acme", "Acme", 1)]
    assert offered(deals, "type") == [("deal", "Deal", 3)]


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize("many", [False, True])
def test_a_field_without_values_offers_none(one_field, kind, many):
    assert offered(one_field(Field("f", "F", kind, many=many), [None])) == []
    assert offered(one_field(Field("f", "F", kind, many=many), [])) == []


@pytest.mark.parametrize(
    ("field", "value", "label"),
    [
        ("stage", "2", "Closed won"), ("stage", "9", "9"), ("company", "c1", "Acme"), ("company", "c9", "c9"),
        ("owner", "u1", "Mina Okoro"), ("owner", "Grace", "Grace"), ("type", "data_source", "Data source"),
        ("name", "x", "x"), ("nowhere", "x", "x"), ("close", "2026-01-01", "2026-01-01"),
    ],
)  # fmt: skip
def test_the_value_of_a_condition_has_a_label(deals, field, value, label):
    assert label_of(deals, field, value) == label


def test_truth_has_words(one_field):
    table = one_field(Field("f", "F", FieldType.BOOLEAN), [True])
    assert [label_of(table, "f", each) for each in ("yes", "no", "x")] == ["Yes", "No", "x"]


def test_lists_are_also_filtered_by_their_text():
    assert Operator.HAS in operators(Field("f", "F", FieldType.NUMBER, many=True))
    assert Operator.HAS not in operators(Field("f", "F", FieldType.NUMBER))
