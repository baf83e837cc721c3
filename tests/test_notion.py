"""Notion is read from both ends while people edit, and nothing is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from own_time import in_own_time

from integrations.listing import PageTooSlow
from integrations.listing.values import log_unknown_type
from integrations.model import Collection, Field, FieldType, Item, NoValue, Option, Page, Stream
from integrations.model.errors import Forbidden, ProviderError, Unavailable
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
        end = start + json["page_size"]
        shown = [self.page(name) for name in order[start : min(end, self.incomplete_from)]]
        more = end < min(len(order), self.incomplete_from)
        status = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
        return {
            "results": shown, "has_more": more, "next_cursor": str(end) if more else None,
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
    """What was shared with a connection, in one page of a search; `answers`: further GET answers by path."""

    def __init__(self, *found: dict[str, Any], answers: dict[str, Any] | None = None) -> None:
        self.found = found
        self.answers = answers or {}
        self.trash: list[dict[str, Any]] = []
        self.cache: dict[str, str] = {}
        self.asked: list[str] = []

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        self.asked.append(path)
        if path == "/v1/users":
            users = [
                {"object": "user", "id": "u1", "name": "Mina Okoro"},
                {"object": "user", "id": "b1", "name": "Bot"},
            ]
            return {"results": users, "has_more": False}
        found = self.answers.get(path, Forbidden("not shared"))
        if isinstance(found, list):
            found = found[int((params or {}).get("start_cursor", 0))]
        if isinstance(found, Exception):
            raise found
        return found

    async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
        self.asked.append(f"{path} {json['filter']['value']}")
        here = self.trash if json["filter"].get("in_trash") else self.found
        found = [each for each in here if each["object"] == json["filter"]["value"]]
        found.sort(key=lambda each: each["last_edited_time"], reverse=json["sort"]["direction"] == "descending")
        return {"results": found, "has_more": False, "next_cursor": None}


def a_page(name: str, title: str, minute: int = 8, source: str = "", **properties: Any) -> dict[str, Any]:
    """A page of the workspace or a row; each of its properties is a type and a value, and what stands beside them."""
    written = {
        name: {"id": name[:1].lower() + name[1:], "type": kind, kind: value, **(rest[0] if rest else {})}
        for name, (kind, value, *rest) in properties.items()
    }
    row = {"type": "data_source_id", "data_source_id": source, "database_id": f"db of {source}"}
    return {
        "object": "page", "id": name, "created_time": "2026-07-04T09:08:00.000Z",
        "last_edited_time": f"2026-07-04T09:{minute:02}:00.000Z", "created_by": {"object": "user", "id": "u1"},
        "in_trash": False, "parent": row if source else WORKSPACE, "url": f"https://app.notion.com/p/{name}",
        "properties": {"Name": {"id": "title", "type": "title", "title": [{"plain_text": title}]}, **written},
    }  # fmt: skip


WORKSPACE = {"type": "workspace", "workspace": True}


def a_source(name: str, title: str, parent: Any = None, minute: int = 8, **schema: Any) -> dict[str, Any]:
    """A data source; each property of its schema is a type, and settings where it has some."""
    written = {
        name: {"id": name[:1].lower() + name[1:], "name": name, "type": kind, kind: settings}
        for name, (kind, settings) in {"Name": ("title", {}), **schema}.items()
    }
    written["Name"]["id"] = "title"
    return {
        "object": "data_source", "id": name, "created_time": "2026-07-04T09:08:00.000Z",
        "last_edited_time": f"2026-07-04T09:{minute:02}:00.000Z", "title": [{"plain_text": title}] if title else [],
        "parent": {"type": "database_id", "database_id": f"db-{name}"}, "database_parent": parent,
        "in_trash": False, "url": f"https://app.notion.com/p/{name}", "properties": written,
    }  # fmt: skip


@dataclass
class Shown:
    """What a connection shows: items, collections and people, each as it came last; and what was removed."""

    items: dict[str, Item] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    removed: list[tuple[str, str]] = field(default_factory=list)

    def take(self, page: Page) -> None:
        self.items.update({item.id: item for item in page.items})
        self.collections.update({each.id: each for each in page.collections})
        self.people.update(page.people)
        self.removed += page.removed


def shown(shared: Any, since: datetime | None = None, only: tuple[str, ...] = ("page", "data_source")) -> Shown:
    """What a load shows that reads these streams at the same time, as a worker does."""

    async def one(stream: Stream) -> None:
        pages = PROVIDER.changes(shared, stream, since) if since else PROVIDER.read(shared, stream, "")
        async for page in pages:
            found.take(page)

    async def everything() -> None:
        streams = [each for each in (await PROVIDER.catalog(shared)).streams if each.item_type in only]
        await asyncio.gather(*map(one, streams))

    found = Shown()
    in_own_time(asyncio.wait_for(everything(), 20))
    return found


def cells(**properties: Any) -> dict[str, Any]:
    """The values of a page's properties."""
    return dict(shown(Shared(a_page("p1", "Harbour", **properties))).items["p1"].properties)


def column(shared: Shared, id: str, collection: str = "ds1") -> Field:
    found = shown(shared).collections[collection].field(id)
    assert found, f"{collection} has no field {id}"
    return found


def test_a_data_source_is_a_collection_with_the_columns_of_its_schema_in_their_order() -> None:
    options = {"options": [{"name": "High", "color": "red"}, {"name": "Low", "color": "default"}]}
    source = a_source(
        "ds1", "Tasks", WORKSPACE, Notes=("rich_text", {}), Priority=("select", options),
        Budget=("number", {"format": "won"}),
        Share=("number", {"format": "percent"}), Size=("number", {"format": "number_with_commas"}),
        Key=("unique_id", {"prefix": "TASK"}), Project=("relation", {"data_source_id": "ds2"}), Go=("button", {}),
        Due=("date", {}), State=("status", options),
    )  # fmt: skip
    source["properties"]["Task"] = source["properties"].pop("Name")
    source["properties"]["Task"]["name"] = "Task"
    found = shown(Shared(source, a_page("p1", "Sweep", source="ds1"))).collections["ds1"]
    both = (Option("High", "High", "red"), Option("Low", "Low", ""))
    assert (found.label, found.item_type, found.name_label) == ("Tasks", "page", "Task")
    assert found.fields == (
        Field("notes", "Notes", FieldType.TEXT), Field("priority", "Priority", FieldType.SELECT, options=both),
        Field("budget", "Budget", FieldType.CURRENCY, currency="KRW"), Field("share", "Share", FieldType.PERCENT),
        Field("size", "Size", FieldType.NUMBER), Field("key", "Key", FieldType.IDENTIFIER, prefix="TASK-"),
        Field("project", "Project", FieldType.RELATION, relates_to="ds2", computed=True),
        Field("due", "Due", FieldType.DATE_RANGE), Field("state", "State", FieldType.SELECT, options=both),
    )  # fmt: skip


def test_rows_belong_to_their_data_source_and_other_pages_to_the_pages() -> None:
    found = shown(Shared(a_source("ds1", "", WORKSPACE), a_page("row", "Sweep", source="ds1"), a_page("p1", "Home")))
    assert {item.id: item.collection for item in found.items.values()} == {
        "row": "ds1", "p1": "page", "ds1": "data_source",
    }  # fmt: skip
    assert {each.id: each.label for each in found.collections.values()} == {
        "page": "Pages", "data_source": "Databases", "ds1": "Untitled",
    }  # fmt: skip


def test_an_account_without_pages_still_has_its_collections() -> None:
    assert set(shown(Shared()).collections) == {"page", "data_source"}


def test_the_schemas_cost_no_call_of_their_own() -> None:
    sources = [a_source(f"ds{n}", "Tasks", WORKSPACE, Size=("number", {})) for n in range(60)]
    shared = Shared(*sources, *(a_page(f"p{n}", "Row", source=f"ds{n}", Size=("number", n)) for n in range(60)))
    assert len(shown(shared).collections) == 62
    assert sorted(shared.asked) == ["/v1/search data_source", "/v1/search page", "/v1/users"]


def test_a_data_source_that_the_search_lacks_is_asked_for_once() -> None:
    source = a_source("ds1", "Tasks", WORKSPACE, Size=("number", {"format": "euro"}))
    shared = Shared(
        *(a_page(f"p{n}", "Row", source="ds1", Size=("number", 2)) for n in range(9)),
        answers={"/v1/data_sources/ds1": source},
    )
    assert column(shared, "size").currency == "EUR"
    assert shared.asked.count("/v1/data_sources/ds1") == 1


def test_rows_of_a_data_source_that_was_not_shared_have_the_columns_that_they_show() -> None:
    row = a_page("p1", "Row", source="ds1", Size=("number", 2), Due=("date", None), Go=("button", {}))
    found = shown(Shared(row))
    assert found.collections["ds1"].label == "Untitled" and found.collections["ds1"].fields == (
        Field("size", "Size", FieldType.NUMBER), Field("due", "Due", FieldType.DATE_RANGE),
    )  # fmt: skip


def test_where_the_data_sources_are_left_out_the_rows_have_their_columns_all_the_same() -> None:
    shared = Shared(
        a_source("ds1", "Tasks", WORKSPACE, Size=("number", {"format": "euro"})), a_page("p1", "Row", source="ds1")
    )
    found = shown(shared, only=("page",))
    assert set(found.items) == {"p1"} and set(found.collections) == {"page", "ds1"}
    assert shared.asked.count("/v1/search data_source") == 1


def test_ids_are_decoded_once_so_that_rows_and_schema_agree() -> None:
    source, row = (
        a_source("ds1", "Tasks", WORKSPACE, Size=("number", {})),
        a_page("p1", "Row", source="ds1", Size=("number", 2)),
    )
    source["properties"]["Size"]["id"], row["properties"]["Size"]["id"] = "a:%", "a%3A%25"
    found = shown(Shared(source, row))
    assert [each.id for each in found.collections["ds1"].fields] == ["a:%"] == list(found.items["p1"].properties)


def a_formula(kind: str, value: Any) -> tuple[str, Any]:
    return "formula", {"type": kind, kind: value}


@pytest.mark.parametrize(("values", "expected"), [
    ([a_formula("number", None), a_formula("number", 3)], FieldType.NUMBER),
    ([a_formula("string", "On track")], FieldType.TEXT),
    ([a_formula("boolean", False)], FieldType.BOOLEAN),
    ([a_formula("date", {"start": "2026-03-01", "end": None})], FieldType.DATE_RANGE),
    ([a_formula("string", None), a_formula("unsupported", {}), a_formula("number", 3)], FieldType.NUMBER),
    ([a_formula("number", 3), a_formula("string", "none")], FieldType.TEXT),
])  # fmt: skip
def test_the_first_value_of_a_formula_tells_its_type_and_differing_ones_make_it_text(
    values: list[Any], expected: FieldType
) -> None:
    rows = [a_page(f"p{n}", "Row", 50 - n, "ds1", Health=value) for n, value in enumerate(values)]
    found = column(
        Shared(a_source("ds1", "Tasks", WORKSPACE, Health=("formula", {"expression": "1"})), *rows), "health"
    )
    assert found == Field("health", "Health", expected, computed=True)


def test_the_type_of_a_formula_outlasts_a_refresh_whose_rows_are_all_empty() -> None:
    source = a_source("ds1", "Tasks", WORKSPACE, Health=("formula", {"expression": "1"}))
    first = Shared(source, a_page("p1", "Row", 8, "ds1", Health=a_formula("number", 3)))
    shown(first)
    second = Shared(source, a_page("p1", "Row", 30, "ds1", Health=a_formula("string", None)))
    second.cache = first.cache
    found = shown(second, NOON - timedelta(days=300)).collections.get("ds1")
    assert found is None or found.fields[0].type == FieldType.NUMBER


def original(kind: str, *values: Any) -> tuple[str, Any]:
    return "rollup", {
        "type": "array",
        "function": "show_original",
        "array": [{"type": kind, kind: each} for each in values],
    }


def test_a_rollup_of_many_values_is_one_list_of_their_type() -> None:
    days = original("date", {"start": "2026-03-01", "end": None}, {"start": "2026-03-02T01:00:00+02:00", "end": None})
    page = a_page(
        "p1", "Harbour",
        Tags=original("multi_select", [{"name": "calm"}, {"name": "deep"}], [{"name": "busy"}]),
        Crew=original("people", [{"object": "user", "id": "u7", "name": "Guest"}], []),
        Costs=original("number", 3, None, 4), Open=original("checkbox", True, False), Days=days,
        Parts=original("title", [{"plain_text": "One"}], [{"plain_text": "Two"}]),
        Links=original("relation", [{"id": "p2"}]),
        Kept=original("formula", {"type": "unsupported", "unsupported": {}}), None_=original("number"),
    )  # fmt: skip
    for each in page["properties"].values():
        each["id"] = "r"  # as some answers have it: a name stands for an id that is taken
    found = shown(Shared(page))
    values = dict(found.items["p1"].properties)
    assert set(values.pop("Kept").reason.split()) >= {"Notion", "not"}
    assert values == {
        "Tags": ["calm", "deep", "busy"], "Crew": ["u7"], "Costs": [3, 4], "Open": [True, False],
        "Days": [(date(2026, 3, 1), None), (datetime(2026, 3, 1, 23, tzinfo=UTC), None)],
        "Parts": ["One", "Two"], "Links": ["p2"],
    }  # fmt: skip
    assert {each.label: (each.type.value, each.many) for each in found.collections["page"].fields} == {
        "Tags": ("multi_select", False), "Crew": ("people", False), "Costs": ("number", True),
        "Open": ("boolean", True),
        "Days": ("date_range", True), "Parts": ("text", True), "Links": ("relation", False), "Kept": ("text", False),
        "None_": ("text", False),
    }  # fmt: skip
    assert found.people["u7"] == "Guest" and all(each.computed for each in found.collections["page"].fields)


def a_rollup(function: str) -> tuple[str, Any]:
    return "rollup", {"function": function, "relation_property_id": "parts", "rollup_property_id": "cost"}


@pytest.mark.parametrize(("function", "value", "expected"), [
    ("sum", {"type": "number", "number": 3}, {"type": FieldType.CURRENCY, "currency": "EUR"}),
    ("count", {"type": "number", "number": 3}, {"type": FieldType.NUMBER}),
    ("percent_not_empty", {"type": "number", "number": 0.5}, {"type": FieldType.PERCENT}),
    ("show_original", original("number", 3, 4)[1], {"type": FieldType.CURRENCY, "currency": "EUR", "many": True}),
    ("earliest_date", {"type": "date", "date": {"start": "2026-03-01", "end": None}}, {"type": FieldType.DATE_RANGE}),
])  # fmt: skip
def test_a_rollup_has_the_type_and_unit_of_what_it_shows(function: str, value: Any, expected: dict[str, Any]) -> None:
    whole = a_source("ds1", "Boats", WORKSPACE, Parts=("relation", {"data_source_id": "ds2"}), Total=a_rollup(function))
    part = a_source("ds2", "Parts", WORKSPACE, Cost=("number", {"format": "euro"}))
    row = a_page("p1", "Harbour", 8, "ds1", Total=("rollup", {**value, "function": function}))
    assert column(Shared(whole, part, row), "total") == Field("total", "Total", computed=True, **expected)


def test_a_place_is_shown_by_its_name_else_its_address_else_where_it_is() -> None:
    address = {"lat": 52.1, "lon": 13.2, "name": None, "address": "Sample Street 1, Berlin", "google_place_id": None}
    nowhere = {"lat": None, "lon": None, "name": None, "address": None}
    assert cells(
        Named=("place", {**address, "name": "Office"}),
        Office=("place", address),
        Buoy=("place", {"lat": 54.5, "lon": 8.25, "name": None, "address": None}),
        Island=("place", {"lat": 0, "lon": 0, "name": None, "address": None}),
        Nowhere=("place", nowhere),
    ) == {"named": "Office", "office": "Sample Street 1, Berlin", "buoy": "54.5, 8.25", "island": "0, 0"}


def test_dates_are_days_or_moments_that_sort_by_time_and_ranges_have_both_ends() -> None:
    def written(start: str, end: str | None = None, time_zone: str | None = None) -> tuple[str, Any]:
        return "date", {"start": start, "end": end, "time_zone": time_zone}

    def utc(*parts: int) -> datetime:
        return datetime(2026, *parts, tzinfo=UTC)

    assert cells(
        First=written("2026-03-01T01:00:00.000+09:00"),
        Second=written("2026-02-28T20:00:00.000+00:00"),
        Third=written("2026-03-01"),
        Days=written("2026-03-01", "2026-03-05"),
        Meeting=written("2026-03-02T10:00:00.000+01:00", "2026-03-02T11:30:00.000+01:00"),
        Tokyo=written("2026-03-03T01:00:00.000", None, "Asia/Tokyo"),
        Made=("created_time", "2026-07-04T09:08:00.000Z"),
        Formula=("formula", {"type": "date", "date": {"start": "2026-03-04T01:00:00.000+02:00", "end": None}}),
        Odd=written("soon"),
    ) == {
        "first": (utc(2, 28, 16), None), "second": (utc(2, 28, 20), None), "third": (date(2026, 3, 1), None),
        "days": (date(2026, 3, 1), date(2026, 3, 5)), "meeting": (utc(3, 2, 9), utc(3, 2, 10, 30)),
        "tokyo": (utc(3, 2, 16), None), "made": utc(7, 4, 9, 8), "formula": (utc(3, 3, 23), None), "odd": "soon",
    }  # fmt: skip


def test_a_value_that_notion_keeps_back_is_told_from_an_empty_one() -> None:
    found = cells(
        Margin=("formula", {"type": "unsupported", "unsupported": {}}),
        Sum=("rollup", {"type": "unsupported", "unsupported": {}, "function": "sum"}),
        Newer=("unsupported", {}),
        Empty=("formula", {"type": "string", "string": None}),
    )
    kept_back = NoValue("Notion does not provide this value to other apps.")
    assert found == dict.fromkeys(("margin", "sum", "newer"), kept_back)


def test_a_type_of_the_future_is_shown_as_text_and_named_once_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log_unknown_type.cache_clear()
    rows = [a_page(f"p{n}", "Row", Depth=("hologram", {"depth": n}), Kind=("aura", {"name": "calm"})) for n in range(3)]
    found = shown(Shared(*rows))
    assert dict(found.items["p2"].properties) == {"depth": '{"depth": 2}', "kind": "calm"}
    assert [each.type for each in found.collections["page"].fields] == [FieldType.TEXT] * 2
    assert [caplog.text.count(name) for name in ("'hologram'", "'aura'")] == [1, 1]


def test_a_type_or_a_creator_that_is_none_costs_neither_its_page_nor_another() -> None:
    odd = a_page("p1", "Harbour", Shape=("select", {"name": "tall"}))
    odd |= {"created_by": "u1", "parent": {"type": ["page_id"]}}
    odd["properties"]["Size"] = {"id": "s", "type": ["number"], "number": 62}
    stranger = {**a_page("p2", "Quay"), "created_by": {"object": "user", "id": {"of": "u1"}}}
    found = {item.name: item for item in shown(Shared(odd, stranger, a_page("p3", "Pier"))).items.values()}
    assert dict(found["Harbour"].properties) == {"shape": "tall"}
    assert [found[name].owner for name in ("Harbour", "Quay", "Pier")] == [None, None, "u1"]


def test_people_and_bots_are_ids_with_names_and_guests_have_the_name_that_their_rows_tell() -> None:
    page = a_page(
        "p1", "Harbour",
        Crew=("people", [{"object": "user", "id": "u1"}, {"object": "user", "id": "g1", "name": "Guest"}]),
        Team=("people", [{"object": "group", "id": "t1", "name": "Deck"}]), Maker=("created_by", {"id": "b1"}),
        Editor=("last_edited_by", {"object": "user", "id": "gone"}),
    )  # fmt: skip
    found = shown(Shared(page))
    assert dict(found.items["p1"].properties) == {
        "crew": ["u1", "g1"], "team": ["t1"], "maker": "b1", "editor": "gone",
    }  # fmt: skip
    assert found.people == {"u1": "Mina Okoro", "g1": "Guest", "t1": "Deck", "b1": "Bot"}
    assert found.items["p1"].owner == "u1"


def test_verifications_are_words_ids_are_numbers_and_files_have_no_address_that_expires() -> None:
    week = {"start": "2026-09-01T09:00:00.000Z", "end": "2026-10-01T09:00:00.000Z", "time_zone": None}
    file = {"name": "brief.pdf", "type": "file", "file": {"url": "https://example.com/signed", "expiry_time": "soon"}}
    assert cells(
        Checked=("verification", {"state": "verified", "verified_by": {"object": "user", "id": "u1"}, "date": None}),
        Late=("verification", {"state": "expired", "verified_by": None, "date": week}),
        Key=("unique_id", {"prefix": "TASK", "number": 7}),
        Number=("unique_id", {"prefix": None, "number": 12}),
        Brief=("files", [file]),
        Go=("button", {}),
    ) == {
        "checked": "Verified", "late": "Expired, 2026-09-01 – 2026-10-01", "key": 7, "number": 12,
        "brief": [{"name": "brief.pdf", "size": None, "type": None}],
    }  # fmt: skip


def a_relation(count: int) -> tuple[str, Any, dict[str, Any]]:
    return "relation", [{"id": f"task{n}"} for n in range(min(count, 25))], {"has_more": count > 25}


def items_of(kind: str, *values: Any, more: str | None = None, last: Any = None) -> dict[str, Any]:
    """A page of a property."""
    results = [{"object": "property_item", "id": "x", "type": kind, kind: value} for value in values]
    shape = {"id": "x", "next_url": None, **(last or {"type": kind, kind: {}})}
    return {"object": "list", "results": results, "next_cursor": more, "has_more": bool(more), "property_item": shape}


def tasks(first: int, last: int) -> list[dict[str, str]]:
    return [{"id": f"task{n}"} for n in range(first, last)]


def test_a_relation_of_more_than_25_is_read_to_its_end() -> None:
    page = a_page("proj", "Harbour", Tasks=a_relation(240))
    page["properties"]["Tasks"]["id"] = "a%3Ab"
    pages = [items_of("relation", *tasks(0, 100), more="1"), items_of("relation", *tasks(100, 200), more="2")]
    address = "/v1/pages/proj/properties/a%3Ab"
    shared = Shared(page, answers={address: [*pages, items_of("relation", *tasks(200, 240))]})
    assert shown(shared).items["proj"].properties["a:b"] == [f"task{n}" for n in range(240)]
    assert shared.asked.count(address) == 3


def test_a_relation_whose_rest_may_not_be_read_is_not_shown_as_if_it_were_whole() -> None:
    assert isinstance(cells(Tasks=a_relation(26))["tasks"], NoValue)
    assert len(cells(Tasks=a_relation(25))["tasks"]) == 25


def test_what_is_computed_from_a_relation_of_more_than_25_is_read_in_full_as_well() -> None:
    rollup = {"relation_property_id": "tasks", "rollup_property_id": "x"}
    source = a_source(
        "ds1", "Projects", WORKSPACE, Tasks=("relation", {"data_source_id": "ds2"}),
        Total=("rollup", {**rollup, "function": "sum"}),
        Names=("rollup", {**rollup, "function": "show_original"}),
        Double=("formula", {"expression": 'prop("Total") * 2'}),
        Other=("formula", {"expression": "1"}),
    )  # fmt: skip
    row = a_page(
        "p1", "Harbour", 8, "ds1", Tasks=a_relation(40),
        Total=("rollup", {"type": "number", "number": 25, "function": "sum"}),
        Names=original("title", [{"plain_text": "One"}]), Double=a_formula("number", 50), Other=a_formula("number", 1),
    )  # fmt: skip
    sum_of_all = {"type": "rollup", "rollup": {"type": "number", "number": 40, "function": "sum"}}
    partly = {"type": "rollup", "rollup": {"type": "incomplete", "incomplete": {}, "function": "sum"}}
    listed = {"type": "rollup", "rollup": {"type": "array", "array": [], "function": "show_original"}}
    at, doubled = "/v1/pages/p1/properties/", {"type": "number", "number": 80}
    shared = Shared(source, row, answers={
        f"{at}tasks": items_of("relation", *tasks(0, 40)),
        f"{at}total": [
            items_of("relation", *tasks(0, 25), more="1", last=partly), items_of("relation", last=sum_of_all),
        ],
        f"{at}names": items_of("title", {"plain_text": "One"}, {"plain_text": "Two"}, last=listed),
        f"{at}double": {"object": "property_item", "id": "x", "type": "formula", "formula": doubled},
    })  # fmt: skip
    values = dict(shown(shared).items["p1"].properties)
    assert len(values.pop("tasks")) == 40
    assert values == {"total": 40, "names": ["One", "Two"], "double": 80, "other": 1}
    assert f"{at}other" not in shared.asked


def test_people_and_mentions_beyond_25_are_read_in_full() -> None:
    crew, mention = [{"object": "user", "id": f"u{n}"} for n in range(30)], {"type": "mention", "plain_text": "@"}
    page = a_page(
        "p1", "Harbour", Crew=("people", crew[:25]), Notes=("rich_text", [mention] * 25), Few=("people", crew[:24])
    )
    at = "/v1/pages/p1/properties/"
    answers = {f"{at}crew": items_of("people", *crew), f"{at}notes": items_of("rich_text", *[mention] * 27)}
    values = shown(Shared(page, answers=answers)).items["p1"].properties
    assert (len(values["crew"]), values["notes"], len(values["few"])) == (30, "@" * 27, 24)


def test_the_parent_of_a_data_source_is_what_its_database_lies_in() -> None:
    home = {"type": "page_id", "page_id": "home"}
    shared = Shared(
        a_source("ds1", "Tasks", home), a_source("ds2", "Notes", WORKSPACE), a_source("ds3", "Bare"),
        a_source("ds4", "Kept", {"type": "database_id", "database_id": "wiki"}),
        answers={"/v1/databases/wiki": {"object": "database", "id": "wiki", "title": [{"plain_text": "Handbook"}]}},
    )  # fmt: skip
    found = {item.id: (item.parent_id, item.parent_path_or_name) for item in shown(shared).items.values()}
    assert found == {
        "ds1": ("home", None), "ds2": (None, "Workspace"), "ds3": (None, None), "ds4": (None, "Handbook"),
    }  # fmt: skip


def test_a_page_in_a_column_lies_in_the_page_around_it_and_each_block_is_asked_for_once() -> None:
    inside = [{**a_page(f"p{n}", "Inside"), "parent": {"type": "block_id", "block_id": "column"}} for n in range(5)]
    shared = Shared(*inside, a_page("home", "Home"), answers={
        "/v1/blocks/column": {"object": "block", "id": "column", "parent": {"type": "block_id", "block_id": "list"}},
        "/v1/blocks/list": {"object": "block", "id": "list", "parent": {"type": "page_id", "page_id": "home"}},
    })  # fmt: skip
    assert {item.parent_id for item in shown(shared).items.values() if item.name == "Inside"} == {"home"}
    again = Shared(*inside)
    again.cache = shared.cache
    assert shown(again, NOON - timedelta(days=300)).items["p0"].parent_id == "home"
    assert [each for each in (*shared.asked, *again.asked) if "blocks" in each] == [
        "/v1/blocks/column",
        "/v1/blocks/list",
    ]


def test_pages_that_went_to_the_trash_are_removed_by_a_refresh_in_one_call_a_type() -> None:
    shared = Shared(a_source("ds1", "Tasks", WORKSPACE), a_page("p1", "Kept"))
    shared.trash = [a_page("row", "Row", 50, "ds1"), a_page("p2", "Page", 50), a_source("ds2", "Old", WORKSPACE, 50)]
    found = shown(shared, datetime(2026, 7, 4, 9, 20, tzinfo=UTC))
    assert sorted(found.removed) == [("data_source", "ds2"), ("ds1", "row"), ("page", "p2")]
    assert sorted(shared.asked) == [*["/v1/search data_source"] * 2, *["/v1/search page"] * 2, "/v1/users"]


@pytest.mark.parametrize(("error", "fails"), [(ProviderError("400"), False), (Unavailable("away"), True)])
def test_a_refresh_goes_on_where_the_trash_cannot_be_searched(error: Exception, fails: bool) -> None:
    shared = Shared(a_page("p1", "Kept"))
    genuine = shared.post

    async def post(path: str, json: Any, *, bucket: str = "") -> Any:
        if json["filter"].get("in_trash"):
            raise error
        return await genuine(path, json)

    shared.post = post
    with pytest.raises(Unavailable) if fails else nullcontext():
        assert set(shown(shared, NOON - timedelta(days=300)).items) == {"p1"}


@pytest.mark.parametrize("too_much", [10, 25, 50, 99])
def test_where_a_page_of_100_takes_too_long_smaller_ones_are_asked_for_from_the_same_place(too_much: int) -> None:
    workspace = Workspace(300)
    genuine, sizes = workspace.post, []

    async def post(path: str, json: Any, *, bucket: str = "") -> Any:
        if json["page_size"] > too_much and workspace.asked:
            raise PageTooSlow("took too long")
        sizes.append(json["page_size"])
        return await genuine(path, json)

    workspace.post = post
    assert set(read(workspace)) == set(workspace.edited)
    assert set(sizes) <= {100, max(size for size in (50, 25, 10) if size <= too_much)}


def test_a_page_that_takes_too_long_however_small_it_is_fails_as_unavailable() -> None:
    workspace = Workspace(300)

    async def post(path: str, json: Any, *, bucket: str = "") -> Any:
        raise PageTooSlow("took too long")

    workspace.post = post
    with pytest.raises(Unavailable, match="took too long"):
        read(workspace)


def test_what_only_a_full_load_renews_is_marked_as_computed() -> None:
    source = a_source(
        "ds1", "Projects", WORKSPACE, Done=("rollup", {"function": "count", "relation_property_id": "x"}),
        Health=("formula", {"expression": "1"}), Tasks=("relation", {"data_source_id": "ds2"}), Size=("number", {}),
    )  # fmt: skip
    found = shown(Shared(source, a_page("p1", "Row", source="ds1"))).collections["ds1"]
    assert {each.label: each.computed for each in found.fields} == {
        "Done": True, "Health": True, "Tasks": True, "Size": False,
    }  # fmt: skip
