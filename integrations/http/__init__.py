"""Calls to providers; the only place that imports httpx."""

from .answers import NoAnswer, NotSent, reaching, retry_after
from .chains import Chains, MostFirst, Once
from .client import ApiClient, Tokens, shared_client
from .names import Names
from .paging import cursor_pages, listed, objects

__all__ = [
    "ApiClient", "Chains", "MostFirst", "Names", "NoAnswer", "NotSent", "Once", "Tokens", "cursor_pages", "listed",
    "objects", "reaching", "retry_after", "shared_client",
]  # fmt: skip
