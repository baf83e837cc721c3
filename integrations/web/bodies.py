"""Request bodies are read up to a limit, whatever their length is said to be."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Message, Receive

MOST_BYTES = 1_048_576  # the sample providers read a few kilobytes; nothing else reads a body


class BodyTooLarge(Exception):
    """More of a request body arrived than is read."""


def is_announced_too_large(request: Request) -> bool:
    """Returns whether Content-Length announces more than is read, or is no number."""
    length = request.headers.get("content-length", "0")
    return not length.isdecimal() or int(length) > MOST_BYTES


def limited(receive: Receive) -> Receive:
    """Returns `receive` that raises BodyTooLarge as soon as too much has arrived."""
    arrived = 0

    async def receive_limited() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > MOST_BYTES:
            raise BodyTooLarge
        return message

    return receive_limited
