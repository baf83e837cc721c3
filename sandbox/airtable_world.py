"""What the sample bases hold: tables, records, and every value as Airtable's own screen would show it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from . import sample_text
from .airtable_schema import BASES, RENAMED, WEIGHTS, Field
from .sample_text import ident, mix, pick

PEOPLE = 9
ALWAYS = ("autoNumber", "createdTime", "createdBy", "lastModifiedTime", "lastModifiedBy", "button", "aiText", "formula")
BUGS = ("Export stops at row 1,000", "Search forgets accents", "Invoice shows two dates", "Menu closes too early",
        "Upload fails on slow lines", "Totals differ by a cent", "Sign-in loops in private windows")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Table:
    """One table: its records are numbers, `times` their creation and change, in seconds."""

    base: str
    id: str
    name: str
    fields: Mapping[str, Field]
    times: list[tuple[int, int]]


@dataclass(frozen=True)
class Broken:
    """What a formula gives in place of a value: "NaN", "Infinity" or an error such as "#ERROR!"."""

    code: str


@dataclass(frozen=True)
class Made:
    """A text that AI makes: `state` is generated, empty, loading or error."""

    state: str
    text: str = ""
    error: str = ""


@dataclass(frozen=True)
class File:
    """An attachment."""

    id: str
    name: str
    size: int
    type: str


@dataclass(frozen=True)
class Button:
    """A button that opens an address."""

    label: str
    url: str


class World:
    """All bases, tables and records; a value is made when it is asked for, unless somebody has changed it.

    A value is text, number, bool, date, aware datetime, or one of the classes above. A choice is the id of its option,
    a person the id of a user, a link the id of a record. Several are a list, and None is an empty cell.
    """

    def __init__(self, items: int) -> None:
        end = sample_text.midnight()
        self.bases = {ident("app", base): base for base in BASES}
        self.tables: dict[str, dict[str, Table]] = {}
        self.changed: dict[tuple[str, int, str], Any] = {}
        self._mirrors: dict[tuple[str, str], dict[int, list[int]]] = {}
        rest, left = items, sum(WEIGHTS.values())
        for base_id, base in self.bases.items():
            self.tables[base_id] = {}
            for name, fields in BASES[base].items():
                size = rest * WEIGHTS[name] // left
                rest, left = rest - size, left - WEIGHTS[name]
                times = sample_text.moments(size, len(base + name), end)
                table = Table(base_id, ident("tbl", base + name), name, {each.name: each for each in fields}, times)
                self.tables[base_id][table.id] = table

    def table(self, base: str, key: str) -> Table | None:
        """A table by its id or name."""
        tables = self.tables.get(base, {})
        return tables.get(key) or next((table for table in tables.values() if table.name == key), None)

    def change(self, table: Table, n: int, now: int, **values: Any) -> None:
        """Change some values of a record, links excepted, now."""
        table.times[n] = (table.times[n][0], now)
        self.changed |= {(table.id, n, name): value for name, value in values.items()}

    def value(self, table: Table, n: int, name: str) -> Any:
        """One value of a record."""
        if (table.id, n, name) in self.changed:
            return self.changed[table.id, n, name]
        field = table.fields[name]
        if field.to:
            return [record_id(self.target(table, field).id, other) for other in self.linked(table, n, field)] or None
        if field.by:
            return self._computed(table, n, field)
        x = mix(n, zlib.crc32(name.encode()) & 0xFFFF)
        if x % 6 == 0 and field.type not in ALWAYS and name != next(iter(table.fields)):
            return None
        return VALUES[field.type](Cell(self, table, n, field, x >> 3))

    def target(self, table: Table, field: Field) -> Table:
        """The table that a link leads to."""
        return next(each for each in self.tables[table.base].values() if each.name == field.to)

    def linked(self, table: Table, n: int, field: Field) -> list[int]:
        """The records that a link leads to, by number."""
        target = self.target(table, field)
        if field.mirrors:
            return self._mirrored(table, target, field).get(n, [])
        x, size = mix(n, zlib.crc32(field.name.encode()) & 0xFFFF), len(target.times)
        return sorted({mix(x, place) % size for place in range(x % 3)}) if size else []

    def _mirrored(self, table: Table, target: Table, field: Field) -> dict[int, list[int]]:
        key = (table.id, field.name)
        if key not in self._mirrors:
            found: dict[int, list[int]] = {}
            for n in range(len(target.times)):
                for other in self.linked(target, n, target.fields[field.mirrors]):
                    found.setdefault(other, []).append(n)
            self._mirrors[key] = found
        return self._mirrors[key]

    def _computed(self, table: Table, n: int, field: Field) -> Any:
        link = table.fields[field.by]
        target, linked = self.target(table, link), self.linked(table, n, link)
        if field.type == "count":
            return len(linked)
        values = [self.value(target, other, field.of) for other in linked]
        if field.type == "rollup":
            return HOW[field.how]([value for value in values if value is not None])
        if target.fields[field.of].type == "checkbox":
            return [bool(value) for value in values] or None
        members = (value if isinstance(value, list) else [value] for value in values if value is not None)
        return [each for found in members for each in found] or None


HOW: dict[str, Callable[[list[Any]], Any]] = {
    "sum": lambda values: sum(values),
    "max": lambda values: max(values, default=None),
    "all": lambda values: bool(values) and all(values),
}


@dataclass(frozen=True)
class Cell:
    """Where a value is made: `x` is a number that looks random."""

    world: World
    table: Table
    n: int
    field: Field
    x: int

    def other(self, name: str) -> Any:
        """Another value of the record."""
        return self.world.value(self.table, self.n, name)


@lru_cache(200_000)
def record_id(table: str, n: int) -> str:
    """The id of a table's n-th record."""
    return ident("rec", f"{table} {n}")


@lru_cache(1024)
def field_id(table: str, name: str) -> str:
    """The id of a field."""
    return ident("fld", table + name)


@lru_cache(1024)
def choice_id(name: str) -> str:
    """The id of a choice."""
    return ident("sel", name)


def person_id(n: int) -> str:
    """The id of somebody who works here."""
    return ident("usr", f"{n % PEOPLE}")


@lru_cache(1)
def people() -> dict[str, tuple[str, str]]:
    """Name and e-mail address of everybody who works here, by id."""
    names = {person_id(n): sample_text.person(n) for n in range(PEOPLE)}
    return {id: (f"{first} {last}", f"{first}.{last}@example.com".lower()) for id, (first, last) in names.items()}


def moment(seconds: float) -> datetime:
    """A time as a datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _text(cell: Cell) -> str | None:
    n = cell.n + 1000 * len(cell.table.name)
    if n % 97 == 13:
        return None
    match cell.field.about:
        case "person":
            return " ".join(sample_text.person(cell.n))
        case "product":
            return f"{pick(sample_text.COMPANIES, n, 40).split()[0]} {pick(('Desk', 'Lamp', 'Kettle', 'Scale'), n, 41)}"
        case "company":
            return f"{pick(sample_text.COMPANIES, n, 40)} {pick(('GmbH', 'Ltd', 'Lda', 'SAS'), n, 41)}"
        case "headline":
            return f"How we {sample_text.task(n).lower().replace(' ', ' our ', 1)}"
        case "bug":
            return pick(BUGS, n, 42)
    return sample_text.task(n)


def _formula(cell: Cell) -> Any:
    match cell.field.about:
        case "label":
            starts = cell.other("Starts")
            return " ".join(filter(None, (cell.other("Product"), starts and f"{starts:%b %Y}"))) or None
        case "end":
            starts = cell.other("Starts")
            return starts and starts.date() + timedelta(days=14)
        case "budget a task":
            budget, count = cell.other("Budget"), cell.other("Task count")
            return None if budget is None else round(budget / count, 2) if count else Broken("Infinity")
        case "stock value":
            price, stock = cell.other("Price"), cell.other("In stock")
            return Broken("#ERROR!") if price is None or stock is None else round(price * stock, 2)
        case "share":
            return cell.x % 1000 / 1000
    return pick((Broken("NaN"), Broken("#ERROR!"), cell.x % 400 / 100, cell.x % 1000 / 100), cell.x)


def _files(cell: Cell) -> list[File] | None:
    names = ("brief.pdf", "photo.jpg", "portrait.png")
    types = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
    found = (pick(names, cell.x, place) for place in range(cell.x % 3))
    return [
        File(ident("att", f"{cell.x} {place}"), name, mix(cell.x, place) % 900_000, types[name[-3:]])
        for place, name in enumerate(found)
    ] or None


def _made(cell: Cell) -> Made | None:
    states = (Made("empty"), Made("loading"), Made("error", error="emptyDependency"))
    return states[cell.x % 3] if cell.x % 4 == 0 else Made("generated", f"{sample_text.task(cell.x)}, and soon.")


def _chosen(cell: Cell) -> list[str] | None:
    names = [name for name in cell.field.choices if mix(cell.x, len(name) + ord(name[0])) % 3 == 0]
    return [choice_id(name) for name in names] or None


def _day(cell: Cell) -> date:
    return moment(cell.table.times[cell.n][0] + cell.x % 6_000_000).date()


def _changed(cell: Cell) -> datetime:
    created, changed = cell.table.times[cell.n]
    return moment(created + (changed - created) // 2 if cell.field.of else changed)


VALUES: dict[str, Callable[[Cell], Any]] = {
    "singleLineText": _text,
    "formula": _formula,
    "multilineText": lambda cell: f"{sample_text.task(cell.x)}.\n{sample_text.task(cell.x >> 4)}.",
    "richText": lambda cell: f"**{sample_text.task(cell.x)}** and [more](https://example.com)\n",
    "singleSelect": lambda cell: choice_id(pick(tuple(cell.field.choices), cell.x)),
    "externalSyncSource": lambda cell: choice_id(pick(tuple(cell.field.choices), cell.x)),
    "multipleSelects": _chosen,
    "checkbox": lambda cell: cell.x % 2 == 0,
    "date": _day,
    "dateTime": lambda cell: moment(cell.table.times[cell.n][0] + cell.x % 6_000_000),
    "createdTime": lambda cell: moment(cell.table.times[cell.n][0]),
    "lastModifiedTime": _changed,
    "singleCollaborator": lambda cell: person_id(cell.x),
    "createdBy": lambda cell: person_id(cell.x),
    "lastModifiedBy": lambda cell: person_id(cell.x),
    "multipleCollaborators": lambda cell: [person_id(cell.x), person_id(cell.x + 1)],
    "duration": lambda cell: cell.x % 200 * (60 if cell.field.options["durationFormat"] == "h:mm" else 7),
    "rating": lambda cell: cell.x % cell.field.options["max"] + 1,
    "currency": lambda cell: cell.x % 1_000_000 / 100,
    "percent": lambda cell: cell.x % 101 / 100,
    "number": lambda cell: cell.x % 5000 / 10 ** cell.field.options["precision"],
    "autoNumber": lambda cell: cell.n + 1,
    "multipleAttachments": _files,
    "barcode": lambda cell: f"40{cell.x % 10**11:011}",
    "button": lambda cell: Button("Open", f"https://example.com/launches/{cell.n + 1}"),
    "aiText": _made,
    "email": lambda cell: f"{pick(sample_text.FIRST, cell.x).lower()}@example.com",
    "phoneNumber": lambda cell: f"+1 555 01{cell.x % 100:02}",
    "url": lambda cell: f"https://example.com/{cell.x % 9999}",
    "manualSort": lambda cell: f"a{cell.n:05}",
}


def wire(field: Field, value: Any) -> Any:
    """A value as the API writes it."""
    if isinstance(value, list):
        return [None if each is False else _one(field, each) for each in value]
    return _one(field, value)


def _one(field: Field, value: Any) -> Any:
    if isinstance(value, Broken | Made | Button | File):
        return _object(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if isinstance(value, date):
        return value.isoformat()
    if value in people():
        name, email = people()[value]
        return {"id": value, "email": email, "name": name}
    return {"text": value, "type": "ean13"} if field.type == "barcode" and value else _named(value)


def _object(value: Broken | Made | Button | File) -> dict[str, Any]:
    match value:
        case Broken(code):
            return {"specialValue" if code in ("NaN", "Infinity") else "error": code}
        case Made(state, text, error):
            reason = {"errorType": error} if error else {}
            return {"state": state, **reason, "value": text or None, "isStale": state in ("empty", "loading")}
        case Button(label, url):
            return {"label": label, "url": url}
        case File(id, name, size, type):
            url = f"https://example.com/files/{id}"
            return {"id": id, "url": url, "filename": name, "size": size, "type": type}


def _named(value: Any) -> Any:
    """The name of a choice, and any other value as it is."""
    return RENAMED.get(value) or _choices().get(value, value)


@lru_cache(1)
def _choices() -> dict[str, str]:
    """The first names of all choices by id."""
    fields: Iterable[Field] = (each for base in BASES.values() for table in base.values() for each in table)
    return {choice_id(name): name for each in fields for name in each.choices}
