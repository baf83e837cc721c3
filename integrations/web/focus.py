"""The one script of our own: a file from our own origin, as the Content-Security-Policy asks."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

SCRIPT = Path(__file__).with_name("focus.js")


async def focus_script(request: Request) -> Response:
    """`/focus.js`: puts the cursor into the search over a page."""
    return FileResponse(SCRIPT, media_type="text/javascript", headers={"Cache-Control": "no-cache"})
