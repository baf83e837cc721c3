"""A query leaves the rows that it asks for and no others, and says which of its conditions none can meet."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from queries import narrowing

from integrations.frames import Tables, apply, key, operators, pack, search_texts, unmet
from integrations.model import Collection, Field, FieldType, Item, NoValue, Option, Schema
from integrations.model.query import Condition, Operator, Query, Sort

IS, NOT, HAS, LACKS = Operator.IS, Operator.NOT, Operator.HAS, Operator.LACKS
FROM, TO, EMPTY, FILLED = Operator.FROM, Operator.TO, Operator.EMPTY, Operator.FILLED
STARTS = Operator.STARTS
OPTIONS = (Option("1", "Open"), Option("2", "Closed won"))
COMPANIES = [
    Item("c1", "company", "Acme", collection="companies"),
    Item("c2", "company", "Bolt", collection="companies"),
]


def at(*moment):
    return datetime(*moment, tzinfo=UTC)


@pytest.fixture
def team(item, opened):
    """Everything, with four items of three types."""
    rows = [
        item("1", "contact", "Ada", parent_path_or_name="Base 1", owner="Grace", creation_time=at(2026, 1, 1),
             last_modified_time=at(2026, 11, 22, 23, 59, 59, 999999), url="https://example.com/ada"),
        item("2", "data_source", "Łukasz (ops)", parent_path_or_name="Base 2", last_modified_time=at(2026, 11, 23)),
        item("3", "contact", r"50% \ off", owner="Ada B", last_modified_time=at(2026, 11, 22)),
        item("4", "page", "nothing known"),
    ]  # fmt: skip
    return opened(rows)


def where(*tests):
    return Query(where=tuple(Condition("f", operator, value) for operator, value in tests))


def left(table, *tests, **query):
    """The positions of the rows that meet these tests of the field."""
    return sorted(apply(table, Query(where=where(*tests).where, **query)).to_pylist())


def test_the_default_drops_no_row(odd_items, odd_schema):
    tables = Tables([pack(odd_items, odd_schema)], odd_schema)
    for table in (tables.open(), tables.open("rows")):
        assert sorted(apply(table, Query()).to_pylist()) == list(range(200))
        assert apply(table, Query(search="  ", columns=("score",))).equals(apply(table, Query()))
    assert apply(tables.open(), Query()).type == pa.int64()


@pytest.mark.parametrize(
    ("field", "values", "tests", "expected"),
    [
        ({}, ["a", "A", "ä", "", None], [(IS, "a")], [0]),
        ({}, ["a", "A", "ä", "", None], [(IS, "a"), (IS, "ä")], [0, 2]),
        ({}, ["a", "A", "ä", "", None], [(NOT, "a")], [1, 2, 3, 4]),
        ({}, ["a", "A", "ä", "", None], [(NOT, "a"), (NOT, "A")], [2, 3, 4]),
        ({}, ["a", "A", "ä", "", None], [(HAS, "A")], [0, 1, 2]),
        ({}, ["a", "A", "ä", "", None], [(LACKS, "Á")], [3, 4]),
        ({}, ["a", "A", "ä", "", None], [(HAS, "")], [0, 1, 2, 3, 4]),
        ({}, ["a", "A", "ä", "", None], [(LACKS, "")], [0, 1, 2, 3, 4]),
        ({}, ["a", "A", "ä", "", None], [(EMPTY, "")], [3, 4]),
        ({}, ["a", "A", "ä", "", None], [(FILLED, "")], [0, 1, 2]),
        ({}, ["a", "A b", "ä", "b a", "", None], [(STARTS, "A")], [0, 1, 2]),
        ({}, ["a", "A b", "ä", "b a", "", None], [(STARTS, "á ")], [1]),
        ({}, ["a", "A b", "ä", "b a", "", None], [(STARTS, "")], [0, 1, 2, 3, 4, 5]),
        ({}, ["50% off", "50x off", "a.c", "abc"], [(STARTS, "a.")], [2]),
        ({}, ["50% off", "50x off", "a.c", "abc"], [(HAS, "50% ")], [0]),
        ({}, ["50% off", "50x off", "a.c", "abc"], [(HAS, ".")], [2]),
        ({}, ["one two", "two", None], [(HAS, "one"), (HAS, "two")], [0]),
        ({"type": FieldType.NUMBER}, [1, 2.5, -3, None, "n/a"], [(FROM, "1")], [0, 1]),
        ({"type": FieldType.NUMBER}, [1, 2.5, -3, None, "n/a"], [(FROM, "-3"), (TO, "1")], [0, 2]),
        ({"type": FieldType.NUMBER}, [1, 2.5, -3, None, "n/a"], [(IS, "2.50"), (IS, "1")], [0, 1]),
        ({"type": FieldType.NUMBER}, [1, 2.5, -3, None, "n/a"], [(NOT, "1")], [1, 2, 3, 4]),
        ({"type": FieldType.NUMBER}, [1, 2.5, -3, None, "n/a"], [(IS, "n/a")], [4]),
        ({"type": FieldType.NUMBER}, [1, 2.5, -3, None, "n/a"], [(EMPTY, "")], [3]),
        ({"type": FieldType.NUMBER}, [1, 2.5, -3, None, "n/a"], [(FILLED, "")], [0, 1, 2, 4]),
        ({"type": FieldType.NUMBER}, [1, 2.5, NoValue("Too deep.")], [(EMPTY, "")], [2]),
        ({"type": FieldType.NUMBER}, [1, 2.5], [(FROM, "x")], []),
        ({"type": FieldType.NUMBER}, [1, 2.5], [(FROM, "")], []),
        ({"type": FieldType.NUMBER}, [1, 2.5], [(IS, "nan")], []),
        ({"type": FieldType.CURRENCY}, [1, 2.5, None], [(TO, "2")], [0]),
        ({"type": FieldType.PERCENT}, [0.25, 0.5, None], [(FROM, "0.3")], [1]),
        ({"type": FieldType.DURATION}, [60, 3600, None], [(FROM, "61")], [1]),
        ({"type": FieldType.BOOLEAN}, [True, False, None], [(IS, "yes")], [0]),
        ({"type": FieldType.BOOLEAN}, [True, False, None], [(IS, "no")], [1]),
        ({"type": FieldType.BOOLEAN}, [True, False, None], [(IS, "no"), (IS, "true")], [0, 1]),
        ({"type": FieldType.BOOLEAN}, [True, False, None], [(NOT, "yes")], [1, 2]),
        ({"type": FieldType.BOOLEAN}, [True, False, None], [(EMPTY, "")], [2]),
        ({"type": FieldType.DATE}, [date(2026, 11, 26), date(2026, 12, 1), None], [(IS, "2026-11-26")], [0]),
        ({"type": FieldType.DATE}, [date(2026, 11, 26), date(2026, 12, 1), None], [(NOT, "2026-11-26")], [1, 2]),
        ({"type": FieldType.DATE}, [date(2026, 11, 26), date(2026, 12, 1), None], [(FROM, "2026-11-27")], [1]),
        ({"type": FieldType.DATE}, [date(2026, 11, 26), date(2026, 12, 1), None], [(TO, "2026-11-26")], [0]),
        ({"type": FieldType.DATE}, [date(2026, 11, 26), "soon"], [(FROM, "2026-02-30")], []),
        ({"type": FieldType.DATE}, [date(2026, 11, 26), "soon", None], [(EMPTY, "")], [2]),
        ({"type": FieldType.SELECT, "options": OPTIONS}, ["1", "2", "9", None], [(IS, "2")], [1]),
        ({"type": FieldType.SELECT, "options": OPTIONS}, ["1", "2", "9", None], [(IS, "Closed won"),
        (IS, "9")], [1, 2]),
        ({"type": FieldType.SELECT, "options": OPTIONS}, ["1", "2", "9", None], [(NOT, "1"), (NOT, "9")], [1, 3]),
        ({"type": FieldType.SELECT, "options": OPTIONS}, ["1", "2", "9", None], [(HAS, "WON")], [1]),
        ({"type": FieldType.MULTI_SELECT, "options": OPTIONS}, [["1", "2"], ["9"], [], None], [(IS, "2")], [0]),
        ({"type": FieldType.MULTI_SELECT, "options": OPTIONS}, [["1", "2"], ["9"], [], None], [(IS, "Open"),
        (IS, "9")], [0, 1]),
        ({"type": FieldType.MULTI_SELECT, "options": OPTIONS}, [["1", "2"], ["9"], [], None], [(NOT, "2")], [1, 2, 3]),
        ({"type": FieldType.MULTI_SELECT, "options": OPTIONS}, [["1", "2"], ["9"], [], None], [(EMPTY, "")], [2, 3]),
        ({"type": FieldType.PERSON}, ["u1", "u2", None], [(IS, "u1")], [0]),
        ({"type": FieldType.PERSON}, ["u1", "u2", None], [(IS, "Mina Okoro")], [0]),
        ({"type": FieldType.PERSON}, ["u1", "u2", None], [(HAS, "okoro")], [0]),
        ({"type": FieldType.PERSON}, ["u1", "u2", None], [(STARTS, "luk")], [1]),
        ({"type": FieldType.PEOPLE}, [["u2", "u1"], ["u2"], None], [(STARTS, "mina")], [0]),
        ({"type": FieldType.PEOPLE}, [["u2", "u1"], ["u2"], None], [(IS, "u1")], [0]),
        ({"type": FieldType.PEOPLE}, [["u2", "u1"], ["u2"], None], [(LACKS, "mina")], [1, 2]),
        ({"type": FieldType.RELATION, "relates_to": "companies"}, [["c1"], ["c2", "c9"], None], [(IS, "c1")], [0]),
        ({"type": FieldType.RELATION, "relates_to": "companies"}, [["c1"], ["c2", "c9"], None], [(IS, "Bolt")], [1]),
        ({"type": FieldType.RELATION, "relates_to": "companies"}, [["c1"], ["c2", "c9"], None], [(IS, "c9")], [1]),
        ({"type": FieldType.RELATION, "relates_to": "companies"}, [["c1"], ["c2", "c9"], None], [(HAS, "acm")], [0]),
        ({"type": FieldType.RELATION}, [["c1"], ["c2", "c9"], None], [(NOT, "Acme")], [1, 2]),
        ({"type": FieldType.FILES}, [[{"name": "a.pdf"}, {"name": "b.png"}], None], [(IS, "b.png")], [0]),
        ({"type": FieldType.FILES}, [[{"name": "a.pdf"}, {"name": "b.png"}], None], [(LACKS, "b.png")], [1]),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, [7, 70, None], [(IS, "D-7")], [0]),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, [7, 70, None], [(IS, "70"), (IS, "D-7")], [0, 1]),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, [7, 70, None], [(FROM, "8")], [1]),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, [7, 70, None], [(FROM, "D-x")], []),
        ({"type": FieldType.IDENTIFIER}, [7, 70, None], [(IS, "--7")], []),
        ({"type": FieldType.IDENTIFIER}, [7, 70, None], [(FROM, "9" * 5_000)], []),
        ({"type": FieldType.JSON}, [{"a": 1}, None], [(HAS, '"a":1')], [0]),
        ({"type": FieldType.NUMBER, "many": True}, [[1, 5], [3], None], [(IS, "5")], [0]),
        ({"type": FieldType.NUMBER, "many": True}, [[1, 5], [3], None], [(FROM, "4")], [0]),
        ({"type": FieldType.NUMBER, "many": True}, [[1, 5], [3], None], [(FILLED, "")], [0, 1]),
        ({"type": FieldType.NUMBER, "many": True}, [[1, 5], [3], None], [(FROM, "2"), (TO, "4")], [1]),
        ({"type": FieldType.NUMBER, "many": True}, [[1, 5], [3], None], [(STARTS, "3")], [1]),
        ({"type": FieldType.DATE, "many": True}, [[date(2026, 1, 1), date(2026, 2, 1)], None], [(IS, "2026-02-01")],
         [0]),
        ({"many": True}, [["a", "b"], ["b"], None], [(IS, "a, b")], [0]),
        ({"many": True}, [["a", "b"], ["b"], None], [(HAS, "B")], [0, 1]),
    ],
)  # fmt: skip
def test_each_type_is_filtered_by_its_values_and_by_what_people_read(one_field, field, values, tests, expected):
    people = {"u1": "Mina Okoro", "u2": "Łukasz"}
    assert left(one_field(Field("f", "F", **field), values, people, COMPANIES), *tests) == expected


@pytest.mark.parametrize(
    ("zone", "tests", "expected"),
    [
        ("", [(IS, "2026-11-22")], [0, 1]),
        ("", [(FROM, "2026-11-22"), (TO, "2026-11-22")], [0, 1]),
        ("Europe/Berlin", [(IS, "2026-11-22")], [0]),
        ("Europe/Berlin", [(FROM, "2026-11-23")], [1, 2]),
        ("America/New_York", [(IS, "2026-11-22")], [1, 2]),
        ("America/New_York", [(TO, "2026-11-21")], [0]),
        ("no such zone", [(IS, "2026-11-22")], [0, 1]),
        ("", [(TO, "9999-12-31")], [0, 1, 2]),
        ("Asia/Tokyo", [(FROM, "0001-01-01")], [0, 1, 2]),
        ("", [(NOT, "2026-11-22")], [2, 3]),
    ],
)
def test_days_of_times_are_those_of_the_zone_and_both_ends_belong(one_field, zone, tests, expected):
    times = [at(2026, 11, 22), at(2026, 11, 22, 23, 59, 59, 999999), at(2026, 11, 23), None]
    assert left(one_field(Field("f", "F", FieldType.DATETIME), times), *tests, zone=zone) == expected


@pytest.mark.parametrize(
    ("zone", "tests", "expected"),
    [
        ("", [(IS, "2026-11-27")], [0]),
        ("", [(FROM, "2026-11-28")], [0, 2]),
        ("", [(TO, "2026-11-26")], [0, 1]),
        ("", [(FROM, "2026-11-27"), (TO, "2026-11-30")], [0]),
        ("Asia/Tokyo", [(IS, "2026-11-26")], [0]),
        ("Asia/Tokyo", [(IS, "2026-12-03")], [2]),
        ("", [(EMPTY, "")], [3]),
    ],
)
def test_a_range_meets_the_days_that_it_touches_and_those_without_a_time_have_no_zone(one_field, zone, tests, expected):
    ranges = [(date(2026, 11, 26), date(2026, 12, 1)), (at(2026, 11, 25), None), (at(2026, 12, 2, 20), None), None]
    assert left(one_field(Field("f", "F", FieldType.DATE_RANGE), ranges), *tests, zone=zone) == expected


def test_conditions_on_several_fields_narrow_together(names_left, deals):
    stage, amount = Condition("stage", IS, "2"), Condition("amount", FROM, "1000")
    assert names_left(deals, stage, amount) == ["Solar"]
    assert names_left(deals, stage, Condition("amount", TO, "1000")) == []
    assert names_left(deals, Condition("stage", IS, "Open"), stage, search="mina") == ["Solar"]


def test_addresses_of_earlier_versions_keep_their_rows(names_left, deals, team):
    everything = deals.tables.open()
    assert names_left(everything, Condition("type", IS, "deal")) == ["Empty", "Solar", "Wind"]
    assert names_left(everything, Condition("owner", IS, "Mina Okoro")) == ["Solar"]
    assert names_left(everything, Condition("owner", IS, "u2")) == ["Wind"]
    assert names_left(everything, Condition("parent", IS, "Acme")) == ["Solar"]
    assert names_left(team, Condition("type", IS, "data_source")) == ["Łukasz (ops)"]
    assert names_left(team, Condition("type", IS, "Data source")) == ["Łukasz (ops)"]
    assert names_left(team, Condition("owner", IS, "Ada")) == []


def test_a_table_of_one_type_may_be_filtered_by_it_too(names_left, deals):
    assert len(names_left(deals, Condition("type", IS, "deal"))) == 3
    assert names_left(deals, Condition("type", IS, "company")) == []


@pytest.mark.parametrize(
    ("updated", "expected"),
    [
        ((date(2026, 11, 22), date(2026, 11, 22)), [r"50% \ off", "Ada"]),
        ((date(2026, 11, 23), date(2026, 11, 22)), []),
        ((date(2026, 11, 23), None), ["Łukasz (ops)"]),
        ((None, date(2026, 11, 22)), [r"50% \ off", "Ada"]),
        ((date.min, date.max), [r"50% \ off", "Ada", "Łukasz (ops)"]),
        ((None, None), [r"50% \ off", "Ada", "nothing known", "Łukasz (ops)"]),
    ],
)
def test_days_are_whole(names_left, team, updated, expected):
    assert names_left(team, *narrowing(updated=updated).where) == expected


def test_days_before_1970_and_at_the_ends_of_time_are_days_too(names_left, item, opened):
    table = opened([
        item("1", name="a", creation_time=at(1969, 12, 31, 23, 59, 59, 500000)),
        item("2", name="b", creation_time=datetime.min),
        item("3", name="c", creation_time=datetime.max),
    ])  # fmt: skip
    assert names_left(table, *narrowing(created=(date(1969, 12, 31), date(1969, 12, 31))).where) == ["a"]
    assert (
        names_left(table, *narrowing(created=(None, date.min)).where) == names_left(table, search="0001-01-01") == ["b"]
    )
    assert (
        names_left(table, *narrowing(created=(date.max, None)).where) == names_left(table, search="9999-12-31") == ["c"]
    )


REASONS = [
    (Condition("owner", IS, "Nobody"), "no row has it"),
    (Condition("type", IS, "company"), "no row has it"),
    (Condition("stage", IS, "9"), "no row has it"),
    (Condition("company", IS, "Bolt"), "no row has it"),
    (Condition("nowhere", IS, "won"), "there is no such field here"),
    (Condition("stage", FROM, "2026-01-01"), "this filter is not known here"),
    (Condition("stage", Operator.PERIOD, "this-quarter"), "this filter is not known here"),
    (Condition("close", Operator.PERIOD, "this-decade"), "this period is not known here"),
    (Condition("close", Operator.PERIOD, "last-0-days"), "this period is not known here"),
    (Condition("amount", Operator.UNIT, "USD"), "no row has it"),
    (Condition("amount", FROM, "nan"), "this is not a number"),
    (Condition("updated", Operator.UNKNOWN, "~soon~"), "this filter is not known here"),
    (Condition("updated", FROM, "no day"), "this is not a date"),
    (Condition("close", TO, "2026-02-30"), "this is not a date"),
    (Condition("close", IS, "yesterday"), "this is not a date"),
    (Condition("amount", FROM, "much"), "this is not a number"),
    (Condition("amount", NOT, "much"), "this is not a number"),
]


@pytest.mark.parametrize(("condition", "reason"), REASONS)
def test_a_condition_that_cannot_be_met_leaves_no_row_and_says_why(deals, condition, reason):
    """Rows that nobody asked for must not be shown in place of those that were."""
    query = Query(where=(Condition("stage", IS, "2"), condition), search="solar")
    found = {each.condition: each for each in unmet(deals, query)}[condition]
    assert found.reason == reason and found.without == Query(where=query.where[:1], search="solar")
    alone = Query(where=(condition,))
    assert apply(deals, alone).to_pylist() == [] and [each.reason for each in unmet(deals, alone)] == [reason]


def test_a_collection_that_is_not_there_leaves_no_row_either(deals):
    query = Query(collection="tickets")
    (found,) = unmet(deals.tables.open(), query)
    assert len(apply(deals.tables.open(), query)) == 0 and found.reason and found.without == Query()
    assert len(apply(deals, Query(collection="deals"))) == 3 and unmet(deals, Query(collection="deals")) == []


def test_a_value_that_is_not_there_costs_no_other_value_of_its_field(deals):
    query = Query(where=(Condition("owner", IS, "u1"), Condition("owner", IS, "Nobody")))
    assert [each.condition.value for each in unmet(deals, query)] == ["Nobody"]
    assert apply(deals, query).to_pylist() == [0]


def test_what_can_be_met_is_no_reason_to_complain(deals):
    where = (
        Condition("stage", IS, "2"), Condition("amount", IS, "n/a"), Condition("close", IS, "2026-01-01"),
        Condition("owner", NOT, "Nobody"), Condition("name", HAS, "zzz"), Condition("company", EMPTY),
        Condition("type", IS, "deal"),
    )  # fmt: skip
    assert unmet(deals, Query(where=where)) == []


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize("many", [False, True])
def test_no_condition_of_any_type_is_an_error(one_field, kind, many):
    values = [None, "", "x", 5, True, date(2026, 1, 1), at(2026, 1, 1), ["a"], {"a": 1}, NoValue("Too deep.")]
    for table in (one_field(Field("f", "F", kind, many=many), values), one_field(Field("f", "F", kind, many=many), [])):
        for operator in Operator:
            for value in ("", "x", "5", "nan", "2026-01-01", "yes", "\ud800", "9" * 400):
                found = apply(table, where((operator, value)))
                if operator not in operators(table.field("f")):
                    assert len(found) == 0 and (unmet(table, where((operator, value))))


VALUES = st.lists(st.none() | st.integers(-3, 3) | st.sampled_from(["n/a", "x"]), max_size=12)
TESTS = st.lists(
    st.tuples(st.sampled_from([IS, NOT, FROM, TO, EMPTY, FILLED]), st.integers(-3, 3).map(str)), max_size=4
)


@given(VALUES, TESTS)
def test_numbers_are_filtered_as_by_hand(values, tests):
    field = Field("f", "F", FieldType.NUMBER)
    schema = Schema((Collection("c", "C", "row", (field,)),))
    items = [Item(str(n), "row", "", collection="c", properties={"f": value}) for n, value in enumerate(values)]
    equal = [int(value) for operator, value in tests if operator is IS]
    by_hand = {
        NOT: lambda each, limit: each != limit, FROM: lambda each, limit: isinstance(each, int) and each >= limit,
        TO: lambda each, limit: isinstance(each, int) and each <= limit, EMPTY: lambda each, limit: each is None,
        FILLED: lambda each, limit: each is not None,
    }  # fmt: skip
    expected = [
        place for place, each in enumerate(values)
        if (not equal or each in equal)
        and all(by_hand[operator](each, int(value)) for operator, value in tests if operator is not IS)
    ]  # fmt: skip
    table = Tables([pack(items, schema)] if items else [], schema).open("c")
    assert left(table, *tests) == expected


def test_filtering_nothing_is_nothing(opened):
    everything = narrowing("x", ("a",), ("b",), ("c",), (date.min, None), (None, date.max), ("p",))
    for query in (everything, *(narrowing(search=each) for each in ("1", "-", "true", "ü"))):
        assert apply(opened([]), query).to_pylist() == []


def test_rows_keep_their_way_back(deals):
    everything = deals.tables.open()
    found = apply(everything, Query(where=(Condition("type", IS, "company"),)))
    assert [key(everything, each) for each in found.to_pylist()] == [("companies", "c1")]


def test_kept_texts_and_texts_made_at_once_find_the_same_rows(odd_items, odd_schema):
    table = Tables([pack(odd_items, odd_schema)], odd_schema).open("rows")
    texts = search_texts(table)
    for search in ("a", "-1", "2026-01", "łu", "=", "nothing like it"):
        query = Query(search=search, where=(Condition("owner", FILLED),), sort=(Sort("name"),))
        assert apply(table, query, texts).equals(apply(table, query))


def test_an_id_is_never_taken_for_the_label_of_another_option(one_field):
    options = (Option("1", "2"), Option("2", "Two"), Option("3", "Three"))
    table = one_field(Field("f", "Stage", FieldType.SELECT, options=options), ["1", "2", "3"])
    assert left(table, (IS, "2")) == [1] and left(table, (IS, "Three")) == [2] and left(table, (IS, "1")) == [0]
