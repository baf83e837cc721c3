"""Notion is read from both ends while people edit, and nothing is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from own_time import in_own_time

from integrations.model import Item
from integrations.model.errors import ProviderError
from integrations.notion import PROVIDER

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Workspace:
    """A list that moves: answers are cut from it by position, as it is at that moment."""

    def __init__(self, pages: int, each_minute: int = 1) -> None:
        self.now = NOON
        self.cache: dict[str, str] = {}
        self.edited = {f"p{n}": NOON - timedelta(minutes=(pages - n) // each_minute) for n in range(pages)}
        self.asked: list[tuple[str, int]] = []
        self.meanwhile: Callable[[int], None] = lambda request: None
        self.without_time: set[str] = set()
        self.incomplete_from = 10**9
        self.rows: dict[str, list[str]] = {}
        self.rows_in_a_query = 10**9

    def edit(self, *names: str) -> None:
        self.now += timedelta(minutes=1)
        self.edited.update(dict.fromkeys(names, self.now))

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        return {"results": [], "has_more": False}

    async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
        await asyncio.sleep(0.001)
        if path.endswith("/query"):
            return self.query(path.split("/")[3], json)
        if json["filter"]["value"] == "data_source":
            return {"results": [{"object": "data_source", "id": name} for name in self.rows], "has_more": False}
        self.meanwhile(len(self.asked))
        direction, start = json["sort"]["direction"], int(json.get("start_cursor", 0))
        self.asked.append((direction, start))
        order = sorted(self.edited, key=lambda name: (self.edited[name], name), reverse=direction == "descending")
        shown = [self.page(name) for name in order[start : min(start + 100, self.incomplete_from)]]
        more = start + 100 < min(len(order), self.incomplete_from)
        status = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
        return {
            "results": shown, "has_more": more, "next_cursor": str(start + 100) if more else None,
            **({"request_status": status} if self.incomplete_from < len(order) else {}),
        }  # fmt: skip

    def query(self, source: str, asked: Any) -> dict[str, Any]:
        """Rows created two a minute, in that order; no more than so many in one query."""
        assert asked["sorts"] == [{"timestamp": "created_time", "direction": "ascending"}]
        first = asked.get("filter", {}).get("created_time", {}).get("on_or_after", "")
        rows = [
            {"object": "page", "id": name, "created_time": f"2026-01-01T{n // 120:02}:{n // 2 % 60:02}:00.000Z"}
            for n, name in enumerate(self.rows[source])
        ]
        found = [row for row in rows if row["created_time"] >= first]
        start, end = int(asked.get("start_cursor", 0)), min(len(found), self.rows_in_a_query)
        more, cut = start + 100 < end, end < len(found)
        return {
            "results": found[start:min(start + 100, end)], "has_more": more,
            "next_cursor": str(start + 100) if more else None,
            **({"request_status": {"type": "incomplete"}} if cut and not more else {}),
        }  # fmt: skip

    def page(self, name: str) -> dict[str, Any]:
        time = None if name in self.without_time else self.edited[name].strftime("%Y-%m-%dT%H:%M:00.000Z")
        return {"object": "page", "id": name, "created_time": "2026-01-01T00:00:00.000Z", "last_edited_time": time}


def read(workspace: Workspace, since: datetime | None = None) -> dict[str, Item]:
    async def everything() -> dict[str, Item]:
        stream = (await PROVIDER.catalog(workspace)).streams[0]
        pages = PROVIDER.changes(workspace, stream, since) if since else PROVIDER.read(workspace, stream, "")
        async for page in pages:
            found.update({item.id: item for item in page.items})
        return found

    found: dict[str, Item] = {}
    workspace.found = found
    return in_own_time(asyncio.wait_for(everything(), 20))


def test_a_workspace_of_one_page_of_pages_is_one_request() -> None:
    workspace = Workspace(80)
    assert len(read(workspace)) == 80 and workspace.asked == [("descending", 0)]


def test_both_ends_share_the_work_and_meet() -> None:
    workspace = Workspace(2000)
    assert set(read(workspace)) == set(workspace.edited)
    ends = [direction for direction, _ in workspace.asked]
    assert len(ends) <= 20 + 6 and ends.count("ascending") >= 8


@pytest.mark.parametrize("each_minute", [7, 100, 450, 5000])
def test_pages_edited_in_one_minute_come_all_whatever_their_order(each_minute: int) -> None:
    workspace = Workspace(1500, each_minute)
    assert set(read(workspace)) == set(workspace.edited)


def test_chains_that_meet_within_a_minute_have_not_met_yet() -> None:
    workspace = Workspace(1500)
    middle = {f"p{n}": NOON - timedelta(minutes=750) for n in range(500, 1000)}
    workspace.edited.update(middle)
    assert set(read(workspace)) == set(workspace.edited)


def test_a_refresh_takes_all_of_the_minute_that_it_begins_with() -> None:
    workspace = Workspace(1000, each_minute=250)
    since = workspace.edited["p500"] + timedelta(seconds=40)
    expected = {name for name, time in workspace.edited.items() if time >= since.replace(second=0)}
    assert set(read(workspace, since)) >= expected


@pytest.mark.parametrize("edited", ["oldest", "newest", "middle", "everywhere"])
def test_pages_edited_while_they_are_read_are_not_missed_and_come_as_they_are_now(edited: str) -> None:
    workspace = Workspace(2000)
    names = list(workspace.edited)
    chosen = {"oldest": names[:300], "newest": names[-300:], "middle": names[850:1150], "everywhere": names}[edited]

    def meanwhile(request: int) -> None:
        if 2 <= request < 18:
            workspace.edit(*chosen[request * 37 % len(chosen) :][:3])

    workspace.meanwhile = meanwhile
    found = read(workspace)
    assert set(found) == set(names)
    assert {name for name in names if found[name].last_modified_time != workspace.edited[name]} == set()


def test_pages_without_a_time_of_edit_end_no_chain_early() -> None:
    workspace = Workspace(900)
    workspace.without_time = {f"p{n}" for n in range(0, 900, 90)} | {"p899", "p898"}
    assert set(read(workspace)) == set(workspace.edited)
    changed = read(workspace, NOON - timedelta(minutes=400))
    assert set(changed) >= {f"p{n}" for n in range(500, 900)}


def test_a_refresh_asks_for_what_changed_only() -> None:
    workspace = Workspace(6000)
    read(workspace)
    whole, since = len(workspace.asked), workspace.now
    workspace.edit(*[f"p{n}" for n in range(0, 6000, 100)])
    workspace.asked.clear()
    assert set(read(workspace, since)) >= {f"p{n}" for n in range(0, 6000, 100)}
    assert len(workspace.asked) <= 0.05 * whole


@pytest.mark.parametrize("in_a_query", [100, 250, 10_000])
def test_where_the_search_ends_early_every_data_source_is_read_by_windows_of_creation(in_a_query: int) -> None:
    workspace = Workspace(900)
    workspace.incomplete_from, workspace.rows_in_a_query = 300, in_a_query
    workspace.rows = {"a": [f"a{n}" for n in range(1101)], "b": [f"b{n}" for n in range(30)], "c": []}
    with pytest.raises(ProviderError, match="read one by one"):
        read(workspace)
    assert set(workspace.found) >= {name for rows in workspace.rows.values() for name in rows}


def test_more_rows_of_one_minute_than_a_query_gives_are_no_endless_loop() -> None:
    workspace = Workspace(900)
    workspace.incomplete_from, workspace.rows_in_a_query, workspace.rows = 300, 2, {"a": ["a0", "a1", "a2", "a3"]}
    with pytest.raises(ProviderError, match="may be missing"):
        read(workspace)
    assert {"a0", "a1"} <= set(workspace.found)


def test_what_notion_calls_incomplete_is_not_called_complete() -> None:
    workspace = Workspace(900)
    workspace.incomplete_from = 300
    with pytest.raises(ProviderError, match="pages may be missing"):
        read(workspace)
    assert len(workspace.found) >= 600, "what came is kept, from both ends"


def test_a_page_that_promises_more_and_says_not_where_is_no_end() -> None:
    workspace = Workspace(pages=250)
    genuine = workspace.post

    async def post(path: str, json: Any, *, bucket: str = "") -> Any:
        return {**await genuine(path, json), "next_cursor": None}

    workspace.post = post
    with pytest.raises(ProviderError, match="ended a listing early"):
        read(workspace)


class Shared:
    """What was shared with a connection, in one page of a search."""

    def __init__(self, *found: dict[str, Any]) -> None:
        self.found = found
        self.cache: dict[str, str] = {}

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        assert path == "/v1/users"
        return {"results": [{"object": "user", "id": "u1", "name": "Mina Okoro"}], "has_more": False}

    async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
        found = [each for each in self.found if each["object"] == json["filter"]["value"]]
        return {"results": found, "has_more": False, "next_cursor": None}


def a_page(name: str, title: str, minute: int = 8, **properties: Any) -> dict[str, Any]:
    """A page of the workspace; each of its properties is a type and a value, and what else stands beside them."""
    written = {
        name: {"id": name[:1].lower(), "type": kind, kind: value, **(rest[0] if rest else {})}
        for name, (kind, value, *rest) in properties.items()
    }
    return {
        "object": "page", "id": name, "created_time": "2026-07-04T09:08:00.000Z",
        "last_edited_time": f"2026-07-04T09:{minute:02}:00.000Z", "created_by": {"object": "user", "id": "u1"},
        "in_trash": False, "parent": {"type": "workspace", "workspace": True}, "url": f"https://app.notion.com/p/{name}",
        "properties": {"Name": {"id": "title", "type": "title", "title": [{"plain_text": title}]}, **written},
    }  # fmt: skip


def shown(shared: Shared, item_type: str = "page") -> list[Item]:
    """What a connection shows of one type, each item as it came last."""

    async def everything() -> dict[str, Item]:
        stream = next(each for each in (await PROVIDER.catalog(shared)).streams if each.item_type == item_type)
        pages = [page async for page in PROVIDER.read(shared, stream, "")]
        return {item.id: item for page in pages for item in page.items}

    return list(in_own_time(asyncio.wait_for(everything(), 20)).values())


def cells(**properties: Any) -> dict[str, Any]:
    """The properties of a page as they are shown."""
    return dict(shown(Shared(a_page("p1", "Harbour", **properties)))[0].properties)


def test_a_place_is_shown_by_its_name_else_its_address_else_where_it_is() -> None:
    address = {"lat": 52.1, "lon": 13.2, "name": None, "address": "Sample Street 1, Berlin", "google_place_id": None}
    nowhere = {"lat": None, "lon": None, "name": None, "address": None}
    assert cells(
        Named=("place", {**address, "name": "Office"}),
        Office=("place", address),
        Buoy=("place", {"lat": 54.5, "lon": 8.25, "name": None, "address": None}),
        Island=("place", {"lat": 0, "lon": 0, "name": None, "address": None}),
        Nowhere=("place", nowhere),
    ) == {
        "Named": "Office", "Office": "Sample Street 1, Berlin", "Buoy": "54.5, 8.25", "Island": "0, 0", "Nowhere": None,
    }  # fmt: skip


def test_times_are_in_utc_so_that_their_texts_sort_by_time_and_days_stay_days() -> None:
    def date(start: str, end: str | None = None, time_zone: str | None = None) -> tuple[str, Any]:
        return "date", {"start": start, "end": end, "time_zone": time_zone}

    found = cells(
        First=date("2026-03-01T01:00:00.000+09:00"),
        Second=date("2026-02-28T20:00:00.000+00:00"),
        Third=date("2026-03-01"),
        Days=date("2026-03-01", "2026-03-05"),
        Meeting=date("2026-03-02T10:00:00.000+01:00", "2026-03-02T11:30:00.000+01:00"),
        Tokyo=date("2026-03-03T01:00:00.000", None, "Asia/Tokyo"),
        Made=("created_time", "2026-07-04T09:08:00.000Z"),
        Formula=("formula", {"type": "date", "date": {"start": "2026-03-04T01:00:00.000+02:00", "end": None}}),
    )
    assert list(found.values()) == sorted(found.values())[:3] + list(found.values())[3:]
    assert found == {
        "First": "2026-02-28 16:00:00Z", "Second": "2026-02-28 20:00:00Z", "Third": "2026-03-01",
        "Days": "2026-03-01 – 2026-03-05", "Meeting": "2026-03-02 09:00:00Z – 2026-03-02 10:30:00Z",
        "Tokyo": "2026-03-02 16:00:00Z", "Made": "2026-07-04 09:08:00Z", "Formula": "2026-03-03 23:00:00Z",
    }  # fmt: skip


def test_a_rollup_of_many_values_is_one_list_of_readable_values() -> None:
    def original(kind: str, *values: Any) -> tuple[str, Any]:
        array = [{"type": kind, kind: value} for value in values]
        return "rollup", {"type": "array", "function": "show_original", "array": array}

    assert cells(
        Tags=original("multi_select", [{"name": "calm"}, {"name": "deep"}], [{"name": "busy"}]),
        Crew=original("people", [{"object": "user", "id": "u1", "name": "Mina Okoro"}]),
        Costs=original("number", 3, None, 4),
        Open=original("checkbox", True, False),
        Days=original("date", {"start": "2026-03-01", "end": None}, {"start": "2026-03-02T01:00:00+02:00"}),
        None_=original("number"),
    ) == {
        "Tags": ["calm", "deep", "busy"], "Crew": ["Mina Okoro"], "Costs": [3, 4], "Open": ["Yes", "No"],
        "Days": ["2026-03-01", "2026-03-01 23:00:00Z"], "None_": [],
    }  # fmt: skip


def test_a_value_that_notion_keeps_back_is_told_from_an_empty_one() -> None:
    found = cells(
        Margin=("formula", {"type": "unsupported", "unsupported": {}}),
        Sum=("rollup", {"type": "unsupported", "unsupported": {}, "function": "sum"}),
        Newer=("unsupported", {}),
        Empty=("formula", {"type": "string", "string": None}),
    )
    assert found == {**dict.fromkeys(("Margin", "Sum", "Newer"), "Not provided by Notion"), "Empty": None}


def test_a_type_or_a_creator_that_is_none_costs_neither_its_page_nor_another() -> None:
    odd = a_page("p1", "Harbour", Shape=("select", {"name": "tall"}))
    odd |= {"created_by": "u1", "parent": {"type": ["page_id"]}}
    odd["properties"]["Size"] = {"id": "s", "type": ["number"], "number": 62}
    stranger = {**a_page("p2", "Quay"), "created_by": {"object": "user", "id": {"of": "u1"}}}
    found = {item.name: item for item in shown(Shared(odd, stranger, a_page("p3", "Pier")))}
    assert dict(found["Harbour"].properties) == {"Shape": "tall", "Size": None}
    assert [found[name].owner for name in ("Harbour", "Quay", "Pier")] == [None, None, "Mina Okoro"]


def test_a_verification_is_shown_in_words_and_an_id_without_prefix_as_a_number() -> None:
    assert cells(
        Checked=("verification", {"state": "verified", "verified_by": {"object": "user", "id": "u1"}, "date": None}),
        Late=("verification", {"state": "expired", "verified_by": None, "date": None}),
        Key=("unique_id", {"prefix": "TASK", "number": 7}),
        Number=("unique_id", {"prefix": None, "number": 12}),
    ) == {"Checked": "Verified", "Late": "Expired", "Key": "TASK-7", "Number": 12}


def a_source(name: str, title: str, parent: dict[str, Any] | None, minute: int = 8) -> dict[str, Any]:
    return {
        "object": "data_source", "id": name, "created_time": "2026-07-04T09:08:00.000Z",
        "last_edited_time": f"2026-07-04T09:{minute:02}:00.000Z", "title": [{"plain_text": title}],
        "parent": {"type": "database_id", "database_id": f"db of {name}"}, "database_parent": parent,
        "in_trash": False, "url": f"https://app.notion.com/p/{name}", "properties": {},
    }  # fmt: skip


def test_the_parent_of_a_data_source_is_what_its_database_lies_in() -> None:
    home, workspace = {"type": "page_id", "page_id": "home"}, {"type": "workspace", "workspace": True}
    shared = Shared(a_source("ds1", "Tasks", home), a_source("ds2", "Notes", workspace), a_source("ds3", "Bare", None))
    found = {item.id: (item.parent_id, item.parent_path_or_name) for item in shown(shared, "data_source")}
    assert found == {"ds1": ("home", None), "ds2": (None, "Workspace"), "ds3": ("db of ds3", None)}
