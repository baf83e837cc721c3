"""Values that name their own type are read by it."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.listing.tagged.cells import EMPTY, Cell, Kind, TaggedValues
from integrations.model import FieldType, NoValue

VALUES = TaggedValues(
    {
        "number": Kind(FieldType.NUMBER),
        "words": Kind(FieldType.TEXT, lambda words: " ".join(words)),
        "tags": Kind(FieldType.MULTI_SELECT),
    },
    wrappers=frozenset({"formula"}), arrays=frozenset({"array"}), withheld={"secret": "It is kept back."},
)  # fmt: skip
SECRET = NoValue("It is kept back.")


def tagged(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, kind: value}


@pytest.mark.parametrize(("value", "expected"), [
    (tagged("number", 0), Cell(FieldType.NUMBER, False, 0)),
    (tagged("words", ["a", "b"]), Cell(FieldType.TEXT, False, "a b")),
    (tagged("number", None), EMPTY), (tagged("words", []), EMPTY), (tagged("tags", []), EMPTY),
    (tagged("formula", tagged("number", 3)), Cell(FieldType.NUMBER, False, 3)),
    (tagged("formula", {}), EMPTY), (tagged("formula", "odd"), EMPTY),
    (tagged("secret", {}), Cell(None, False, SECRET)),
    (tagged("formula", tagged("secret", {})), Cell(None, False, SECRET)),
    (tagged("words", 7), Cell(None, False, "7")),
    (tagged("new", {"name": "calm"}), Cell(FieldType.TEXT, False, "calm")),
    (None, EMPTY), ("odd", EMPTY), ({"type": ["number"], "number": 3}, EMPTY), ({"number": 3}, EMPTY),
])  # fmt: skip
def test_a_value_has_the_type_of_its_tag(value: Any, expected: Cell) -> None:
    assert VALUES.read(value) == expected


@pytest.mark.parametrize(("values", "expected"), [
    ([tagged("number", 3), tagged("number", None), tagged("number", 4)], Cell(FieldType.NUMBER, True, [3, 4])),
    ([tagged("tags", ["a"]), tagged("tags", ["b", "c"])], Cell(FieldType.MULTI_SELECT, False, ["a", "b", "c"])),
    ([tagged("number", 3), tagged("words", ["a"])], Cell(FieldType.TEXT, True, ["3", "a"])),
    ([tagged("array", [tagged("number", 3)]), tagged("number", 4)], Cell(FieldType.NUMBER, True, [3, 4])),
    ([tagged("secret", {}), tagged("number", 4)], Cell(FieldType.NUMBER, True, [4])),
    ([tagged("secret", {}), tagged("secret", {})], Cell(None, False, SECRET)),
    ([tagged("number", None)], EMPTY), ([], EMPTY), ("odd", EMPTY), ([None, 3], EMPTY),
])  # fmt: skip
def test_a_list_of_values_is_flat_and_of_one_type(values: Any, expected: Cell) -> None:
    assert VALUES.read(tagged("array", values)) == expected
