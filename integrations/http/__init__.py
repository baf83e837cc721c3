"""Calls to providers; the only place that imports httpx."""

from .answers import NoAnswer, NotSent, reaching, readable, retry_after, within
from .bounds import SHORT, bounded
from .client import ApiClient, Tokens, shared_client

__all__ = [
    "SHORT", "ApiClient", "NoAnswer", "NotSent", "Tokens", "bounded", "reaching", "readable", "retry_after",
    "shared_client", "within",
]  # fmt: skip
