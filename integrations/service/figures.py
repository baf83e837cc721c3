"""What saved views come to: computed once for a snapshot and a day, off the page's own time, and kept.

A figure is a record, so that a process that starts, or another one, does not open the rows again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from math import isnan

import pyarrow as pa

from .. import frames, providers, sync
from ..frames import Table, Tables
from ..model import Connection, Figure, Load, Provider, SavedView, Viewer
from ..model.errors import StoreError
from ..model.query import Chart, Function, Measure, Query
from ..store import keys, records
from .access import find
from .query import collection_of, title_of

log = logging.getLogger(__name__)
SOON = 0.3  # seconds that a page waits for figures; later ones come when it asks again
LARGEST = 64 * 1024 * 1024  # stored bytes of a snapshot that is opened for a figure
WEEKS, BARS = 12, 24  # of the small chart
COLLECTION_GONE = "Its table is not here: it was deleted, or left out of the load."
NOT_COUNTED = "This could not be counted. Open it to see its rows."
TOO_LARGE = "Too large to be counted here. Open it to see its rows."
NOT_LOADED = "Nothing has been loaded yet."
NOT_CONNECTED = "The account of this view is no longer here for you."

_under_way: dict[tuple[str, str, str], asyncio.Task[None]] = {}
_one_at_a_time = asyncio.Semaphore(1)


@dataclass(frozen=True)
class Counted:
    """A view's figure, if it has one; `counting` while a newer one is computed, `problem` if there can be none."""

    figure: Figure | None = None
    counting: bool = False
    problem: str = ""


async def counted(viewer: Viewer, views: Sequence[SavedView]) -> dict[str, Counted]:
    """Returns what is known of each view by its id, and begins to compute what is not: ask again for that."""
    found, under_way = await _known(viewer, views)
    if under_way:
        await asyncio.wait(under_way, timeout=SOON)
        found, _ = await _known(viewer, views)
    return found


async def _known(viewer: Viewer, views: Sequence[SavedView]) -> tuple[dict[str, Counted], list[asyncio.Task[None]]]:
    found: dict[str, Counted] = {}
    for page in dict.fromkeys(each.page for each in views):
        found |= await _of_page(viewer, page, [each for each in views if each.page == page])
    return found, [task for (owner, _, _), task in _under_way.items() if owner == viewer.owner]


async def _of_page(viewer: Viewer, page: tuple[str, str], views: list[SavedView]) -> dict[str, Counted]:
    connection = await find(viewer, *page)
    shown = await sync.snapshot(connection) if connection else None
    if connection is None or shown is None:
        return {each.id: Counted(problem=NOT_LOADED if connection else NOT_CONNECTED) for each in views}
    kept = await records.get_many(keys.FIGURE, [(viewer.owner, *page, each.id) for each in views])
    return {
        view.id: _counted(viewer, connection, shown, view, figure) for view, figure in zip(views, kept, strict=True)
    }


def _counted(viewer: Viewer, connection: Connection, shown: Load, view: SavedView, kept: Figure | None) -> Counted:
    if kept and kept.of == _named(shown, view):
        return Counted(None if kept.problem else kept, problem=kept.problem)
    if shown.bytes > LARGEST:
        return Counted(problem=TOO_LARGE)
    _begin(viewer, connection, shown, view)
    return Counted(kept if kept and not kept.problem else None, counting=True)


def _begin(viewer: Viewer, connection: Connection, shown: Load, view: SavedView) -> None:
    key = viewer.owner, view.id, _named(shown, view)
    if key not in _under_way:
        task = asyncio.get_running_loop().create_task(_compute(viewer, connection, shown, view))
        _under_way[key] = task
        task.add_done_callback(lambda _: _under_way.pop(key))


async def _compute(viewer: Viewer, connection: Connection, shown: Load, view: SavedView) -> None:
    """Keep the figure of a view; without the store, the next look asks again."""
    with contextlib.suppress(StoreError):
        async with _one_at_a_time:
            figure = await _figure_of(connection, shown, view)
            await records.put(keys.FIGURE, (viewer.owner, *view.page, view.id), figure)


async def _figure_of(connection: Connection, shown: Load, view: SavedView) -> Figure:
    load, tables = await sync.shown(connection) or (shown, Tables())
    try:
        return await asyncio.to_thread(_figure, providers()[connection.slug], tables, view.asked, _named(load, view))
    except Exception as error:  # one that cannot be computed is not tried again and again
        log.error("a view of %s could not be computed: %s", connection.slug, type(error).__name__)
        return Figure(_named(load, view), "", 0, 0, problem=NOT_COUNTED)


def _named(load: Load, view: SavedView) -> str:
    """Returns what names a figure's snapshot, query and day: a period such as "this week" begins with one."""
    parts = (load.id, load.run, load.chunks, view.query, today(view.asked))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def today(query: Query) -> date:
    """Returns today's date in the zone of a query."""
    return datetime.now(frames.zone_of(query.zone)).date()


def _figure(provider: Provider, tables: Tables, query: Query, of: str) -> Figure:
    id = collection_of(query, tables)
    if id is None:
        return Figure(of, "", 0, 0, problem=COLLECTION_GONE)
    table, query = tables.open(id), frames.dated(query, datetime.now(UTC))
    positions = frames.apply(table, Query(where=query.where, search=query.search, zone=query.zone))
    found = Figure(of, title_of(provider, tables, id), len(positions), table.num_rows)
    found = _with_totals(found, table, positions, query.measure)
    return _with_groups(found, table, positions, query) if query.groups else _with_weeks(found, table, positions, query)


def _with_totals(found: Figure, table: Table, positions: pa.Array, measure: Measure) -> Figure:
    field = table.field(measure.field)
    if field is None or measure.function is Function.COUNT:
        return found
    label = "" if measure.function is Function.SUM else f"{frames.WORDS[measure.function]} of "
    totals = [
        f"{currency} {frames.number_words(number, measure.function, field, currency)}".strip()
        for currency, number in frames.totals(table, positions, measure)
    ]
    return replace(found, label=label + field.label, totals=tuple(totals))


def _with_groups(found: Figure, table: Table, positions: pa.Array, query: Query) -> Figure:
    """Returns the figure with the groups of the first field, of the most frequent currency; none if there are none."""
    try:
        summary = frames.summarise(table, positions, replace(query, groups=query.groups[:1]))
    except frames.NotGroupable:
        return found
    numbers = summary.values[0, : len(summary.rows), -1].tolist()
    points = [(row.label, 0.0 if isnan(number) else number) for row, number in zip(summary.rows, numbers, strict=True)]
    over_time = all(row.period or row.empty for row in summary.rows)
    shown = points[-BARS:] if over_time else points[:BARS]
    unit = f", {summary.units[0]}" if len(summary.units) > 1 else ""
    return replace(found, points=tuple(shown), by=f"by {summary.fields[0].label}{unit}", line=query.chart is Chart.LINE)


def _with_weeks(found: Figure, table: Table, positions: pa.Array, query: Query) -> Figure:
    weeks = frames.per_week(table, weeks=WEEKS, today=today(query), positions=positions).sum(axis=1)
    points = [(f"{week:%-d %b}", float(number)) for week, number in weeks.items()]
    return replace(found, points=tuple(points) if weeks.any() else (), by="updates per week", line=True)
