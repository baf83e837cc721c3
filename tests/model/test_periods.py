"""A period is named, and its days follow from the day on which one looks."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.model import periods

FRIDAY = date(2026, 11, 27)
NAME = st.sampled_from(periods.NAMES) | st.builds(
    periods.counted, st.sampled_from(["last", "next"]), st.integers(1, periods.MOST_DAYS)
)
SEEN = [
    ("today", "2026-11-27/2026-11-27"),
    ("yesterday", "2026-11-26/2026-11-26"),
    ("tomorrow", "2026-11-28/2026-11-28"),
    ("this-week", "2026-11-23/2026-11-29"),
    ("last-week", "2026-11-16/2026-11-22"),
    ("next-week", "2026-11-30/2026-12-06"),
    ("this-month", "2026-11-01/2026-11-30"),
    ("last-month", "2026-10-01/2026-10-31"),
    ("next-month", "2026-12-01/2026-12-31"),
    ("this-quarter", "2026-10-01/2026-12-31"),
    ("last-quarter", "2026-07-01/2026-09-30"),
    ("next-quarter", "2027-01-01/2027-03-31"),
    ("this-year", "2026-01-01/2026-12-31"),
    ("last-year", "2025-01-01/2025-12-31"),
    ("next-year", "2027-01-01/2027-12-31"),
    ("last-7-days", "2026-11-21/2026-11-27"),
    ("next-30-days", "2026-11-27/2026-12-26"),
    ("past", "../2026-11-26"),
    ("future", "2026-11-28/.."),
]
UNKNOWN = [
    "", "this", "this-", "this-decade", "next-0-days", "last-3661-days", "last-07-days", "last-٣-days", "last--1-days",
    "this-7-days", "This-week", "last-7-days-", "week", "2026-01-01", "/", "../..", "2026-02-30/..",
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), SEEN)
def test_a_period_has_its_days(name: str, expected: str) -> None:
    days = periods.span(name, FRIDAY)
    assert days and periods.interval(days) == expected and periods.days_of(expected) == days and periods.known(name)


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_no_period_is_not_taken_for_one(text: str) -> None:
    assert periods.span(text, FRIDAY) is None and periods.days_of(text) is None and not periods.known(text)


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    assert periods.known(text) == (periods.span(text, FRIDAY) is not None or periods.days_of(text) is not None)


@given(NAME, st.dates())
@example("next-year", date.max)
@example("last-week", date.min)
def test_every_period_has_days_in_their_order_on_every_day(name: str, today: date) -> None:
    first, last = periods.span(name, today) or (date.max, date.min)
    assert (first or date.min) <= (last or date.max)


@given(st.sampled_from(["week", "month", "quarter", "year"]), st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_periods_of_one_length_follow_each_other_without_a_gap(unit: str, today: date) -> None:
    last, this, following = (periods.span(f"{step}-{unit}", today) for step in ("last", "this", "next"))
    assert last and this and following and this[0] and this[1] and last[1] and following[0]
    assert this[0] <= today <= this[1]
    assert last[1] + timedelta(1) == this[0] and this[1] + timedelta(1) == following[0]
