"""Providers that exist only in a test."""

from __future__ import annotations

from typing import Any

from integrations.model import ItemType, Provider

METHODS = ("identify", "catalog", "read", "changes", "is_error")
FACTS: dict[str, Any] = {
    "slug": "acme", "title": "Acme", "icon": "", "summary": "", "item_types": (ItemType("thing", "Things"),),
    "authorize_url": "", "token_url": "", "api_url": "", "web_url": "", "console_url": "",
    "identify": None, "catalog": None, "read": None,
}  # fmt: skip


def made_up(**facts: Any) -> Provider:
    """A provider with these facts and functions, and the barest others."""
    return _instance(Provider, {**FACTS, **facts})


def varied(provider: Provider, **facts: Any) -> Provider:
    """The same provider with other facts or functions; `changes=None`: it cannot list changes."""
    return _instance(type(provider), facts)


def _instance(base: type[Provider], facts: dict[str, Any]) -> Provider:
    functions = {name: staticmethod(facts[name]) for name in METHODS if callable(facts.get(name))}
    if facts.get("changes", True) is None:
        functions["changes"] = Provider.changes
    return type("MadeUp", (base,), {**facts, **functions})()
