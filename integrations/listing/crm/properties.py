"""Property definitions of a CRM as typed fields, and the texts that it sends as their values.

A definition has name, label, type, fieldType, groupName, options, and hints on how its values are shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from ...model import moment
from ...model.schema import PLAIN, Field, FieldType, Option
from ..values import local_day, log_unknown_type, mapping, number_of, text_at

Reader = Callable[[str], Any]  # a value from its text; the text itself where it does not fit
MILLISECONDS = re.compile(r"-?\d{10,14}")


@dataclass(frozen=True)
class Property:
    """A property as a field, and the function that reads its values."""

    field: Field
    read: Reader


def property_of(definition: Mapping[str, Any], zone: str = "UTC", day: bool = False) -> Property:
    """Returns a definition as a property. `day`: its moments are shown as days of the time zone `zone`."""
    type_ = FieldType.DATE if day else field_type(definition)
    name, label = definition["name"], text_at(definition, "label")
    options = options_of(definition.get("options")) if type_ in (FieldType.SELECT, FieldType.MULTI_SELECT) else ()
    field = Field(
        id=name,
        label=label or name,
        type=type_,
        options=options,
        group=group_title(text_at(definition, "groupName")),
        format=PLAIN if definition.get("numberDisplayHint") == "unformatted" else "",
        computed=bool(definition.get("calculated")) or text_at(definition, "fieldType").startswith("calculation"),
    )
    is_day_of_zone = day and definition.get("type") != "date"
    return Property(field, day_reader(zone if is_day_of_zone else "UTC") if type_ is FieldType.DATE else READERS[type_])


def in_currency(property_: Property, code: str, code_field: str) -> Property:
    """Returns a property of amounts in the currency of each row's `code_field`, or in `code` where that is empty."""
    if property_.field.type is not FieldType.CURRENCY:
        return property_
    own = "" if "home_currency" in property_.field.id else code_field
    return replace(property_, field=replace(property_.field, currency=code, currency_field=own))


def with_options(property_: Property, options: Iterable[Option]) -> Property:
    """Returns a property as a choice among these options, and after them its own."""
    found = {each.value: each for each in (*property_.field.options, *options)}
    ordered = {each.value: found[each.value] for each in (*options, *property_.field.options)}
    field = replace(property_.field, type=FieldType.SELECT, options=tuple(ordered.values()))
    return Property(field, READERS[FieldType.SELECT])


def field_type(definition: Mapping[str, Any]) -> FieldType:
    """Returns the type of a property's values; text, named once in the log, for a type that is not known."""
    find = _TYPES.get(text_at(definition, "type"))
    if find is None:
        log_unknown_type(text_at(definition, "type"))
        return FieldType.TEXT
    return find(definition)


def _text_type(definition: Mapping[str, Any]) -> FieldType:
    name = text_at(definition, "name")
    by_name = FieldType.EMAIL if name == "email" else FieldType.URL if name in URL_NAMES else FieldType.TEXT
    by_hint = _TEXT_HINTS.get(text_at(definition, "textDisplayHint"), by_name)
    return _TEXT_FIELDS.get(text_at(definition, "fieldType"), by_hint)


def _number_type(definition: Mapping[str, Any]) -> FieldType:
    if definition.get("name") == "hs_object_id":
        return FieldType.IDENTIFIER
    if definition.get("showCurrencySymbol") is True:
        return FieldType.CURRENCY
    return _NUMBER_HINTS.get(text_at(definition, "numberDisplayHint"), FieldType.NUMBER)


def _choice_type(definition: Mapping[str, Any]) -> FieldType:
    many = definition.get("fieldType") == "checkbox"
    if definition.get("referencedObjectType") == "OWNER" or definition.get("name") == "hubspot_owner_id":
        return FieldType.PEOPLE if many else FieldType.PERSON
    if definition.get("fieldType") == "booleancheckbox":
        return FieldType.BOOLEAN
    return FieldType.MULTI_SELECT if many else FieldType.SELECT


URL_NAMES = ("website", "url", "hs_url", "hs_linkedin_url", "linkedin_company_page", "facebook_company_page")
_TEXT_FIELDS = {
    "textarea": FieldType.LONG_TEXT, "html": FieldType.LONG_TEXT, "phonenumber": FieldType.PHONE,
    "file": FieldType.FILES,
}  # fmt: skip
_TEXT_HINTS = {
    "email": FieldType.EMAIL, "phone_number": FieldType.PHONE, "multi_line": FieldType.LONG_TEXT,
}  # fmt: skip
_NUMBER_HINTS = {
    "currency": FieldType.CURRENCY, "percentage": FieldType.PERCENT, "probability": FieldType.PERCENT,
    "duration": FieldType.DURATION,
}  # fmt: skip
_TYPES: dict[str, Callable[[Mapping[str, Any]], FieldType]] = {
    "string": _text_type,
    "number": _number_type,
    "enumeration": _choice_type,
    "bool": lambda _: FieldType.BOOLEAN,
    "date": lambda _: FieldType.DATE,
    "datetime": lambda _: FieldType.DATETIME,
    "phone_number": lambda _: FieldType.PHONE,
    "json": lambda _: FieldType.JSON,
    "object_coordinates": lambda _: FieldType.TEXT,
}


def options_of(options: Any) -> tuple[Option, ...]:
    """Returns the options of a definition as it orders them; a negative place is behind all others."""
    found = [each for each in map(mapping, options or ()) if isinstance(each.get("value"), str) and each["value"]]
    ordered = sorted(found, key=lambda each: _place(each.get("displayOrder")))
    return tuple(Option(each["value"], text_at(each, "label") or each["value"]) for each in ordered)


def _place(order: Any) -> float:
    return order if isinstance(order, int) and order >= 0 else float("inf")


def by_place(things: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns things in the order of their displayOrder, and of their labels where that is the same."""
    return sorted(things, key=lambda each: (_place(each.get("displayOrder")), text_at(each, "label")))


def group_title(name: str) -> str:
    """Returns the heading that stands for the internal name of a group: "dealinformation" is "Deal information"."""
    words = re.sub(r"(?<=[a-z])information$", " information", name.removeprefix("hs_")).replace("_", " ").split()
    return " ".join(words).capitalize()


def day_reader(zone: str) -> Reader:
    """Returns a function that reads a day, or the day of a moment in a time zone."""

    def read(text: str) -> date | str:
        if MILLISECONDS.fullmatch(text):
            text = _of_milliseconds(text)
        with suppress(ValueError):
            return date.fromisoformat(local_day(text, zone) if "T" in text or " " in text else text)
        return text

    return read


def _moment(text: str) -> datetime | str:
    return moment(_of_milliseconds(text) if MILLISECONDS.fullmatch(text) else text) or text


def _of_milliseconds(text: str) -> str:
    with suppress(OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(int(text) / 1000, UTC).isoformat()
    return text


def _whole(text: str) -> int | str:
    number = number_of(text)
    return number if isinstance(number, int) else text


def _seconds(text: str) -> float | str:
    number = number_of(text)
    if isinstance(number, str):
        return text
    return number // 1000 if isinstance(number, int) and number % 1000 == 0 else number / 1000


def _truth(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text.strip().lower(), text)


def members(text: str) -> list[str]:
    """Returns the values of a list that is written with semicolons."""
    return [each for part in text.split(";") if (each := part.strip())]


def _files(text: str) -> list[dict[str, Any]]:
    names = [unquote(urlsplit(each).path.rsplit("/", 1)[-1]) or each for each in members(text)]
    return [{"name": name, "size": None, "type": None} for name in names]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


READERS: dict[FieldType, Reader] = dict.fromkeys(FieldType, lambda text: text) | {
    FieldType.NUMBER: number_of, FieldType.CURRENCY: number_of, FieldType.PERCENT: number_of,
    FieldType.DURATION: _seconds, FieldType.IDENTIFIER: _whole, FieldType.BOOLEAN: _truth,
    FieldType.DATE: day_reader("UTC"), FieldType.DATETIME: _moment, FieldType.MULTI_SELECT: members,
    FieldType.PEOPLE: members, FieldType.FILES: _files, FieldType.JSON: _json,
}  # fmt: skip
