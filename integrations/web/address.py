"""The network address of the person who sends a request."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from ..config import settings
from ..model import client_address


def address_of(request: HTTPConnection) -> str:
    """Returns the address that the pages and the activity log show for the same browser."""
    peer = request.client.host if request.client else None
    return client_address(peer, request.headers.getlist("x-forwarded-for"), settings().trusted_proxies)
