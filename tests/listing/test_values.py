"""Times at the edge of the calendar, and zones that do not exist, cost nothing but their exactness."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.listing.values import local_day, utc_text


@pytest.mark.parametrize(("text", "zone", "day"), [
    ("2026-03-31T23:30:00Z", "Europe/Berlin", "2026-04-01"),
    ("2026-03-31T23:30:00Z", "Nowhere/At all", "2026-03-31"),
    ("2026-03-31T23:30:00Z", "../../etc", "2026-03-31"),
    ("9999-12-31T23:59:59Z", "Asia/Tokyo", "9999-12-31"),
    ("0001-01-01T00:00:00Z", "America/New_York", "0001-01-01"),
    ("soon", "Europe/Berlin", "soon"),
])  # fmt: skip
def test_a_moment_is_a_day_in_its_zone_and_the_day_in_utc_where_there_is_none(text: str, zone: str, day: str) -> None:
    assert local_day(text, zone) == day


@pytest.mark.parametrize(("text", "zone", "shown"), [
    ("2026-03-03T01:00:00", "Asia/Tokyo", "2026-03-02 16:00:00Z"),
    ("2026-03-03T01:00:00", "Nowhere/At all", "2026-03-03 01:00:00Z"),
    ("2026-03-03T01:00:00", 5, "2026-03-03 01:00:00Z"),
    ("0001-01-01T00:00:00", "Asia/Tokyo", "0001-01-01 00:00:00Z"),
    ("9999-12-31T23:59:59", "America/New_York", "9999-12-31 23:59:59Z"),
    ({"T": 1}, None, {"T": 1}),
])  # fmt: skip
def test_a_time_of_a_zone_is_shown_in_utc_and_as_it_stands_where_that_cannot_be(
    text: Any, zone: Any, shown: Any
) -> None:
    assert utc_text(text, zone) == shown
