"""From start to stop: settings checked, the server's limits applied, a worker kept running."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

from ..config import require_complete_sign_in, settings
from ..model.errors import DashboardError, NotConfigured
from ..service import runtime
from . import capacity, protocol, server
from .log_limits import limit_repeats


def check() -> None:
    """Exit with a sentence if this process could not serve safely with its settings."""
    try:
        if not (settings().on_this_machine or settings().signs_in or settings().allow_anonymous):
            raise NotConfigured(
                f"PUBLIC_URL is {settings().public_url}, and anybody who can open it could use this dashboard. "
                "Set up sign-in (the README says how), or set ALLOW_ANONYMOUS=on if that is meant."
            )
        require_complete_sign_in()
        runtime.check()
    except DashboardError as error:
        sys.exit(f"\n  The dashboard cannot start. {error}\n")


def prepare() -> None:
    """Limit what the server takes on and what it tells; call it while the server loads the app."""
    capacity.capacity()
    server.limit()
    protocol.withhold()


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Starlette's lifespan: everything that lives as long as the process."""
    limiting = asyncio.create_task(limit_repeats())
    async with runtime.running():
        print(f"\n  The dashboard is open at {settings().public_url}  (Ctrl-C stops it)\n", flush=True)
        try:
            yield
        finally:
            limiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await limiting
