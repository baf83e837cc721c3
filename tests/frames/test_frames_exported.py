"""A file has the record's id and address, and values as a spreadsheet takes them, with their units in the headings."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pytest

from integrations.frames import apply, csv_rows, exported, field_types
from integrations.model import Field, FieldType, Item, Option
from integrations.model.query import Query

OPTIONS = (Option("1", "Open"), Option("2", "Closed won"))
NOON = datetime(2026, 11, 26, 12, 30, 59, 900, tzinfo=UTC)


def file_of(table, *ids):
    """The rows of a CSV, without its heading, and the heading; not the record's id and link."""
    frame = exported(table, pa.array(range(table.num_rows), pa.int64()), ids)
    lines = b"".join(csv_rows(frame, raw=True)).decode("utf-8-sig").splitlines()
    return [line.split(",", 1)[1].rpartition(",")[0] for line in lines]


@pytest.mark.parametrize(
    ("field", "value", "heading", "cell"),
    [
        ({}, "=1", '"F"', '"=1"'),
        ({"type": FieldType.NUMBER}, 1234567.25, '"F"', "1234567.25"),
        ({"type": FieldType.RATING}, 3, '"F"', "3"),
        ({"type": FieldType.CURRENCY, "currency": "EUR"}, 1234.5, '"F (EUR)"', "1234.5"),
        ({"type": FieldType.CURRENCY}, 5, '"F"', "5"),
        ({"type": FieldType.PERCENT, "precision": 0}, 0.29999999999999877, '"F (%)"', "30"),
        ({"type": FieldType.PERCENT}, 0.07, '"F (%)"', "7"),
        ({"type": FieldType.DURATION, "format": "h:mm"}, 5400, '"F (hours)"', "1.5"),
        ({"type": FieldType.DURATION}, 12_625.416, '"F (hours)"', "3.50706"),
        ({"type": FieldType.BOOLEAN}, False, '"F"', '"FALSE"'),
        ({"type": FieldType.DATE}, date(2026, 11, 26), '"F"', '"2026-11-26"'),
        ({"type": FieldType.DATETIME}, NOON, '"F"', '"2026-11-26 12:30:59Z"'),
        ({"type": FieldType.DATE_RANGE}, (date(2026, 11, 26), date(2026, 12, 1)), '"F","F end"',
         '"2026-11-26","2026-12-01"'),
        ({"type": FieldType.DATE_RANGE}, (NOON, None), '"F","F end"', '"2026-11-26 12:30:59Z",'),
        ({"type": FieldType.SELECT, "options": OPTIONS}, "2", '"F"', '"Closed won"'),
        ({"type": FieldType.MULTI_SELECT, "options": OPTIONS}, ["2", "1"], '"F"', '"Closed won, Open"'),
        ({"type": FieldType.PERSON}, "u1", '"F"', '"Mina Okoro"'),
        ({"type": FieldType.RELATION}, ["c1", "c9"], '"F"', '"Acme, (not loaded)"'),
        ({"type": FieldType.FILES}, [{"name": "a.pdf"}, {"name": "b"}], '"F"', '"a.pdf, b"'),
        ({"type": FieldType.IDENTIFIER}, 7, '"F"', "7"),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, 7, '"F"', '"D-7"'),
        ({"type": FieldType.JSON}, [1, 2], '"F"', '"[1,2]"'),
        ({"type": FieldType.NUMBER, "many": True}, [1234.5, 2], '"F"', '"1234.5, 2"'),
        ({"type": FieldType.PERCENT, "many": True}, [0.25], '"F"', '"25"'),
        ({"type": FieldType.CURRENCY, "many": True, "currency": "EUR"}, [1, 2], '"F (EUR)"', '"1, 2"'),
        ({"type": FieldType.DATETIME, "many": True}, [NOON], '"F"', '"2026-11-26 12:30:59Z"'),
        ({"type": FieldType.BOOLEAN, "many": True}, [True], '"F"', '"TRUE"'),
    ],
)  # fmt: skip
def test_each_type_is_written_as_a_spreadsheet_takes_it(one_field, field, value, heading, cell):
    table = one_field(Field("f", "F", **field), [value, None], {"u1": "Mina Okoro"}, [Item("c1", "company", "Acme")])
    assert file_of(table, "f") == [heading, cell, "," * heading.count(",")]


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (FieldType.NUMBER, 1234.5, "1234.5"), (FieldType.NUMBER, 5, "5"), (FieldType.PERCENT, 0.25, "25"),
        (FieldType.DURATION, 5400, "1.5"), (FieldType.BOOLEAN, True, "TRUE"),
        (FieldType.DATE, date(2026, 11, 26), "2026-11-26"),
        (FieldType.DATETIME, NOON, "2026-11-26 12:30:59Z"), (FieldType.CURRENCY, 5.5, "5.5"),
        (FieldType.IDENTIFIER, 5, "5"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_written_as_its_text_in_every_slice(one_field, kind, value, cell):
    table = one_field(Field("f", "F", kind), ["n/a", value])
    assert file_of(table, "f")[1:] == ['"n/a"', f'"{cell}"']
    assert str(exported(table, pa.array([1]), ["f"]).iloc[:, 1].dtype) == "str"


def test_ranges_with_and_without_times_are_told_apart(one_field):
    table = one_field(Field("f", "F", FieldType.DATE_RANGE), [(NOON, NOON), (date(2026, 11, 26), None), None])
    assert file_of(table, "f")[1:] == ['"2026-11-26 12:30:59Z","2026-11-26 12:30:59Z"', '"2026-11-26",', ","]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["EUR", "EUR"], ['"A (EUR)"', "1", "2"]),
        (["EUR", "USD"], ['"A","A currency"', '1,"EUR"', '2,"USD"']),
        (["USD", None], ['"A","A currency"', '1,"USD"', '2,"EUR"']),
    ],
)
def test_the_currency_is_in_the_heading_or_where_rows_differ_in_a_column(one_field, codes, expected):
    amount = Field("a", "A", FieldType.CURRENCY, currency="EUR", currency_field="code")
    rows = [{"a": number, "code": code} for number, code in enumerate(codes, 1)] + [{"code": "JPY"}]
    table = one_field(amount, rows, fields=(Field("code", "Code"),))
    assert file_of(table, "a")[:3] == expected


def test_the_records_id_is_first_and_its_address_last(deals):
    frame = exported(deals, apply(deals, Query()), ["name", "link", "unknown", "amount", "name"])
    assert list(frame.columns) == ["Record ID", "Name", "Amount (EUR)", "Link"]
    assert frame["Record ID"].to_list() == ["d1", "d2", "d3"]
    assert frame["Link"].dropna().to_list() == ["https://x.example/d1"]


def test_headings_are_different_from_each_other(one_field):
    fields = (Field("b", "A (EUR)"), Field("c", "Record ID"), Field("d", "Link"))
    row = {"a": 1, "b": "x", "c": "y", "d": "z"}
    table = one_field(Field("a", "A", FieldType.CURRENCY, currency="EUR"), [row], fields=fields)
    frame = exported(table, pa.array([0]), ["a", "b", "c", "d"])
    assert len(set(frame.columns)) == 6 and frame.columns[0] == "Record ID" and frame.columns[-1] == "Link"


def test_days_and_times_are_real_ones(one_field):
    fields = (Field("t", "T", FieldType.DATETIME),)
    table = one_field(Field("d", "D", FieldType.DATE), [{"d": date(2026, 1, 1), "t": NOON}], fields=fields)
    frame = exported(table, pa.array([0]), ["d", "t"])
    assert frame["D"].to_list() == [date(2026, 1, 1)] and frame["T"].to_list() == [pd.Timestamp(NOON)]


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize("many", [False, True])
def test_columns_without_any_value_are_written(one_field, kind, many):
    assert len(file_of(one_field(Field("f", "F", kind, many=many), [None]), "f")) == 2
    assert len(file_of(one_field(Field("f", "F", kind, many=many), []), "f")) == 1


def test_every_type_says_how_it_is_shown_filtered_and_exported():
    assert [kind for kind, *_ in field_types()] == list(FieldType)
    assert all(shown and operators and written for _, shown, operators, written in field_types())
