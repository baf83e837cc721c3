"""Cells become values of their field's type; what does not fit stays as it came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.listing.cells import cell_reader, color_of, options_of, people_in, shown
from integrations.listing.columns import Column, Columns
from integrations.model.schema import COLORS, Field, FieldType, NoValue, Option

COLOURS = (Option("1", "Red", "red"), Option("2", "Blue"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner),
)


def read(type: FieldType, cell: Any, many: bool = False) -> Any:
    return cell_reader(Field("f", "F", type, many, COLOURS))(cell)


@pytest.mark.parametrize(("type", "cell", "value"), [
    (FieldType.TEXT, {"text": "40063", "type": "ean13"}, "40063"),
    (FieldType.TEXT, 5, "5"),
    (FieldType.TEXT, ["a", "b"], "a, b"),
    (FieldType.URL, {"label": "Open", "url": "https://example.com"}, "https://example.com"),
    (FieldType.URL, {"label": "Open"}, "Open"),
    (FieldType.NUMBER, 5.5, 5.5),
    (FieldType.NUMBER, [5], 5),
    (FieldType.NUMBER, "n/a", "n/a"),
    (FieldType.NUMBER, [1, 2], [1, 2]),
    (FieldType.BOOLEAN, None, False),
    (FieldType.BOOLEAN, True, True),
    (FieldType.BOOLEAN, "perhaps", "perhaps"),
    (FieldType.DATE, "2026-02-28", date(2026, 2, 28)),
    (FieldType.DATE, "2026-02-28T23:30:00-05:00", date(2026, 3, 1)),
    (FieldType.DATE, "2026-02-30", "2026-02-30"),
    (FieldType.DATETIME, "2026-02-28T23:30:00-05:00", datetime(2026, 3, 1, 4, 30, tzinfo=UTC)),
    (FieldType.DATETIME, "soon", "soon"),
    (FieldType.DATETIME, 5, 5),
    (FieldType.SELECT, "Blue", "2"),
    (FieldType.SELECT, {"id": "1", "name": "Red"}, "1"),
    (FieldType.SELECT, "Green", "Green"),
    (FieldType.MULTI_SELECT, ["Blue", "Green"], ["2", "Green"]),
    (FieldType.PERSON, {"id": "u", "name": "Ada"}, "u"),
    (FieldType.PERSON, {"email": "ada@example.org"}, "ada@example.org"),
    (FieldType.PEOPLE, [{"id": "u"}, {"id": "v"}], ["u", "v"]),
    (FieldType.PEOPLE, {"id": "u"}, ["u"]),
    (FieldType.RELATION, ["r", None, {}, {"id": "s"}], ["r", "s"]),
    (FieldType.FILES, [{"filename": "a.pdf", "size": 5, "type": "application/pdf", "url": "https://gone"}],
     [{"name": "a.pdf", "size": 5, "type": "application/pdf"}]),
    (FieldType.FILES, [{"size": "big"}], [{"name": "Untitled", "size": None, "type": None}]),
    (FieldType.RELATION, [], None),
])  # fmt: skip
def test_a_cell_is_read_by_its_type(type: FieldType, cell: Any, value: Any) -> None:
    assert read(type, cell) == value


def test_a_field_of_many_values_is_a_list_of_what_there_is() -> None:
    assert read(FieldType.DATE, ["2026-02-28", None, "soon"], many=True) == [date(2026, 2, 28), "soon"]
    assert read(FieldType.BOOLEAN, [True, None], many=True) == [True, False]
    assert read(FieldType.NUMBER, 5, many=True) == [5]
    assert read(FieldType.NUMBER, None, many=True) is None and read(FieldType.NUMBER, [None], many=True) is None


def test_a_reason_is_given_only_where_a_cell_has_no_value() -> None:
    def unwrap(value: Any) -> Any:
        return NoValue("It failed.") if "error" in value else value["value"]

    one = cell_reader(Field("f", "F", FieldType.NUMBER), unwrap)
    many = cell_reader(Field("f", "F", FieldType.NUMBER, many=True), unwrap)
    assert one({"error": "#"}) == many([{"error": "#"}]) == NoValue("It failed.")
    assert one({"value": 5}) == 5 and many([{"value": 5}, {"error": "#"}]) == [5]


@given(st.sampled_from(FieldType), st.booleans(), JSON)
def test_no_cell_is_too_odd_to_be_read_and_shown(type: FieldType, many: bool, cell: Any) -> None:
    field = Field("f", "F", type, many, COLOURS, precision=2, format="h:mm:ss.S")
    assert isinstance(shown(field, cell_reader(field)(cell), {}), str)


@pytest.mark.parametrize(("field", "value", "text"), [
    (Field("f", "F", FieldType.NUMBER), 5.0, "5"),
    (Field("f", "F", FieldType.NUMBER), 9**400, str(9**400)),
    (Field("f", "F", FieldType.CURRENCY, currency="€", precision=2), -1234.5, "-€1,234.50"),
    (Field("f", "F", FieldType.CURRENCY, currency="EUR"), 5, "EUR 5.00"),
    (Field("f", "F", FieldType.PERCENT, precision=1), 0.125, "12.5%"),
    (Field("f", "F", FieldType.PERCENT), 0.29, "29%"),
    (Field("f", "F", FieldType.IDENTIFIER, prefix="T-"), 7, "T-7"),
    (Field("f", "F", FieldType.DATETIME), datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=1))),
     "2026-03-01 00:00:00Z"),
    (Field("f", "F", FieldType.SELECT, options=COLOURS), "2", "Blue"),
    (Field("f", "F", FieldType.PEOPLE), ["u", "v"], "Ada, v"),
    (Field("f", "F", FieldType.TEXT), NoValue("It failed."), ""),
])  # fmt: skip
def test_a_value_that_names_something_is_shown_as_text(field: Field, value: Any, text: str) -> None:
    assert shown(field, value, {"u": "Ada"}) == text


@pytest.mark.parametrize(("seconds", "format", "text"), [
    (5_400, "h:mm", "1:30"), (5_430, "h:mm:ss", "1:30:30"), (90.25, "h:mm:ss.SS", "0:01:30.25"),
    (-5_400, "h:mm", "-1:30"), (3_599.9, "h:mm:ss", "1:00:00"), (360_000, "h:mm", "100:00"), (0, "", "0:00"),
])  # fmt: skip
def test_a_duration_is_shown_in_its_format(seconds: float, format: str, text: str) -> None:
    assert shown(Field("f", "F", FieldType.DURATION, format=format), seconds, {}) == text


def test_a_shade_is_its_colour_and_an_unknown_one_none() -> None:
    assert [color_of(name) for name in ("blueLight2", "cyanBright", "grayDark1", "mauve", "", None, 5)] == [
        "blue", "blue", "gray", "", "", "", "",
    ]  # fmt: skip
    assert all(color_of(f"{name}Light1") == name for name in COLORS)


def test_a_choice_without_an_id_is_known_by_its_name_and_one_without_a_name_is_none() -> None:
    assert options_of([{"name": "Red", "color": "redBright"}, {"id": "x"}, None, "Blue"]) == (
        Option("Red", "Red", "red"),
    )
    assert options_of("Red") == ()


def test_people_in_a_cell_have_a_name_or_an_address() -> None:
    ada = {"id": "u", "name": "Ada", "email": "ada@example.org"}
    assert people_in([ada, {"id": "v", "email": "bo@example.org"}, {"id": "w"}, None, 5]) == {
        "u": "Ada", "v": "bo@example.org",
    }  # fmt: skip
    assert people_in(ada) == {"u": "Ada"} and people_in(None) == {}


def test_columns_give_a_row_its_name_its_values_and_its_people() -> None:
    fields = Field("a", "Age", FieldType.NUMBER), Field("n", "Who", FieldType.PERSON)
    columns = Columns(tuple(Column(field, cell_reader(field), field.label) for field in fields), "n")
    row = {"n": {"id": "u", "name": "Ada"}, "other": 5}
    values, people = columns.values(row), columns.people([row])
    assert (values, people) == ({"n": "u"}, {"u": "Ada"})
    assert columns.name(values, people) == "Ada" and columns.others == fields[:1] and columns.first("Age") == "a"
    assert Columns((), "n").name({}, {}) == "" and columns.first("Size") == ""
