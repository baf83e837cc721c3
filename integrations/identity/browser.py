"""The cookie that a browser is known by."""

from __future__ import annotations

from ..config import settings


def cookie_name() -> str:
    """`__Host-sid` on https; browsers refuse that prefix on http, where it is `sid`."""
    return "__Host-sid" if settings().https else "sid"
