"""Keep trying while Redis is away or takes no changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from ..model.errors import StoreUnavailable

T = TypeVar("T")

SAVE_WITHIN = 60  # seconds, for what a provider gives only once: a code's token, a refreshed pair


async def keep_trying(call: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
    """Returns the result of `call`, repeated on StoreUnavailable; raises that after `seconds` (SAVE_WITHIN)."""
    within = max(0.001, SAVE_WITHIN if seconds is None else seconds)  # stamina takes 0 for a mistake
    attempts = stamina.retry_context(on=StoreUnavailable, attempts=None, timeout=within, wait_max=2)
    async for attempt in attempts:
        with attempt:
            return await call()
    raise StoreUnavailable
