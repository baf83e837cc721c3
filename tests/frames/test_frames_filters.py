"""Any filters leave the rows that a person would find who goes through them one by one."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.frames import Tables, apply, choices, dated, operators, pack, units, unmet
from integrations.model import Collection, Field, FieldType, Item, Option, Schema, periods
from integrations.model.query import Condition, Operator, Query

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
TODAY = NOW.date()
LABELS = {"1": "Open", "2": "Closed won"}
OPTIONS = tuple(Option(*each) for each in LABELS.items())
FIELDS = {
    "text": Field("text", "Text"),
    "number": Field("number", "Number", FieldType.NUMBER),
    "amount": Field("amount", "Amount", FieldType.CURRENCY, currency="EUR", currency_field="code"),
    "code": Field("code", "Currency"),
    "day": Field("day", "Day", FieldType.DATE),
    "time": Field("time", "Time", FieldType.DATETIME),
    "span": Field("span", "Span", FieldType.DATE_RANGE),
    "stage": Field("stage", "Stage", FieldType.SELECT, options=OPTIONS),
    "tags": Field("tags", "Tags", FieldType.MULTI_SELECT, options=OPTIONS),
    "won": Field("won", "Won", FieldType.BOOLEAN),
    "scores": Field("scores", "Scores", FieldType.NUMBER, many=True),
}
SCHEMA = Schema((Collection("c", "Rows", "row", tuple(FIELDS.values())),))
TEXTS = ["Ada", "ada b", "Äda", "50% off", "b"]
DAYS = [TODAY + timedelta(days) for days in (-400, -40, -1, 0, 1, 3, 40)]
VALUES = {
    "text": st.sampled_from([None, "", *TEXTS]),
    "number": st.none() | st.integers(-2, 2) | st.just("n/a"),
    "amount": st.none() | st.integers(-2, 2) | st.just("n/a"),
    "code": st.sampled_from([None, "EUR", "USD"]),
    "day": st.none() | st.sampled_from(DAYS) | st.just("soon"),
    "time": st.none() | st.sampled_from(DAYS).map(lambda day: datetime(day.year, day.month, day.day, 12, tzinfo=UTC)),
    "span": st.none() | st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(lambda ends: tuple(sorted(ends))),
    "stage": st.none() | st.sampled_from(["1", "2", "9"]),
    "tags": st.none() | st.lists(st.sampled_from(["1", "2", "9"]), max_size=3, unique=True),
    "won": st.none() | st.booleans(),
    "scores": st.none() | st.lists(st.integers(-2, 2), max_size=3),
}
ASKED = {
    **dict.fromkeys(("text", "code"), st.sampled_from([*TEXTS, "EUR", "a", "ÁD", "%", "zzz"])),
    **dict.fromkeys(("number", "amount", "scores"), st.integers(-2, 2).map(str) | st.sampled_from(["n/a", "x"])),
    **dict.fromkeys(("day", "time", "span"), st.sampled_from(DAYS).map(str) | st.sampled_from(["soon", "x"])),
    **dict.fromkeys(("stage", "tags"), st.sampled_from(["1", "2", "9", "Open", "o", "closed", "Open, 9"])),
    "won": st.sampled_from(["yes", "no", "TRUE", "x"]),
}
PERIODS = st.sampled_from([*periods.NAMES, "last-30-days", "next-2-days", "2026-01-01/..", "someday"])


@st.composite
def conditions(draw):
    field = draw(st.sampled_from(list(FIELDS)))
    operator = draw(st.sampled_from(operators(FIELDS[field])))
    asked = {Operator.PERIOD: PERIODS, Operator.UNIT: st.sampled_from(["EUR", "USD", "x"])}.get(operator, ASKED[field])
    value = "" if operator in (Operator.EMPTY, Operator.FILLED) else draw(asked)
    return Condition(field, operator, value, draw(st.sampled_from([0, 0, 1, 2])))


def fold(text):
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in parts if not unicodedata.combining(each))


def texts_of(field, value):
    """What people read for the values of a cell."""
    values = value if isinstance(value, list) else [value]
    return [LABELS.get(str(each), str(each)) if field in ("stage", "tags") else str(each) for each in values]


def ends_of(value):
    first, last = value if isinstance(value, tuple) else (value, value)
    return tuple(each.date() if isinstance(each, datetime) else each for each in (first, last))


def parsed(field, text):
    """The value of a condition; None if it is not one of the field."""
    try:
        kind = FIELDS[field].type
        if kind in (FieldType.NUMBER, FieldType.CURRENCY):
            return float(text)
        if field in ("day", "time", "span"):
            return date.fromisoformat(text)
        return {"yes": True, "true": True, "no": False}[text.lower()] if field == "won" else text
    except (ValueError, KeyError):
        return None


def equal(field, value, text):
    wanted = parsed(field, text)
    if isinstance(value, str) and field in ("number", "amount", "day"):
        return value == text
    if field in ("day", "time", "span"):
        return wanted is not None and within(field, value, wanted, wanted)
    if field in ("stage", "tags"):
        raw = value if isinstance(value, list) else [value]
        return text in [*raw, *texts_of(field, value), ", ".join(texts_of(field, value))]
    return wanted is not None and wanted in (value if isinstance(value, list) else [value])


def within(field, value, first, last):
    if isinstance(value, str):
        return False
    if field in ("day", "time", "span"):
        start, end = ends_of(value)
        return (last is None or start <= last) and (first is None or end >= first)
    values = value if isinstance(value, list) else [value]
    return any((first is None or each >= first) and (last is None or each <= last) for each in values)


def meets(row, field, tests):
    """Whether a row meets all of these conditions on one field."""
    value = row[field]
    empty = value in (None, "", [])
    same = [each.value for each in tests if each.operator is Operator.IS]
    limits = {"from": [], "to": []}
    for each in tests:
        if each.operator in ("from", "to"):
            limits[each.operator].append(parsed(field, each.value))
    if None in limits["from"] + limits["to"]:
        return False
    first, last = max(limits["from"], default=None), min(limits["to"], default=None)
    spans = (first is None and last is None) or (not empty and within(field, value, first, last))
    return (
        spans
        and (not same or (not empty and any(equal(field, value, each) for each in same)))
        and all(one(row, field, value, empty, each) for each in tests if each.operator not in ("is", "from", "to"))
    )


def one(row, field, value, empty, test):
    shown = "" if empty else ", ".join(texts_of(field, value))
    match test.operator:
        case Operator.EMPTY:
            return empty
        case Operator.FILLED:
            return not empty
        case Operator.HAS:
            return not empty and fold(test.value) in fold(shown)
        case Operator.LACKS:
            return empty or fold(test.value) not in fold(shown)
        case Operator.STARTS:
            return not empty and any(fold(each).startswith(fold(test.value)) for each in texts_of(field, value))
        case Operator.NOT:
            odd = field in ("number", "amount", "day") and test.value in ODD[field]
            known = parsed(field, test.value) is not None or odd
            return known and (empty or not equal(field, value, test.value))
        case Operator.UNIT:
            return not empty and (row["code"] or "EUR") == test.value
    days = periods.span(test.value, TODAY) or periods.days_of(test.value)
    return days is not None and not empty and within(field, value, *days)


ODD = {}  # the texts that do not fit a column, of the rows at hand


@given(st.lists(st.fixed_dictionaries(VALUES), max_size=6), st.lists(conditions(), max_size=5))
def test_filters_of_all_types_and_their_groups_leave_what_a_person_would_find(rows, where):
    items = [Item(f"{n}", "row", "", collection="c", properties=each) for n, each in enumerate(rows)]
    table = Tables([pack(items, SCHEMA)] if items else [], SCHEMA).open("c")
    ODD.update({field: {row[field] for row in rows if isinstance(row[field], str)} for field in FIELDS})
    alone = {each.field for each in where if not each.group}
    groups = {each.group for each in where if each.group}
    expected = [
        place for place, row in enumerate(rows)
        if all(meets(row, field, [each for each in where if (each.field, each.group) == (field, 0)]) for field in alone)
        and all(
            any(
                meets(row, field, [each for each in where if (each.field, each.group) == (field, group)])
                for field in {each.field for each in where if each.group == group}
            )
            for group in groups
        )
    ]  # fmt: skip
    assert sorted(apply(table, dated(Query(where=tuple(where)), NOW)).to_pylist()) == expected


@pytest.fixture(scope="module")
def every_type():
    """A table with a field of each type, and with odd values in all of them."""
    fields = [Field(f"{kind} {many}", str(kind), kind, many=many) for kind in FieldType for many in (False, True)]
    schema = Schema((Collection("c", "Rows", "row", tuple(fields)),))
    odd = [None, "", "x", "é 50%", 5, True, TODAY, NOW, ["a", None], {"a": 1}]
    items = [Item(str(n), "row", "", collection="c", properties=dict.fromkeys((each.id for each in fields), value))
             for n, value in enumerate(odd)]  # fmt: skip
    return Tables([pack(items, schema)], schema).open("c")


@given(value=st.text() | st.sampled_from(["\ud800", "\u0301", "9" * 400, "inf", "-0", "0001-01-01", "9999-12-31"]))
def test_no_text_is_an_error_with_any_operator_on_any_type(every_type, value):
    for field in every_type.fields:
        for operator in Operator:
            query = Query(where=(Condition(field.id, operator, value), Condition("name", Operator.HAS, value, 1)))
            found = apply(every_type, dated(query, NOW))
            assert len(found) == 0 or operator in operators(field)
            assert {each.condition for each in unmet(every_type, query)} <= set(query.where)


@pytest.mark.parametrize("operator", [Operator.HAS, Operator.LACKS, Operator.STARTS])
def test_a_filter_without_its_text_drops_no_row(every_type, operator):
    for field in every_type.fields:
        if operator in operators(field):
            assert len(apply(every_type, Query(where=(Condition(field.id, operator),)))) == every_type.num_rows


def test_a_period_moves_with_the_day_of_its_zone(one_field):
    table = one_field(FIELDS["day"], [date(2026, 11, 27), date(2026, 11, 28), None])
    query = Query(where=(Condition("day", Operator.PERIOD, "today"),))
    late = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    assert apply(table, dated(query, late)).to_pylist() == [0]
    assert apply(table, dated(query, late + timedelta(hours=1))).to_pylist() == [1]
    berlin = Query(where=query.where, zone="Europe/Berlin")
    assert apply(table, dated(berlin, late)).to_pylist() == [1] and dated(berlin, late) != dated(query, late)


def test_a_period_of_times_has_the_days_of_its_zone(one_field):
    table = one_field(FIELDS["time"], [datetime(2026, 11, 26, 23, 30, tzinfo=UTC)])
    where = (Condition("time", Operator.PERIOD, "today"),)
    assert apply(table, dated(Query(where=where), NOW)).to_pylist() == []
    assert apply(table, dated(Query(where=where, zone="Europe/Berlin"), NOW)).to_pylist() == [0]


def test_rows_are_not_looked_up_for_a_period_that_has_no_days_yet(one_field):
    table = one_field(FIELDS["day"], [TODAY])
    with pytest.raises(ValueError, match="dated"):
        apply(table, Query(where=(Condition("day", Operator.PERIOD, "today"),)))


def test_a_query_without_a_period_is_the_same_on_every_day():
    query = Query(where=(Condition("day", Operator.FROM, "2026-01-01"),))
    assert dated(query, NOW) is query


def test_one_alternative_that_cannot_be_met_costs_no_other(one_field):
    table = one_field(FIELDS["stage"], ["1", "2"])
    where = (Condition("stage", Operator.IS, "1", 1), Condition("gone", Operator.IS, "x", 1))
    assert apply(table, Query(where=where)).to_pylist() == [0]
    assert [each.reason for each in unmet(table, Query(where=where))] == ["there is no such field here"]


def test_the_currencies_of_a_column_are_those_of_its_amounts(one_field):
    rows = [{"amount": 1, "code": "USD"}, {"amount": 2}, {"amount": 3, "code": "USD"}, {"code": "CHF"}]
    table = one_field(FIELDS["amount"], rows, fields=(FIELDS["code"],))
    assert [(each.value, each.count) for each in units(table, "amount")] == [("USD", 2), ("EUR", 1)]
    assert units(table, "code") == [] and units(table, "nowhere") == []
    assert choices(table, "code", "chf")[0].count == 1
