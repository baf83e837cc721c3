"""The bench's limits: what documented rates, pages and cursors allow at best, computed by hand for 200 ms a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import limits
from benchmarks.limits import Limit

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("items", "seconds", "calls"), [
    (0, 0.2, 1),  # to learn that there is nothing
    (100, 0.2, 1),
    (200, 0.2, 2),  # one from each end
    (6_020, 6.2, 61),  # 31 one after another
    (18_000, 18, 180),  # all that a window takes, from two ends
    (18_001, 60.2, 181),  # and one more when the next window opens
    (66_666, 192.8, 667),  # three windows, and 127 calls: 64 one after another
])  # fmt: skip
def test_notion_is_read_from_both_ends_within_fixed_windows(items: int, seconds: float, calls: int) -> None:
    assert limits.notion(items, 0.2) == Limit(pytest.approx(seconds), calls)


@pytest.mark.parametrize(("bases", "seconds", "calls"), [
    ([], 0.2, 1),
    ([[0]], 0.6, 3),  # bases, schema, a look at the table
    ([[400]], 1.2, 6),  # bases, schema, four pages one after another
    ([[100] * 4], 0.6, 6),  # four tables at once, with the schema five in a second
    ([[100] * 5], 1.4, 7),  # the fifth waits for the second second
    ([[100] * 5] * 9, 1.4, 55),  # bases do not wait for each other
    ([[1_687, 421, 984], [1_125, 281, 562], [844, 281, 845]], 6.6, 78),  # 33 calls of the first base: the last at 6.4
])  # fmt: skip
def test_airtable_gives_each_base_five_calls_a_second(bases: list[list[int]], seconds: float, calls: int) -> None:
    assert limits.airtable(bases, 0.2) == Limit(pytest.approx(seconds), calls)


@pytest.mark.parametrize(("types", "seconds", "calls"), [
    ([0, 0, 0, 0], 0.2, 4),
    ([300], 0.2, 2),  # a page of the list and one of the search meet
    ([301], 0.4, 3),
    ([300, 300], 0.4, 6),  # a fifth of a second has one search: two pages and a search of each
    ([3_500, 1_260, 1_400, 840], 2.6, 60),  # 48 lists; 11 searches of contacts, one of deals
    ([1_100] * 20, 10.2, 175),  # 110 lists, 20 more after ten seconds, 45 searches
])  # fmt: skip
def test_hubspots_lists_and_searches_meet_within_both_rates(types: list[int], seconds: float, calls: int) -> None:
    assert limits.hubspot(types, 0.2) == Limit(pytest.approx(seconds), calls)


def test_hubspots_searches_of_one_type_wait_for_each_other() -> None:
    assert limits.hubspot([500], 0.4) == Limit(pytest.approx(0.8), 4)  # not one page and two searches in 0.4 s


def test_hubspots_definitions_come_before_the_lists_and_associations_after_them() -> None:
    # definitions, one page, associations of 100 records in three pairs
    assert limits.hubspot([100], 0.2, [(100, 1)] * 3, 12) == Limit(pytest.approx(0.6), 16)
    # 96 + 12 + 3 calls: one more than a window takes
    assert limits.hubspot([100] * 96, 0.2, [(100, 1), (1_000, 1), (1_000, 1)], 12) == Limit(pytest.approx(10.2), 111)


def test_a_hubspot_record_with_very_many_associations_is_read_answer_by_answer() -> None:
    # definitions, the first page of the list, five answers; 12 + 4 + 1 + 5 calls and 3 searches
    assert limits.hubspot([1_000], 0.2, [(1_000, 5), (1_000, 1)], 12) == Limit(pytest.approx(1.4), 25)


def test_all_at_once_takes_as_long_as_the_slowest_and_all_calls() -> None:
    assert limits.together([Limit(6.2, 61), Limit(6.6, 78), Limit(2.6, 60)]) == Limit(6.6, 199)


def test_the_libraries_measured_are_pinned_beside_what_the_dashboard_pins() -> None:
    ours, measured = _pinned("requirements.txt"), _pinned("requirements-bench.txt")
    assert {"notion-client", "pyairtable", "hubspot-api-client", "duckdb", "polars", "streamlit-extras"} <= measured
    assert not measured & ours


def _pinned(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0].lower() for line in lines if "==" in line}
