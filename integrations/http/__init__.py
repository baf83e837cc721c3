"""Calls to providers; the only place that imports httpx."""

from .answers import NotSent, reaching, readable, within
from .bounds import SHORT, bounded
from .chains import Chains, MostFirst, Once
from .client import ApiClient, Tokens, shared_client
from .names import Names
from .paging import cursor_pages, listed, objects

__all__ = [
    "SHORT", "ApiClient", "Chains", "MostFirst", "Names", "NotSent", "Once", "Tokens", "bounded", "cursor_pages",
    "listed", "objects", "reaching", "readable", "shared_client", "within",
]  # fmt: skip
