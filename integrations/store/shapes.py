"""Values to JSON and back by their dataclass, with pydantic; no error or warning of which holds any part of a value.

Its own messages quote their input, which may be a token.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, cast

import pydantic
from pydantic_core import PydanticSerializationError

T = TypeVar("T")


class Misshapen(ValueError):
    """A value is not of its declared shape; says which shape, and nothing of the value."""


def to_json(shape: type[T], value: T) -> bytes:
    """The value as JSON; raises Misshapen for one that JSON cannot hold."""
    try:
        return adapter(shape).dump_json(value, warnings="none")
    except PydanticSerializationError:
        raise Misshapen(f"This is no {shape.__name__}.") from None


def from_json(shape: type[T], text: bytes) -> T:
    """The value that was stored as JSON; raises Misshapen."""
    try:
        return cast(T, adapter(shape).validate_json(text))
    except pydantic.ValidationError:
        raise Misshapen(f"This is no {shape.__name__}.") from None


def from_python(shape: type[T], value: Any) -> T:
    """The value from decoded JSON; raises Misshapen."""
    try:
        return cast(T, adapter(shape).validate_python(value, strict=False))
    except pydantic.ValidationError:
        raise Misshapen(f"This is no {shape.__name__}.") from None


def adapter(shape: Any) -> pydantic.TypeAdapter[Any]:
    """The adapter of a shape, made once: that takes a while."""
    return _made(shape)


@cache
def _made(shape: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(Any if shape is object else shape)
