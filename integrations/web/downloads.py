"""`/download/{slug}`: the filtered table as a CSV file, streamed to the browser it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .. import frames, providers, service
from ..config import settings
from ..identity import cookie_name, proof_of
from ..model import Actor, Lane, Rate, Viewer, owner_of
from ..model.errors import DashboardError, StoreFull
from ..store import audit, budget, sessions
from .address import address_of
from .turns import InTurn, Parts
from .words import words

DOWNLOADS = Rate(30, 60)  # of one browser
PART = 128 * 1024  # bytes sent at once


async def download(request: Request) -> Response:
    """Exactly the rows and columns that the page shows for the same query; `raw=1` leaves formulas alone."""
    return await _refused(request) or InTurn(_browser(request), partial(_told, _table, request))


async def activity(request: Request) -> Response:
    """The activity log of whoever asks, as a file."""
    return await _refused(request) or InTurn(_browser(request), partial(_told, _activity, request))


async def _told(file: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """The file, or a page that says what went wrong."""
    try:
        return await file(request)
    except DashboardError as error:
        return words(str(error), 503)


async def _table(request: Request) -> Response:
    viewer = await _viewer(request)
    name = request.query_params.get("connection", "")
    found = await service.shown(viewer, request.path_params["slug"], name) if viewer else None
    if viewer is None or found is None:
        return words("There is nothing to download here for this browser. Open the dashboard and connect first.", 404)
    connection, load, table = found
    await audit.note("downloaded", connection.owner, connection, viewer.actor)
    filters = frames.from_query(request.query_params.multi_items())
    title = providers()[connection.slug].title + ("-partial" if load.state == "partial" else "")
    slices = frames.slices(table, filters)
    return _file(title, slices, frames.active(filters), raw=request.query_params.get("raw") == "1")


async def _activity(request: Request) -> Response:
    viewer = await _viewer(request)
    events = await audit.events(viewer.owner) if viewer else []
    titles = {slug: provider.title for slug, provider in providers().items()}
    return _file("activity", frames.activity_slices(events, titles))


def _file(title: str, slices: Iterator[Any], filtered: bool = False, raw: bool = False) -> Response:
    """The slices as CSV."""
    name = frames.filename(title, datetime.now(UTC).date(), filtered)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Parts(_cut(frames.csv_pieces(slices, raw)), headers)


def _cut(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
    """The pieces in parts small enough for a slow line to read one in time."""
    for piece in pieces:
        yield from (piece[start : start + PART] for start in range(0, len(piece), PART))


def _browser(request: Request) -> str:
    return _asking(request)[0] or ""


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


async def _viewer(request: Request) -> Viewer | None:
    """Who asks; None for a browser without our cookie, or one on which nobody is signed in though people have to."""
    browser, proof = _asking(request)
    owner = await sessions.owner(browser, proof)
    if owner is None:
        return None
    session = await sessions.current(browser, proof) if browser and settings().signs_in else None
    agent = request.headers.get("user-agent", "")
    return Viewer(owner, session, Actor.at(session.name if session else "", address_of(request), agent))
