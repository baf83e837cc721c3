"""What exported tables must hold, written from what a sandbox holds without any code of the app; and the comparison."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from integrations.frames import Tables, csv_pieces, slices
from integrations.model.query import Query

STANDARD = ("Type", "Parent", "Owner", "Updated", "Created", "Link")
TEN_DIGITS = Decimal("1e-10")  # after the point, of what is calculated
MOST_SHOWN = 10  # differences that a failed comparison lists


@dataclass(frozen=True)
class Column:
    """A column of a sheet. `kind` is a key of TEXTS, or "range" or "currency".

    `unit`: the currency of all rows; `unit_in`: id of the column with each row's own. `labels`: of options, by value.
    `to`: the sheet that a relation leads to.
    """

    id: str
    label: str
    kind: str = "text"
    unit: str = ""
    unit_in: str = ""
    prefix: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    to: str = ""


@dataclass(frozen=True)
class Row:
    """A record. `parent` is a name, or (sheet or "" for any, id) for that of another record.

    `edited`: when, in seconds since 1970.
    """

    name: str
    values: Mapping[str, Any]
    parent: str | tuple[str, str] | None = None
    owner: str | None = None
    updated: datetime | None = None
    created: datetime | None = None
    link: str = ""
    edited: float = float("inf")


@dataclass(frozen=True)
class Sheet:
    """A collection: how its column of names is headed, its other columns, and its rows by id."""

    name_label: str
    columns: tuple[Column, ...]
    rows: Mapping[str, Row]


Held = Mapping[str, Sheet]  # by the id of a collection


def refreshed(before: Held, now: Held, since: datetime) -> Held:
    """Returns what there is after a refresh: today's columns, and of rows that were not edited since what was there."""

    def row(place: str, id: str, found: Row) -> Row:
        old = before[place].rows.get(id)
        return found if found.edited >= since.timestamp() // 60 * 60 or old is None else old

    return {
        place: Sheet(sheet.name_label, sheet.columns, {id: row(place, id, each) for id, each in sheet.rows.items()})
        for place, sheet in now.items()
    }


def compare(tables: Tables, held: Held) -> int:
    """Compare every cell of every exported table with what is held; returns how many cells there are."""
    assert {each.id for each in tables.collections} == held.keys()
    cells, wrong = 0, []
    for place in held:
        found, expected = exported(tables, place), _expected(held, place)
        for id in {**expected, **found}:
            left, right = found.get(id, {}), expected.get(id, {})
            cells += len(right)
            wrong += [
                f"{place} {id} {heading!r}: {left.get(heading)!r} in place of {right.get(heading)!r}"
                for heading in {**right, **left}
                if left.get(heading) != right.get(heading)
            ]
    assert not wrong, "\n".join([f"{len(wrong):,} of {cells:,} cells differ:", *wrong[:MOST_SHOWN]])
    return cells


def exported(tables: Tables, place: str) -> dict[str, dict[str, str]]:
    """Returns the rows of a table's CSV file with all columns, by id, each as its cells by heading."""
    table = tables.open(place)
    frames = slices(table, Query(columns=tuple(each.id for each in table.fields)))
    text = b"".join(csv_pieces(frames, raw=True)).decode("utf-8-sig")
    heading, *rows = csv.reader(io.StringIO(text, newline=""))
    assert len(set(heading)) == len(heading) and len({row[0] for row in rows}) == len(rows)
    return {row[0]: dict(zip(heading, row, strict=True)) for row in rows}


def _expected(held: Held, place: str) -> dict[str, dict[str, str]]:
    columns = [*_own(held, place), *_standard(held, place)]
    headings = [heading for heading, _ in columns]
    assert len(set(headings)) == len(headings), headings
    return {
        id: {"Record ID": id, **{heading: text_of(id, row) for heading, text_of in columns}, "Link": row.link}
        for id, row in held[place].rows.items()
    }


TextOf = Callable[[str, Row], str]


def _own(held: Held, place: str) -> Iterator[tuple[str, TextOf]]:
    sheet = held[place]
    yield _heading(sheet.name_label), lambda id, row: row.name
    for column in sheet.columns:
        label = _heading(column.label)
        if column.kind == "range":
            yield label, lambda id, row, column=column: _end(row.values.get(column.id), 0)
            yield f"{label} end", lambda id, row, column=column: _end(row.values.get(column.id), 1)
        elif column.kind == "currency":
            yield from _amounts(sheet, column, label)
        else:
            unit = "" if _has_lists(sheet, column) else UNITS.get(column.kind, "")
            yield _different(label + unit), partial(_cell, held, column)


def _cell(held: Held, column: Column, id: str, row: Row) -> str:
    return _text(held, column, row.values.get(column.id))


def _has_lists(sheet: Sheet, column: Column) -> bool:
    return any(isinstance(row.values.get(column.id), list) for row in sheet.rows.values())


def _amounts(sheet: Sheet, column: Column, label: str) -> Iterator[tuple[str, TextOf]]:
    def unit_of(row: Row) -> str:
        return (row.values.get(column.unit_in) or column.unit) if row.values.get(column.id) is not None else ""

    units = {unit_of(row) for row in sheet.rows.values()} - {""}
    heading = f"{label} ({next(iter(units))})" if len(units) == 1 else label
    yield heading, lambda id, row: _text({}, column, row.values.get(column.id))
    if len(units) > 1:
        yield f"{label} currency", lambda id, row: unit_of(row)


def _standard(held: Held, place: str) -> Iterator[tuple[str, TextOf]]:
    rows = held[place].rows.values()

    def parent(id: str, row: Row) -> str:
        if not isinstance(row.parent, tuple):
            return row.parent or ""
        sheets = [held[row.parent[0]]] if row.parent[0] else held.values()
        return next((sheet.rows[row.parent[1]].name for sheet in sheets if row.parent[1] in sheet.rows), "")

    if any(row.parent for row in rows):
        yield "Parent", parent
    if any(row.owner for row in rows):
        yield "Owner", lambda id, row: row.owner or ""
    if any(row.updated for row in rows):
        yield "Updated", lambda id, row: _moment(row.updated)
    if any(row.created for row in rows):
        yield "Created", lambda id, row: _moment(row.created)


def _heading(label: str) -> str:
    return f"{label} (property)" if label in STANDARD else label


def _different(heading: str) -> str:
    return f"{heading} (property)" if heading == "Record ID" else heading


def _text(held: Held, column: Column, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, (_text(held, column, each) for each in value)))
    if value is None:
        return ""
    if column.kind == "relation":
        there = held[column.to].rows.get(value)
        return there.name if there else "(not loaded)"
    if column.kind == "choice":
        return column.labels.get(value, value)
    if isinstance(value, str) and column.kind != "json":
        return value  # what does not fit a column is shown as it came
    return column.prefix + TEXTS[column.kind](value)


def _end(span: Any, place: int) -> str:
    end = span[place] if span else None
    return "" if end is None else _moment(end) if isinstance(end, datetime) else end.isoformat()


def _moment(time: datetime | None) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z" if time else ""


def _decimal(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: float) -> str:
    return _decimal(Decimal(str(value)))


def _percent(value: float) -> str:
    return _decimal((Decimal(str(value)) * 100).quantize(TEN_DIGITS))


def _hours(seconds: float) -> str:
    return _decimal((Decimal(str(seconds)) / 3600).quantize(TEN_DIGITS))


def _day(day: date) -> str:
    return day.isoformat()


UNITS = {"percent": " (%)", "hours": " (hours)"}
TEXTS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "number": _number,
    "currency": _number,
    "percent": _percent,
    "hours": _hours,
    "truth": lambda value: "TRUE" if value else "FALSE",
    "date": _day,
    "time": _moment,
    "json": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
}
