"""Go on without what a provider refuses."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from ..model.errors import Forbidden, ProviderError

T = TypeVar("T")


async def unless_refused(call: Awaitable[T]) -> T | None:
    """Returns the result of a call, None if just this was refused; raises what is wrong with more than this call."""
    try:
        return await call
    except ProviderError as error:
        if type(error) not in (ProviderError, Forbidden):
            raise
        return None
