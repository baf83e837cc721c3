"""The screen's frame: people's words, newest first, every property in a column of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest

from integrations.frames.chunks import pack, unpack
from integrations.frames.table import column_labels, details, frame, key, property_names, type_label

COLUMNS = ["Name", "Type", "Parent", "Owner", "Updated", "Created", "Link"]


def at(day):
    return datetime(2026, 11, day, tzinfo=UTC)


def cells(framed, items, name="p"):
    """The column of a property in the order of the items."""
    column = framed(items, [name]).sort_index()[name]
    return column.dtype, [None if pd.isna(value) else value for value in column]


def with_values(item, values):
    return [item(str(n), properties={"p": value}) for n, value in enumerate(values)]


@pytest.mark.parametrize("items", [[], ["one"]], ids=["no rows", "a row with nothing in it"])
def test_columns_and_their_types_do_not_depend_on_what_is_in_them(item, framed, items):
    result = framed([item(name="") for _ in items], ["p"])
    assert list(result.columns) == [*COLUMNS, "p"]
    assert {str(result[name].dtype) for name in ("Name", "Type", "Parent", "Owner", "Link", "p")} == {"str"}
    assert {str(result[name].dtype) for name in ("Updated", "Created")} == {"datetime64[us, UTC]"}
    assert result["Name"].dtype.storage == "pyarrow"


def test_newest_come_first_then_names_then_ids_and_rows_without_a_time_last(item, framed):
    items = [
        item("1", name="no time"),
        item("2", name="b", last_modified_time=at(2)),
        item("4", name="a", last_modified_time=at(2)),
        item("3", name="a", last_modified_time=at(2)),
        item("5", name="z", last_modified_time=at(3)),
        item("3", "database", name="a", last_modified_time=at(2)),
    ]
    table = unpack([pack(items)])
    order = [key(table, row) for row in frame(table).index]
    assert [id for _, id in order] == ["5", "3", "3", "4", "2", "1"]
    assert order[1:3] == [("database", "3"), ("page", "3")]


def test_the_order_does_not_depend_on_the_order_of_loading(odd_items, framed):
    forwards, backwards = framed(odd_items), framed(odd_items[::-1])
    pd.testing.assert_frame_equal(forwards.reset_index(drop=True), backwards.reset_index(drop=True))


def test_each_line_leads_back_to_its_item(odd_items):
    table = unpack([pack(odd_items)])
    result = frame(table)
    for row, name, updated in zip(result.index, result["Name"], result["Updated"], strict=True):
        found = details(table, *key(table, row))
        assert found["name"] == name
        assert pd.isna(updated) if found["last_modified_time"] is None else found["last_modified_time"] == updated


def test_all_times_missing_is_a_frame_like_any_other(item, framed):
    result = framed([item("2", name="b"), item("1", name="a")])
    assert result["Name"].to_list() == ["a", "b"]
    assert result["Updated"].isna().all()


def test_the_first_and_the_last_year_are_shown(item, framed):
    result = framed([item(last_modified_time=datetime.min, creation_time=datetime.max)])
    assert (result["Updated"].iloc[0].year, result["Created"].iloc[0].year) == (1, 9999)


@pytest.mark.parametrize(
    ("slug", "label"),
    [("data_source", "Data source"), ("contact", "Contact"), ("CRM_deal", "CRM deal"), ("a-b", "A b"), ("", "")],
)
def test_types_are_shown_as_words(item, framed, slug, label):
    assert type_label(slug) == label == type_label(label)
    assert framed([item(type=slug)])["Type"].to_list() == [label]


@pytest.mark.parametrize("url", ["http://a.example", "HTTPS://a.example/x", "https://a.example/?q=ü"])
def test_web_addresses_become_links(item, framed, url):
    assert framed([item(url=url)])["Link"].to_list() == [url]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", " https://a.example", "https://", "//a.example", "ftp://a", "", None],
)
def test_anything_else_is_no_link(item, framed, url):
    assert framed([item(url=url)])["Link"].isna().all()


@pytest.mark.parametrize(
    ("values", "dtype", "shown"),
    [
        ([1, None, -2], "Int64", [1, None, -2]),
        ([1, 2.5, None], "Float64", [1.0, 2.5, None]),
        ([True, None, False], "boolean", [True, None, False]),
        ([3, "", [], {}], "Int64", [3, None, None, None]),
        (["2000", "0012"], "str", ["2000", "0012"]),
        ([2**63 - 1, -(2**63 - 1)], "Int64", [2**63 - 1, -(2**63 - 1)]),
        ([2**63, 1], "str", [str(2**63), "1"]),
        ([2**53 + 1, 0.5], "str", [str(2**53 + 1), "0.5"]),
        ([True, 1, 0, "x"], "str", ["TRUE", "1", "0", "x"]),
        ([True, 1], "str", ["TRUE", "1"]),
        ([["a", 1, None, True], {"b": [1, "ü"]}], "str", ["a, 1, TRUE", '{"b":[1,"ü"]}']),
        ([["a", ["b", "c"]], [{"d": 1}]], "str", ["a, b, c", '{"d":1}']),
        ([None, float("nan"), ""], "str", [None, None, None]),
    ],
)
def test_a_property_is_shown_in_the_narrowest_type_that_holds_all_of_it(item, framed, values, dtype, shown):
    assert cells(framed, with_values(item, values)) == (dtype, shown)


def test_values_stay_beside_their_names_when_rows_are_sorted(item, framed):
    items = [item(str(n), name=f"{n:04}", last_modified_time=at(n % 28 + 1), properties={"n": n}) for n in range(501)]
    result = framed(items, ["n"])
    assert result["n"].to_list() == [int(name) for name in result["Name"]]


def test_properties_named_like_a_standard_column_get_a_column_beside_it(item, framed):
    result = framed(
        [item(properties={"Name": "mine", "Type": 5, "Name (property)": "other"})],
        ["Name", "Type", "Name (property)", "Name"],
    )
    assert list(result.columns[7:]) == ["Name (property)", "Type (property)", "Name (property) (property)"]
    assert result.iloc[0, 7:].to_list() == ["mine", 5, "other"]
    assert result["Name"].to_list() == ["A page"]


@pytest.mark.parametrize("name", ["", " ", "\n", "x" * 1_000, "a.b[0]", "%", "\ud800", "_index", "שם"])
def test_properties_of_any_name_get_a_column(item, framed, name):
    result = framed([item(properties={name: 1})], [name])
    assert len(result.columns) == 8
    assert result.columns[7].strip()


def test_two_names_that_look_alike_get_different_headings():
    labels = column_labels(["", " ", "(no name)"])
    assert len(set(labels.values())) == 3


def test_a_property_that_no_row_has_is_an_empty_column(item, framed):
    assert cells(framed, [item()], "unknown") == ("str", [None])


def test_property_names_come_by_how_many_rows_have_a_value(item):
    items = [
        item("1", properties={"unset": None, "rare": 0}),
        item("2", properties={"often": False, "unset": ""}),
        item("3", properties={"often": [1], "unset": []}),
    ]
    assert property_names(unpack([pack(items)])) == ["often", "rare", "unset"]
    assert property_names(unpack([])) == []


def test_details_hold_every_field_and_the_properties_as_they_were(item):
    table = unpack([pack([item("1", owner="Ada", properties={"a": {"b": [1, None]}}), item("1", "database")])])
    found = details(table, "page", "1")
    assert (found["owner"], found["properties"]) == ("Ada", {"a": {"b": [1, None]}})
    assert details(table, "database", "1")["properties"] == {}


@pytest.mark.parametrize("wanted", [("page", "2"), ("other", "1"), ("", ""), ("page", "\ud800")])
def test_details_of_what_is_not_there_are_a_key_error(item, wanted):
    with pytest.raises(KeyError):
        details(unpack([pack([item()])]), *wanted)


def test_properties_nested_as_deep_as_json_allows_do_no_harm(item, framed):
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    result = framed([item("1", properties={"p": deep}), item("2", properties={"p": "fine"})], ["p"])
    assert "fine" in result["p"].to_list()


def test_properties_that_cannot_be_read_back_cost_no_other_row_its_own(item):
    table = unpack([pack([item("1"), item("2", properties={"p": "fine"})])])
    texts = [f'{{"p":{"[" * 50_000}{"]" * 50_000}}}', table["properties"][1].as_py()]
    table = table.set_column(
        table.schema.get_field_index("properties"), "properties", pa.array(texts, pa.large_string())
    )
    assert frame(table, ["p"])["p"].dropna().to_list() == ["fine"]
    assert property_names(table) == ["p"]
    assert details(table, "page", "1")["properties"] == {}
