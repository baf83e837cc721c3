"""What is packed comes back, once each, whatever a provider put into it."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pyarrow as pa
import pytest

from integrations.frames import chunks
from integrations.frames.chunks import SCHEMA, count, merge, missing, pack, unpack


def row(items, index=0):
    return unpack([pack(items)]).slice(index, 1).to_pylist()[0]


def properties(items, index=0):
    return json.loads(row(items, index)["properties"])


def keys(table):
    return list(zip(table["type"].to_pylist(), table["id"].to_pylist(), strict=True))


def test_every_field_of_an_item_comes_back(item):
    when = datetime(2026, 11, 22, 14, 3, 0, 123456, tzinfo=UTC)
    fields = {
        "directory": True,
        "parent_path_or_name": "Top",
        "parent_id": "0",
        "creation_time": when,
        "last_modified_time": when,
        "url": "https://example.com",
        "children": ("2", "3"),
        "mime_type": "text/plain",
        "delta": "d",
        "drive_id": "v",
        "visibility": False,
        "owner": "Ada",
    }
    found = row([item(**fields, properties={"Größe": 1})])
    assert found == {
        "id": "1",
        "type": "page",
        "name": "A page",
        **fields,
        "children": ["2", "3"],
        "properties": '{"Größe":1}',
    }


def test_what_a_provider_has_not_stays_null(item):
    found = row([item()])
    filled = {name for name, value in found.items() if value is not None}
    assert filled == {"id", "type", "name", "directory", "properties"}


@pytest.mark.parametrize("parts", [[], [b"empty"]], ids=["no chunks", "a chunk without rows"])
def test_nothing_gives_a_table_without_rows_of_the_right_types(parts):
    table = unpack([pack([]) for _ in parts])
    assert table.num_rows == 0
    assert table.schema == SCHEMA
    assert count([pack([]) for _ in parts]) == {}
    assert list(merge(parts and [pack([])], [])) == []


def test_bytes_of_another_origin_are_refused():
    with pytest.raises(pa.ArrowInvalid):
        unpack([b"not arrow"])


def test_the_last_of_several_rows_stays_at_the_place_of_the_first(item):
    table = unpack([pack([item("1", name="old"), item("2")]), pack([item("3"), item("1", name="new")])])
    assert table["id"].to_pylist() == ["1", "2", "3"]
    assert table["name"].to_pylist() == ["new", "A page", "A page"]


def test_a_row_repeated_within_one_chunk_stays_once(item):
    assert unpack([pack([item(name="old"), item(name="newer"), item(name="new")])])["name"].to_pylist() == ["new"]


def test_one_id_in_two_types_is_two_rows(item):
    table = unpack([pack([item("1", "page"), item("1", "database")]), pack([item("1", "database"), item("1", "page")])])
    assert keys(table) == [("page", "1"), ("database", "1")]


def test_types_that_differ_from_chunk_to_chunk_are_not_confused(item):
    table = unpack([pack([item("1", "a"), item("2", "b")]), pack([item("1", "b"), item("3", "c")])])
    assert keys(table) == [("a", "1"), ("b", "2"), ("b", "1"), ("c", "3")]


def test_counting_takes_each_row_once(item):
    assert count([pack([item("1"), item("2"), item("3", "database")]), pack([item("1")])]) == {"page": 2, "database": 1}


def test_a_parent_known_by_its_id_is_named_even_from_a_later_chunk(item):
    table = unpack([pack([item("1", parent_id="9"), item("2", parent_id="gone")]), pack([item("9", name="Top")])])
    assert table["parent_path_or_name"].to_pylist() == ["Top", None, None]


def test_a_parent_that_the_provider_named_keeps_that_name(item):
    table = unpack([pack([item("1", parent_id="9", parent_path_or_name="Given"), item("9", name="Top")])])
    assert table["parent_path_or_name"].to_pylist()[0] == "Given"


def test_merging_keeps_all_of_the_new_and_what_only_the_old_has(item):
    old = [pack([item("1", name="old"), item("2", name="old"), item("2", "database", name="old")])]
    new = [pack([item("2", name="new"), item("3", name="new")])]
    table = unpack(merge(old, new))
    found = dict(zip(keys(table), table["name"].to_pylist(), strict=True))
    assert found == {("page", "1"): "old", ("page", "2"): "new", ("database", "2"): "old", ("page", "3"): "new"}


def test_a_parent_renamed_since_shows_its_new_name_on_old_rows(item):
    old = [pack([item("1", parent_id="2"), item("2", name="Old name")])]
    table = unpack(merge(old, [pack([item("2", name="New name")])]))
    assert table["parent_path_or_name"].to_pylist() == ["New name", None]


def test_merging_several_chunks_changes_rows_at_their_place_and_adds_at_the_end(item):
    old = [pack([item(str(n), name="old")]) for n in range(5)]
    new = [pack([item("7"), item("3", name="new")]), pack([item("1", name="new"), item("3", name="newest")])]
    table = unpack(merge(old, new))
    assert table["id"].to_pylist() == ["0", "1", "2", "3", "4", "7"]
    assert table["name"].to_pylist() == ["old", "new", "old", "newest", "old", "A page"]


def test_a_row_that_an_older_load_had_twice_is_changed_in_both_places(item):
    old = [pack([item("1", name="old")]), pack([item("2"), item("1", name="old")])]
    table = unpack(merge(old, [pack([item("1", name="new")])]))
    assert table["id"].to_pylist() == ["1", "2"] and table["name"].to_pylist() == ["new", "A page"]


def test_what_is_missing_is_named_by_type_and_id(item):
    old = [pack([item("1", name="One"), item("2", name="Two")]), pack([item("1", "database", name="Base")])]
    assert missing(old, [pack([item("1"), item("3")])]) == ["Two", "Base"]
    assert missing(old, old) == missing([], old) == []


def test_merged_chunks_are_of_bounded_size(item, monkeypatch):
    monkeypatch.setattr(chunks, "MERGED_ROWS", 3)
    parts = list(merge([pack([item(str(n)) for n in range(5)])], [pack([item(str(n)) for n in range(4, 8)])]))
    assert [unpack([part]).num_rows for part in parts] == [3, 3, 2]
    assert unpack(parts)["id"].to_pylist() == [str(n) for n in range(8)]


def test_a_merged_chunk_does_not_carry_the_others_with_it(item):
    parts = [pack([item(str(n), name=str(n) * 500) for n in range(20_000)])]
    assert max(map(len, merge(parts, []))) < sum(map(len, parts)) / 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (datetime(2026, 11, 22, 14), datetime(2026, 11, 22, 14, tzinfo=UTC)),
        (datetime(2026, 11, 22, 1, tzinfo=timezone(timedelta(hours=9))), datetime(2026, 11, 21, 16, tzinfo=UTC)),
        (date(2026, 11, 22), datetime(2026, 11, 22, tzinfo=UTC)),
        (datetime.min, datetime.min.replace(tzinfo=UTC)),
        (datetime.max, datetime.max.replace(tzinfo=UTC)),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=9))), datetime.min.replace(tzinfo=UTC)),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-9))), datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_times_are_kept_in_utc_to_the_microsecond(item, given, kept):
    assert row([item(creation_time=given)])["creation_time"] == kept


def test_names_and_ids_that_are_not_text_become_text(item):
    table = unpack([pack([item(None, name=None), item(2, name=3.5), item("x", name=b"\xff"), item("y", name=[1])])])
    assert table["id"].to_pylist() == ["", "2", "x", "y"]
    assert table["name"].to_pylist() == ["", "3.5", "�", "[1]"]


def test_half_a_surrogate_pair_becomes_the_replacement_character_and_a_whole_one_its_sign(item):
    found = row([item("\ud800", name="\ud83d\ude00", children=("\ud800", 5), properties={"k\ud800": "v\udfff"})])
    assert (found["id"], found["name"], found["children"]) == ("�", "😀", ["�", "5"])
    assert json.loads(found["properties"]) == {"k�": "v�"}


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "[a](javascript:1) **b**", "שלום עולם", "x" * 10_000, "\0"]
)
def test_data_stays_data(item, name):
    assert row([item(name=name)])["name"] == name


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), None),
        ([float("inf"), 1.5], [None, 1.5]),
        (datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22T00:00:00+00:00"),
        (date(2026, 11, 22), "2026-11-22"),
        ({"b", "a"}, ["a", "b"]),
        (
            {
                "x": {
                    float("nan"),
                }
            },
            {"x": [None]},
        ),
        (b"\xffa", "�a"),
        ((1, 2), [1, 2]),
        (2**64, 2**64),
        (Decimal("1.10"), "1.10"),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (OrderedDict(a=float("nan")), {"a": None}),
        ({(1, 2): 3}, {"(1, 2)": 3}),
        ("ü", "ü"),
    ],
)
def test_a_property_of_any_kind_is_kept_as_json_can_say_it(item, value, kept):
    assert properties([item(properties={"p": value})]) == {"p": kept}


def test_a_number_too_long_to_print_is_kept_in_hexadecimal(item):
    assert properties([item(properties={"p": 10**5_000})]) == {"p": hex(10**5_000)}


def test_a_property_that_contains_itself_is_cut_and_loses_nothing_else(item):
    circle: list[object] = [1]
    circle.append(circle)
    assert properties([item(properties={"p": circle, "q": 2})]) == {"p": [1, "…"], "q": 2}


def test_a_property_nested_too_deep_does_no_harm(item):
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert properties([item(properties={"p": deep, "q": 2})])["q"] == 2


def test_an_object_whose_text_fails_does_no_harm(item):
    class Broken:
        def __str__(self):
            raise RuntimeError("no")

    assert properties([item(properties={"p": Broken()})]) == {"p": "<Broken>"}


def test_no_properties_are_an_empty_object(item):
    assert row([item(properties=None)])["properties"] == "{}"
