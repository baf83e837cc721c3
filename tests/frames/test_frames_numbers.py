"""Numbers, days and texts in the form in which people read and type them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.frames.days import day_of, end_of, local, start_of, zone_of
from integrations.frames.folding import NOT_COMPOSED, fold, folded
from integrations.model.numbers import digits, duration_text, money_text, number_text, percent_text


@pytest.mark.parametrize(
    ("number", "precision", "text"),
    [
        (0.0, None, "0"), (-0.0, None, "0"), (5.0, None, "5"), (1234.5, None, "1,234.5"),
        (-1234567.0, None, "-1,234,567"),
        (1e22, None, "10,000,000,000,000,000,000,000"), (0.0000012, None, "0.0000012"), (2.5, 0, "2"),
        (1234.0, 2, "1,234.00"),
        (-0.001, 2, "0.00"), (0.29999999999999877, 1, "0.3"),
    ],
)  # fmt: skip
def test_numbers_have_separators_and_no_exponents(number, precision, text):
    assert number_text(number, precision) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(167.0, "167"), (-0.0, "0"), (1234.5, "1234.5"), (1.2e-7, "0.00000012"), (1e22, "1" + "0" * 22)],
)
def test_digits_are_a_number_without_separators_and_exponents(number, text):
    assert digits(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_without_a_precision_has_all_its_digits(number):
    assert Decimal(number_text(number).replace(",", "")) == Decimal(repr(number))


@pytest.mark.parametrize(
    ("amount", "currency", "precision", "text"),
    [
        (1234.5, "EUR", None, "EUR 1,234.50"), (1234.5, "$", None, "$1,234.50"), (5.0, "R$", None, "R$5.00"),
        (-5.0, "EUR", None, "-EUR 5.00"), (-5.0, "$", None, "-$5.00"), (5.0, "kr", 0, "kr 5"),
        (5.0, None, None, "5.00"),
        (0.125, "EUR", None, "EUR 0.125"), (1200.0, "JPY", None, "JPY 1,200"), (-0.001, "EUR", 2, "EUR 0.00"),
        (1e15, "EUR", None, "EUR 1,000,000,000,000,000.00"),
    ],
)  # fmt: skip
def test_amounts_stand_after_their_currency(amount, currency, precision, text):
    assert money_text(amount, currency, precision) == text


@pytest.mark.parametrize(
    ("fraction", "precision", "text"),
    [(0.25, None, "25%"), (0.07, None, "7%"), (0.125, None, "12.5%"), (0.29999999999999877, 0, "30%"),
    (-1.0, 1, "-100.0%"),
     (12.5, None, "1,250%")],
)  # fmt: skip
def test_fractions_are_percentages(fraction, precision, text):
    assert percent_text(fraction, precision) == text


@pytest.mark.parametrize(
    ("seconds", "form", "text"),
    [
        (5400, "h:mm", "1:30"), (5400, "h:mm:ss", "1:30:00"), (3661.25, "h:mm:ss.S", "1:01:01.3"),
        (59.999, "h:mm:ss.SSS", "0:00:59.999"),
        (-5400, "h:mm", "-1:30"), (360_000, "h:mm", "100:00"), (0, "h:mm", "0:00"), (89, "h:mm", "0:01"),
        (3599.9, "h:mm:ss", "1:00:00"),
        (7500, "", "2 h 5 min"), (45, "", "45 s"), (0, "", "0 s"), (90_061, "", "1 d 1 h 1 min 1 s"),
        (2.5, "", "2.5 s"), (-60, "", "-1 min"),
    ],
)  # fmt: skip
def test_durations_are_as_the_provider_formats_them_or_in_words(seconds, form, text):
    assert duration_text(seconds, form) == text


def test_a_zone_without_a_name_or_unknown_is_utc():
    assert zone_of("") is zone_of("Mars/Base") is zone_of("../x") is UTC
    assert zone_of("Europe/Berlin") == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "2026-13-01"])
def test_other_texts_are_no_days(text):
    assert day_of(text) is None


@given(st.dates(), st.sampled_from(["", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"]))
def test_a_day_of_a_zone_ends_where_the_next_one_begins(day, zone):
    start, end = start_of(day, zone_of(zone)), end_of(day, zone_of(zone))
    assert start.tzinfo is UTC and timedelta(hours=12) < end - start < timedelta(hours=36)
    if date.min < day < date(9999, 12, 30):
        assert end + timedelta(microseconds=1) == start_of(day + timedelta(1), zone_of(zone))


@given(
    st.lists(st.none() | st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))),
    st.sampled_from(["", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"]),
)
def test_a_clock_of_a_zone_shows_what_python_says(times, zone):
    found = local(pa.array(times, pa.timestamp("us", "UTC")), zone_of(zone)).to_pylist()
    assert found == [each and each.astimezone(zone_of(zone)).replace(tzinfo=None) for each in times]


def test_the_edges_of_the_calendar_have_days_in_every_zone():
    edges = pa.array([datetime.min, datetime.max], pa.timestamp("us", "UTC"))
    for zone in ("Pacific/Auckland", "America/New_York"):
        assert [each.year for each in local(edges, zone_of(zone)).to_pylist()] == [1, 9999]


def folded_at_once(text):
    """The whole text folded, as Unicode says it: canonical caseless match, without marks."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).translate(NOT_COMPOSED)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300) | st.text("aéIİß\u0301Σς ", max_size=20))
def test_a_text_folded_in_parts_is_the_text_folded_at_once(text):
    assert fold(text) == folded_at_once(text) and fold(text.upper()) == fold(text.upper().lower())


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=("Cs",)))))
def test_a_column_is_folded_text_by_text(texts):
    assert folded(pa.array(texts, pa.large_string())).to_pylist() == [
        each if each is None else fold(each) for each in texts
    ]


@pytest.mark.parametrize(
    ("text", "found"), [("Łukasz", "lukasz"), ("CAFÉ", "cafe"), ("e\u0301", "e"), ("ΟΔΌΣ", "οδοσ")]
)
def test_case_and_accents_are_folded(text, found):
    assert fold(text) == found
