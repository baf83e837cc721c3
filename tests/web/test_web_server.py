"""Beneath the app: a real uvicorn with our limits, and clients that take their time."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from streamlit.proto.BackMsg_pb2 import BackMsg
from uvicorn.server import Server
from web_helpers import APP, HERE
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from integrations.identity import cookie as browsers
from integrations.store import client
from integrations.web import server as limits
from integrations.web.capacity import Capacity

HOST = b"Host: localhost:8501\r\n"
WHOLE = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
ROOM = Capacity(sessions=10, sessions_of_one_browser=3, connections=30, incomplete=8)
SOON = 0.3  # seconds in which a request has to be complete here
Open = Callable[..., socket.socket]


@pytest.fixture
def running(served: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server that `streamlit run` starts, on a port of its own."""
    monkeypatch.setattr(limits, "capacity", lambda: ROOM)
    monkeypatch.setattr(limits, "COMPLETE_WITHIN", SOON)
    monkeypatch.setattr(Server, "startup", Server.startup)
    limits.limit()
    server = Server(uvicorn.Config(APP, port=0, lifespan="off", ws="websockets-sansio", log_level=logging.WARNING))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    loop = server.servers[0].get_loop()
    yield server
    asyncio.run_coroutine_threadsafe(client.close(), loop).result(20)
    server.should_exit = server.force_exit = True
    thread.join(20)


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def port(server: Server) -> int:
    return int(server.servers[0].sockets[0].getsockname()[1])


@pytest.fixture
def open_to(running: Server) -> Iterator[Callable[..., socket.socket]]:
    """Connect and say something; the connections end with the test."""
    clients: list[socket.socket] = []

    def connected(said: bytes = b"") -> socket.socket:
        clients.append(socket.create_connection(("127.0.0.1", port(running)), timeout=20))
        clients[-1].sendall(said)
        return clients[-1]

    yield connected
    for each in clients:
        each.close()


def is_ended(client: socket.socket) -> bool:
    """Wait for the server to end the connection."""
    try:
        while client.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return True


def answer(client: socket.socket) -> bytes:
    return client.recv(65_536)


HALF = {
    "nothing at all": b"",
    "half a line": b"GET /hea",
    "half of the headers": b"GET /healthz HTTP/1.1\r\n" + HOST,
    "half of a body": b"POST /sandbox/body HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nhalf",
    "a second request": WHOLE + b"GET /hea",
}


@pytest.mark.parametrize("said", HALF.values(), ids=HALF)
def test_a_request_that_is_not_completed_in_time_ends(open_to: Open, said: bytes) -> None:
    assert is_ended(open_to(said))
    assert limits.LimitedProtocol._incomplete == {}


def test_one_byte_at_a_time_is_not_in_time(open_to: Open) -> None:
    client, began = open_to(), time.monotonic()
    with pytest.raises(OSError):
        for byte in HALF["half of the headers"] * 1_000:
            client.sendall(bytes([byte]))
            time.sleep(SOON / 20)
    assert time.monotonic() - began < 20


def test_half_sent_requests_keep_nobody_out(running: Server, open_to: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """400 of them, of which the server holds eight, and answers whoever sends a whole one."""
    monkeypatch.setattr(limits, "COMPLETE_WITHIN", 60)
    clients = [open_to(HALF["half of the headers"]) for _ in range(400)]
    assert b"200 OK" in answer(open_to(WHOLE))
    until(lambda: len(limits.LimitedProtocol._incomplete) <= ROOM.incomplete)
    until(lambda: len(running.server_state.connections) <= ROOM.sessions + ROOM.connections + 1)
    for each in clients:
        each.close()


def test_there_are_no_more_connections_than_there_is_room_for(running: Server, open_to: Open) -> None:
    """These have all sent a request, and do not hang up."""
    clients = []
    for _ in range(60):
        clients.append(open_to(WHOLE))
        assert open_in(running) <= ROOM.sessions + ROOM.connections + 1
    ended = [each for each in clients if not _answered(each)]
    assert 0 < len(ended) < 60, "the latest are turned away, those before are answered"
    for each in clients:
        each.close()
    until(lambda: not running.server_state.connections)
    assert b"200 OK" in answer(open_to(WHOLE))


def open_in(server: Server) -> int:
    """How many connections the server has that are not about to end."""
    return sum(not each.transport.is_closing() for each in list(server.server_state.connections))


def _answered(client: socket.socket) -> bool:
    try:
        return bool(client.recv(65_536))
    except ConnectionResetError:
        return False


def test_a_large_body_is_refused_while_it_comes(open_to: Open) -> None:
    """Of 400 MB only what was under way is taken, with a length and without one."""
    post = b"POST /sandbox/body HTTP/1.1\r\n" + HOST
    for said, piece in (
        (b"Content-Length: 419430400\r\n\r\n", b"x" * 65_536),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
    ):
        client, sent = open_to(post + said), 0
        with pytest.raises(OSError):
            while sent < 400 * 1024 * 1024:
                client.sendall(piece)
                sent += len(piece)
        assert sent < 32 * 1024 * 1024, "what fits into the buffers of both ends"


def test_a_websocket_takes_no_more_than_a_page_sends_at_once(running: Server) -> None:
    where, headers = "ws://localhost:8501/_stcore/stream?stay=1", {"Cookie": f"sid={browsers.mint()}"}
    line = socket.create_connection(("127.0.0.1", port(running)))
    asked = BackMsg()
    asked.rerun_script.query_string = "x" * (limits.LARGEST_FRAME - 100)
    with connect(where, sock=line, origin=HERE, additional_headers=headers, proxy=None) as client:
        client.send(asked.SerializeToString())
        assert int(client.recv()) == asked.ByteSize()
        time.sleep(2 * SOON)  # it is no request that has to be complete
        client.send(asked.SerializeToString())
        assert int(client.recv()) == asked.ByteSize()
        client.send(b"x" * (limits.LARGEST_FRAME + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            client.recv()
    assert closed.value.rcvd and closed.value.rcvd.code == 1009


def test_the_server_does_not_say_what_it_is(open_to: Open) -> None:
    assert b"uvicorn" not in answer(open_to(WHOLE)).lower()
