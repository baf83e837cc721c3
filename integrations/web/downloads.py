"""`/download/{slug}`: the filtered table as a CSV file, streamed to the browser it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .. import frames, providers, service
from ..frames import NotGroupable, Table
from ..identity import cookie_name, owner_of, proof_of, viewer_of
from ..model import Viewer
from ..model.errors import DashboardError
from ..model.query import Query, upgraded
from .address import address_of
from .download_slots import CsvStream, InSlot
from .message_page import message_page

PART = 128 * 1024  # bytes sent at once


async def download(request: Request) -> Response:
    """Exactly the rows and columns that the page shows for the same query; `raw=1` leaves formulas alone."""
    return await _refused(request) or InSlot(_browser(request), partial(_told, _table, request))


async def activity(request: Request) -> Response:
    """Returns the viewer's activity log as a file."""
    return await _refused(request) or InSlot(_browser(request), partial(_told, _activity, request))


async def _told(file: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """The file, or a page that says what went wrong."""
    try:
        return await file(request)
    except DashboardError as error:
        return message_page(str(error), 503)


async def _table(request: Request) -> Response:
    viewer = await _viewer(request)
    slug, pairs = request.path_params["slug"], request.query_params.multi_items()
    named = dict(upgraded(pairs, slug))
    name = named.get("account") or named.get("connection", "")  # as addresses of earlier versions call it
    rows = await service.download(viewer, slug, name) if viewer else None
    if rows is None:
        nothing = "There is nothing to download here for this browser. Open the dashboard and connect first."
        return message_page(nothing, 404)
    query = await service.query_of(upgraded(pairs, slug))
    collection = service.collection_of(query, rows.tables)
    if collection is None:
        return message_page("This table is no longer here. Open the dashboard and choose another.", 404)
    table = rows.tables.open(collection)
    asked, title = frames.dated(replace(query, collection=""), datetime.now(UTC)), _title(slug, rows, collection)
    raw = named.get("raw") == "1"
    if named.get("summary") == "1":
        return _summary(table, asked, f"{title} summary", raw)
    return _file(title, frames.slices(table, asked), query.narrows, raw)


def _summary(table: Table, query: Query, title: str, raw: bool) -> Response:
    """The groups of a query with their numbers, all that a file takes."""
    try:
        found = frames.summarise(table, frames.apply(table, query), query, frames.FILE)
    except NotGroupable as fault:
        return message_page(str(fault), 404)
    return _file(title, iter([frames.summary_file(found)]), query.narrows, raw)


def _title(slug: str, rows: service.Rows, collection: str) -> str:
    """Returns what the file is named after: the provider, the collection, and whether rows are missing."""
    provider = providers()[slug]
    partial = rows.load.active or rows.load.state == "partial"
    own = service.title_of(provider, rows.tables, collection) if collection else ""
    return " ".join(filter(None, (provider.title, own, "partial" if partial else "")))


async def _activity(request: Request) -> Response:
    viewer = await _viewer(request)
    events = await service.events(viewer) if viewer else []
    titles = {slug: provider.title for slug, provider in providers().items()}
    return _file("activity", frames.activity_slices(events, titles))


def _file(title: str, slices: Iterator[Any], filtered: bool = False, raw: bool = False) -> Response:
    """The slices as CSV."""
    name = frames.filename(title, datetime.now(UTC).date(), filtered)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return CsvStream(_cut(frames.csv_pieces(slices, raw)), headers)


def _cut(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
    """The pieces in parts small enough for a slow line to read one in time."""
    for piece in pieces:
        yield from (piece[start : start + PART] for start in range(0, len(piece), PART))


def _browser(request: Request) -> str:
    return owner_of(request.cookies.get(cookie_name())) or ""


async def _refused(request: Request) -> Response | None:
    """Returns the answer to a request that another site caused, or to one too many; None for any other."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        return message_page("Open the dashboard and download from there.", 403)
    browser = _browser(request)
    try:
        if browser and not await service.admit_download(browser):
            return message_page("Those were many downloads. Wait a minute, then try again.", 429)
    except DashboardError as error:
        return message_page(str(error), 503)
    return None


async def _viewer(request: Request) -> Viewer | None:
    proof, agent = proof_of(request.cookies), request.headers.get("user-agent", "")
    return await viewer_of(_browser(request) or None, proof, address_of(request), agent)
