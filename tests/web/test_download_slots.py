"""Files one at a time for a browser and a few in all, on a real uvicorn; clients that do not read lose their turn."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from test_web_server import is_ended, open_to, running, until
from uvicorn.server import Server
from web_helpers import COOKIE, Browser, stored

from integrations import frames
from integrations.model import Connection, Item
from integrations.service.runtime import run
from integrations.web import download_slots, downloads
from integrations.web import server as limits
from integrations.web.download_slots import AT_ONCE, Slots

__all__ = ["open_to", "running"]  # fixtures
ROWS = 12_000
SIZE = ROWS * 1_000  # bytes, more than the buffers of both ends hold
Open = Callable[..., socket.socket]


class Made:
    """Counts the files that are being made."""

    def __init__(self) -> None:
        self.begun = self.ended = self.most = 0
        self._lock = threading.Lock()

    def count(self, begun: int, ended: int) -> None:
        with self._lock:
            self.begun, self.ended = self.begun + begun, self.ended + ended
            self.most = max(self.most, self.begun - self.ended)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    made, slices = Made(), frames.slices

    def counted(*arguments: object) -> Iterator[object]:
        made.count(1, 0)
        try:
            yield from slices(*arguments)  # type: ignore[arg-type]
        finally:
            made.count(0, 1)

    monkeypatch.setattr(downloads.frames, "slices", counted)
    return made


@pytest.fixture
def asked(connection: Connection) -> bytes:
    """The request for a long file."""
    stored(connection, [Item(str(n), "contact", f"{n:>990}") for n in range(ROWS)])
    address = f"/download/hubspot?connection={connection.id}"
    return f"GET {address} HTTP/1.1\r\nHost: localhost:8501\r\nCookie: sid={COOKIE}\r\n\r\n".encode()


def file_of(client: socket.socket) -> bytes:
    """Read a whole answer."""
    found = b""
    while not found.endswith(b"0\r\n\r\n") and (more := client.recv(1 << 20)):
        found += more
    return found


def test_a_client_that_reads_nothing_is_cut_off_and_the_next_one_has_its_turn(
    open_to: Open, asked: bytes, made: Made, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "READS_WITHIN", 0.5)
    stalled = open_to(asked)
    until(lambda: made.begun == 1)
    file = file_of(open_to(asked))
    assert file.startswith(b"HTTP/1.1 200 OK") and len(file) > SIZE and made.most == 1
    assert is_ended(stalled)


def test_a_client_that_leaves_gives_up_its_turn_at_once(open_to: Open, asked: bytes, made: Made):
    """Also one that leaves while it waits."""
    first, second, third = (open_to(asked) for _ in range(3))
    until(lambda: made.begun == 1)
    second.close()
    first.close()
    assert len(file_of(third)) > SIZE and made.most == 1


def test_28_unread_files_of_one_browser_are_made_one_at_a_time(open_to: Open, asked: bytes, made: Made):
    clients = [open_to(asked) for _ in range(28)]
    until(lambda: made.begun == 1)
    for client in clients[:-1]:
        client.close()
    assert len(file_of(clients[-1])) > SIZE and made.most == 1
    until(lambda: made.begun == made.ended)


def test_the_clock_starts_again_with_each_part_that_is_read(open_to: Open, asked: bytes, running: Server):
    client = open_to(asked)
    until(lambda: clock(running) is not None)
    before = clock(running)
    while clock(running) is before:
        assert client.recv(1 << 20)
    assert before and before.cancelled()
    assert len(file_of(client)) > SIZE / 4
    assert clock(running) is None


def clock(server: Server) -> asyncio.TimerHandle | None:
    """Returns what ends the only connection if nothing is read."""
    only = next(iter(server.server_state.connections), None)
    return only and only._unread  # type: ignore[union-attr]


def test_who_waits_too_long_is_told_so(browser: Browser, connection: Connection, monkeypatch: pytest.MonkeyPatch):
    stored(connection, [Item("1", "contact", "Ada")])
    monkeypatch.setattr(download_slots, "WAIT", 0.05)
    address, cookie = f"/download/hubspot?connection={connection.id}", f"sid={COOKIE}"

    async def held(*browsers: str) -> contextlib.AsyncExitStack:
        stack = contextlib.AsyncExitStack()
        for each in browsers:
            assert not await stack.enter_async_context(download_slots.slots().taken(each))
        return stack

    for browsers, sentence in (
        ((downloads.owner_of(COOKIE),), download_slots.YOURS),
        (tuple("abc"), download_slots.OTHERS),
    ):
        holding = run(held(*browsers))
        answer = browser.get(address, cookie)
        run(holding.aclose())
        assert answer.status_code == 503 and sentence in answer.text and "Ada" not in answer.text
    assert "Ada" in browser.get(address, cookie).text
    for path in ("/activity.csv", address):
        assert browser.get(path, cookie).status_code == 200


def test_a_few_in_all_and_one_of_a_browser_have_a_turn_in_the_order_they_came():
    async def go() -> None:
        line, order, go_on = Slots(), [], asyncio.Event()

        async def one(browser: str) -> None:
            async with line.taken(browser) as reason:
                assert not reason
                order.append(browser)
                await go_on.wait()

        waiting = [asyncio.create_task(one(browser)) for browser in ("a", "a", "b", "c", "d", "e")]
        for _ in range(20):
            await asyncio.sleep(0)
        before = list(order)
        go_on.set()
        await asyncio.gather(*waiting)
        assert len(order) == 6 and before == ["a", "b", "c"] and len(before) == AT_ONCE

    run(go())


def test_a_turn_is_given_back_by_what_fails(browser: Browser, connection: Connection, monkeypatch: pytest.MonkeyPatch):
    stored(connection, [Item("1", "contact", "Ada")])
    address = f"/download/hubspot?connection={connection.id}"
    with monkeypatch.context() as broken:
        broken.setattr(downloads.frames, "slices", lambda *_: 1 / 0)
        for _ in range(AT_ONCE + 1):
            assert browser.get(address, f"sid={COOKIE}").status_code == 500
    assert "Ada" in browser.get(address, f"sid={COOKIE}").text
