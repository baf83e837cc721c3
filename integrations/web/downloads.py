"""`/download/{slug}`: the filtered table as a CSV file, streamed to the browser it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .. import frames, providers, sync
from ..model import Actor, Connection, Load, cookie_name, owner_of, settings
from ..model.errors import DashboardError
from ..store import audit, connections, sessions, sharing
from .words import words


async def download(request: Request) -> Response:
    """Exactly the rows and columns that the page shows for the same query; `raw=1` leaves formulas alone."""
    try:
        found = await _rows(request)
    except DashboardError as error:
        return words(str(error), 503)
    if found is None:
        return words("There is nothing to download here for this browser. Open the dashboard and connect first.", 404)
    connection, load, table = found
    await audit.note("downloaded", connection.owner, connection, await _actor(request))
    filters = frames.from_query(request.query_params.multi_items())
    title = providers()[connection.slug].title + ("-partial" if load.state == "partial" else "")
    name = frames.filename(title, datetime.now(UTC).date(), frames.active(filters))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    lines = _lines(table, filters, raw=request.query_params.get("raw") == "1")
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def activity(request: Request) -> Response:
    """The activity log of whoever asks, as a file."""
    browser = owner_of(request.cookies.get(cookie_name()))
    try:
        owner = await sessions.owner(browser)
        events = await audit.events(owner) if owner else []
    except DashboardError as error:
        return words(str(error), 503)
    name = frames.filename("activity", datetime.now(UTC).date(), filtered=False)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    titles = {slug: provider.title for slug, provider in providers().items()}
    lines = b"".join(frames.csv_rows(frames.activity(events, titles)))
    return Response(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _actor(request: Request) -> Actor:
    browser = owner_of(request.cookies.get(cookie_name()))
    session = await sessions.current(browser) if browser and settings().signs_in else None
    address = request.client.host if request.client else None
    return Actor.at(session.name if session else "", address, request.headers.get("user-agent", ""))


def _lines(table: pa.Table, filters: frames.Filters, raw: bool) -> Iterator[bytes]:
    """In a thread of its own: Starlette iterates what is not async there."""
    yield from frames.csv_rows(frames.apply(frames.frame(table, filters.columns), filters), raw=raw)


async def _rows(request: Request) -> tuple[Connection, Load, pa.Table] | None:
    browser = owner_of(request.cookies.get(cookie_name()))
    slug, wanted = request.path_params["slug"], request.query_params.get("connection", "")
    connection = await _found(browser, slug, wanted) if browser and slug in providers() else None
    shown = await sync.shown(connection) if connection else None
    return (connection, *shown) if connection and shown else None


async def _found(browser: str, slug: str, wanted: str) -> Connection | None:
    """The connection of that id, if it belongs to whoever asks; or what a colleague shares under that name."""
    owner = await sessions.owner(browser)
    mine = await connections.find(owner, slug, wanted) if owner else None
    session = await sessions.current(browser) if owner and not mine and settings().signs_in else None
    theirs = await sharing.seen_by(session, slug)
    return mine or next((each for each in theirs if each.share.id == wanted), None)
