"""Reading the JSON of a cell as a value of its field, and the text in which a value is shown as a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from ..model import moment
from ..model.numbers import duration_text, money_text, number_text, percent_text
from ..model.schema import COLORS, LIST_TYPES, PEOPLE_TYPES, Field, FieldType, NoValue, Option
from .values import NAME_KEYS, joined, mapping, name_of, text_at, utc_text

Reader = Callable[[Any], Any]

TEXTS = frozenset({
    FieldType.TEXT, FieldType.LONG_TEXT, FieldType.URL, FieldType.EMAIL, FieldType.PHONE, FieldType.LOCATION,
})  # fmt: skip
PERSON_KEYS = ("id", "email", "name")
SHADES = re.compile("[a-z]*")  # "blueLight2" is a shade of blue
LONGEST = 10**15  # seconds; more is shown as a number
LIKE = {"cyan": "blue", "grey": "gray"}


def cell_reader(field: Field, unwrap: Reader = lambda value: value) -> Reader:
    """Returns the function that reads a cell of this field from JSON; see `FieldType` for the forms of values.

    `unwrap` is given each JSON object in a cell first, and returns what to read in its place: a NoValue for one that
    tells of an error. An absent cell is None, of a single box False. What does not fit the type stays as it came.
    """
    read = _reader(field)

    def member(value: Any) -> Any:
        value = unwrap(value) if isinstance(value, dict) else value
        return value if isinstance(value, NoValue) else read(value)

    if field.many or field.type in LIST_TYPES:
        return lambda cell: _members(cell, member)
    return lambda cell: _single(cell, member, field.type)


def _members(cell: Any, member: Reader) -> Any:
    """Returns the values that there are; where there is none, the reason why."""
    if cell is None:
        return None
    found = [member(each) for each in (cell if isinstance(cell, list) else [cell])]
    reasons = [each for each in found if isinstance(each, NoValue)]
    values = [each for each in found if each is not None and not isinstance(each, NoValue)]
    return values or (reasons[0] if reasons else None)


def _single(cell: Any, member: Reader, type: FieldType) -> Any:
    if not isinstance(cell, list):
        return member(cell)
    found = _members(cell, member)
    if not isinstance(found, list) or len(found) == 1:
        return found[0] if isinstance(found, list) else found
    return joined(found, ", ") if type in TEXTS else found


def _reader(field: Field) -> Reader:
    if field.type in (FieldType.SELECT, FieldType.MULTI_SELECT):
        values = {option.label: option.value for option in reversed(field.options)}
        return lambda name: _chosen(name, values)
    return _READERS.get(field.type, _as_it_is)


def _as_it_is(value: Any) -> Any:
    return value


def _chosen(name: Any, values: Mapping[str, str]) -> Any:
    name = name_of(name)
    return values.get(name, name) if isinstance(name, str) else name


def _text(value: Any) -> Any:
    """Returns a text or number as text, an object by its name."""
    return _as_text(value, NAME_KEYS)


def _address(value: Any) -> Any:
    """Returns the address that a text or an object gives, else its label."""
    return _as_text(value, ("url", "label"))


def _as_text(value: Any, keys: Iterable[str]) -> Any:
    found = name_of(value, keys)
    if found is None:
        return value
    if isinstance(found, int | float) and not isinstance(found, bool):
        with suppress(ValueError):  # an integer of thousands of digits
            return str(found)
    return found


def _box(value: Any) -> Any:
    return bool(value) if value is None or isinstance(value, int) else value


def _day(value: Any) -> Any:
    """Returns the date of a day or time, of a time the one in UTC."""
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        return date.fromisoformat(value)
    time = moment(value)
    return time.date() if time else value


def _time(value: Any) -> Any:
    return moment(value) or value


def person_id(value: Any) -> Any:
    """Returns the id of a person, else the address or name by which an object names one."""
    return name_of(value, PERSON_KEYS)


def people_in(cell: Any) -> dict[str, str]:
    """Returns the names of the people in a cell by id; of one without a name the e-mail address."""
    people = [mapping(each) for each in (cell if isinstance(cell, list) else [cell])]
    named = ((person_id(each), name_of(each, ("name", "email"))) for each in people)
    return {id: name for id, name in named if isinstance(id, str) and isinstance(name, str)}


def _linked(value: Any) -> Any:
    return name_of(value, ("id", "name"))


def _file(value: Any) -> Any:
    """Returns a file without its address, which expires."""
    if isinstance(value, str):
        return {"name": value, "size": None, "type": None}
    if not isinstance(value, dict):
        return value
    size, type = value.get("size"), value.get("type")
    name = name_of(value, ("filename", "name", "id"))
    return {
        "name": name if isinstance(name, str) else "Untitled",
        "size": size if isinstance(size, int) else None,
        "type": type if isinstance(type, str) else None,
    }


_READERS: Mapping[FieldType, Reader] = {
    **dict.fromkeys(TEXTS, _text), FieldType.URL: _address,
    FieldType.BOOLEAN: _box, FieldType.DATE: _day, FieldType.DATETIME: _time,
    FieldType.PERSON: person_id, FieldType.PEOPLE: person_id, FieldType.RELATION: _linked, FieldType.FILES: _file,
}  # fmt: skip


def options_of(choices: Any, value: str = "id") -> tuple[Option, ...]:
    """Returns the options of a field from objects with name, colour and `value`; without a value it is the name."""
    found = [mapping(each) for each in choices] if isinstance(choices, list) else []
    named = [each for each in found if text_at(each, "name")]
    return tuple(
        Option(text_at(each, value) or each["name"], each["name"], color_of(each.get("color"))) for each in named
    )


def color_of(name: Any) -> str:
    """Returns the one of COLORS that a shade such as "blueLight2" belongs to, empty if there is none."""
    found = SHADES.match(name) if isinstance(name, str) else None
    color = LIKE.get(found[0], found[0]) if found else ""
    return color if color in COLORS else ""


def shown(field: Field, value: Any, people: Mapping[str, str]) -> str:
    """Returns a value as the text that stands for an item whose name it is; empty where there is none."""
    if value is None or isinstance(value, NoValue):
        return ""
    if isinstance(value, list | tuple):
        return joined((shown(field, each, people) for each in value), ", ")
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        return _number(field, value)
    if isinstance(value, datetime):
        return str(utc_text(value.isoformat()))
    if isinstance(value, dict):
        return str(name_of(value))
    return _label(field, value, people)


def _label(field: Field, value: Any, people: Mapping[str, str]) -> str:
    if field.type in PEOPLE_TYPES:
        return people.get(value, str(value))
    labels = (option.label for option in field.options if option.value == value)
    return next(labels, str(value))


def _number(field: Field, value: int | float) -> str:
    try:
        if field.type is FieldType.DURATION and abs(value) < LONGEST:
            return duration_text(value, field.format or "h:mm")
        if field.type is FieldType.CURRENCY:
            return money_text(value, field.currency, field.precision)
        if field.type is FieldType.PERCENT:
            return percent_text(value, field.precision)
        return field.prefix + number_text(value, field.precision, separator="")
    except (OverflowError, ValueError):  # a number of hundreds or thousands of digits
        return ""
