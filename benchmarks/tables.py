"""What storing a load and showing its first window take, beside the goals: no provider, but a real Redis."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from integrations import frames, sync
from integrations.model import Account, Collection, Connection, Field, FieldType, Item, Load, Option, Page, Query, Token
from integrations.model.query import Sort
from integrations.service.runtime import run
from integrations.store import connections, keys, records
from integrations.sync import loads
from integrations.sync.finish import finish
from integrations.sync.writer import LoadWriter

PAGE_ROWS = 5_000
SHOWN = 10
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAGES = tuple(Option(f"stage{number}", f"Stage {number}") for number in range(7))
TYPES = (
    FieldType.SELECT, FieldType.CURRENCY, FieldType.DATE, FieldType.NUMBER, FieldType.EMAIL,
    FieldType.BOOLEAN, FieldType.TEXT, FieldType.DATETIME, FieldType.MULTI_SELECT, FieldType.TEXT,
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """An account: rows, fields of its one collection, the share of cells with a value, and the goals in seconds."""

    rows: int
    fields: int
    filled: float
    goal: float | None = None

    @property
    def words(self) -> str:
        """What it is called in the output."""
        return f"{self.rows:,} rows × {self.fields} fields"


SHAPES = (Shape(100_000, 30, 1, 0.2), Shape(200_000, 100, 0.5), Shape(1_000_000, 30, 1, 1.5))


def measured() -> Iterator[str]:
    """Yields one line a shape."""
    for shape in SHAPES:
        connection, packing = _stored(shape)
        load = run(sync.snapshot(connection))
        first, sorted_ = _first_window(connection, Query()), _sorted_window(connection)
        goal = f" ({first / shape.goal:.2f} × the goal of {shape.goal} s)" if shape.goal else ""
        size = (load.bytes if load else 0) / 1e6
        yield (
            f"{shape.words}: stored in {packing:.1f} s of CPU, {size:.1f} MB; first window {first:.2f} s{goal}; "
            f"sorted by an amount {sorted_:.2f} s"
        )


def _stored(shape: Shape) -> tuple[Connection, float]:
    """Returns a connection with a snapshot of this shape, and the CPU seconds that storing it has taken."""
    owner = secrets.token_hex(32)
    account = Account("1", "Bench")
    connection = Connection("0123456789abcdef", owner, "hubspot", account, "sandbox", "https://x.example", NOW)
    load = Load(secrets.token_hex(8), "queued", NOW, streams=("deals",))
    run(connections.save(connection, Token("none")))
    run(records.put(keys.LOAD, connection.path, load))
    return connection, run(_written(LoadWriter(connection, load), shape))


async def _written(writer: LoadWriter, shape: Shape) -> float:
    await writer.begin()
    fields = tuple(_field(number) for number in range(shape.fields))
    spent = 0.0
    for start in range(0, shape.rows, PAGE_ROWS):
        items = [_item(number, fields, shape.filled) for number in range(start, min(start + PAGE_ROWS, shape.rows))]
        before = time.process_time()
        await writer.add("deals", Page(items, collections=[Collection("deal", "Deals", "deal", fields)]))
        spent += time.process_time() - before
    before = time.process_time()
    await finish(writer, "complete")
    return spent + time.process_time() - before


def _field(number: int) -> Field:
    kind = TYPES[number % len(TYPES)]
    options = STAGES if kind in (FieldType.SELECT, FieldType.MULTI_SELECT) else ()
    return Field(f"field{number}", f"Field {number}", kind, options=options, currency="EUR")


def _item(number: int, fields: Sequence[Field], filled: float) -> Item:
    values = {
        field.id: _value(field.type, number + place)
        for place, field in enumerate(fields)
        if (number * 7 + place * 3) % 10 < filled * 10
    }
    changed = NOW - timedelta(minutes=number % 500_000)
    return Item(
        str(number), "deal", f"Deal {number}", collection="deal", creation_time=NOW, last_modified_time=changed,
        url=f"https://app.example/deal/{number}", owner=f"Owner {number % 40}", properties=values,
    )  # fmt: skip


def _value(kind: FieldType, number: int) -> Any:
    match kind:
        case FieldType.SELECT:
            return STAGES[number % len(STAGES)].value
        case FieldType.CURRENCY | FieldType.NUMBER:
            return number * 1.25
        case FieldType.DATE:
            return date(2026, 1, 1) + timedelta(days=number % 700)
        case FieldType.DATETIME:
            return NOW + timedelta(minutes=number % 300_000)
        case FieldType.BOOLEAN:
            return number % 3 == 0
        case FieldType.MULTI_SELECT:
            return [STAGES[number % 7].value, STAGES[(number + 2) % 7].value]
    return f"Text {number * 7919 % 100_003}"


def _first_window(connection: Connection, query: Query) -> float:
    """Returns the seconds from Redis to the first window of ten columns."""
    loads.forget_tables(connection)
    before = time.perf_counter()
    found = run(sync.shown(connection))
    if found is None:
        raise RuntimeError("nothing was stored")
    table = found[1].open("deal")
    positions = frames.apply(table, query)
    frames.shown(table, positions[: frames.WINDOW_ROWS], table.main_fields[:SHOWN])
    return time.perf_counter() - before


def _sorted_window(connection: Connection) -> float:
    """Returns the seconds that sorting by an amount takes once the table is there."""
    found = run(sync.shown(connection))
    table = found[1].open("deal") if found else frames.Tables().open()
    before = time.perf_counter()
    positions = frames.apply(table, Query(sort=(Sort("field1"),)))
    frames.shown(table, positions[: frames.WINDOW_ROWS], table.main_fields[:SHOWN])
    return time.perf_counter() - before
