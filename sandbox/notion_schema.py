"""The data sources of the stand-in for Notion: https://developers.notion.com/reference/property-object."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from .sample_text import digest, pick

TASKS, MEETINGS, PROJECTS, BOOKS, SUPPLIERS, IDEAS = range(6)
COLORS = {
    "Not started": "default",
    "In progress": "blue",
    "Done": "green",
    "Low": "gray",
    "Medium": "yellow",
    "High": "red",
    "Someday": "default",
    "Discovery": "purple",
    "Building": "orange",
    "Live": "green",
    "Paperback": "brown",
    "Audiobook": "pink",
}
RENAMED: dict[str, str] = {}  # properties and options that are called something else by now, by id
GROUPS = {"To-do": "gray", "In progress": "blue", "Complete": "green"}


class Column(NamedTuple):
    """A property of a data source. `example`: which of the invented values it has, by default those of its type."""

    kind: str
    settings: Mapping[str, Any] = {}
    example: str = ""


class Source(NamedTuple):
    """A data source; `title_name` is what its title property is called."""

    title: str
    title_name: str
    emoji: str
    columns: Mapping[str, Column]


def choices(kind: str, *names: str, example: str = "") -> Column:
    """A select, status or multi-select with these options."""
    return Column(kind, {"names": names}, example)


def number(unit: str = "number", example: str = "") -> Column:
    """A number in one of Notion's formats."""
    return Column("number", {"format": unit}, example)


def relation(source: int, back: str = "") -> Column:
    """A relation; `back` is the name of the property on the other side, if it has one."""
    return Column("relation", {"source": source, "back": back})


def rollup(function: str, through: str, target: str) -> Column:
    """What a function makes of a property of the related pages."""
    return Column("rollup", {"function": function, "through": through, "target": target})


def formula(expression: str, result: str) -> Column:
    """A formula and which of the invented results it has."""
    return Column("formula", {"expression": expression}, result)


TAGS = choices("multi_select", "research", "urgent", "customer", "internal", "2026", "later")
STATUS = choices("status", "Not started", "In progress", "Done")
SOURCES = (
    Source(
        "Tasks",
        "Task",
        "✅",
        {
            "Status": STATUS,
            "Priority": choices("select", "Low", "Medium", "High", "Someday"),
            "Due": Column("date"),
            "Assignee": Column("people"),
            "Tags": TAGS,
            "Estimate": number(),
            "Cost": number("euro", "money"),
            "Progress": number("percent", "share"),
            "Blocked": Column("checkbox"),
            "Project": relation(PROJECTS, "Tasks"),
            "Project stage": rollup("show_original", "Project", "Stage"),
            "Project lead": rollup("show_original", "Project", "Owner"),
            "ID": Column("unique_id", {"prefix": "TASK"}),
            "Days left": formula('dateBetween(prop("Due"), now(), "days")', "number"),
            "Created": Column("created_time"),
            "Edited by": Column("last_edited_by"),
        },
    ),
    Source(
        "Meeting notes",
        "Title",
        "🗓️",
        {
            "When": Column("date", example="time"),
            "Attendees": Column("people"),
            "Summary": Column("rich_text"),
            "Recording": Column("url"),
            "Room": Column("place"),
            "Verified": Column("verification"),
            "Follow up": Column("button"),
            "Project": relation(PROJECTS),
            "Budgets": rollup("show_original", "Project", "Budget"),
            "Open tasks": rollup("show_original", "Project", "Tasks"),
            "Next one": formula('dateAdd(prop("When"), 1, "weeks")', "date"),
            "Lost": rollup("show_unique", "Project", "Stage"),
        },
    ),
    Source(
        "Projects",
        "Project name",
        "🚀",
        {
            "Stage": choices("status", "Discovery", "Building", "Live"),
            "Owner": Column("people"),
            "Budget": number("dollar", "money"),
            "Timeline": Column("date", example="range"),
            "Tasks": relation(TASKS, "Project"),
            "Supplier": relation(SUPPLIERS),
            "Task count": rollup("count", "Tasks", "Task"),
            "Hours": rollup("sum", "Tasks", "Estimate"),
            "Cost": rollup("sum", "Tasks", "Cost"),
            "Blocked tasks": rollup("percent_checked", "Tasks", "Blocked"),
            "Last due": rollup("latest_date", "Tasks", "Due"),
            "All tags": rollup("show_original", "Tasks", "Tags"),
            "Hours with reserve": formula('prop("Hours") * 2', "double Hours"),
            "Health": formula('if(prop("Hours") > 80, "At risk", "On track")', "string"),
            "Over budget": formula('prop("Cost") > prop("Budget")', "boolean"),
            "Brief": Column("files"),
            "Forecast": formula("{{notion:block_property:f%3A}}", "unsupported"),
        },
    ),
    Source(
        "Reading list",
        "Book",
        "📚",
        {
            "Author": Column("rich_text", example="author"),
            "Link": Column("url"),
            "Score": number(),
            "Read": Column("checkbox"),
            "Format": choices("select", "Paperback", "Audiobook"),
        },
    ),
    Source(
        "Suppliers",
        "Company",
        "🏭",
        {
            "E-mail": Column("email"),
            "Phone": Column("phone_number"),
            "Website": Column("url"),
            "Contract": Column("files"),
            "Volume": number("pound", "money"),
            "Address": Column("place", example="address"),
        },
    ),
    Source(
        "Ideas",
        "Idea",
        "💡",
        {
            "Votes": number("number_with_commas"),
            "Added by": Column("created_by"),
            "Changed": Column("last_edited_time"),
            "Tags": TAGS,
        },
    ),
)


def id_of(kind: str, n: int) -> str:
    """The id of the nth thing of a kind."""
    return str(uuid.UUID(digest(f"notion {kind} {n}")))


@lru_cache(512)
def property_id(source: int, name: str) -> str:
    """The id of a property, percent-encoded as in all answers."""
    if source < 0 or name == SOURCES[source].title_name:
        return "title"
    return quote(base64.b85encode(digest(f"{source}{name}", 3).encode())[:4], safe="")


def name_now(source: int, name: str) -> str:
    """What a property is called by now."""
    return RENAMED.get(property_id(source, name), name) if source >= 0 else name


def option(name: str) -> dict[str, str]:
    """A choice as pages and schemas name it."""
    id = digest(name, 4)
    return {
        "id": id,
        "name": RENAMED.get(id, name),
        "color": COLORS.get(name) or pick(("blue", "pink", "gray"), len(name)),
    }


def schema(source: int) -> dict[str, Any]:
    """The properties of a data source as its description has them."""
    found = SOURCES[source]
    columns = {found.title_name: Column("title"), **found.columns}
    return {
        name_now(source, name): {
            "id": property_id(source, name),
            "name": name_now(source, name),
            "description": None,
            "type": column.kind,
            column.kind: _settings(source, column),
        }
        for name, column in columns.items()
    }


def _settings(source: int, column: Column) -> dict[str, Any]:
    given = column.settings
    if "names" in given:
        options = [{**option(name), "description": None} for name in given["names"]]
        return {"options": options, **({"groups": _groups(options)} if column.kind == "status" else {})}
    if column.kind == "relation":
        return _related(given["source"], given["back"])
    if column.kind == "rollup":
        target = SOURCES[source].columns[given["through"]].settings["source"]
        return {
            "function": given["function"],
            "relation_property_id": property_id(source, given["through"]),
            "relation_property_name": given["through"],
            "rollup_property_id": property_id(target, given["target"]),
            "rollup_property_name": given["target"],
        }
    return dict(given)


def _related(target: int, back: str) -> dict[str, Any]:
    ids = {"data_source_id": id_of("ds", target), "database_id": id_of("db", target)}
    if not back:
        return {**ids, "type": "single_property", "single_property": {}}
    synced = {"synced_property_id": property_id(target, back), "synced_property_name": back}
    return {**ids, "type": "dual_property", "dual_property": synced}


def _groups(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": digest(name, 5), "name": name, "color": color, "option_ids": [each["id"]]}
        for (name, color), each in zip(GROUPS.items(), options, strict=True)
    ]
