"""Definitions of properties become typed fields, and their texts values."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.listing.crm.objects import OWNER, CrmObject, table_of
from integrations.listing.crm.properties import READERS, field_type, group_title, options_of, property_of
from integrations.listing.values import log_unknown_type
from integrations.model.schema import PLAIN, FieldType, Option


def definition(type_: str, field: str = "", **more: Any) -> dict[str, Any]:
    return {"name": "each", "label": "Each", "type": type_, "fieldType": field, **more}


@pytest.mark.parametrize(
    ("type_", "field", "more", "expected"),
    [
        ("string", "text", {}, FieldType.TEXT),
        ("string", "textarea", {}, FieldType.LONG_TEXT),
        ("string", "html", {}, FieldType.LONG_TEXT),
        ("string", "phonenumber", {}, FieldType.PHONE),
        ("phone_number", "phonenumber", {}, FieldType.PHONE),
        ("string", "file", {}, FieldType.FILES),
        ("string", "text", {"name": "email"}, FieldType.EMAIL),
        ("string", "text", {"textDisplayHint": "email"}, FieldType.EMAIL),
        ("number", "number", {}, FieldType.NUMBER),
        ("number", "number", {"showCurrencySymbol": True}, FieldType.CURRENCY),
        ("number", "number", {"numberDisplayHint": "percentage"}, FieldType.PERCENT),
        ("number", "number", {"numberDisplayHint": "duration"}, FieldType.DURATION),
        ("number", "number", {"name": "hs_object_id"}, FieldType.IDENTIFIER),
        ("enumeration", "select", {}, FieldType.SELECT),
        ("enumeration", "radio", {}, FieldType.SELECT),
        ("enumeration", "checkbox", {}, FieldType.MULTI_SELECT),
        ("enumeration", "booleancheckbox", {}, FieldType.BOOLEAN),
        ("enumeration", "select", {"referencedObjectType": "OWNER"}, FieldType.PERSON),
        ("enumeration", "checkbox", {"referencedObjectType": "OWNER"}, FieldType.PEOPLE),
        ("enumeration", "select", {"name": OWNER}, FieldType.PERSON),
        ("bool", "booleancheckbox", {}, FieldType.BOOLEAN),
        ("date", "date", {}, FieldType.DATE),
        ("datetime", "date", {}, FieldType.DATETIME),
        ("json", "text", {}, FieldType.JSON),
    ],
)
def test_each_kind_of_property_has_its_type(type_: str, field: str, more: Any, expected: FieldType) -> None:
    assert field_type(definition(type_, field, **more)) is expected


@pytest.mark.parametrize(("text", "value"), [("2026", 2026), ("12.5", 12.5)])
def test_a_number_that_is_not_formatted_is_a_number_of_plain_digits(text: str, value: float) -> None:
    found = property_of(definition("number", "number", numberDisplayHint="unformatted"))
    assert (found.field.type, found.field.format, found.read(text)) == (FieldType.NUMBER, PLAIN, value)


def test_an_unknown_type_is_text_and_named_once_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log_unknown_type.cache_clear()
    caplog.set_level(logging.WARNING)
    assert [field_type(definition("hologram")) for _ in range(3)] == [FieldType.TEXT] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "the type 'hologram' is not known here; its values are shown as text"
    ]


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (FieldType.NUMBER, "1,800.00", 1800), (FieldType.NUMBER, "n/a", "n/a"), (FieldType.CURRENCY, "99.5", 99.5),
        (FieldType.PERCENT, "0.25", 0.25), (FieldType.DURATION, "5400000", 5400), (FieldType.DURATION, "1500", 1.5),
        (FieldType.IDENTIFIER, "90000000000", 90_000_000_000), (FieldType.IDENTIFIER, "1.5", "1.5"),
        (FieldType.BOOLEAN, "true", True), (FieldType.BOOLEAN, "False", False), (FieldType.BOOLEAN, "maybe", "maybe"),
        (FieldType.DATE, "2027-01-31", date(2027, 1, 31)), (FieldType.DATE, "soon", "soon"),
        (FieldType.DATE, "2027-01-31T00:00:00Z", date(2027, 1, 31)),
        (FieldType.DATE, "1801353600000", date(2027, 1, 31)),
        (FieldType.DATETIME, "2026-04-01T01:09:44.123Z", datetime(2026, 4, 1, 1, 9, 44, 123_000, UTC)),
        (FieldType.DATETIME, "1775005784123", datetime(2026, 4, 1, 1, 9, 44, 123_000, UTC)),
        (FieldType.DATETIME, "later", "later"), (FieldType.MULTI_SELECT, ";a;b ", ["a", "b"]),
        (FieldType.PEOPLE, "1;2", ["1", "2"]), (FieldType.JSON, '{"a": [1]}', {"a": [1]}), (FieldType.JSON, "{", "{"),
        (FieldType.FILES, "https://x.example/a%20b.pdf?k=1;77",
         [{"name": "a b.pdf", "size": None, "type": None}, {"name": "77", "size": None, "type": None}]),
    ],
)  # fmt: skip
def test_a_text_is_read_as_its_type_and_stays_text_where_it_is_none(type_: FieldType, text: str, value: Any) -> None:
    found = READERS[type_](text)
    assert found == value and type(found) is type(value)


@given(st.sampled_from(list(FieldType)), st.text())
def test_no_text_is_too_odd_to_be_read(type_: FieldType, text: str) -> None:
    READERS[type_](text)


def test_a_day_of_a_moment_is_that_of_the_accounts_zone_and_a_day_has_none() -> None:
    moment = property_of(definition("datetime", "date"), "America/Phoenix", day=True)
    day = property_of(definition("date", "date"), "America/Phoenix", day=True)
    assert (moment.field.type, moment.read("2026-04-01T01:09:44Z")) == (FieldType.DATE, date(2026, 3, 31))
    assert day.read("2026-04-01T00:00:00Z") == date(2026, 4, 1)


def test_options_come_in_their_order_those_without_a_place_last() -> None:
    places = [("b", 1), ("z", -1), ("a", 0), ("y", None)]
    options = [{"value": value, "label": value.upper(), "displayOrder": place} for value, place in places]
    assert [each.value for each in options_of([*options, None, {"label": "no value"}])] == ["a", "b", "z", "y"]
    assert options_of([{"value": "only"}]) == (Option("only", "only"),)


@pytest.mark.parametrize(
    ("name", "title"),
    [("contactinformation", "Contact information"), ("deal_activity", "Deal activity"), ("hs_seo", "Seo"), ("", "")],
)
def test_a_group_is_headed_by_words(name: str, title: str) -> None:
    assert group_title(name) == title


def test_amounts_are_in_the_currency_of_their_record_or_of_the_account() -> None:
    objects = {"deal": CrmObject("deals", "0-3", "", ("dealname",))}
    amount = definition("number", "number", showCurrencySymbol=True)
    names = ("amount", "amount_in_home_currency")
    code = {**definition("enumeration", "select"), "name": "deal_currency_code"}
    own, home = (
        table_of("deal", objects, [code, *({**amount, "name": name} for name in names)], {}, "", "EUR")
        .collection.field(name)
        for name in names
    )  # fmt: skip
    assert own and (own.currency, own.currency_field) == ("EUR", "deal_currency_code")
    assert home and (home.currency, home.currency_field) == ("EUR", "")
