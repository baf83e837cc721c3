"""HubSpot is listed from the low ids and searched from the high ones, and every record comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from own_time import in_own_time

from integrations.hubspot import PROVIDER
from integrations.model.errors import ProviderError, Unavailable
from integrations.service.runtime import run


class Portal:
    """Contacts only, by id; what the search does not know (yet), and how else it differs from the list."""

    web_url = "https://app.hubspot.com"

    def __init__(self, *ids: int) -> None:
        self.cache: dict[str, str] = {}
        self.given: set[str] = set()
        self.ids = sorted(ids)
        self.unknown: set[int] = set()
        self.young: set[int] = set()
        self.total: Callable[[int], Any] = lambda known: known
        self.name: Callable[[int], str] = str
        self.order: Callable[[list[int]], list[int]] = list
        self.refused_after = 10**9
        self.modified: dict[int, int] = {}
        self.lists: list[int] = []
        self.searches: list[Any] = []
        self.others = 0
        self.list_takes = self.search_takes = 0.0
        self.takes_any_cursor = True
        self.withheld: set[int] = set()
        self.clock = timedelta()
        self.at_search: Callable[[int], None] = lambda number: None

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        if not path.endswith("/contacts"):
            self.others += 1
            return {"results": []}
        order = self.order(self.ids)
        at = str(params.get("after", ""))
        names = [self.name(n) for n in order]
        start = (
            0
            if not at
            else next(
                (
                    i
                    for i, n in enumerate(order)
                    if self.name(n) == at
                    or (at.isdigit() and self.name(n).isdigit() and order == self.ids and n >= int(at))
                ),
                len(order),
            )
        )
        if not self.takes_any_cursor and at and at not in self.given:
            start = 0
        self.lists.append(start)
        await asyncio.sleep(self.list_takes)
        page = order[start : start + 100]
        more = {"next": {"after": names[start + 100]}} if start + 100 < len(order) else None
        self.given.update(names[start + 100 : start + 101])
        return {"results": [self.record(n) for n in page], "paging": more}

    async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
        await asyncio.sleep(self.search_takes)
        assert bucket == "search"
        if len(self.searches) >= self.refused_after:
            raise Unavailable("HubSpot is having trouble right now.")
        self.searches.append(json)
        if not path.endswith("/contacts/search"):
            return {"total": 0, "results": []}
        known = [n for n in self.ids if n not in self.unknown]
        for group in json["filterGroups"]:
            for each in group["filters"]:
                value = int(each["value"])
                test = {"LT": int.__lt__, "GT": int.__gt__, "GTE": int.__ge__}[each["operator"]]
                of = (lambda n: n) if each["propertyName"] == "hs_object_id" else (lambda n: self.modified.get(n, 0))
                known = [n for n in known if test(of(n), value)]
        if json["sorts"][0]["direction"] == "DESCENDING":
            known = known[::-1]
        self.at_search(len(self.searches))
        start = int(json.get("after", 0))
        told = [n for n in known if n not in self.withheld][start : start + 200]
        return {"total": self.total(len(known)), "results": [self.record(n) for n in told]}

    def record(self, n: int) -> dict[str, Any]:
        born = datetime.now(UTC) + self.clock - (timedelta(seconds=20) if n in self.young else timedelta(days=9))
        return {"id": self.name(n), "createdAt": born.isoformat(), "properties": {}}


def read(portal: Portal, cursor: str = "") -> list[tuple[list[str], str]]:
    """The pages of the contacts: ids, cursor."""

    async def everything() -> None:
        stream = (await PROVIDER.catalog(portal)).streams[0]
        async for page in PROVIDER.read(portal, stream, cursor):
            pages.append(([item.id for item in page.items], page.cursor))

    pages: list[tuple[list[str], str]] = []
    in_own_time(asyncio.wait_for(everything(), 20))
    return pages


def ids(pages: list[tuple[list[str], str]]) -> set[str]:
    return {name for names, _ in pages for name in names}


def everyone(portal: Portal) -> set[str]:
    return {portal.name(n) for n in portal.ids}


def test_list_and_search_share_the_work() -> None:
    portal = Portal(*range(10, 30_010, 10))
    portal.list_takes = portal.search_takes = 0.01
    assert ids(read(portal)) == everyone(portal)
    assert len(portal.lists) <= 19 and len(portal.searches) <= 10


def test_holes_between_ids_are_no_missing_records() -> None:
    portal = Portal(*range(1, 900), *range(50_000, 50_450), *range(10**11, 10**11 + 777, 3))
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("young", [1, 30, 250])
def test_records_too_young_for_the_search_are_listed(young: int) -> None:
    portal = Portal(*range(1, 3001))
    portal.young = portal.unknown = set(portal.ids[-young:])
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_where_all_that_was_found_first_is_young_the_list_goes_on_to_its_end(minutes: int) -> None:
    portal = Portal(*range(1, 3001))
    portal.clock = timedelta(minutes=minutes)
    portal.young, portal.unknown = set(portal.ids[-1000:]), set(portal.ids[-900::7])
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_search_that_is_refused_leaves_all_to_the_list(after: int) -> None:
    portal = Portal(*range(1, 2501))
    portal.refused_after = after
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("total", [lambda n: 0, lambda n: n - 500, lambda n: n + 1, lambda n: 10**6, lambda n: None])
def test_a_total_that_is_wrong_costs_requests_and_no_record(total: Callable[[int], Any]) -> None:
    portal = Portal(*range(1, 2501))
    portal.total = total
    assert ids(read(portal)) == everyone(portal)


def test_a_list_in_another_order_is_read_to_its_end() -> None:
    portal = Portal(*range(1, 2501))
    portal.unknown, portal.order = set(range(1, 2501, 9)), lambda found: sorted(found, key=lambda n: n % 10)
    assert ids(read(portal)) == everyone(portal)


def test_a_list_that_jumps_ahead_and_comes_back_is_read_to_its_end() -> None:
    portal = Portal(*range(1, 2501))
    portal.order = lambda found: [*found[:300], *found[2000:2300], *found[300:2000], *found[2300:]]
    portal.unknown, portal.search_takes = set(range(301, 2001, 9)), 0.01
    assert ids(read(portal)) == everyone(portal)


def test_a_list_that_starts_nowhere_but_where_it_says_is_left_after_a_page_or_two() -> None:
    portal = Portal(*range(1, 4001))
    portal.takes_any_cursor, portal.list_takes, portal.search_takes = False, 0.002, 0.002
    assert ids(read(portal)) == everyone(portal)
    assert len(portal.lists) < 60, "and not three times all"


def test_new_records_do_not_count_for_old_ones_that_the_search_withheld() -> None:
    portal = Portal(*range(1, 2501))
    portal.withheld, new = {1500, 1600, 1700}, [3001, 3002, 3003]
    portal.at_search = lambda number: portal.ids.extend(new) if number == 1 else None
    portal.list_takes = 0.01
    assert ids(read(portal)) >= everyone(portal) - {str(n) for n in new}


@pytest.mark.parametrize("records", [1, 200, 201, 1400, 3000])
def test_where_lists_are_slow_the_search_reads_all_and_ends(records: int) -> None:
    portal = Portal(*range(1, records + 1))
    portal.list_takes = 0.2
    assert ids(read(portal)) == everyone(portal)
    assert len(portal.searches) <= records // 200 + 3


def test_ids_that_are_no_numbers_are_listed() -> None:
    portal = Portal(*range(1, 701))
    portal.name = lambda n: f"x{n:05}"
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("resumed_after", [1, 4, 9])
def test_a_mark_continues_after_all_that_came_before_it(resumed_after: int) -> None:
    portal = Portal(*range(1, 2501))
    portal.list_takes = 0.001
    before = read(portal)[:resumed_after]
    cursor = next((cursor for _, cursor in reversed(before) if cursor), "")
    portal.lists.clear()
    assert ids(before) | ids(read(portal, cursor)) == everyone(portal)
    assert not cursor or 0 not in portal.lists


def changed(portal: Portal, since: datetime) -> set[str]:
    async def everything() -> set[str]:
        stream = (await PROVIDER.catalog(portal)).streams[0]
        return {item.id async for page in PROVIDER.changes(portal, stream, since) for item in page.items}

    return in_own_time(asyncio.wait_for(everything(), 20))


def test_what_changed_in_one_moment_comes_in_whole() -> None:
    portal = Portal(*range(1, 2501))
    portal.modified = dict.fromkeys(range(1, 1001), 5_000)
    assert changed(portal, datetime.fromtimestamp(5, UTC)) == {str(n) for n in range(1, 1001)}
    assert not portal.lists and len(portal.searches) == 6


def test_a_search_that_repeats_itself_is_an_error_and_no_endless_loop() -> None:
    portal = Portal(*range(1, 201))
    portal.modified = dict.fromkeys(range(1, 201), 5_000)
    post = portal.post
    portal.post = lambda path, json, bucket="": post(path, {**json, "filterGroups": []}, bucket=bucket)
    with pytest.raises(ProviderError, match="without end"):
        changed(portal, datetime.fromtimestamp(5, UTC))


def test_a_property_that_is_no_text_costs_neither_its_record_nor_the_page() -> None:
    odd = {"amount": 12, "dealstage": {"id": [1]}, "dealname": ["Big", "one"], "hubspot_owner_id": [7], "x": True}
    large = {"amount": "12345678901234567890123", "dealname": "Larger"}

    class Deals:
        web_url, cache = PROVIDER.web_url, {}

        async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
            rows = [{"id": "1", "properties": odd}, {"id": "2", "properties": large}, {"id": "3", "properties": "none"}]
            return {"results": rows if path.endswith("/deals") and "pipelines" not in path else []}

        async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
            raise ProviderError("no search")

    async def deals() -> list[Any]:
        stream = next(stream for stream in (await PROVIDER.catalog(Deals())).streams if stream.id == "deal")
        return [item async for page in PROVIDER.read(Deals(), stream, "") for item in page.items]

    first, second, third = run(deals())
    assert (first.name, first.properties["Amount"]) == ("['Big', 'one']", 12)
    assert second.properties["Amount"] == 12345678901234567890123
    assert (third.id, third.name) == ("3", "Deal 3")


def test_amounts_with_commas_are_numbers_and_a_close_date_is_the_accounts_day() -> None:
    """One "1,800.00" turned the whole column into text; a close date came as "2026-04-01T01:09:44.123Z"."""
    closes = {"301": ("1500", "2026-04-01T01:09:44.123Z"), "302": ("1,800.00", "2026-12-31T12:00:00Z"),
              "303": ("1,80", "soon")}  # fmt: skip

    class Phoenix:
        web_url, cache = PROVIDER.web_url, {}

        async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
            if "account-info" in path:
                return {"portalId": 1, "timeZone": "America/Phoenix"}
            rows = [{"id": n, "properties": {"amount": a, "closedate": day}} for n, (a, day) in closes.items()]
            return {"results": rows if path.endswith("/deals") and "pipelines" not in path else []}

        async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
            raise ProviderError("no search")

    async def deals() -> list[Any]:
        stream = next(stream for stream in (await PROVIDER.catalog(Phoenix())).streams if stream.id == "deal")
        return [item.properties async for page in PROVIDER.read(Phoenix(), stream, "") for item in page.items]

    found = run(deals())
    assert [each["Amount"] for each in found] == [1500, 1800, "1,80"]
    assert [each["Close date"] for each in found] == ["2026-03-31", "2026-12-31", "soon"]
