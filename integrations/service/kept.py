"""What is computed from rows, kept in this process for the next rerun of a page.

Not in Streamlit's caches: any browser can have those emptied for everybody by one message on its websocket.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Hashable
from typing import Any, ParamSpec, TypeVar, cast

import cachetools

P = ParamSpec("P")
T = TypeVar("T")

MOST_BYTES = 512 * 1024 * 1024
SMALLEST = MOST_BYTES // 2_048  # bytes that anything counts for, so that there are no more than 2,048
SECONDS = 900


def kept(compute: Callable[P, T]) -> Callable[P, T]:
    """Compute once for each set of arguments, even when several pages ask at the same time; the least used goes first.

    The arguments name the rows by owner, connection and load. The last one is the rows themselves, and no part of it.
    """

    def name(*arguments: Any) -> tuple[Hashable, ...]:
        return (compute.__module__, compute.__qualname__, *arguments[:-1])

    once: Any = cachetools.cached(_values, key=name, condition=_changed)(compute)
    return cast(Callable[P, T], functools.wraps(compute)(lambda *arguments: once(*arguments)))


def _size(value: Any) -> int:
    """Returns the bytes that a data frame, an array, or anything else with `nbytes` takes."""
    taken = value.memory_usage().sum() if hasattr(value, "memory_usage") else getattr(value, "nbytes", 0)
    return max(SMALLEST, int(taken))


_values: cachetools.TTLCache[tuple[Hashable, ...], Any] = cachetools.TTLCache(MOST_BYTES, ttl=SECONDS, getsizeof=_size)
_changed = threading.Condition()
