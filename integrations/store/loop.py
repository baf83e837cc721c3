"""The one event loop of a process that owns its connections to Redis and to providers.

Page scripts hand it coroutines and wait. Clients belong to the loop that opened them,
so the app's routes and the workers, which have loops of their own, need not cross over.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def get() -> asyncio.AbstractEventLoop:
    """That loop, running in a thread of its own; started on first use."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="dashboard-io", daemon=True).start()
    return loop


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it on the loop and wait; for code without a loop of its own, such as a page script."""
    return asyncio.run_coroutine_threadsafe(coroutine, get()).result()
