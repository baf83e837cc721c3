"""A server on this machine whose answers have no end: the path says which."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

MB = 1024 * 1024
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
DRIP = 0.05  # seconds between two bytes
LONG = 1200  # bytes that drip: a minute


def bomb(megabytes: int) -> bytes:
    """A gzip body that becomes so many megabytes of JSON."""
    packing, part = zlib.compressobj(1, wbits=31), b"x" * MB
    pieces = [packing.compress(b'{"access_token": "'), *(packing.compress(part) for _ in range(megabytes))]
    return b"".join((*pieces, packing.compress(b'"}'), packing.flush()))


class Hostile:
    """`/bomb` is gzip, `/twice` gzip of gzip, `/endless` plain, `/after` plain after gzip, `/headers` all headers.

    `/drip` sends a body by the byte, `/head` a head; `/hints` says again and again that it is about to answer.
    """

    def __init__(self, megabytes: int = 700) -> None:
        self.bomb = bomb(megabytes)
        self.asked: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            self.asked.append(path)
            await self._answer(path, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the caller has had enough
        finally:
            writer.transport.abort()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:  # noqa: C901 - a case for each path
        match path:
            case "/bomb":
                writer.write(self._gzip("gzip") + self.bomb)
            case "/twice":
                writer.write(self._gzip("gzip, gzip") + gzip.compress(self.bomb))
            case "/endless":
                writer.write(f"{HEAD}\r\n".encode())
                await self._pour(writer)
            case "/after":
                writer.write(self._gzip("gzip") + gzip.compress(b'{"fine": true}'))
                await self._pour(writer)
            case "/headers":
                writer.write(HEAD.encode())
                for number in range(300 * 1024):
                    writer.write(f"X-{number}: {'x' * 1000}\r\n".encode())
                    await writer.drain()
            case "/hints":
                for _ in range(LONG):
                    writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n")
                    await writer.drain()
                    await asyncio.sleep(DRIP)
            case "/drip":
                writer.write(f"{HEAD}Content-Length: {LONG}\r\n\r\n".encode())
                await self._drip(writer)
            case "/head":
                writer.write(f"{HEAD}X-Slow: ".encode())
                await self._drip(writer)
            case "/fine":
                body = gzip.compress(b'{"fine": true, "text": "' + b"abc" * 100_000 + b'"}')
                writer.write(self._gzip("gzip") + body)

    def _gzip(self, coding: str) -> bytes:
        return f"{HEAD}Content-Encoding: {coding}\r\n\r\n".encode()

    async def _pour(self, writer: asyncio.StreamWriter) -> None:
        for _ in range(300):
            writer.write(b" " * MB)
            await writer.drain()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        for _ in range(LONG):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(DRIP)


@contextmanager
def serving(hostile: Hostile) -> Iterator[str]:
    """The address of the server, which runs until the block ends."""
    ended = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening, asyncio.Runner() as runner:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"

        async def serve() -> None:
            server = await asyncio.start_server(hostile, sock=listening)
            await ended.wait()
            server.close()  # who still drips is cancelled by the runner

        loop = runner.get_loop()
        thread = threading.Thread(target=runner.run, args=(serve(),))
        thread.start()
        yield address
        loop.call_soon_threadsafe(ended.set)
        thread.join()
