"""The front door: what a provider and an item are, and which providers there are.

A file in this folder is a provider; a folder is machinery.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from .model import Item, Provider

__all__ = ["Item", "Provider", "providers"]


@cache
def providers() -> dict[str, Provider]:
    """Every provider by its slug, found by walking this folder.

    Raises TypeError for a file that declares no PROVIDER of its own name.
    """
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg and module.name[0] != "_"]
    found = {name: _declared(name) for name in names}
    return dict(sorted(found.items(), key=lambda pair: pair[1].title))


def _declared(name: str) -> Provider:
    provider = getattr(importlib.import_module(f"{__name__}.{name}"), "PROVIDER", None)
    if not isinstance(provider, Provider) or provider.slug != name:
        raise TypeError(f"integrations/{name}.py must declare PROVIDER, a Provider with slug {name!r}")
    return provider
