"""What a person narrowed a collection to, and its one form in addresses and in JSON.

An address names the fields by id, one parameter a value:

    in=contacts & f.owner=5 & f.owner=7 & f.created=~from~2026-01-01 & q=acme & sort=-created & show=email

A plain value tests for equality; any other test is an operator in front of the value. A value that starts with `~`
is written `~is~~…`. A label may stand before a field's id (`f.stage.fldAbc`); only the id is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote, urlencode

FIELD_PREFIX = "f."
EARLIER = {
    "type": "f.type", "parent": "f.parent", "owner": "f.owner", "column": "show", "created_from": "f.created",
    "created_to": "f.created", "updated_from": "f.updated", "updated_to": "f.updated",
}  # fmt: skip
EARLIER_DAYS = ("created", "updated")
OPERATOR_MARK = "~"
MAX_ADDRESS = 4_000  # characters of the parameters; a longer query is stored under a short name


class Operator(StrEnum):
    """How a condition tests a field; UNKNOWN is an operator that this version does not have."""

    IS = "is"
    NOT = "not"
    HAS = "has"
    LACKS = "lacks"
    EMPTY = "empty"
    FILLED = "filled"
    FROM = "from"
    TO = "to"
    PERIOD = "period"
    UNKNOWN = "unknown"


WITHOUT_VALUE = (Operator.EMPTY, Operator.FILLED)


@dataclass(frozen=True)
class Condition:
    """One test of one field. `value` is the text of an address: an id, a date as ISO 8601, the name of a period.

    With UNKNOWN it is the whole text, operator included.
    """

    field: str
    operator: Operator
    value: str = ""


@dataclass(frozen=True)
class Sort:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """Which rows and columns to show; the default query shows everything.

    `collection`: the id of the collection; empty means all. `where`: a row must meet the conditions of every field;
    of several IS conditions on one field, one is enough. `search`: literal text anywhere in the row, in any letter
    case. `columns`: ids of fields shown beside the standard columns. `zone`: the IANA name of the time zone in which
    dates and periods are read; empty means UTC.
    """

    collection: str = ""
    where: tuple[Condition, ...] = ()
    search: str = ""
    sort: tuple[Sort, ...] = ()
    columns: tuple[str, ...] = ()
    zone: str = ""

    @property
    def narrows(self) -> bool:
        """Whether it may leave out rows of its collection."""
        return bool(self.where or self.search.strip())

    def conditions(self, field: str) -> tuple[Condition, ...]:
        """Returns the conditions on one field."""
        return tuple(each for each in self.where if each.field == field)


EVERYTHING = Query()


def to_pairs(query: Query) -> list[tuple[str, str]]:
    """Returns the query as the parameters of an address; what is at its default has none."""
    pairs = [("in", query.collection)]
    pairs += [(FIELD_PREFIX + _escaped(each.field), _value_text(each)) for each in query.where]
    pairs += [("q", query.search)]
    pairs += [("sort", ("-" if each.descending else "") + _escaped(each.field)) for each in query.sort]
    pairs += [("show", each) for each in query.columns]
    pairs += [("zone", query.zone)]
    return [(name, value) for name, value in pairs if value or name.startswith(FIELD_PREFIX)]


def from_pairs(pairs: Iterable[tuple[str, str]]) -> Query:
    """Returns the query of an address. Parameters of other meaning are ignored; never raises.

    What this version does not know becomes a condition with the operator UNKNOWN, which no row meets.
    """
    found = list(pairs)
    values: dict[str, list[str]] = {}
    for name, value in found:
        values.setdefault(name, []).append(value)
    where = [_condition(name, value) for name, value in found if name.startswith(FIELD_PREFIX)]
    return Query(
        collection=values.get("in", [""])[-1],
        where=tuple(dict.fromkeys(where)),
        search=values.get("q", [""])[-1],
        sort=tuple(dict.fromkeys(_sort(each) for each in values.get("sort", ()) if each.strip("-"))),
        columns=tuple(dict.fromkeys(filter(None, values.get("show", ())))),
        zone=values.get("zone", [""])[-1],
    )


def pairs_length(pairs: Iterable[tuple[str, str]]) -> int:
    """Returns how many characters the parameters have in an address."""
    return len(urlencode(list(pairs)))


def upgraded(pairs: Iterable[tuple[str, str]], slug: str) -> list[tuple[str, str]]:
    """Returns the parameters of an address, those of earlier versions (`hubspot_type=deal`) in today's form."""
    found = [(name.removeprefix(f"{slug}_"), value) for name, value in pairs]
    days: dict[str, list[str]] = {}
    for name, value in found:
        if name in EARLIER_DAYS:
            days.setdefault(name, []).append(value)
    kept = [(EARLIER.get(name, name), _earlier_value(name, value)) for name, value in found if name not in EARLIER_DAYS]
    spans = [(name, edge, day) for name, each in days.items() for edge, day in (("from", min(each)), ("to", max(each)))]
    return kept + [(f"{FIELD_PREFIX}{name}", f"~{edge}~{day}") for name, edge, day in spans]


def _earlier_value(name: str, value: str) -> str:
    edge = name.rpartition("_")[2]
    if not EARLIER.get(name, "").startswith(FIELD_PREFIX):
        return value
    return f"~{edge}~{value}" if edge in ("from", "to") else _value_text(Condition(name, Operator.IS, value))


def to_json(query: Query) -> dict[str, Any]:
    """Returns the query as a JSON object, without what is at its default."""
    found = {
        "collection": query.collection,
        "where": [_condition_json(each) for each in query.where],
        "search": query.search,
        "sort": [{"field": each.field, "descending": each.descending} for each in query.sort],
        "columns": list(query.columns),
        "zone": query.zone,
    }
    return {name: value for name, value in found.items() if value}


def from_json(value: Mapping[str, Any]) -> Query:
    """Returns the query of a JSON object; raises ValueError with a sentence where it is none."""
    try:
        return Query(
            collection=_text(value, "collection"),
            where=tuple(_condition_of(each) for each in value.get("where", ())),
            search=_text(value, "search"),
            sort=tuple(Sort(_text(each, "field"), bool(each.get("descending"))) for each in value.get("sort", ())),
            columns=tuple(_required_text(each) for each in value.get("columns", ())),
            zone=_text(value, "zone"),
        )
    except (AttributeError, TypeError, KeyError):
        raise ValueError("This is not a query: it must be an object with where, search, sort and columns.") from None


def _condition(name: str, text: str) -> Condition:
    field = unquote(name.removeprefix(FIELD_PREFIX).rpartition(".")[2])
    if not text.startswith(OPERATOR_MARK):
        return Condition(field, Operator.IS, text)
    word, separator, value = text.removeprefix(OPERATOR_MARK).partition(OPERATOR_MARK)
    operator = _operator(word)
    complete = not separator if operator in WITHOUT_VALUE else bool(separator)
    complete = complete and operator is not Operator.UNKNOWN
    return Condition(field, operator, value) if complete else Condition(field, Operator.UNKNOWN, text)


def _operator(word: str) -> Operator:
    try:
        return Operator(word)
    except ValueError:
        return Operator.UNKNOWN


def _value_text(condition: Condition) -> str:
    operator, value = condition.operator, condition.value
    if operator == Operator.UNKNOWN:
        return value
    if operator in WITHOUT_VALUE:
        return OPERATOR_MARK + operator
    plain = operator == Operator.IS and not value.startswith(OPERATOR_MARK)
    return value if plain else f"{OPERATOR_MARK}{operator}{OPERATOR_MARK}{value}"


def _condition_json(condition: Condition) -> dict[str, str]:
    value = {} if condition.operator in WITHOUT_VALUE else {"value": condition.value}
    return {"field": condition.field, "operator": str(condition.operator), **value}


def _condition_of(value: Mapping[str, Any]) -> Condition:
    field, word, text = _required_text(value["field"]), _text(value, "operator"), _text(value, "value")
    operator = _operator(word)
    if operator is Operator.UNKNOWN and not text.startswith(OPERATOR_MARK):
        text = f"{OPERATOR_MARK}{word}{OPERATOR_MARK}{text}"
    return Condition(field, operator, text)


def _sort(text: str) -> Sort:
    return Sort(unquote(text.removeprefix("-").rpartition(".")[2]), text.startswith("-"))


def _text(value: Mapping[str, Any], name: str) -> str:
    return _required_text(value.get(name, ""))


def _required_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _escaped(field: str) -> str:
    """A field's id without the characters that have a meaning in an address: `.`, a leading `-`, `%`."""
    return quote(field, safe="").replace(".", "%2E").replace("-", "%2D")
