"""`/healthz`: the process serves. `/readyz`: it can serve, that is, Redis answers and takes changes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .. import service
from ..model.errors import DashboardError, StoreFull


async def healthz(request: Request) -> Response:
    """200 while the process runs."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """200 when Redis answers and takes changes, 503 when it doesn't."""
    try:
        await service.check_store()
    except StoreFull:
        return JSONResponse({"status": "redis takes no changes"}, 503)
    except DashboardError:
        return JSONResponse({"status": "redis does not answer"}, 503)
    return JSONResponse({"status": "ok"})
