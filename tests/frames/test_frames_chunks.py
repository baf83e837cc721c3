"""What is packed comes back, once each, whatever a provider put into it."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.frames import Tables, chunks, count, identities, merge, missing, pack, scattered
from integrations.frames.chunks import STANDARD
from integrations.model import Collection, Field, Item, Schema


def rows(parts):
    """Collection, id and name of every row."""
    tables = Tables(parts)
    return [(each.id, *pair) for each in tables.collections for pair in zip(
        tables.open(each.id).ids.to_pylist(), tables.open(each.id).values("name").to_pylist(), strict=True
    )]  # fmt: skip


def standard(items, index=0):
    table = Tables([pack(items)]).open(items[index].place)
    return {name: table.standard(name)[index].as_py() for name in STANDARD.names}


def kept(value):
    """A property that no schema describes, as it is stored."""
    table = Tables([pack([Item("1", "page", "A", properties={"p": value})])])
    found = table._parts["page"][0].read(["field p"]).to_pylist()
    return json.loads(found[0]["field p"]) if found and found[0] else None


def test_every_attribute_of_an_item_comes_back(item):
    when = datetime(2026, 11, 22, 14, 3, 0, 123456, tzinfo=UTC)
    fields = {
        "directory": True, "parent_path_or_name": "Top", "parent_id": "0", "creation_time": when,
        "last_modified_time": when, "url": "https://example.com", "children": ("2", "3"), "mime_type": "text/plain",
        "delta": "d", "drive_id": "v", "visibility": False, "owner": "Ada",
    }  # fmt: skip
    found = standard([item(**fields)])
    assert found == {"id": "1", "type": "page", "name": "A page", **fields, "children": ["2", "3"]}


def test_what_a_provider_has_not_stays_null(item):
    assert {name for name, value in standard([item()]).items() if value is not None} == {
        "id", "type", "name", "directory",
    }  # fmt: skip


@pytest.mark.parametrize("parts", [[], [b"empty"]], ids=["no chunks", "a chunk without rows"])
def test_nothing_gives_no_rows(parts):
    found = [pack([]) for _ in parts]
    assert rows(found) == [] and count(found) == {} and list(merge(found, [])) == [] and missing(found, found) == []
    assert not scattered(found) and list(identities(found)) == []


@pytest.mark.parametrize("broken", [b"not arrow", chunks.MAGIC + b"\x05", chunks.MAGIC + b"\xff" * 30])
def test_bytes_of_another_origin_are_refused(broken):
    with pytest.raises(pa.ArrowInvalid):
        list(chunks.parts([broken]))


def test_a_half_of_a_chunk_is_refused(item):
    whole = pack([item(name="x" * 500)])
    with pytest.raises(pa.ArrowInvalid):
        list(chunks.parts([whole[: len(whole) // 2]]))


def test_the_last_of_several_rows_stays_at_the_place_of_the_first(item):
    parts = [pack([item("1", name="old"), item("2")]), pack([item("3"), item("1", name="new")])]
    assert rows(parts) == [("page", "1", "new"), ("page", "2", "A page"), ("page", "3", "A page")]


def test_one_id_in_two_collections_is_two_rows(item):
    parts = [pack([item("1", "page"), item("1", "table"), item("1", "table", collection="app2/t")])]
    assert rows(parts) == [("page", "1", "A page"), ("table", "1", "A page"), ("app2/t", "1", "A page")]
    assert list(identities(parts)) == [("page", "1", "page"), ("table", "1", "table"), ("app2/t", "1", "table")]


def test_counting_takes_each_row_once_and_goes_by_type(item):
    parts = [pack([item("1"), item("2"), item("3", "table", collection="a"), item("3", "table", collection="b")])]
    assert count([*parts, pack([item("1")])]) == {"page": 2, "table": 2}


def test_merging_keeps_all_of_the_new_and_what_only_the_old_has(item):
    old = [pack([item("1", name="old"), item("2", name="old"), item("2", "database", name="old")])]
    new = [pack([item("2", name="new"), item("3", name="new")])]
    assert rows(merge(old, new)) == [
        ("page", "1", "old"), ("page", "2", "new"), ("page", "3", "new"), ("database", "2", "old"),
    ]  # fmt: skip


def test_what_is_removed_at_the_provider_is_left_out_but_not_what_came_back(item):
    old = [pack([item("1"), item("2"), item("2", "deal"), item("3")])]
    left = list(merge(old, [pack([item("1", name="new")])], [("page", "2"), ("page", "1"), ("other", "3")]))
    assert rows(left) == [("page", "1", "new"), ("page", "3", "A page"), ("deal", "2", "A page")]


def test_what_is_missing_is_named_by_collection_and_id(item):
    old = [pack([item("1", name="One"), item("2", name="Two")]), pack([item("1", "database", name="Base")])]
    assert missing(old, [pack([item("1"), item("3")])]) == ["Two", "Base"]
    assert missing(old, old) == missing([], old) == []


def test_merged_chunks_are_of_bounded_size(item, monkeypatch):
    monkeypatch.setattr(chunks, "MERGED_ROWS", 3)
    parts = list(merge([pack([item(str(n)) for n in range(5)])], [pack([item(str(n)) for n in range(4, 8)])]))
    assert [len(rows([part])) for part in parts] == [3, 3, 2]
    assert [id for _, id, _ in rows(parts)] == [str(n) for n in range(8)]


def test_a_merged_chunk_does_not_carry_the_others_with_it(item):
    parts = [pack([item(str(n), name=str(n) * 500) for n in range(20_000)])]
    assert max(map(len, merge(parts, []))) < sum(map(len, parts)) / 3


def test_many_small_chunks_are_scattered_until_they_are_merged(item):
    parts = [pack([item(str(n))]) for n in range(50)]
    assert scattered(parts) and not scattered(list(merge(parts, [])))


PLACES, IDS = ("page", "deal"), ("1", "2", "3", "4")
LOADS = st.lists(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(IDS)), max_size=6), max_size=4)


def packed(load, name):
    return [pack([Item(id, place, f"{name}{number}.{n}", collection=place) for n, (place, id) in enumerate(chunk)])
            for number, chunk in enumerate(load)]  # fmt: skip


def last(*loads):
    """What a dictionary makes of the rows: the last of each, at the place of the first, by collection."""
    found = {}
    for load, name in loads:
        for number, chunk in enumerate(load):
            for n, (place, id) in enumerate(chunk):
                found[place, id] = f"{name}{number}.{n}"
    places = list(dict.fromkeys(place for place, _ in found))
    return [(each, id, name) for each in places for (place, id), name in found.items() if place == each]


@given(LOADS)
def test_of_each_item_the_last_row_counts(load):
    assert rows(packed(load, "a")) == last((load, "a"))
    assert count(packed(load, "a")) == {
        place: sum(each == place for each, _, _ in last((load, "a"))) for place, _, _ in last((load, "a"))
    }


@given(LOADS, LOADS, st.sets(st.tuples(st.sampled_from(PLACES), st.sampled_from(IDS))), st.integers(1, 5))
def test_merging_two_loads_is_reading_them_one_after_the_other(old, new, removed, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MERGED_ROWS", size)
        merged = list(merge(packed(old, "a"), packed(new, "b"), removed))
    kept_in_new = {each for chunk in new for each in chunk}
    expected = [row for row in last((old, "a"), (new, "b")) if row[:2] in kept_in_new or row[:2] not in removed]
    assert sorted(rows(merged)) == sorted(expected)
    if not removed:
        assert rows(merged) == expected
    names = {row[:2]: row[2] for row in last((old, "a"))}
    gone = [names[key] for key in names if key not in kept_in_new]
    assert sorted(missing(packed(old, "a"), packed(new, "b"))) == sorted(gone)


def test_a_column_that_only_some_chunks_have_survives_merging(item):
    field = Field("n", "N")
    schema = Schema((Collection("page", "Pages", "page", (field,)),))
    old = [pack([item("1", properties={"n": "a"})], schema)]
    table = Tables(merge(old, [pack([item("2")], schema)]), schema).open("page")
    assert table.values("n").to_pylist() == ["a", None]


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
    assert standard([item(creation_time=given)])["creation_time"] == kept


def test_names_and_ids_that_are_not_text_become_text(item):
    found = rows([pack([item(None, name=None), item(2, name=3.5), item("x", name=b"\xff"), item("y", name=[1])])])
    assert found == [("page", "", ""), ("page", "2", "3.5"), ("page", "x", "�"), ("page", "y", "[1]")]


def test_half_a_surrogate_pair_becomes_the_replacement_character_and_a_whole_one_its_sign(item):
    found = standard([item("\ud800", name="\ud83d\ude00", children=("\ud800", 5))])
    assert (found["id"], found["name"], found["children"]) == ("�", "😀", ["�", "5"])
    assert kept("v\udfff") == "v�"


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "[a](javascript:1) **b**", "שלום עולם", "x" * 10_000, "\0"]
)
def test_data_stays_data(item, name):
    assert standard([item(name=name)])["name"] == name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        ([float("inf"), 1.5], [None, 1.5]),
        (datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22T00:00:00+00:00"),
        (date(2026, 11, 22), "2026-11-22"),
        ({"b", "a"}, ["a", "b"]),
        ({"x": {float("nan")}}, {"x": [None]}),
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
def test_a_property_without_a_schema_is_kept_as_json_can_say_it(value, expected):
    assert kept(value) == expected


def test_a_number_too_long_to_print_is_kept_in_hexadecimal():
    assert kept(10**5_000) == hex(10**5_000)


def test_a_property_that_contains_itself_is_cut():
    circle: list[object] = [1]
    circle.append(circle)
    assert kept(circle) == [1, "…"]


def test_a_property_nested_too_deep_or_without_a_text_does_no_harm(item, opened):
    class Broken:
        def __str__(self):
            raise RuntimeError("no")

    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    table = opened([item(properties={"p": deep, "b": Broken(), "q": 2})], "page")
    assert (table.values("q").to_pylist(), table.values("b").to_pylist()) == ([2], ["<Broken>"])


def test_no_properties_are_none(item, opened):
    assert opened([item(properties=None)], "page").own_fields == ()


def version_1(items, properties):
    """A chunk as the version before this one wrote it: one table, with properties as JSON texts."""
    columns = {field.name: [getattr(each, field.name) for each in items] for field in STANDARD}
    table = pa.table(columns, schema=STANDARD).append_column("properties", pa.array(properties, pa.large_string()))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_chunks_of_the_version_before_open_and_merge(item):
    when = datetime(2026, 11, 22, tzinfo=UTC)
    items = [item("1", name="old", last_modified_time=when, children=["2"]), item("2", "deal")]
    old = [version_1(items, ['{"Score": 5, "Tags": ["a", "b"]}', "{broken"])]
    table = Tables(old).open("page")
    assert [(each.label, table.values(each.id).to_pylist()) for each in table.own_fields] == [
        ("Score", [5.0]), ("Tags", ["a, b"]),
    ]  # fmt: skip
    assert table.values("updated").to_pylist() == [when] and count(old) == {"page": 1, "deal": 1}
    merged = list(merge(old, [pack([item("1", name="new")])]))
    assert rows(merged) == [("page", "1", "new"), ("deal", "2", "A page")]
    assert missing(old, merged) == []
