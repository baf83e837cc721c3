"""Limits on one answer: how many decoded bytes it may have, and how long it may take.

httpx decodes whatever arrives and limits each read only: a small gzip body can become gigabytes, and a server that
sends one byte a second never ends. Here an answer is decoded piece by piece, counted, and given up at its limit.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

import httpx

MB = 1024 * 1024
PIECE = 64 * 1024  # decoded bytes that are in memory before they are counted
LIMITS = "limits"  # the request extension that holds other limits than its client's
GZIP = 16 + zlib.MAX_WBITS
DECODED_HERE = (b"content-encoding", b"content-length")

Client = TypeVar("Client", bound=httpx.AsyncClient)
Decode = Callable[[bytes], Iterable[bytes]]


@dataclass(frozen=True)
class Limits:
    """`size` in decoded bytes; `seconds` from the start of the request to the last byte of its answer."""

    size: int
    seconds: float


# a page has at most 200 items; 100 MB are possible on paper (texts of 100 kB in every cell), some MB are usual
DATA = Limits(64 * MB, 75)  # Notion answers or gives up within 60 s
SHORT = Limits(1 * MB, 15)  # tokens, revocations, account details: some kB, while a person waits


class TooLarge(httpx.DecodingError):
    """The answer has more decoded bytes than its limit."""


class TooSlow(httpx.TimeoutException):
    """The answer was not complete in time."""


def bounded(client: Client, limits: Limits) -> Client:
    """Returns the client, changed to abort any answer beyond these limits (or those of the request)."""
    client.headers["Accept-Encoding"] = "gzip"
    client._transport = _Bounded(client._transport, limits)
    for pattern, transport in client._mounts.items():  # proxies of the environment
        client._mounts[pattern] = transport and _Bounded(transport, limits)
    return client


class _Bounded(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, limits: Limits) -> None:
        self._transport = transport
        self._limits = limits

    async def __aenter__(self) -> _Bounded:
        await self._transport.__aenter__()
        return self

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        limits = request.extensions.get(LIMITS, self._limits)
        deadline = asyncio.get_running_loop().time() + limits.seconds
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._transport.handle_async_request(request)
        except TimeoutError:
            raise TooSlow("no answer in time") from None
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in DECODED_HERE]
        body = _Body(response, limits.size, deadline)
        return httpx.Response(response.status_code, headers=headers, stream=body, extensions=response.extensions)


class _Body(httpx.AsyncByteStream):
    """The decoded body of a response."""

    def __init__(self, response: httpx.Response, size: int, deadline: float) -> None:
        self._response = response
        self._size = size
        self._deadline = deadline

    async def __aiter__(self) -> AsyncIterator[bytes]:
        decode = _decoder(self._response.headers.get("Content-Encoding", ""))
        received = decoded = 0
        async with aclosing(self._received()) as parts:
            async for data in parts:
                received += len(data)
                if received > self._size:
                    raise TooLarge("more bytes than its limit")
                for piece in decode(data):
                    decoded += len(piece)
                    if decoded > self._size:
                        raise TooLarge("more bytes than its limit")
                    yield piece

    async def _received(self) -> AsyncGenerator[bytes, None]:
        assert isinstance(self._response.stream, httpx.AsyncByteStream)
        stream = aiter(self._response.stream)
        try:
            while True:
                async with asyncio.timeout_at(self._deadline):
                    data = await anext(stream)
                yield data
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TooSlow("the answer was not complete in time") from None

    async def aclose(self) -> None:
        await self._response.aclose()


def _decoder(coding: str) -> Decode:
    match coding.strip().lower():
        case "" | "identity":
            return lambda data: (data,)
        case "gzip" | "x-gzip":
            return _Gunzip()
    raise httpx.DecodingError("an encoding that was not asked for")


class _Gunzip:
    """Decompresses gzip, never more than PIECE bytes at once; what follows the end of the data is ignored."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(GZIP)

    def __call__(self, data: bytes) -> Iterator[bytes]:
        full = True
        while full and not self._zlib.eof:
            try:
                piece = self._zlib.decompress(data, PIECE)
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from None
            data, full = self._zlib.unconsumed_tail, len(piece) == PIECE
            yield piece
