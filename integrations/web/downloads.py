"""`/download/{slug}`: the filtered table as a CSV file, streamed to the browser it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .. import frames, providers, sync
from ..model import Actor, Connection, Lane, Load, Rate, Session, cookie_name, owner_of, proof_of, settings
from ..model.errors import DashboardError, StoreFull
from ..store import audit, budget, connections, sessions, sharing
from .address import address_of
from .words import words

DOWNLOADS = Rate(30, 60)  # of one browser
MOST_COLUMNS = 200  # of the provider's own fields


async def download(request: Request) -> Response:
    """Exactly the rows and columns that the page shows for the same query; `raw=1` leaves formulas alone."""
    if refused := await _refused(request):
        return refused
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
    if refused := await _refused(request):
        return refused
    try:
        owner = await sessions.owner(*_asking(request))
        events = await audit.events(owner) if owner else []
    except DashboardError as error:
        return words(str(error), 503)
    name = frames.filename("activity", datetime.now(UTC).date(), filtered=False)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    titles = {slug: provider.title for slug, provider in providers().items()}
    lines = frames.csv_rows(frames.activity(events, titles))  # in a thread of its own, like those below
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _asking(request: Request) -> tuple[str | None, str]:
    """The browser that asks, and what it has to show for being signed in."""
    return owner_of(request.cookies.get(cookie_name())), proof_of(request.cookies)


async def _refused(request: Request) -> Response | None:
    """Files are for people on our own pages, a few at a time; what a file costs is not for others to spend."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        return words("Open the dashboard and download from there.", 403)
    browser = _asking(request)[0]
    try:
        if browser and not await budget.admitted(Lane(f"downloads:{browser}", DOWNLOADS)):
            return words("Those were many downloads. Wait a minute, then try again.", 429)
    except StoreFull:
        return None  # it can be read from all the same
    except DashboardError as error:
        return words(str(error), 503)
    return None


async def _actor(request: Request) -> Actor:
    session = await _session(request)
    return Actor.at(session.name if session else "", address_of(request), request.headers.get("user-agent", ""))


async def _session(request: Request) -> Session | None:
    browser, proof = _asking(request)
    return await sessions.current(browser, proof) if browser and settings().signs_in else None


def _lines(table: pa.Table, filters: frames.Filters, raw: bool) -> Iterator[bytes]:
    """In a thread of its own: Starlette iterates what is not async there. Columns that there are, and not too many."""
    known = set(frames.property_names(table)) if filters.columns else set()
    columns = [name for name in dict.fromkeys(filters.columns) if name in known]
    filters = replace(filters, columns=tuple(columns[:MOST_COLUMNS]))
    yield from frames.csv_rows(frames.apply(frames.frame(table, filters.columns), filters), raw=raw)


async def _rows(request: Request) -> tuple[Connection, Load, pa.Table] | None:
    slug, wanted = request.path_params["slug"], request.query_params.get("connection", "")
    connection = await _found(request, slug, wanted) if slug in providers() else None
    shown = await sync.shown(connection) if connection else None
    return (connection, *shown) if connection and shown else None


async def _found(request: Request, slug: str, wanted: str) -> Connection | None:
    """The connection of that id, if it belongs to whoever asks; or what a colleague shares under that name."""
    owner = await sessions.owner(*_asking(request))
    mine = await connections.find(owner, slug, wanted) if owner else None
    theirs = await sharing.seen_by(None if mine else await _session(request), slug)
    return mine or next((each for each in theirs if each.share.id == wanted), None)
