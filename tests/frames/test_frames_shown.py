"""A screen is given the columns of a collection, typed, by label and by name."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.frames import Tables, pack, shown
from integrations.frames.readable import cells, texts
from integrations.model import Collection, Field, FieldType, Item, NoValue, Option, Schema
from integrations.model.schema import PLAIN

OPTIONS = (Option("1", "Open"), Option("2", "Closed won"))
NOON = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
LATE = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)


def everything(table):
    return pa.array(range(table.num_rows), pa.int64())


def column(table, id="f", zone=""):
    """The dtype of a column and its values, None where there is none."""
    found = shown(table, everything(table), [id], zone).iloc[:, 0]
    values = [each.tolist() if isinstance(each, np.ndarray) else each for each in found]
    return str(found.dtype), [None if each is None or each is pd.NA or each != each else each for each in values]


def read(table, id="f", zone=""):
    """What people read of a field in each row."""
    return texts(cells(table, table.field(id), None, zone)).to_pylist()


@pytest.mark.parametrize(
    ("field", "value", "dtype", "expected"),
    [
        ({}, "a", "str", "a"),
        ({"type": FieldType.NUMBER}, 5, "Int64", 5),
        ({"type": FieldType.NUMBER}, 1234.5, "Float64", 1234.5),
        ({"type": FieldType.NUMBER}, 1e300, "Float64", 1e300),
        ({"type": FieldType.RATING}, 3, "Int64", 3),
        ({"type": FieldType.CURRENCY, "currency": "EUR"}, 1234.5, "str", "EUR 1,234.50"),
        ({"type": FieldType.CURRENCY, "currency": "$", "precision": 0}, 1234.5, "str", "$1,234"),
        ({"type": FieldType.CURRENCY}, 5, "str", "5.00"),
        ({"type": FieldType.PERCENT, "precision": 0}, 0.25, "Float64", 0.25),
        ({"type": FieldType.DURATION, "format": "h:mm"}, 5400, "str", "1:30"),
        ({"type": FieldType.DURATION}, 7500, "str", "2 h 5 min"),
        ({"type": FieldType.BOOLEAN}, False, "boolean", False),
        ({"type": FieldType.DATE}, date(2026, 11, 26), "date32[day][pyarrow]", date(2026, 11, 26)),
        ({"type": FieldType.DATETIME}, NOON, "datetime64[us, UTC]", pd.Timestamp(NOON)),
        ({"type": FieldType.DATE_RANGE}, (date(2026, 11, 26), date(2026, 12, 1)), "str", "26 Nov 2026 → 1 Dec 2026"),
        ({"type": FieldType.DATE_RANGE}, (date(2026, 11, 26), None), "str", "26 Nov 2026"),
        ({"type": FieldType.DATE_RANGE}, (None, date(2026, 11, 26)), "str", "→ 26 Nov 2026"),
        ({"type": FieldType.DATE_RANGE}, (NOON, LATE), "str", "26 Nov 2026 12:30 → 26 Nov 2026 23:30"),
        ({"type": FieldType.SELECT, "options": OPTIONS}, "2", "list<item: string>[pyarrow]", ["Closed won"]),
        ({"type": FieldType.SELECT, "options": OPTIONS}, "9", "list<item: string>[pyarrow]", ["9"]),
        ({"type": FieldType.MULTI_SELECT, "options": OPTIONS}, ["2", "1"], "list<item: string>[pyarrow]",
         ["Closed won", "Open"]),
        ({"type": FieldType.PERSON}, "u1", "str", "Mina Okoro"),
        ({"type": FieldType.PEOPLE}, ["u1", "u9"], "str", "Mina Okoro, u9"),
        ({"type": FieldType.RELATION, "relates_to": "companies"}, ["c1", "c9", "c2"], "str",
         "Acme, (not loaded), (no name)"),
        ({"type": FieldType.RELATION}, ["c1"], "str", "Acme"),
        ({"type": FieldType.RELATION, "relates_to": "elsewhere"}, ["c1"], "str", "(not loaded)"),
        ({"type": FieldType.URL}, "example.com", "str", "example.com"),
        ({"type": FieldType.FILES}, [{"name": "a.pdf", "size": 1, "type": None}, {"name": "b.png"}], "str",
         "a.pdf, b.png"),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, 7, "str", "D-7"),
        ({"type": FieldType.NUMBER, "format": PLAIN}, 2026, "str", "2026"),
        ({"type": FieldType.NUMBER, "format": PLAIN}, 1234.5, "str", "1234.5"),
        ({"type": FieldType.NUMBER, "format": PLAIN, "precision": 2}, 1234.5, "str", "1234.50"),
        ({"type": FieldType.JSON}, {"a": [1, "ü"]}, "str", '{"a":[1,"ü"]}'),
        ({"type": FieldType.NUMBER, "many": True}, [1, 1234.5], "str", "1, 1,234.5"),
        ({"type": FieldType.CURRENCY, "many": True, "currency": "$"}, [1, 2], "str", "$1.00, $2.00"),
        ({"type": FieldType.BOOLEAN, "many": True}, [True, False], "str", "Yes, No"),
        ({"type": FieldType.DATE, "many": True}, [date(2026, 11, 26)], "str", "26 Nov 2026"),
        ({"type": FieldType.DATETIME, "many": True}, [NOON], "str", "26 Nov 2026 12:30"),
        ({"type": FieldType.SELECT, "many": True, "options": OPTIONS}, ["1"], "list<item: string>[pyarrow]", ["Open"]),
        ({"type": FieldType.RELATION, "many": True}, [["c1"], ["c1"]], "str", "Acme, Acme"),
    ],
)  # fmt: skip
def test_each_type_is_shown_as_people_read_it(one_field, field, value, dtype, expected):
    companies = [
        Item("c1", "company", "Acme", collection="companies"),
        Item("c2", "company", "", collection="companies"),
    ]
    table = one_field(Field("f", "F", **field), [value, None], {"u1": "Mina Okoro"}, companies)
    assert column(table) == (dtype, [expected, None])


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("values", [[], [None, None]])
def test_columns_without_any_value_are_columns(one_field, kind, many, values):
    table = one_field(Field("f", "F", kind, many=many), values)
    assert column(table)[1] == values == read(table)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (FieldType.NUMBER, 1234.5, "1,234.5"), (FieldType.PERCENT, 0.25, "25%"), (FieldType.BOOLEAN, True, "Yes"),
        (FieldType.DATE, date(2026, 11, 26), "26 Nov 2026"), (FieldType.DATETIME, NOON, "26 Nov 2026 13:30"),
        (FieldType.CURRENCY, 5, "5.00"), (FieldType.IDENTIFIER, 5, "5"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_shown_marked_and_the_others_as_before(one_field, kind, value, expected):
    table = one_field(Field("f", "F", kind), ["n/a", value, None, NoValue("Too deep.")])
    assert column(table, zone="Europe/Berlin") == ("str", ["n/a ⚠", expected, None, None])


def test_rows_without_the_odd_value_keep_their_type(one_field):
    table = one_field(Field("f", "F", FieldType.NUMBER), ["n/a", 5, 6])
    found = shown(table, pa.array([2, 1]), ["f"])
    assert (str(found["F"].dtype), found["F"].to_list(), found.index.to_list()) == ("Int64", [6, 5], [2, 1])
    assert shown(table, pa.array([1, 0]), ["f"])["F"].to_list() == ["5", "n/a ⚠"]


def test_the_currency_is_that_of_the_row_else_that_of_the_field(one_field):
    amount = Field("a", "Amount", FieldType.CURRENCY, currency="EUR", currency_field="code")
    rows = [{"a": 1, "code": "USD"}, {"a": 2}, {"a": 3, "code": ""}, {"code": "USD"}]
    table = one_field(amount, rows, fields=(Field("code", "Code"),))
    assert column(table, "a")[1] == ["USD 1.00", "EUR 2.00", "EUR 3.00", None]
    assert shown(table, pa.array([1, 0]), ["a"])["Amount"].to_list() == ["EUR 2.00", "USD 1.00"]
    alone = one_field(Field("a", "Amount", FieldType.CURRENCY, currency_field="gone"), [1])
    assert column(alone, "a")[1] == ["1.00"]


def test_times_within_texts_are_those_of_the_zone_and_days_have_none(one_field):
    table = one_field(Field("f", "F", FieldType.DATE_RANGE), [(LATE, None), (date(2026, 11, 26), date(2026, 11, 27))])
    assert column(table, zone="Asia/Tokyo")[1] == ["27 Nov 2026 08:30", "26 Nov 2026 → 27 Nov 2026"]
    assert column(table, zone="nowhere")[1][0] == "26 Nov 2026 23:30"


def test_the_edges_of_the_calendar_are_shown(one_field):
    edges = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    ranges = one_field(Field("f", "F", FieldType.DATE_RANGE), [(each, None) for each in edges])
    assert column(ranges)[1] == ["1 Jan 1 00:00", "31 Dec 9999 23:59"]
    assert column(one_field(Field("f", "F", FieldType.DATETIME), edges))[1] == list(map(pd.Timestamp, edges))


def test_columns_are_headed_by_their_labels_in_the_order_asked_for_and_unknown_ones_left_out(deals):
    found = shown(deals, pa.array([1, 0]), ["amount", "name", "unknown", "amount", "stage", "owner"])
    assert list(found.columns) == ["Amount", "Name", "Stage", "Owner"]
    assert (
        found["Name"].to_list() == ["Wind", "Solar"] and found.index.name == "row" and found.index.to_list() == [1, 0]
    )
    assert shown(deals, pa.array([2, 1]), []).index.to_list() == [2, 1]
    assert list(shown(deals, pa.array([], pa.int64()), ["name", "amount"]).columns) == ["Name", "Amount"]


def test_a_renamed_target_is_renamed_wherever_it_is_named():
    schema = Schema((Collection("c", "C", "row", (Field("f", "F", FieldType.RELATION, relates_to="d"),)),))
    rows = [Item("1", "row", "", collection="c", properties={"f": ["x"]})]
    table = Tables([pack([*rows, Item("x", "d", "Old")], schema), pack([Item("x", "d", "New")])], schema).open("c")
    assert column(table)[1] == ["New"]


MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(3000, 1, 1), timezones=st.just(UTC))


@given(st.lists(st.none() | MOMENTS, min_size=1))
def test_times_are_said_in_words(moments):
    field = Field("f", "F", FieldType.DATETIME)
    schema = Schema((Collection("c", "C", "row", (field,)),))
    items = [Item(str(n), "row", "", collection="c", properties={"f": each}) for n, each in enumerate(moments)]
    expected = [each and f"{each.day} {each:%b} {each.year} {each:%H:%M}" for each in moments]
    assert read(Tables([pack(items, schema)], schema).open("c")) == expected
