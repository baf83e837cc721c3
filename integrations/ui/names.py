"""Keys of widgets: short names for what they depend on."""

from __future__ import annotations

import hashlib


def digest(*parts: object) -> str:
    """Returns a short name, another one whenever a part is another."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
