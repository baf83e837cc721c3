"""The columns of a provider's tables, as the provider itself describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class FieldType(StrEnum):
    """What the values of a field are; behind each, the form of a value in `Item.properties`.

    A value that has another form is kept as text beside the column, and never changes it.
    """

    TEXT = "text"  # str
    LONG_TEXT = "long_text"  # str
    NUMBER = "number"  # int or float
    CURRENCY = "currency"  # int or float, in the currency of `Field.currency` or of the row's `currency_field`
    PERCENT = "percent"  # a fraction: 0.25 is 25 %
    DURATION = "duration"  # seconds
    RATING = "rating"  # int
    BOOLEAN = "boolean"  # bool
    DATE = "date"  # datetime.date: a day has no zone
    DATETIME = "datetime"  # aware datetime
    DATE_RANGE = "date_range"  # (start, end): each a date or an aware datetime, or None
    SELECT = "select"  # str: the value of an Option
    MULTI_SELECT = "multi_select"  # list of str
    PERSON = "person"  # str: the id of a person, see `Page.people`
    PEOPLE = "people"  # list of str
    RELATION = "relation"  # list of str: ids of items in `Field.relates_to`
    URL = "url"  # str
    EMAIL = "email"  # str
    PHONE = "phone"  # str
    FILES = "files"  # list of {"name": str, "size": int or None, "type": str or None}
    IDENTIFIER = "identifier"  # int; shown after `Field.prefix`, sorted as a number
    LOCATION = "location"  # str: an address, or "52.1, 13.2"
    JSON = "json"  # anything


LIST_TYPES = frozenset({FieldType.MULTI_SELECT, FieldType.PEOPLE, FieldType.RELATION, FieldType.FILES})
PEOPLE_TYPES = frozenset({FieldType.PERSON, FieldType.PEOPLE})


@dataclass(frozen=True)
class Option:
    """A choice of a select field: `value` is stored, `label` is shown. `color`: one of COLORS, or empty."""

    value: str
    label: str
    color: str = ""


COLORS = ("gray", "brown", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "red")


PLAIN = "plain"


@dataclass(frozen=True)
class Field:
    """A column of a collection.

    `id`: the provider's own, which stays when the field is renamed. `many`: a value is a list of values of the type
    (lookups, rollups). `options`: the choices of a select field, in the provider's order.
    `currency`: the code or symbol of all values; `currency_field`: id of the field that has each row's own code.
    `precision`: digits after the point that the provider shows; None for as many as there are.
    `format`: of a duration, "h:mm", "h:mm:ss" or "h:mm:ss.S" (as Airtable names them), empty for words; of a number,
    PLAIN for digits without separators.
    `prefix`: stands before an identifier, its hyphen included. `relates_to`: id of the collection that a relation leads
    to; empty where it may be any. `group`: heading under which details list the field.
    `computed`: the provider may change it without the item counting as changed, so that only a full load renews it.
    """

    id: str
    label: str
    type: FieldType = FieldType.TEXT
    many: bool = False
    options: tuple[Option, ...] = ()
    currency: str = ""
    currency_field: str = ""
    precision: int | None = None
    format: str = ""
    prefix: str = ""
    relates_to: str = ""
    group: str = ""
    computed: bool = False


@dataclass(frozen=True)
class Collection:
    """Items with one schema: HubSpot contacts, one Airtable table, one Notion data source.

    `item_type`: the type of its items. `label`: the plural or name that people know it by. `group`: what it is
    part of (the name of an Airtable base). `parents`: id of the collection that `Item.parent_id` leads to; empty
    where it may be any. `name_label`: how the provider heads the column with the item's name.
    `first`: ids of the fields that matter most, shown first. `fields` are in the provider's order.
    """

    id: str
    label: str
    item_type: str
    fields: tuple[Field, ...] = ()
    group: str = ""
    name_label: str = "Name"
    first: tuple[str, ...] = ()
    parents: str = ""

    def field(self, id: str) -> Field | None:
        """Returns the field with this id, None if there is none."""
        return next((each for each in self.fields if each.id == id), None)


@dataclass(frozen=True)
class NoValue:
    """A cell that the provider gives no value for; `reason` is a sentence that says why."""

    reason: str


@dataclass(frozen=True)
class Schema:
    """The collections of a load, in the provider's order, and the names of people by id."""

    collections: tuple[Collection, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)

    def collection(self, id: str) -> Collection | None:
        """Returns the collection with this id, None if there is none."""
        return next((each for each in self.collections if each.id == id), None)

    def in_order(self, places: Mapping[str, int]) -> Schema:
        """Returns the schema with its collections in the order of their `places`; those without one come first."""
        return replace(self, collections=tuple(sorted(self.collections, key=lambda each: places.get(each.id, -1))))

    def with_seen(self, collections: Iterable[Collection], people: Mapping[str, str]) -> Schema:
        """Returns the schema with these collections (each in place of the one with its id) and people."""
        found = {each.id: each for each in self.collections} | {each.id: each for each in collections}
        return replace(self, collections=tuple(found.values()), people={**self.people, **people})
