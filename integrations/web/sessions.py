"""How many pages are open in this process, in all and by browser, and whether there is room for one more."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

from starlette.responses import Response

from .capacity import capacity
from .message_page import message_page

AGAIN = 15  # seconds until a page that was refused is asked for again
FULL = "Too many people have the dashboard open right now. This page tries again by itself in a moment."
TOO_MANY_TABS = "This browser has the dashboard open in too many tabs. Close some; this page tries again by itself."


class Sessions:
    """Counts the open websockets of each owner's browser."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def refusal(self, browser: str) -> Response | None:
        """Returns the answer to a page for which there is no room; a browser that is here already may reload it."""
        if self._open[browser] >= capacity().sessions_of_one_browser:
            return message_page(TOO_MANY_TABS, 429, again=AGAIN)
        if self._is_full() and not self._open[browser]:
            return message_page(FULL, 503, again=AGAIN)
        return None

    @contextlib.contextmanager
    def opened(self, browser: str) -> Iterator[bool]:
        """Count one more for as long as this lasts; gives False, and counts nothing, where there is no room."""
        if self._is_full() or self._open[browser] >= capacity().sessions_of_one_browser:
            yield False
            return
        self._open[browser] += 1
        try:
            yield True
        finally:
            self._open[browser] -= 1
            if not self._open[browser]:
                del self._open[browser]

    def _is_full(self) -> bool:
        return self._open.total() >= capacity().sessions
