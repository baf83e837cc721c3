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
