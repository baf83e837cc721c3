"""Calls to providers; the only place that imports httpx."""

from .answers import NotSent, reaching
from .client import ApiClient, Tokens
from .paging import cursor_pages, listed

__all__ = ["ApiClient", "NotSent", "Tokens", "cursor_pages", "listed", "reaching"]
