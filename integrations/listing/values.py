"""Reading values that several providers write in the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

NAME_KEYS = ("name", "filename", "email", "label", "text", "value", "id")


def name_of(value: Any, keys: Iterable[str] = NAME_KEYS) -> Any:
    """Returns the first of these keys that an object has a value for, None if it has none of them.

    An empty text is taken only where there is nothing better. What is no object is returned as it is.
    """
    if not isinstance(value, Mapping):
        return value
    found = [value[key] for key in keys if value.get(key) is not None]
    return next(filter(None, found), found[0] if found else None)


def names_of(values: Any, keys: Iterable[str] = NAME_KEYS) -> Any:
    """Returns `name_of` each value of a list, or of the value itself."""
    return [name_of(each, keys) for each in values] if isinstance(values, list) else name_of(values, keys)
