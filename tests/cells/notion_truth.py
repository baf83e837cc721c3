"""What the sample workspace of Notion holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from truth import Column, Held, Row, Sheet

from sandbox.notion import World
from sandbox.notion_schema import SOURCES, id_of, name_now, option, property_id
from sandbox.notion_schema import Column as Property
from sandbox.notion_values import PEOPLE, Page, person

NAMES = {id: f"{first} {last}" for id, first, last in PEOPLE}
CURRENCIES = {"euro": "EUR", "dollar": "USD", "pound": "GBP"}
KINDS = {
    "checkbox": "truth", "date": "range", "created_time": "time", "last_edited_time": "time", "relation": "relation",
    "select": "choice", "status": "choice", "multi_select": "choice",
}  # fmt: skip
FORMULAS = {"number": "number", "boolean": "truth", "date": "range"}


def held(world: World, web_url: str) -> Held:
    rows: dict[str, dict[str, Row]] = {source.id: {} for source in world.sources}
    rows |= {"page": {}, "data_source": {}}
    for page in world.all:
        rows[_place(world, page)][page.id] = _row(world, page, web_url)
    found = {source.id: _sheet(world, source, rows[source.id]) for source in world.sources}
    listed = Sheet("Name", (Column("fields", "Fields"),), rows["data_source"])
    return {**found, "page": Sheet("Name", (), rows["page"]), "data_source": listed}


def _place(world: World, page: Page) -> str:
    if page.kind == "data_source":
        return "data_source"
    return id_of("ds", page.source) if page.source >= 0 else "page"


def _sheet(world: World, source: Page, rows: dict[str, Row]) -> Sheet:
    columns = {name: each for name, each in SOURCES[source.n].columns.items() if each.kind != "button"}
    made = tuple(_column(source.n, name, each) for name, each in columns.items())
    return Sheet(SOURCES[source.n].title_name, made, rows)


def _column(source: int, name: str, held: Property) -> Column:
    id, label, settings = property_id(source, name), name_now(source, name), held.settings
    if held.kind == "rollup":
        return _rollup(source, Column(id, label), held)
    if held.kind == "formula":
        return Column(id, label, FORMULAS.get(held.example.split()[0].replace("double", "number"), "text"))
    if held.kind == "number":
        unit = CURRENCIES.get(settings["format"], "")
        kind = "currency" if unit else "percent" if settings["format"] == "percent" else "number"
        return Column(id, label, kind, unit)
    labels = {each: option(each)["name"] for each in settings.get("names", ())}
    to = id_of("ds", settings["source"]) if held.kind == "relation" else ""
    prefix = f"{settings['prefix']}-" if held.kind == "unique_id" else ""
    return Column(id, label, "number" if prefix else KINDS.get(held.kind, "text"), "", "", prefix, labels, to)


def _rollup(source: int, column: Column, held: Property) -> Column:
    function, through = held.settings["function"], SOURCES[source].columns[held.settings["through"]]
    kinds = {"count": "number", "percent_checked": "percent", "latest_date": "range"}
    if function in kinds:
        return Column(column.id, column.label, kinds[function])
    target = through.settings["source"]
    seen = _column(target, held.settings["target"], SOURCES[target].columns[held.settings["target"]])
    return Column(column.id, column.label, seen.kind, seen.unit, labels=seen.labels, to=seen.to)


def _row(world: World, page: Page, web_url: str) -> Row:
    source = SOURCES[page.source] if page.source >= 0 else None
    columns = source.columns.items() if source and page.kind == "page" else ()
    values = {
        property_id(page.source, name): _value(column.kind, world.values.content(page, name))
        for name, column in columns
    }
    if page.kind == "data_source" and source:
        names = [source.title_name, *source.columns]
        values = {"fields": [name_now(page.source, name) for name in names]}
    return Row(
        name=(page.title if page.title.strip() else "") or "Untitled",
        values=values,
        parent=_parent(world, page),
        owner=person(page.n)["name"],
        updated=datetime.fromtimestamp(page.edited, UTC),
        created=datetime.fromtimestamp(page.created, UTC),
        link=_link(page, web_url),
        edited=page.edited,
    )


def _parent(world: World, page: Page) -> str | tuple[str, str]:
    """The nearest page, data source or workspace around it; columns and databases are none of them."""
    parent = world.database_parent(page) if page.kind == "data_source" else world.parent(page)
    if parent["type"] == "block_id":
        parent = world.home()
    return "Workspace" if parent["type"] == "workspace" else ("", parent[parent["type"]])


def _link(page: Page, web_url: str) -> str:
    if page.kind == "data_source":
        return f"{web_url}/p/{id_of('db', page.n).replace('-', '')}"
    words = re.sub(r"[^A-Za-z0-9]+", "-", page.title)[:60].strip("-")
    return f"{web_url}/p/{f'{words}-' if words else ''}{page.id.replace('-', '')}"


def _value(kind: str, content: Any) -> Any:
    return None if content is None else VALUES.get(kind, lambda same: same)(content)


def _computed(content: Any) -> Any:
    kind = content["type"]
    return _value(kind, content[kind]) if kind != "unsupported" else None


def _array(content: Any) -> list[Any]:
    found = [_value(each["type"], each[each["type"]]) for each in content]
    return [one for each in found for one in (each if isinstance(each, list) else [each]) if one is not None]


def _names(content: Any) -> list[str]:
    return [each["name"] for each in content]


def _person(content: Any) -> str:
    return NAMES[content["id"]]


def _span(content: Any) -> tuple[Any, ...]:
    return tuple(_moment(content[end], content["time_zone"]) for end in ("start", "end"))


def _verification(content: Any) -> str:
    days = [content["date"][end][:10] for end in ("start", "end")] if content["date"] else []
    return content["state"].capitalize() + (f", {days[0]} – {days[1]}" if days else "")


def _moment(text: str | None, zone: str | None) -> date | datetime | None:
    if text is None or len(text) == 10:
        return date.fromisoformat(text) if text else None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone or "UTC"))


VALUES: dict[str, Callable[[Any], Any]] = {
    "formula": _computed, "rollup": _computed, "array": _array, "multi_select": _names, "files": _names,
    "rich_text": lambda content: "".join(each["plain_text"] for each in content),
    "select": lambda content: content["name"], "status": lambda content: content["name"],
    "people": lambda content: [_person(each) for each in content], "created_by": _person, "last_edited_by": _person,
    "relation": lambda content: [each["id"] for each in content], "date": _span, "verification": _verification,
    "created_time": datetime.fromisoformat, "last_edited_time": datetime.fromisoformat,
    "unique_id": lambda content: content["number"],
    "place": lambda content: content["name"] or content["address"] or f"{content['lat']}, {content['lon']}",
}  # fmt: skip
