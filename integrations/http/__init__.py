"""Calls to providers; the only place that imports httpx."""

from .answers import NotSent, reaching
from .chains import MostFirst, Once, together
from .client import ApiClient, Tokens, shared_client
from .paging import cursor_pages, listed

__all__ = [
    "ApiClient", "MostFirst", "NotSent", "Once", "Tokens", "cursor_pages", "listed", "reaching", "shared_client",
    "together",
]  # fmt: skip
