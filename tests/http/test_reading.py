"""JSON that strict JSON refuses is read all the same: only what is odd about it changes."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.http.reading import CUT, DEEPEST, MOST_VALUES, TooManyValues, read_json

plain_text = st.text(st.characters(exclude_categories=["Cs"]))
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e15, 1e15) | plain_text
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(plain_text, inner), max_leaves=20)


ODD = {
    "half an emoji": (rb'"x\ud83d y"', "x\ufffd y"),
    "the other half": (rb'"\udfff"', "\ufffd"),
    "half an emoji as a key": (rb'{"\ud83d": 1, "b": 2}', {"\ufffd": 1, "b": 2}),
    "a whole emoji": (rb'["\ud83d\ude00", NaN]', ["\U0001f600", None]),
    "what only looks like half an emoji": (rb'["\\ud83d", NaN]', ["\\ud83d", None]),
    "bytes that are no UTF-8": (b'"\xff\xed\xa0\xbd"', "\ufffd" * 4),
    "raw control characters": (b'"a\x00\n\x1f"', "a\x00\n\x1f"),
    "NaN and infinities": (b"[NaN, Infinity, -Infinity]", [None] * 3),
    "a number that is too large": (b"[1e999, 1.5e300]", ["1e999", 1.5e300]),
    "an integer of 65 bits": (b"18446744073709551616", 2**64),
    "an integer of 25 digits": (b"9" * 25, 10**25 - 1),
    "an integer of 400 digits": (b"-" + b"9" * 400, 1 - 10**400),
    "an integer of 5,000 digits": (b"9" * 5_000, "9" * 5_000),
    "the same key again": (b'{"a": 1, "a": 2}', {"a": 2}),
    "brackets in a text": (b'["[[\\"{{", NaN]', ['[["{{', None]),
}


@pytest.mark.parametrize("what", ODD)
def test_what_strict_json_refuses_costs_only_itself(what: str) -> None:
    sent, read = ODD[what]
    assert read_json(sent) == read
    around = b'{"before": "b", "odd": ' + sent + b', "after": [1]}'
    assert read_json(around) == {"before": "b", "odd": read, "after": [1]}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_byte_order_mark_or_another_encoding_is_read(encoding: str) -> None:
    assert read_json('{"a": "ü\U0001f600"}'.encode(encoding)) == {"a": "ü\U0001f600"}


@pytest.mark.parametrize("depth", [DEEPEST - 1, DEEPEST, DEEPEST + 1, 900, 1_025, 100_000])
@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_what_is_nested_too_deep_is_cut_and_what_is_beside_it_stays(depth: int, pair: tuple[str, str]) -> None:
    beside = json.dumps([text := '"]]}[[{ \\'])
    found = read_json(f'{{"a": {beside}, "deep": {pair[0] * depth}7{pair[1] * depth}, "z": {beside}}}'.encode())
    assert found["a"] == found["z"] == [text]
    inner, levels = found["deep"], 0
    while isinstance(inner, (list, dict)):
        inner, levels = (inner[0] if isinstance(inner, list) else inner["a"]), levels + 1
    assert (inner, levels) == ((7, depth) if depth < DEEPEST else (CUT, DEEPEST - 1))


@pytest.mark.parametrize("sent", [
    b"", b"<html>", b'{"cut', b'{"a": [1, 2', b'{"a": 1}}', b"[" * 5_000, b'"' + b'\\"' * 300_000, b"{a: 1}",
], ids=lambda value: repr(value[:12]))  # fmt: skip
def test_what_is_no_json_is_none(sent: bytes) -> None:
    with pytest.raises(ValueError):
        read_json(sent)


@given(values)
def test_ordinary_json_is_read_as_ever(value: Any) -> None:
    assert read_json(orjson.dumps(value)) == value == read_json(json.dumps(value).encode("utf-16"))


@pytest.mark.parametrize("unit", [b"{},", b"[],", b"1,", b'{"a":1},', b'"",'], ids=repr)
def test_many_small_values_do_not_fill_the_memory(unit: bytes) -> None:
    sent = b"[" + unit * (64 * 1024 * 1024 // len(unit)) + b"1]"
    tracemalloc.start()
    with pytest.raises(TooManyValues):
        read_json(sent)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert MOST_VALUES > 100 * 10_000, "a page of 100 items with 10,000 values each is read"
