"""Calls to providers; the only place that imports httpx."""

from .answers import NotSent, reaching
from .client import ApiClient, Tokens, shared_client

__all__ = ["ApiClient", "NotSent", "Tokens", "reaching", "shared_client"]
