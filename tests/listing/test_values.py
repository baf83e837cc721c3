"""Times at the edge of the calendar, and zones that do not exist, cost nothing but their exactness."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from integrations.listing.values import as_text, date_span, day_or_time, decoded, local_day, path_part, utc_text


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


@pytest.mark.parametrize(("text", "zone", "expected"), [
    ("2026-03-01", "Asia/Tokyo", date(2026, 3, 1)),
    ("2026-03-01T01:00:00.000+09:00", None, datetime(2026, 2, 28, 16, tzinfo=UTC)),
    ("2026-03-03T01:00:00", "Asia/Tokyo", datetime(2026, 3, 2, 16, tzinfo=UTC)),
    ("2026-03-03T01:00:00", "Nowhere/At all", datetime(2026, 3, 3, 1, tzinfo=UTC)),
    ("0001-01-01T00:00:00", "Asia/Tokyo", datetime(1, 1, 1, tzinfo=UTC)),
    ("soon", None, "soon"), (7, None, 7), (None, None, None),
])  # fmt: skip
def test_a_day_is_a_date_and_a_time_a_moment_in_utc(text: Any, zone: str | None, expected: Any) -> None:
    assert day_or_time(text, zone) == expected


@pytest.mark.parametrize(("start", "end", "expected"), [
    ("2026-03-01", None, (date(2026, 3, 1), None)),
    (None, "2026-03-01", (None, date(2026, 3, 1))),
    (None, None, None),
    ("soon", "2026-03-01", "soon – 2026-03-01"),
])  # fmt: skip
def test_a_span_has_both_ends_and_is_text_where_one_is_no_date(start: Any, end: Any, expected: Any) -> None:
    assert date_span(start, end) == expected


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(("value", "expected"), [
    ("a", "a"), (None, None), (3, "3"), (True, "True"), ({"name": "calm", "id": "1"}, "calm"),
    ({"depth": [1, None]}, '{"depth": [1, null]}'), ([1, "é"], '[1, "é"]'), pytest.param(10**5_000, "…", id="long"),
    (endless(), "…"),
])  # fmt: skip
def test_any_value_has_a_text(value: Any, expected: Any) -> None:
    assert as_text(value) == expected


@pytest.mark.parametrize(("id", "plain", "part"), [
    ("a%3Ab", "a:b", "a%3Ab"), ("fy:{", "fy:{", "fy%3A%7B"), ("title", "title", "title"),
    ("a/../b", "a/../b", "a%2F..%2Fb"),
])  # fmt: skip
def test_an_id_is_decoded_for_people_and_encoded_once_for_addresses(id: str, plain: str, part: str) -> None:
    assert (decoded(id), path_part(id)) == (plain, part)
