"""Charts count each item once, in its own week or day."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from integrations.frames import per_day, per_week, total
from integrations.model import Field, FieldType

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


def test_days_end_with_today(updated):
    table = updated(
        at(SUNDAY, 23), at(SUNDAY - timedelta(29)), at(SUNDAY - timedelta(30), 23), at(SUNDAY + timedelta(1))
    )
    counts = per_day(table, today=SUNDAY)
    assert (counts.index[0], counts.index[-1], len(counts)) == (pd.Timestamp("2026-10-24"), pd.Timestamp(SUNDAY), 30)
    assert (counts["Page"].iloc[0], counts["Page"].iloc[-1], counts["Page"].sum()) == (1, 1, 2)


def test_every_type_has_a_column_the_busiest_first(item, opened):
    days = {"page": [1, 1], "contact": [2], "database": [], "note": [1, 1, 1]}
    items = [
        item(str(n), type, last_modified_time=at(SUNDAY - timedelta(ago)), name=type)
        for type, past in days.items()
        for n, ago in enumerate([*past, 99])
    ]
    table = per_day(opened(items), days=3, today=SUNDAY)
    assert list(table.columns) == ["Note", "Page", "Contact", "Database"]
    assert table.to_dict("list") == {"Note": [0, 3, 0], "Page": [0, 2, 0], "Contact": [1, 0, 0], "Database": [0, 0, 0]}
    assert {str(dtype) for dtype in table.dtypes} == {"int64"}


def test_created_is_counted_when_asked_for(item, opened):
    table = opened([item(creation_time=at(SUNDAY), last_modified_time=at(MONDAY))])
    assert per_day(table, days=1, today=SUNDAY, column="created")["Page"].to_list() == [1]
    assert per_week(table, "created", 1, today=MONDAY)["Page"].to_list() == [1]
    assert per_day(table, days=1, today=SUNDAY)["Page"].to_list() == [0]


def test_nothing_and_missing_times_count_as_nothing(opened, updated):
    assert per_week(opened([]), today=SUNDAY).shape == (12, 0)
    assert per_day(updated(None, None), today=SUNDAY)["Page"].sum() == 0


def test_no_weeks_is_no_rows(updated):
    assert (
        len(per_week(updated(at(SUNDAY)), weeks=0, today=SUNDAY)) == len(per_day(updated(), days=-1, today=SUNDAY)) == 0
    )


@pytest.mark.parametrize("today", [date.min, date(1969, 12, 30), date.max])
def test_odd_days_to_look_from_do_no_harm(odd_items, opened, today):
    assert len(per_week(opened(odd_items), today=today)) == 12


def test_weeks_and_days_agree_with_counting_by_hand(odd_items, opened):
    table, today = opened(odd_items), date(2026, 1, 14)
    days = per_day(table, days=14, today=today)
    stamps = zip(table.values("type").to_pylist(), table.values("updated").to_pylist(), strict=True)
    by_hand = Counter((kind, stamp.date()) for kind, stamp in stamps if stamp)
    assert {(kind, day.date()): int(n) for kind in days for day, n in days[kind].items() if n} == {
        (kind, day): n for (kind, day), n in by_hand.items() if date(2026, 1, 1) <= day <= today
    }
    weeks = per_week(table, weeks=2, today=today)
    assert weeks.iloc[0].to_dict() == days.loc["2026-01-05":"2026-01-11"].sum().to_dict()


def test_only_the_rows_that_are_asked_for_are_counted(updated):
    table = updated(at(SUNDAY), at(SUNDAY), at(MONDAY))
    rows = pa.array([0, 2])
    assert per_day(table, days=1, today=SUNDAY, positions=rows)["Page"].to_list() == [1]
    assert per_week(table, weeks=1, today=SUNDAY, positions=rows)["Page"].to_list() == [2]


def test_amounts_are_summed_by_currency_the_most_frequent_first(one_field):
    amount = Field("a", "A", FieldType.CURRENCY, currency="EUR", currency_field="code")
    rows = [{"a": 5, "code": "USD"}, {"a": 0.1}, {"a": 0.2}, {"a": "n/a"}, {"code": "JPY"}]
    table = one_field(amount, rows, fields=(Field("code", "Code"),))
    assert total(table, None, "a") == [("EUR", pytest.approx(0.3)), ("USD", 5)]
    assert total(table, pa.array([0, 3]), "a") == [("USD", 5)]
    assert total(table, pa.array([3, 4]), "a") == total(table, None, "code") == total(table, None, "nowhere") == []


def test_numbers_are_summed_exactly_those_in_lists_too(one_field):
    assert total(one_field(Field("f", "F", FieldType.NUMBER), [0.1] * 10), None, "f") == [("", 1.0)]
    assert total(one_field(Field("f", "F", FieldType.NUMBER, many=True), [[1, 2], None, [3]]), None, "f") == [("", 6)]
