"""What the Notion provider reads of the stand-in is what the stand-in holds, cell by cell."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sandbox_helpers import Visit

from integrations.model import Collection, FieldType, Item, NoValue, Page, Stream
from integrations.model.errors import Forbidden, ProviderError
from integrations.notion import PROVIDER
from sandbox import notion as sandbox
from sandbox.notion_schema import SOURCES, property_id, schema

Play = Callable[..., None]
COLORS = {"default": ""}
TYPES = {
    "rich_text": FieldType.TEXT, "title": FieldType.TEXT, "number": FieldType.NUMBER, "select": FieldType.SELECT,
    "status": FieldType.SELECT, "multi_select": FieldType.MULTI_SELECT, "date": FieldType.DATE_RANGE,
    "people": FieldType.PEOPLE, "created_by": FieldType.PERSON, "last_edited_by": FieldType.PERSON,
    "files": FieldType.FILES, "checkbox": FieldType.BOOLEAN, "url": FieldType.URL, "email": FieldType.EMAIL,
    "phone_number": FieldType.PHONE, "relation": FieldType.RELATION, "unique_id": FieldType.IDENTIFIER,
    "created_time": FieldType.DATETIME, "last_edited_time": FieldType.DATETIME, "verification": FieldType.TEXT,
    "place": FieldType.LOCATION,
}  # fmt: skip
OTHER_TYPES = {  # of the columns whose type is more than their kind, by the name that people know them by
    "Cost": "currency EUR", "Progress": "percent", "Budget": "currency USD", "Volume": "currency GBP",
    "Project stage": "select many", "Project lead": "people", "Days left": "number", "Budgets": "currency USD many",
    "Open tasks": "relation", "Next one": "date_range", "Lost": "select many", "Task count": "number",
    "Hours": "number",
    "Blocked tasks": "percent", "Last due": "date_range", "All tags": "multi_select", "Hours with reserve": "number",
    "Health": "text", "Over budget": "boolean", "Forecast": "text",
}  # fmt: skip


@dataclass
class Client:
    """Calls to the stand-in, implementing `model.Api`."""

    visit: Visit
    token: str
    cache: dict[str, str]
    calls: list[str] = field(default_factory=list)

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        return await self.call(path, "GET", params=params)

    async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
        return await self.call(path, "POST", json=json)

    async def call(self, path: str, method: str, **more: Any) -> Any:
        self.calls.append(path)
        answer = await self.visit.call(self.token, path, method, **more)
        if answer.status_code == 404:
            raise Forbidden(answer.text)
        if answer.status_code != 200:
            raise ProviderError(answer.text)
        return answer.json()


@dataclass
class Snapshot:
    """What loads have left."""

    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    cache: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def take(self, page: Page) -> None:
        self.items.update({(item.place, item.id): item for item in page.items})
        self.collections.update({each.id: each for each in page.collections})
        self.people.update(page.people)
        for each in page.removed:
            self.items.pop(each, None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> sandbox.World:
    found = sandbox.World(600)
    monkeypatch.setattr(sandbox, "World", lambda items: found)
    return found


def load(play: Play, snapshot: Snapshot, since: datetime | None = None) -> None:
    async def scene(visit: Visit) -> None:
        client = Client(visit, (await visit.connect())["access_token"], snapshot.cache)
        streams = (await PROVIDER.catalog(client)).streams
        await asyncio.gather(*(read(client, each) for each in streams if each.item_type))
        snapshot.calls = client.calls

    async def read(client: Client, stream: Stream) -> None:
        pages = PROVIDER.changes(client, stream, since) if since else PROVIDER.read(client, stream, "")
        async for page in pages:
            snapshot.take(page)

    play("notion", scene)


def moment(text: str, zone: str | None) -> Any:
    if len(text) == 10:
        return date.fromisoformat(text)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone or "UTC"))


def span(held: Any) -> Any:
    return tuple(each and moment(each, held["time_zone"]) for each in (held["start"], held["end"]))


def verification(held: Any) -> str:
    days = [held["date"][end][:10] for end in ("start", "end")] if held["date"] else []
    return held["state"].capitalize() + (f", {days[0]} – {days[1]}" if days else "")


def text(held: Any) -> str:
    return "".join(each["plain_text"] for each in held)


def flat(held: Any) -> Any:
    found = [cell(each["type"], each[each["type"]]) for each in held]
    return [one for each in found for one in (each if isinstance(each, list) else [each]) if one is not None] or None


def computed(held: Any) -> Any:
    return "kept back" if held["type"] == "unsupported" else cell(held["type"], held[held["type"]])


def of(key: str) -> Callable[[Any], Any]:
    return lambda held: [each[key] for each in held] if isinstance(held, list) else held[key]


SHOWN: dict[str, Callable[[Any], Any]] = {
    "formula": computed, "rollup": computed, "array": flat, "title": text, "rich_text": text, "date": span,
    "verification": verification, "created_time": datetime.fromisoformat, "last_edited_time": datetime.fromisoformat,
    "place": lambda held: held["name"] or held["address"] or f"{held['lat']}, {held['lon']}",
    "files": lambda held: [{"name": each["name"], "size": None, "type": None} for each in held],
    "select": of("name"), "status": of("name"), "multi_select": of("name"), "people": of("id"), "relation": of("id"),
    "created_by": of("id"), "last_edited_by": of("id"), "unique_id": of("number"),
}  # fmt: skip


def cell(kind: str, held: Any) -> Any:
    """The value that a person sees at Notion, from what the stand-in holds."""
    return None if held in (None, [], {}) else SHOWN.get(kind, lambda same: same)(held)


def truth(world: sandbox.World, page: Any) -> dict[str, Any]:
    """The cells of a row by the names of their columns, empty ones left out."""
    columns = SOURCES[page.source].columns if page.source >= 0 else {}
    found = {name: cell(column.kind, world.values.content(page, name)) for name, column in columns.items()}
    return {name: value for name, value in found.items() if value is not None}


def read_cells(snapshot: Snapshot, item: Item) -> dict[str, Any]:
    collection = snapshot.collections[item.collection]
    kept = {key: "kept back" if isinstance(value, NoValue) else value for key, value in item.properties.items()}
    labels = {each.id: each.label for each in collection.fields}
    return {labels[key]: value for key, value in kept.items()}


def assert_same(snapshot: Snapshot, world: sandbox.World) -> None:
    pages = [page for page in world.all if page.kind == "page"]
    expected = {page.id: truth(world, page) for page in pages}
    found = {item.id: read_cells(snapshot, item) for item in snapshot.items.values() if item.type == "page"}
    assert found.keys() == expected.keys()
    wrong = {
        (page.source, name): (found[page.id].get(name), expected[page.id].get(name))
        for page in pages for name in {*found[page.id], *expected[page.id]}
        if found[page.id].get(name) != expected[page.id].get(name)
    }  # fmt: skip
    assert wrong == {}
    assert sum(map(len, expected.values())) > 4_000, "there are cells to compare"
    names = {item.id: item.name for item in snapshot.items.values()}
    assert names == {page.id: (page.title.strip() and page.title) or "Untitled" for page in world.all}
    places = {item.id: item.collection for item in snapshot.items.values()}
    assert places == {page.id: place(world, page) for page in world.all}


def place(world: sandbox.World, page: Any) -> str:
    if page.kind == "data_source":
        return "data_source"
    return world.sources[page.source].id if page.source >= 0 else "page"


def test_every_cell_arrives_as_the_stand_in_holds_it(play: Play, world: sandbox.World) -> None:
    snapshot = Snapshot()
    load(play, snapshot)
    assert_same(snapshot, world)
    assert set(snapshot.people) >= {user for user, *_ in sandbox.PEOPLE}
    relations = [
        len(each) for item in snapshot.items.values() for each in item.properties.values() if each_is_long(each)
    ]
    assert 60 in relations, "a relation of more than 25 is among them"


def each_is_long(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 25


def test_every_column_has_the_type_the_unit_and_the_options_of_the_stand_in(play: Play, world: sandbox.World) -> None:
    snapshot = Snapshot()
    load(play, snapshot)
    for source in world.sources:
        held = {name: each for name, each in schema(source.n).items() if each["type"] not in ("title", "button")}
        found = snapshot.collections[source.id]
        assert (found.label, found.name_label) == (source.title, SOURCES[source.n].title_name)
        assert [each.label for each in found.fields] == list(held)
        for name, each in held.items():
            column = found.field(found.fields[list(held).index(name)].id)
            kind = " ".join(filter(None, (column.type, column.currency, "many" if column.many else "")))
            assert kind == OTHER_TYPES.get(name, TYPES.get(each["type"])), name
            options = each[each["type"]].get("options")
            assert options is None or [(one.label, one.color) for one in column.options] == [
                (one["name"], COLORS.get(one["color"], one["color"])) for one in options
            ]  # fmt: skip
            assert column.computed == (each["type"] in ("formula", "rollup", "relation"))
            assert column.relates_to == each[each["type"]].get("data_source_id", column.relates_to)
    tasks = snapshot.collections[world.sources[0].id]
    assert next(each.prefix for each in tasks.fields if each.label == "ID") == "TASK-"


def test_every_cell_is_right_after_a_refresh_and_what_went_to_the_trash_is_gone(
    play: Play, world: sandbox.World
) -> None:
    snapshot = Snapshot()
    load(play, snapshot)
    now = int(time.time()) // 60 * 60
    for page in [world.rows[0][3], world.rows[1][5], world.rows[2][0], world.rows[4][1]]:
        world.change(page.id, now, f"{page.title} again")
    world.discard(world.rows[5][2].id, now)
    whole = len(snapshot.calls)
    load(play, snapshot, datetime.now(UTC) - timedelta(minutes=10))
    assert_same(snapshot, world)
    assert len(snapshot.calls) < whole


def test_the_parents_are_found_through_columns_and_databases(play: Play, world: sandbox.World) -> None:
    snapshot = Snapshot()
    load(play, snapshot)
    home = world.home()["page_id"]
    inside = [page.id for page in world.all if page.parent == sandbox.COLUMN]
    assert len(inside) == 3 and {snapshot.items["page", each].parent_id for each in inside} == {home}
    books = snapshot.items["data_source", world.sources[3].id]
    assert (books.parent_id, books.parent_path_or_name) == (home, None)
    assert sum("/blocks/" in each for each in snapshot.calls) == 2


def test_a_property_is_paged_and_a_rollup_is_known_with_its_last_page(play: Play, world: sandbox.World) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        project = world.rows[2][0]
        page = (await visit.call(token, f"/v1/pages/{project.id}")).json()["properties"]
        assert (len(page["Tasks"]["relation"]), page["Tasks"]["has_more"]) == (25, True)
        assert page["Task count"]["rollup"]["number"] == 25

        async def ask(name: str, **params: str) -> Any:
            path = f"/v1/pages/{project.id}/properties/{property_id(2, name)}"
            return (await visit.call(token, path, params={"page_size": "40", **params})).json()

        first = await ask("Task count")
        assert (first["has_more"], first["property_item"]["rollup"]["type"]) == (True, "incomplete")
        last = await ask("Task count", start_cursor=first["next_cursor"])
        assert (last["has_more"], last["property_item"]["rollup"]["number"]) == (False, 60)
        assert len((await ask("Tasks"))["results"]) == 40
        assert (await ask("Health"))["object"] == "property_item"
        assert (await visit.call(token, f"/v1/pages/{project.id}/properties/nothing")).status_code == 404

    play("notion", scene)
