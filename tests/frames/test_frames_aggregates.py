"""Charts count each item once, in its own week, and totals add exactly."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from integrations.frames import per_week, totals
from integrations.model import Field, FieldType
from integrations.model.query import Function, Measure

SUNDAY = date(2026, 11, 22)
MONDAY = date(2026, 11, 16)


def at(day, hour=0):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def updated(item, opened):
    """A table of pages that were updated at these times."""
    return lambda *times: opened([item(str(n), last_modified_time=time) for n, time in enumerate(times)])


def test_a_week_runs_from_monday_to_sunday(updated):
    table = updated(at(MONDAY), at(SUNDAY, 23), at(MONDAY - timedelta(1), 23), at(SUNDAY + timedelta(1)))
    counts = per_week(table, weeks=2, today=SUNDAY)
    assert list(counts.index) == [pd.Timestamp("2026-11-09"), pd.Timestamp("2026-11-16")]
    assert counts["Page"].to_list() == [1, 2]


@pytest.mark.parametrize("today", [MONDAY, date(2026, 11, 18), SUNDAY])
def test_any_day_of_a_week_gives_the_same_weeks(updated, today):
    assert per_week(updated(), today=today).index[-1] == pd.Timestamp(MONDAY)
    assert len(per_week(updated(), today=today)) == 12


def test_every_type_has_a_column_the_busiest_first(item, opened):
    days = {"page": [1, 1], "contact": [8], "database": [], "note": [1, 1, 1]}
    items = [
        item(str(n), type, last_modified_time=at(SUNDAY - timedelta(ago)), name=type)
        for type, past in days.items()
        for n, ago in enumerate([*past, 99])
    ]
    table = per_week(opened(items), weeks=3, today=SUNDAY)
    assert list(table.columns) == ["Note", "Page", "Contact", "Database"]
    assert table.to_dict("list") == {"Note": [0, 0, 3], "Page": [0, 0, 2], "Contact": [0, 1, 0], "Database": [0, 0, 0]}
    assert {str(dtype) for dtype in table.dtypes} == {"int64"}


def test_created_is_counted_when_asked_for(item, opened):
    table = opened([item(creation_time=at(SUNDAY), last_modified_time=at(MONDAY - timedelta(1)))])
    assert per_week(table, "created", 1, today=MONDAY)["Page"].to_list() == [1]
    assert per_week(table, weeks=1, today=MONDAY)["Page"].to_list() == [0]


def test_nothing_and_missing_times_count_as_nothing(opened, updated):
    assert per_week(opened([]), today=SUNDAY).shape == (12, 0)
    assert per_week(updated(None, None), today=SUNDAY)["Page"].sum() == 0


def test_no_weeks_is_no_rows(updated):
    assert len(per_week(updated(at(SUNDAY)), weeks=0, today=SUNDAY)) == 0
    assert len(per_week(updated(), weeks=-1, today=SUNDAY)) == 0


@pytest.mark.parametrize("today", [date.min, date(1969, 12, 30), date.max])
def test_odd_days_to_look_from_do_no_harm(odd_items, opened, today):
    assert len(per_week(opened(odd_items), today=today)) == 12


def test_weeks_agree_with_counting_by_hand(odd_items, opened):
    table, today = opened(odd_items), date(2026, 1, 14)
    weeks = per_week(table, weeks=2, today=today)
    stamps = zip(table.values("type").to_pylist(), table.values("updated").to_pylist(), strict=True)
    days = [(kind, stamp.date()) for kind, stamp in stamps if stamp]
    by_hand = Counter((kind, day - timedelta(day.weekday())) for kind, day in days)
    assert {(kind, week.date()): int(n) for kind in weeks for week, n in weeks[kind].items() if n} == {
        (kind, week): n for (kind, week), n in by_hand.items() if date(2026, 1, 5) <= week <= today
    }


def test_only_the_rows_that_are_asked_for_are_counted(updated):
    table = updated(at(SUNDAY), at(SUNDAY), at(MONDAY))
    rows = pa.array([0, 2])
    assert per_week(table, weeks=1, today=SUNDAY, positions=rows)["Page"].to_list() == [2]


def sums(table, positions, field):
    return totals(table, positions, Measure(Function.SUM, field))


def test_amounts_are_summed_by_currency_the_most_frequent_first(one_field):
    amount = Field("a", "A", FieldType.CURRENCY, currency="EUR", currency_field="code")
    rows = [{"a": 5, "code": "USD"}, {"a": 0.1}, {"a": 0.2}, {"a": "n/a"}, {"code": "JPY"}]
    table = one_field(amount, rows, fields=(Field("code", "Code"),))
    assert sums(table, None, "a") == [("EUR", pytest.approx(0.3)), ("USD", 5)]
    assert sums(table, pa.array([0, 3]), "a") == [("USD", 5)]
    assert sums(table, pa.array([3, 4]), "a") == sums(table, None, "code") == sums(table, None, "nowhere") == []


def test_numbers_are_summed_exactly_those_in_lists_too(one_field):
    assert sums(one_field(Field("f", "F", FieldType.NUMBER), [0.1] * 10), None, "f") == [("", 1.0)]
    assert sums(one_field(Field("f", "F", FieldType.NUMBER, many=True), [[1, 2], None, [3]]), None, "f") == [("", 6)]
