"""Limits of the HTTP server beneath the app, which `streamlit run` has no options for.

A request has to be complete in time, or its connection ends; of the connections that wait for one, the oldest ends
when there are too many; and no more are open at once than there are descriptors for. A client that does not read its
answer is cut off. `limit` is called while uvicorn loads the app, which is before it listens.
"""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import Server

from .capacity import capacity

COMPLETE_WITHIN = 10  # seconds from the first byte of a request, or from connecting, to the request's end
READS_WITHIN = 30  # seconds for a client to read what waits for it, some 200 kB at most
LARGEST_FRAME = 1_000_000  # bytes; as maxWidgetStateSize in .streamlit/config.toml, but before they are in memory


class LimitedProtocol(H11Protocol):
    """Uvicorn's HTTP/1.1, for clients that send what they began to send."""

    _incomplete: dict[LimitedProtocol, asyncio.TimerHandle] = {}  # of all connections, oldest first
    _unread: asyncio.TimerHandle | None = None  # ends the connection, unless the client reads

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, if there is room for one more connection."""
        super().connection_made(transport)
        if self._are_too_many():
            transport.abort()
            return
        self._wait()
        if len(self._incomplete) > capacity().incomplete:
            next(iter(self._incomplete))._give_up()

    def data_received(self, data: bytes) -> None:
        """Take what has come, and wait for the rest if there is one."""
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and self.transport.get_protocol() is self:
            self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        self._is_read()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Leave the connection to the websocket."""
        self._stop_waiting()
        self._is_read()
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        """Wait for the client to read what was sent; one that does not is cut off, and its answer ends."""
        super().pause_writing()
        self._is_read()
        self._unread = self.loop.call_later(READS_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._is_read()
        super().resume_writing()

    def _is_read(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None

    def _are_too_many(self) -> bool:
        """Returns whether more are open than there is room for; those that are ending do not count."""
        room = capacity().sessions + capacity().connections
        return len(self.connections) > room and sum(not each.transport.is_closing() for each in self.connections) > room

    def _wait(self) -> None:
        if self not in self._incomplete and not self.transport.is_closing():
            self._incomplete[self] = self.loop.call_later(COMPLETE_WITHIN, self._give_up)

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.abort()

    def _stop_waiting(self) -> None:
        if timer := self._incomplete.pop(self, None):
            timer.cancel()


def limit() -> None:
    """Apply the limits to the server that is about to listen."""
    start = Server.startup
    if hasattr(start, "__wrapped__"):
        return

    @functools.wraps(start)
    async def start_limited(server: Server, *args: Any, **more: Any) -> None:
        _limit(server.config)
        await start(server, *args, **more)

    Server.startup = start_limited  # type: ignore[method-assign, assignment]


def _limit(config: Config) -> None:
    config.http_protocol_class = LimitedProtocol
    config.ws_max_size = LARGEST_FRAME
    config.encoded_headers = [header for header in config.encoded_headers if header[0] != b"server"]
