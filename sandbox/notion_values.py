"""What the pages of the stand-in for Notion hold: https://developers.notion.com/reference/page-property-values.

A page object has the first 25 references of a property, and rollups and formulas of those; the whole value is behind
an address of its own: https://developers.notion.com/reference/property-item-object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from . import sample_text
from .notion_schema import SOURCES, TASKS, Column, id_of, name_now, option, property_id
from .sample_text import mix, pick

CUT = 25
MANY = (60, 30)  # tasks of the first projects; the others have a few each
PEOPLE = [(id_of("user", n), *sample_text.person(n)) for n in range(12)]
NEVER_EMPTY = frozenset(
    {"formula", "rollup", "created_time", "created_by", "last_edited_time", "last_edited_by", "unique_id"}
    | {"verification", "button", "checkbox", "relation"}
)
LISTS = frozenset({"title", "rich_text", "multi_select", "people", "files", "relation"})
PAGED = ("title", "rich_text", "people", "relation")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")


class Page(NamedTuple):
    """One page or row, or with `source` below 0 and `of` set a data source: what all else is derived from.

    `place`: which of the rows of its data source it is.
    """

    n: int
    id: str
    title: str
    kind: str
    source: int
    parent: str
    created: float
    edited: float
    place: int = 0
    in_trash: bool = False


class Rows(Protocol):
    """The rows of each data source, which tasks each project has, and what has changed by page and property."""

    rows: list[list[Page]]
    tasks: dict[int, list[int]]
    changed: dict[tuple[str, str], Any]


def project_of(task: Page, projects: int) -> int | None:
    """Which project a task belongs to, if to any."""
    first = 0
    for number, count in enumerate(MANY):
        if task.place < first + count:
            return number % projects
        first += count
    return mix(task.n, 20) % projects if mix(task.n, 21) % 9 else None


def text(words: str) -> list[dict[str, Any]]:
    """A rich text."""
    if not words:
        return []
    return [{"type": "text", "text": {"content": words, "link": None}, "plain_text": words, "href": None}]


def person(n: int) -> dict[str, Any]:
    """Somebody of the workspace, in full."""
    user, first, last = PEOPLE[n % len(PEOPLE)]
    email = f"{first}.{last}@example.com".lower()
    return {
        "object": "user",
        "id": user,
        "name": f"{first} {last}",
        "avatar_url": None,
        "type": "person",
        "person": {"email": email},
    }


def user(n: int) -> dict[str, Any]:
    """Somebody of the workspace, by id."""
    return {"object": "user", "id": PEOPLE[n % len(PEOPLE)][0]}


def day(seconds: float) -> str:
    """A date without a time."""
    return sample_text.iso(seconds)[:10]


def date(start: str, end: str | None = None, zone: str | None = None) -> dict[str, Any]:
    """A date value."""
    return {"start": start, "end": end, "time_zone": zone}


def _meeting(page: Page, x: int) -> dict[str, Any]:
    """A time with its offset, or without one and with the name of a zone, and now and then its end."""
    start, end = (sample_text.iso(page.created // 3600 * 3600 + 3600 * (x % 200 + n))[:-1] for n in (0, 1))
    if x % 3 == 0:
        return date(start, None, pick(ZONES, x))
    return date(f"{start}+02:00", f"{end}+02:00" if x % 2 else None)


def _place(page: Page, x: int, name: str | None, address: str | None) -> dict[str, Any]:
    spot = {"lat": x % 9000 / 100, "lon": x % 18000 / 100}
    return {**spot, "name": name, "address": address, "aws_place_id": None, "google_place_id": None}


def _verification(page: Page, x: int) -> dict[str, Any]:
    if x % 3 == 0:
        return {"state": "unverified", "verified_by": None, "date": None}
    span = date(sample_text.iso(page.created), sample_text.iso(page.created + 7_776_000)) if x % 3 == 1 else None
    return {"state": "verified", "verified_by": user(x), "date": span}


def _files(page: Page, x: int) -> list[dict[str, Any]]:
    names = ["brief.pdf", "budget 2026.xlsx", "kick-off.png"][: x % 3 + 1]
    return [{"name": name, "type": "external", "external": {"url": f"https://example.com/{name}"}} for name in names]


Content = Callable[[Page, int, Column], Any]
CONTENTS: dict[str, Content] = {
    "rich_text": lambda page, x, _: text(
        f"{pick(sample_text.FIRST, x)} will {sample_text.task(x).lower()} with {pick(sample_text.COMPANIES, x, 3)}."
    ),
    "author": lambda page, x, _: text(f"{pick(sample_text.FIRST, x)} {pick(sample_text.LAST, x)}"),
    "number": lambda page, x, _: x % 40 if x % 2 else x % 400 / 4,
    "money": lambda page, x, _: x % 90_000 + 250,
    "share": lambda page, x, _: x % 101 / 100,
    "select": lambda page, x, column: option(pick(column.settings["names"], x)),
    "status": lambda page, x, column: option(pick(column.settings["names"], x)),
    "multi_select": lambda page, x, column: [
        option(tag) for tag in column.settings["names"] if mix(x, len(tag)) % 3 == 0
    ],
    "date": lambda page, x, _: date(
        day(page.created + x % 5_000_000), day(page.created + 5_600_000) if x % 4 == 0 else None
    ),
    "range": lambda page, x, _: date(day(page.created), day(page.created + x % 9_000_000)),
    "time": lambda page, x, _: _meeting(page, x),
    "people": lambda page, x, _: [person(i) for i in sorted({x % 12, x // 16 % 12})],
    "files": lambda page, x, _: _files(page, x),
    "checkbox": lambda page, x, _: x % 2 == 0,
    "url": lambda page, x, _: f"https://example.com/{sample_text.digest(str(x), 3)}",
    "email": lambda page, x, _: f"{pick(sample_text.FIRST, x).lower()}@example.com",
    "phone_number": lambda page, x, _: f"+1 555 01{x % 100:02}",
    "created_time": lambda page, x, _: sample_text.iso(page.created),
    "last_edited_time": lambda page, x, _: sample_text.iso(page.edited),
    "created_by": lambda page, x, _: user(page.n),
    "last_edited_by": lambda page, x, _: user(page.n // 3),
    "unique_id": lambda page, x, column: {"prefix": column.settings["prefix"], "number": page.place + 1},
    "verification": lambda page, x, _: _verification(page, x),
    "button": lambda page, x, _: {},
    "place": lambda page, x, _: _place(page, x, pick(sample_text.CITIES, x) if x % 4 else None, None),
    "address": lambda page, x, _: _place(page, x, None, f"{x % 90 + 1} Mill Street, {pick(sample_text.CITIES, x)}"),
}
FORMULAS: dict[str, Content] = {
    "string": lambda page, x, _: pick(("On track", "At risk", None), x),
    "number": lambda page, x, _: x % 60 - 10,
    "boolean": lambda page, x, _: x % 5 == 0,
    "date": lambda page, x, _: date(day(page.edited + 604_800)),
    "unsupported": lambda page, x, _: {},
}


class Values:
    """The properties of pages."""

    def __init__(self, world: Rows) -> None:
        self._world = world

    def properties(self, page: Page) -> dict[str, Any]:
        """All properties of a page as its object has them."""
        if page.source < 0:
            return {"title": {"id": "title", "type": "title", "title": text(page.title)}}
        return {name_now(page.source, name): self._shortened(page, name) for name in self.names(page)}

    def names(self, page: Page) -> tuple[str, ...]:
        """The first names of a page's properties."""
        found = SOURCES[page.source]
        return (found.title_name, *found.columns) if page.source >= 0 else ("title",)

    def content(self, page: Page, name: str, most: int | None = None) -> Any:
        """What a property of a row holds: all of it, or what comes of so many references at most."""
        source = SOURCES[page.source]
        if name == source.title_name:
            return text(page.title)
        if (page.id, name) in self._world.changed:
            return self._world.changed[page.id, name]
        column, x = source.columns[name], mix(page.n, 30 + len(name) + ord(name[0]))
        if x % 7 == 0 and column.kind not in NEVER_EMPTY:
            return [] if column.kind in LISTS else None
        if column.kind == "relation":
            return [{"id": each.id} for each in self._related(page, name)[:most]]
        if column.kind == "rollup":
            return self._rollup(page, column, most)
        if column.kind == "formula":
            return self._formula(page, column, x >> 3, most)
        return CONTENTS[column.example or column.kind](page, x >> 3, column)

    def whole(self, page: Page, name: str) -> dict[str, Any]:
        """A property that is not paged, in full."""
        kind = self._kind(page, name)
        return {"id": property_id(page.source, name), "type": kind, kind: self.content(page, name)}

    def items(self, page: Page, name: str) -> tuple[list[dict[str, Any]], dict[str, Any]] | None:
        """(property items, the property that they are of) of a property that is paged, None if it is not."""
        kind = self._kind(page, name)
        id = property_id(page.source, name)
        if kind == "rollup":
            return self._rolled_up(page, SOURCES[page.source].columns[name]), {"id": id, "type": kind}
        if kind not in PAGED:
            return None
        return [_item(id, kind, each) for each in self.content(page, name)], {"id": id, "type": kind, kind: {}}

    def _kind(self, page: Page, name: str) -> str:
        return "title" if name == SOURCES[page.source].title_name else SOURCES[page.source].columns[name].kind

    def _shortened(self, page: Page, name: str) -> dict[str, Any]:
        kind = self._kind(page, name)
        shape = {"id": property_id(page.source, name), "type": kind, kind: self.content(page, name, CUT)}
        return {**shape, "has_more": len(self._related(page, name)) > CUT} if kind == "relation" else shape

    def _related(self, page: Page, name: str) -> list[Page]:
        target = SOURCES[page.source].columns[name].settings["source"]
        there = self._world.rows[target] if target < len(self._world.rows) else []
        places = self._places(page, target, len(there)) if there else ()
        return [there[place] for place in dict.fromkeys(places) if not there[place].in_trash]

    def _places(self, page: Page, target: int, count: int) -> Sequence[int]:
        if page.source == TASKS:
            project = project_of(page, count)
            return () if project is None else (project,)
        if target == TASKS:
            return self._world.tasks.get(page.place, ())
        return [mix(page.n, 22 + i) % count for i in range(mix(page.n, 23) % 3)]

    def _rollup(self, page: Page, column: Column, most: int | None) -> dict[str, Any]:
        function, target = column.settings["function"], column.settings["target"]
        shape, related = {"function": function}, self._related(page, column.settings["through"])[:most]
        if function == "show_unique":
            return {"type": "unsupported", "unsupported": {}, **shape}
        kinds = [(self._kind(each, target), self.content(each, target, most)) for each in related]
        if function == "show_original":
            return {"type": "array", "array": [{"type": kind, kind: held} for kind, held in kinds], **shape}
        if function == "latest_date":
            days = [held["start"] for _, held in kinds if held]
            return {"type": "date", "date": date(max(days)) if days else None, **shape}
        return {"type": "number", "number": _calculated(function, [held for _, held in kinds]), **shape}

    def _formula(self, page: Page, column: Column, x: int, most: int | None) -> dict[str, Any]:
        if column.example.startswith("double "):
            name = column.example.removeprefix("double ")
            return {"type": "number", "number": 2 * self.content(page, name, most)["number"]}
        return {"type": column.example, column.example: FORMULAS[column.example](page, x, column)}

    def _rolled_up(self, page: Page, column: Column) -> list[dict[str, Any]]:
        """A rollup's property items: the values that it shows, or the pages that it is calculated from."""
        through, target = column.settings["through"], column.settings["target"]
        related = self._related(page, through)
        if column.settings["function"] != "show_original":
            return [_item(property_id(page.source, through), "relation", {"id": each.id}) for each in related]
        return [
            _item(property_id(each.source, target), kind, part)
            for each in related
            for kind in [self._kind(each, target)]
            for held in [self.content(each, target)]
            for part in (held if kind in PAGED else [held])
        ]


def _item(id: str, kind: str, content: Any) -> dict[str, Any]:
    return {"object": "property_item", "id": id, "type": kind, kind: content}


def _calculated(function: str, held: list[Any]) -> float | int | None:
    if function == "count":
        return len(held)
    if function == "sum":
        return float(sum(each for each in held if each is not None))
    return sum(map(bool, held)) / len(held) if held else None
