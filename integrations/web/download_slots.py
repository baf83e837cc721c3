"""Limit how many files are made at once: one for each browser, a few in all; others wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .message_page import message_page

AT_ONCE = 3  # files in all, in this process
WAIT = 30  # seconds for a turn
YOURS = "Another file is still being downloaded in this browser. When it has arrived, download this one."
OTHERS = "Many files are being downloaded right now. Wait a minute, then try again."
_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, Slots] = WeakKeyDictionary()


class Slots:
    """Grants slots for making a file, in order of arrival."""

    def __init__(self) -> None:
        self._of_all = asyncio.Semaphore(AT_ONCE)
        self._of_browser: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def taken(self, browser: str) -> AsyncIterator[str]:
        """Wait for a turn and hold it; gives an empty text, or the reason why there was none in time."""
        lock = self._of_browser.setdefault(browser, asyncio.Lock())
        async with contextlib.AsyncExitStack() as held:
            reason = YOURS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAIT):
                    await held.enter_async_context(lock)
                    reason = OTHERS
                    await held.enter_async_context(self._of_all)
                    reason = ""
            yield reason


def slots() -> Slots:
    """Returns the turns of this event loop, which is one in a server."""
    return _slots.setdefault(asyncio.get_running_loop(), Slots())


class InSlot(Response):
    """Makes its answer when it is this browser's turn, and keeps the turn until the answer is sent.

    A browser that leaves gives up its turn, or its place among those that wait, at once. One that reads nothing is
    cut off by the server (see `server.READS_WITHIN`).
    """

    def __init__(self, browser: str, make: Callable[[], Awaitable[Response]]) -> None:
        super().__init__()
        self._browser, self._make = browser, make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, make the answer, send it."""
        await _until_gone(self._answer(scope, send), receive)

    async def _answer(self, scope: Scope, send: Send) -> None:
        async with slots().taken(self._browser) as reason:
            answer = message_page(reason, 503) if reason else await self._make()
            await answer(scope, _nothing_more, send)


class CsvStream(StreamingResponse):
    """A CSV file, made in a thread of its own, a part when the one before is sent; what made it ends with it."""

    def __init__(self, parts: Generator[bytes, None, None], headers: Mapping[str, str]) -> None:
        super().__init__(parts, headers=headers, media_type="text/csv; charset=utf-8")
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with contextlib.closing(self._parts):
            await super().__call__(scope, receive, send)


async def _until_gone(answering: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Run it to its end, or until the browser is gone."""
    tasks = [asyncio.create_task(answering), asyncio.create_task(_gone(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nothing_more() -> Any:
    """What is left to receive while the answer is sent: `_gone` hears of the end."""
    await asyncio.Event().wait()
