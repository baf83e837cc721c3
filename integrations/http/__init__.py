"""Calls to providers; the only place that imports httpx."""

from .answers import NotSent, reaching, readable, within
from .bounds import SHORT, bounded
from .client import ApiClient, Tokens, shared_client

__all__ = ["SHORT", "ApiClient", "NotSent", "Tokens", "bounded", "reaching", "readable", "shared_client", "within"]
