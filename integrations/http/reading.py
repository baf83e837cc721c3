"""JSON as it really comes: what strict JSON refuses costs a character or a value, never the whole answer.

JavaScript cuts an emoji in half and sends `"\\ud83d"`; others send NaN, a byte order mark, a raw control character,
bytes that are no UTF-8, or integers without end. orjson refuses each of these, and reads large integers inexactly.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

import orjson

DEEPEST = 100  # levels; what lies deeper is shown as CUT, since everything that reads a value calls itself
CUT = "…"
EXACT = 2.0**63  # from here on orjson turns an integer into a float
DIGITS = 4_000  # of an integer; Python reads 4,300 and no more, longer ones stay text
MOST_VALUES = 2_000_000  # some 100 bytes of memory each; a page of 200 items has some thousands
TELLING = {dict, list, float}
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{}]', re.DOTALL)


class TooManyValues(Exception):
    """The JSON has more than MOST_VALUES values, which would take much more memory than its text."""


def read_json(content: bytes) -> Any:
    """The value that the JSON stands for; raises ValueError if it is none, TooManyValues if it is too large.

    Half an emoji and invalid UTF-8 become U+FFFD, NaN and infinities None, numbers beyond float and integers of
    more than DIGITS digits their text, and what is nested deeper than DEEPEST becomes CUT.
    """
    if content.count(b",") + content.count(b"[") + content.count(b"{") > MOST_VALUES:
        raise TooManyValues
    try:
        value = orjson.loads(content)
    except ValueError:
        return _leniently(content)
    return value if _ordinary(value) else _leniently(content)


def _ordinary(value: Any) -> bool:
    """Whether it is not nested too deep, and has no number that may have been an integer."""
    level: list[Any] = [[value]]
    for _ in range(DEEPEST + 1):
        told = [each for outer in level for each in _inside(outer) if type(each) in TELLING]
        level = [each for each in told if type(each) is not float]
        if len(level) < len(told) and not all(-EXACT < each < EXACT for each in told if type(each) is float):
            return False
        if not level:
            return True
    return False


def _inside(outer: Any) -> Iterable[Any]:
    return outer.values() if type(outer) is dict else outer


def _leniently(content: bytes) -> Any:
    text = content.decode(json.detect_encoding(content), "replace")
    try:
        return _mended(_DECODER.decode(_cut(text)))
    except RecursionError:  # deep, and not closed: cut off in the middle
        raise ValueError("not JSON") from None


def _cut(text: str) -> str:
    """The JSON text with CUT in the place of what is nested too deep."""
    kept, start, depth = [], 0, 0
    for token in TOKEN.finditer(text):
        mark = token[0]
        if mark in ("[", "{"):
            depth += 1
            if depth == DEEPEST + 1:
                kept.append(text[start : token.start()])
        elif mark in ("]", "}"):
            if depth == DEEPEST + 1:
                kept.append(f'"{CUT}"')
                start = token.end()
            depth -= 1
    return "".join((*kept, text[start:])) if depth <= DEEPEST else text


def _mended(value: Any) -> Any:
    """The value without half characters; it is not deep any more."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(each) for each in value]
    return {_mended(key): _mended(each) for key, each in value.items()} if isinstance(value, dict) else value


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


_DECODER = json.JSONDecoder(
    strict=False,
    parse_int=lambda digits: int(digits) if len(digits) <= DIGITS else digits,
    parse_float=_float,
    parse_constant=lambda name: None,
)
