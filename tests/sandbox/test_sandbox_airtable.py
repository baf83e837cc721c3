"""What the provider reads from the sample bases is what they hold, cell by cell."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sandbox_helpers import Visit

from integrations.airtable import PROVIDER, TYPES
from integrations.model import Collection, FieldType, Item, NoValue, Page
from sandbox import airtable as stand_in
from sandbox.airtable_world import (
    Broken,
    Button,
    Field,
    File,
    Made,
    Table,
    World,
    field_id,
    people,
    record_id,
)

Play = Callable[..., None]
Place = tuple[str, str]
EVERYTHING = {
    *TYPES, "formula", "rollup", "multipleLookupValues", "manualSort",
}  # fmt: skip


class Reader:
    """Implements `model.Api` with the answers of the sandbox."""

    def __init__(self, visit: Visit, token: str) -> None:
        self.visit, self.token = visit, token
        self.web_url = visit.base
        self.cache: dict[str, str] = {}
        self.chosen: frozenset[str] = frozenset()

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        answer = await self.visit.call(self.token, path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> list[World]:
    """The worlds that the sandbox makes."""
    found: list[World] = []

    def world(items: int) -> World:
        found.append(World(items))
        return found[-1]

    monkeypatch.setattr(stand_in, "World", world)
    return found


async def read(visit: Visit, since: datetime | None = None) -> list[Page]:
    """Every page that the provider gives, or those of what has changed since."""
    api: Any = Reader(visit, (await visit.connect())["access_token"])
    streams = (await PROVIDER.catalog(api)).streams
    asked = (PROVIDER.changes(api, each, since) if since else PROVIDER.read(api, each) for each in streams)
    return [page for pages in asked async for page in pages]


def items(pages: list[Page]) -> dict[Place, Item]:
    return {(item.place, item.id): item for page in pages for item in page.items}


def held(world: World) -> dict[Place, dict[str, Any]]:
    """What every record holds, by field id, in the form in which an item has it."""
    tables = [table for found in world.tables.values() for table in found.values()]
    return {(place(table), record_id(table.id, n)): row(world, table, n) for table in tables for n in numbers(table)}


def place(table: Table) -> str:
    return f"{table.base}/{table.id}"


def numbers(table: Table) -> range:
    return range(len(table.times))


def row(world: World, table: Table, n: int) -> dict[str, Any]:
    fields = list(table.fields.values())[1:]
    cells = ((field, world.value(table, n, field.name)) for field in fields if field.type != "manualSort")
    found = {field_id(table.id, field.name): expected(field, value) for field, value in cells}
    return {id: value for id, value in found.items() if value is not None}


def expected(field: Field, value: Any) -> Any:
    """A value of the sample bases in the form of `model.FieldType`; of no value only that there is none."""
    if isinstance(value, list):
        return [expected(field, each) for each in value]
    match value:
        case Broken() | Made(state="empty" | "loading" | "error"):
            return NoValue
        case Made():
            return value.text
        case Button():
            return value.url
        case File():
            return {"name": value.name, "size": value.size, "type": value.type}
        case None if field.type == "checkbox" or field.result.get("type") == "checkbox":
            return False
    return value


def found_in(item: Item) -> dict[str, Any]:
    for value in item.properties.values():
        assert not isinstance(value, NoValue) or value.reason.endswith(".")
    return {id: NoValue if isinstance(value, NoValue) else value for id, value in item.properties.items()}


def records(pages: list[Page]) -> dict[Place, dict[str, Any]]:
    return {key: found_in(item) for key, item in items(pages).items() if item.type == "record"}


def test_every_cell_is_read_as_the_base_holds_it(play: Play, worlds: list[World]) -> None:
    async def scene(visit: Visit) -> None:
        found = records(await read(visit))
        truth = held(worlds[-1])
        assert len(truth) == 300 and found.keys() == truth.keys()
        assert {key: cells for key, cells in found.items() if cells != truth[key]} == {}
        values = [value for cells in found.values() for value in cells.values()]
        assert NoValue in values and sum(map(len, found.values())) > 2_000

    play("airtable", scene)


def test_every_changed_cell_is_read_as_the_base_holds_it_then_and_no_other_record_is_asked_for(
    play: Play, worlds: list[World]
) -> None:
    async def scene(visit: Visit) -> None:
        before = await read(visit)
        world, now = worlds[-1], int(time.time())
        tasks = next(table for table in world.tables[next(iter(world.bases))].values() if table.name == "Tasks")
        world.change(tasks, 3, now, Name="Ask the printer", Done=True, Estimate=5_400, Mood=None)
        world.change(tasks, 5, now, Status=None, Notes="Nobody answered.", Tags=None)
        changed = records(await read(visit, datetime.fromtimestamp(now - 60, UTC)))
        assert changed.keys() == {(place(tasks), record_id(tasks.id, n)) for n in (3, 5)}
        assert changed == {key: held(world)[key] for key in changed}
        assert all(cells != records(before)[key] for key, cells in changed.items())

    play("airtable", scene)


def test_names_times_owners_and_people_are_those_of_the_base(play: Play, worlds: list[World]) -> None:
    async def scene(visit: Visit) -> None:
        pages = await read(visit)
        found, world = items(pages), worlds[-1]
        names = {id: name for page in pages for id, name in page.people.items()}
        assert names == {id: name for id, (name, _) in people().items()}
        for table in (table for tables in world.tables.values() for table in tables.values()):
            for n in numbers(table):
                item = found[place(table), record_id(table.id, n)]
                assert item.name == str(world.value(table, n, next(iter(table.fields))) or "Untitled")
                assert item.creation_time == datetime.fromtimestamp(table.times[n][0], UTC)
                changed = datetime.fromtimestamp(table.times[n][1], UTC) if "Changed" in table.fields else None
                assert item.last_modified_time == changed
                maker = world.value(table, n, "Reported by") if table.name == "Bugs" else None
                assert item.owner == maker

    play("airtable", scene)


def test_each_table_is_a_collection_with_its_fields_in_order(play: Play, worlds: list[World]) -> None:
    async def scene(visit: Visit) -> None:
        pages = await read(visit)
        collections: list[Collection] = [each for page in pages for each in page.collections]
        assert [each.id for each in collections[-2:]] == ["base", "table"]
        tables = [table for found in worlds[-1].tables.values() for table in found.values()]
        assert [each.id for each in collections[:-2]] == [place(table) for table in tables]
        for each, table in zip(collections[:-2], tables, strict=True):
            names = [name for name, field in table.fields.items() if field.type != "manualSort"]
            assert [each.name_label, *(field.label for field in each.fields)] == names
            assert (each.label, each.group) == (table.name, worlds[-1].bases[table.base])
        assert {FieldType.TEXT} < {field.type for each in collections for field in each.fields}

    play("airtable", scene)


def test_every_relation_and_choice_leads_to_what_was_read(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        pages = await read(visit)
        found = items(pages)
        fields = {field.id: field for page in pages for each in page.collections for field in each.fields}
        for item in found.values():
            for id, value in item.properties.items():
                members = value if isinstance(value, list) else [value]
                if fields[id].type is FieldType.RELATION:
                    assert all((fields[id].relates_to, member) in found for member in members)
                if fields[id].type in (FieldType.SELECT, FieldType.MULTI_SELECT) and item.type == "record":
                    assert set(members) <= {option.value for option in fields[id].options}

    play("airtable", scene)


def test_the_sample_bases_have_fields_of_every_type(play: Play, worlds: list[World]) -> None:
    async def scene(visit: Visit) -> None:
        await read(visit)
        tables = [table for found in worlds[-1].tables.values() for table in found.values()]
        assert {field.type for table in tables for field in table.fields.values()} == EVERYTHING

    play("airtable", scene)


def test_links_have_their_other_ends_in_the_linked_table(play: Play, worlds: list[World]) -> None:
    async def scene(visit: Visit) -> None:
        await read(visit)
        world, ends = worlds[-1], 0
        for tables in world.tables.values():
            for table in tables.values():
                for field in (each for each in table.fields.values() if each.mirrors):
                    target = world.target(table, field)
                    for n in numbers(table):
                        for other in world.linked(table, n, field):
                            assert n in world.linked(target, other, target.fields[field.mirrors])
                            ends += 1
        assert ends > 100

    play("airtable", scene)
