"""Groups have the numbers that adding up row by row gives, and their conditions are met by exactly their rows."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.frames import Limits, NotGroupable, Tables, apply, narrowed, pack, summarise
from integrations.model import Collection, Field, FieldType, Item, Option, Schema
from integrations.model.query import Condition, Function, Grouping, Measure, Operator, Query, Step

ZONE = "America/St_Johns"
OPTIONS = (Option("2", "Won"), Option("1", "Open"), Option("3", "Lost"))
FIELDS = (
    Field("stage", "Stage", FieldType.SELECT, options=OPTIONS),
    Field("tags", "Tags", FieldType.MULTI_SELECT),
    Field("won", "Won", FieldType.BOOLEAN),
    Field("close", "Close date", FieldType.DATE),
    Field("seen", "Seen", FieldType.DATETIME),
    Field("score", "Score", FieldType.NUMBER),
    Field("amount", "Amount", FieldType.CURRENCY, currency_field="code"),
    Field("code", "Currency"),
    Field("note", "Note"),
)
SCHEMA = Schema((Collection("deals", "Deals", "deal", FIELDS),))
DAYS = st.dates(date(2023, 11, 20), date(2024, 4, 10))
TIMES = st.datetimes(datetime(2023, 12, 20), datetime(2024, 4, 10), timezones=st.just(UTC))
NUMBERS = st.integers(-500, 500).map(lambda number: number / 100)
ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "stage": st.sampled_from(["1", "2", "3", "gone"]),
            "tags": st.lists(st.sampled_from(["red", "green", "blue"])),
            "won": st.booleans(),
            "close": DAYS | st.just("someday"),
            "seen": TIMES,
            "score": NUMBERS | st.just("n/a"),
            "amount": NUMBERS,
            "code": st.sampled_from(["EUR", "USD"]),
            "note": st.sampled_from(["x", "Y", "=1"]),
        },
    ),
    max_size=16,
)
GROUPED = ("stage", "tags", "won", "close", "seen", "score", "note", "code")
COMPUTED: dict[Function, Callable[[list[float]], float]] = {
    Function.SUM: lambda numbers: round(sum(numbers), 2) + 0.0,
    Function.AVERAGE: lambda numbers: sum(numbers) / len(numbers),
    Function.MEDIAN: statistics.median,
    Function.MIN: min,
    Function.MAX: max,
}


def table_of(rows: list[dict[str, Any]]) -> Any:
    items = [Item(str(n), "deal", f"Deal {n}", collection="deals", properties=row) for n, row in enumerate(rows)]
    return Tables([pack(items, SCHEMA)], SCHEMA).open("deals")


def period(day: date, step: Step) -> str:
    months = {1: "Jan", 2: "Feb", 3: "Mar", 4: "Apr", 11: "Nov", 12: "Dec"}
    monday = day - timedelta(day.weekday())
    return {
        Step.WEEK: f"Week of {monday.day} {months[monday.month]} {monday.year}",
        Step.MONTH: f"{months[day.month]} {day.year}",
        Step.QUARTER: f"Q{(day.month + 2) // 3} {day.year}",
        Step.YEAR: str(day.year),
    }.get(step, f"{day.day} {months[day.month]} {day.year}")


def labels(row: dict[str, Any], field: str, step: Step) -> set[str]:
    """The groups that a row belongs to, found the slow way."""
    value = row.get(field)
    if value is None or value == []:
        return {"Empty"}
    if isinstance(value, datetime):
        return {period(value.astimezone(ZoneInfo(ZONE)).date(), step)}
    if isinstance(value, date):
        return {period(value, step)}
    if isinstance(value, bool):
        return {"Yes" if value else "No"}
    if isinstance(value, float):
        return {f"{value:,}".removesuffix(".0") if value else "0"}
    names = {each.value: each.label for each in OPTIONS} if field == "stage" else {}
    return {names.get(each, each) for each in (value if isinstance(value, list) else [value])}


def expected(rows: Iterable[dict[str, Any]], measure: Measure, unit: str) -> float | None:
    rows = list(rows)
    if measure.function is Function.COUNT:
        return len(rows)
    values = [row.get(measure.field) for row in rows if unit in ("*", row.get("code", ""))]
    if measure.function is Function.DISTINCT:
        return len({each for value in values for each in (value if isinstance(value, list) else [value]) if each})
    numbers = [value for value in values if isinstance(value, float)]
    if not numbers:
        return 0 if measure.function is Function.SUM else None
    return COMPUTED[measure.function](numbers)


MEASURES = st.one_of(
    st.just(Measure()),
    st.builds(Measure, st.sampled_from([*COMPUTED]), st.sampled_from(["score", "amount"])),
    st.builds(Measure, st.just(Function.DISTINCT), st.sampled_from(["stage", "tags", "note"])),
)
STEPS = st.sampled_from([Step.DAY, Step.WEEK, Step.MONTH, Step.QUARTER, Step.YEAR])
GROUPS = st.lists(
    st.builds(Grouping, st.sampled_from(GROUPED), STEPS), min_size=1, max_size=2, unique_by=lambda each: each.field
)


@given(ROWS, GROUPS, MEASURES)
def test_every_group_has_the_number_that_going_through_the_rows_gives(
    rows: list[dict[str, Any]], groups: list[Grouping], measure: Measure
) -> None:
    found = summarise(table_of(rows), None, Query(groups=tuple(groups), measure=measure, zone=ZONE))

    sets = [[labels(row, each.field, each.step) for row in rows] for each in groups]
    names = [[*(each.label for each in found.rows), None], [*(each.label for each in found.columns), None]]
    assert set().union(*sets[0]) <= set(names[0]), "no group is missing"
    for r, row_name in enumerate(names[0]):
        for c, column_name in enumerate(names[1]):
            wanted = (row_name, column_name)[: len(groups)]
            mine = [
                row for number, row in enumerate(rows)
                if all(name is None or name in each[number] for name, each in zip(wanted, sets, strict=True))
            ]  # fmt: skip
            assert found.counts[r, c] == len(mine)
            for number, unit in enumerate(found.units):
                right = expected(mine, measure, unit if measure.field == "amount" else "*")
                shown = found.values[number, r, c]
                assert (shown != shown) if right is None else shown == pytest.approx(right, abs=0.00501)


@settings(max_examples=40)
@given(ROWS, GROUPS)
def test_the_conditions_of_a_group_are_met_by_exactly_its_rows(
    rows: list[dict[str, Any]], groups: list[Grouping]
) -> None:
    table = table_of(rows)
    found = summarise(table, None, Query(groups=tuple(groups), zone=ZONE))
    for r, row in enumerate(found.rows):
        assert len(apply(table, Query(where=row.conditions, zone=ZONE))) == found.counts[r, -1]
        for c, column in enumerate(found.columns):
            where = (*row.conditions, *column.conditions)
            assert len(apply(table, Query(where=where, zone=ZONE))) == found.counts[r, c]


@given(ROWS, st.data())
def test_only_the_rows_that_are_asked_for_are_counted_in_any_order(rows: list[dict[str, Any]], data: Any) -> None:
    table = table_of(rows)
    positions = data.draw(st.permutations(range(len(rows))))[: len(rows) // 2]
    query = Query(groups=(Grouping("tags"),), measure=Measure(Function.SUM, "score"))
    some = summarise(table, pa.array(positions, pa.int64()), query)
    alone = summarise(table_of([rows[each] for each in sorted(positions)]), None, query)
    assert [each.label for each in some.rows] == [each.label for each in alone.rows]
    assert some.counts.tolist() == alone.counts.tolist() and some.values.tolist() == alone.values.tolist()


WHERE = st.lists(
    st.sampled_from(
        [
            Condition("stage", Operator.IS, "1"), Condition("stage", Operator.IS, "Won"),
            Condition("stage", Operator.NOT, "3"), Condition("tags", Operator.IS, "red"),
            Condition("tags", Operator.IS, "blue"), Condition("close", Operator.FROM, "2024-01-10"),
            Condition("close", Operator.TO, "2024-02-20"), Condition("seen", Operator.FROM, "2024-01-05"),
            Condition("close", Operator.IS, "2024-01-15"), Condition("tags", Operator.LACKS, "green"),
            Condition("score", Operator.FROM, "0"), Condition("amount", Operator.UNIT, "EUR"),
            Condition("tags", Operator.IS, "red", 1), Condition("stage", Operator.IS, "1", 1),
        ]
    ),
    max_size=4,
).map(tuple)  # fmt: skip


@settings(max_examples=60)
@given(ROWS, GROUPS, WHERE)
def test_a_group_of_filtered_rows_is_shown_by_narrowing_the_filters_to_it(
    rows: list[dict[str, Any]], groups: list[Grouping], where: tuple[Condition, ...]
) -> None:
    table = table_of(rows)
    query = Query(where=where, groups=tuple(groups), measure=Measure(Function.SUM, "amount"), zone=ZONE)
    found = summarise(table, apply(table, query), query)
    for r in range(len(found.rows)):
        for c in [*range(len(found.columns)), -1]:
            conditions = (*found.rows[r].conditions, *(found.columns[c].conditions if c >= 0 else ()))
            assert len(apply(table, narrowed(table, query, conditions))) == found.counts[r, c]


def named(table: Any, **query: Any) -> list[tuple[str, list[str]]]:
    found = summarise(table, None, Query(**query))
    rows = [*(each.label for each in found.rows), "All"]
    return [(name, [found.text(unit, r) for unit in range(len(found.units))]) for r, name in enumerate(rows)]


def test_options_come_in_the_order_of_the_provider_then_other_values_and_empty_last() -> None:
    table = table_of([{"stage": each} for each in ("1", "1", "gone", "2")] + [{}])
    assert named(table, groups=(Grouping("stage"),)) == [
        ("Won", ["1"]), ("Open", ["2"]), ("gone", ["1"]), ("Empty", ["1"]), ("All", ["5"])
    ]  # fmt: skip


def test_months_without_a_row_are_there() -> None:
    table = table_of([{"close": date(2023, 12, 31)}, {"close": date(2024, 3, 1)}])
    found = named(table, groups=(Grouping("close", Step.MONTH),))
    assert [name for name, _ in found] == ["Dec 2023", "Jan 2024", "Feb 2024", "Mar 2024", "All"]


def test_amounts_are_never_added_over_currencies() -> None:
    rows = [{"stage": "1", "amount": 0.1, "code": "EUR"}, {"stage": "1", "amount": 0.2, "code": "EUR"},
            {"stage": "1", "amount": 5.0, "code": "USD"}]  # fmt: skip
    query = {"groups": (Grouping("stage"),), "measure": Measure(Function.SUM, "amount")}
    assert named(table_of(rows), **query) == [("Open", ["0.30", "5"]), ("All", ["0.30", "5"])]


def test_beyond_the_most_frequent_values_the_others_are_counted_as_one(one_field: Any) -> None:
    values = [f"v{number % (7 if number % 2 else 3)}" for number in range(100)] + ["once"]
    table = one_field(Field("f", "F"), values)
    found = summarise(table, None, Query(groups=(Grouping("f"),)), Limits((3, 3), (3, 3)))
    frequent = Counter(values).most_common()
    assert [(each.label, found.counts[r, -1]) for r, each in enumerate(found.rows)] == [
        *frequent[:3], ("5 others", sum(count for _, count in frequent[3:]))
    ]  # fmt: skip
    assert found.rows[-1].others == 5 and found.counts[-1, -1] == 101


def test_values_of_the_same_name_are_told_apart() -> None:
    field = Field("f", "F", FieldType.SELECT, options=(Option("a", "Same"), Option("b", "Same")))
    schema = Schema((Collection("c", "Rows", "row", (field,)),))
    items = [Item(each, "row", each, collection="c", properties={"f": each}) for each in "ab"]
    found = summarise(Tables([pack(items, schema)], schema).open("c"), None, Query(groups=(Grouping("f"),)))
    assert [each.label for each in found.rows] == ["Same", "Same (2)"]


def test_a_range_of_days_counts_in_every_period_that_it_touches_as_its_filter_has_it(one_field: Any) -> None:
    field = Field("f", "F", FieldType.DATE_RANGE)
    table = one_field(field, [(date(2024, 1, 20), date(2024, 3, 2)), (date(2024, 2, 1), None), None])
    query = Query(groups=(Grouping("f", Step.MONTH),))
    found = summarise(table, None, query)
    assert [(each.label, int(found.counts[r, -1])) for r, each in enumerate(found.rows)] == [
        ("Jan 2024", 1), ("Feb 2024", 2), ("Mar 2024", 1), ("Empty", 1)
    ]  # fmt: skip
    for r, each in enumerate(found.rows):
        assert len(apply(table, Query(where=each.conditions))) == found.counts[r, -1]


def test_dates_over_centuries_by_day_show_the_latest_and_count_the_earlier(one_field: Any) -> None:
    days = [date(1, 1, 1), date(9999, 12, 31)] + [date(1900, 1, 1) + timedelta(each) for each in range(1_100)]
    found = summarise(one_field(Field("f", "F", FieldType.DATE), days), None, Query(groups=(Grouping("f"),)))
    assert found.rows[-1].others == 102 and found.rows[-2].label == "31 Dec 9999" and len(found.rows) == 1_001
    assert sum(found.counts[:-1, -1]) == 1_102


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(groups=(Grouping("gone"),)),
        Query(groups=(Grouping("stage"),), measure=Measure(Function.SUM, "gone")),
        Query(groups=(Grouping("stage"),), measure=Measure(Function.SUM, "note")),
    ],
)
def test_what_cannot_be_grouped_is_said_in_a_sentence(query: Query) -> None:
    with pytest.raises(NotGroupable, match=r"\.$"):
        summarise(table_of([{"stage": "1"}]), None, query)


def test_a_group_of_no_rows_is_no_group() -> None:
    found = summarise(table_of([]), None, Query(groups=(Grouping("stage"), Grouping("close", Step.DAY))))
    assert not found.rows and not found.columns and found.counts.tolist() == [[0]]


def test_an_operator_of_a_group_is_one_of_the_field() -> None:
    table = table_of([{"stage": "1", "close": date(2024, 1, 1)}, {}])
    found = summarise(table, None, Query(groups=(Grouping("stage"), Grouping("close", Step.WEEK))))
    assert found.rows[0].conditions == (Condition("stage", Operator.IS, "1"),)
    assert found.columns[0].conditions == (
        Condition("close", Operator.FROM, "2024-01-01"), Condition("close", Operator.TO, "2024-01-07")
    )  # fmt: skip


def test_narrowing_to_one_value_of_a_list_keeps_the_filter_on_another() -> None:
    table = table_of([{"tags": ["red", "blue"]}, {"tags": ["blue"]}, {"tags": ["red"]}])
    query = Query(where=(Condition("tags", Operator.IS, "red"),))
    found = narrowed(table, query, (Condition("tags", Operator.IS, "blue"),))
    assert len(apply(table, found)) == 1
    same = narrowed(table, query, (Condition("tags", Operator.IS, "red"),))
    assert same == query, "nothing more is asked"
