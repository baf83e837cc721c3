"""What a person narrowed a collection to, and its one form in addresses and in JSON.

An address names the fields by id, one parameter a value:

    in=deals & f.owner=5 & f.owner=7 & f.created=~from~2026-01-01 & q=acme & sort=-created & show=email
    any.1.stage=won & any.1.amount=~from~1000 & group=stage & group=~month~closed & sum=~average~amount & chart=line

A plain value tests for equality; any other test is an operator in front of the value. A value that starts with `~`
is written `~is~~…`. A label may stand before a field's id (`f.stage.fldAbc`); only the id is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlencode

FIELD_PREFIX = "f."
ANY_PREFIX = "any."
EARLIER = {
    "type": "f.type", "parent": "f.parent", "owner": "f.owner", "column": "show", "created_from": "f.created",
    "created_to": "f.created", "updated_from": "f.updated", "updated_to": "f.updated",
}  # fmt: skip
EARLIER_DAYS = ("created", "updated")
OPERATOR_MARK = "~"
MAX_ADDRESS = 4_000  # characters of the parameters; a longer query is stored under a short name


E = TypeVar("E", bound=StrEnum)


class Operator(StrEnum):
    """How a condition tests a field; UNKNOWN is an operator that this version does not have."""

    IS = "is"
    NOT = "not"
    HAS = "has"
    LACKS = "lacks"
    STARTS = "starts"
    EMPTY = "empty"
    FILLED = "filled"
    FROM = "from"
    TO = "to"
    PERIOD = "period"
    UNIT = "unit"
    UNKNOWN = "unknown"


MAX_GROUPS = 2
NUMBERS_OF_GROUPS = tuple(str(number) for number in range(1, 10))  # of conditions of which one is enough
WITHOUT_VALUE = (Operator.EMPTY, Operator.FILLED)


@dataclass(frozen=True)
class Condition:
    """One test of one field. `value` is the text of an address: an id, a date as ISO 8601, the name of a period.

    With UNKNOWN it is the whole text, operator included; with UNIT it is the code of a currency. `group`: 0, or the
    number of a group of conditions of which one is enough. A PERIOD is one of `model.periods`.
    """

    field: str
    operator: Operator
    value: str = ""
    group: int = 0


class Step(StrEnum):
    """The length of the periods that a grouping makes of dates; WHOLE groups by the values themselves."""

    WHOLE = ""
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Function(StrEnum):
    """What a measure computes of the values of a field in a group; COUNT counts rows, and has no field."""

    COUNT = "count"
    DISTINCT = "distinct"
    SUM = "sum"
    AVERAGE = "average"
    MEDIAN = "median"
    MIN = "min"
    MAX = "max"


class Chart(StrEnum):
    """How the groups are drawn; AUTOMATIC follows from what they are grouped by."""

    AUTOMATIC = ""
    BAR = "bar"
    LINE = "line"
    STACKED = "stacked"


@dataclass(frozen=True)
class Grouping:
    """A field by whose values rows are grouped, dates by periods of `step`."""

    field: str
    step: Step = Step.WHOLE


@dataclass(frozen=True)
class Measure:
    """What is shown for each group."""

    function: Function = Function.COUNT
    field: str = ""


@dataclass(frozen=True)
class Sort:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """Which rows and columns to show; the default query shows everything.

    `collection`: the id of the collection; empty means all. `where`: a row must meet the conditions of every field;
    of several IS conditions on one field, one is enough, and so is one of the fields in a numbered group of
    conditions. `search`: literal text anywhere in the row, in any letter case. `columns`: ids of fields shown beside
    the standard columns. `zone`: the IANA name of the time zone in which dates and periods are read; empty means UTC.
    `groups`: at most MAX_GROUPS; `measure` is computed for each group.
    """

    collection: str = ""
    where: tuple[Condition, ...] = ()
    search: str = ""
    sort: tuple[Sort, ...] = ()
    columns: tuple[str, ...] = ()
    zone: str = ""
    groups: tuple[Grouping, ...] = ()
    measure: Measure = Measure()
    chart: Chart = Chart.AUTOMATIC

    @property
    def narrows(self) -> bool:
        """Whether it may leave out rows of its collection."""
        return bool(self.where or self.search.strip())

    def conditions(self, field: str, group: int = 0) -> tuple[Condition, ...]:
        """Returns the conditions on one field that belong to a group; 0: those that every row must meet."""
        return tuple(each for each in self.where if (each.field, each.group) == (field, group))


EVERYTHING = Query()


def to_pairs(query: Query) -> list[tuple[str, str]]:
    """Returns the query as the parameters of an address; what is at its default has none."""
    pairs = [("in", query.collection)]
    pairs += [(_parameter(each), _value_text(each)) for each in query.where]
    pairs += [("q", query.search)]
    pairs += [("sort", ("-" if each.descending else "") + _escaped(each.field)) for each in query.sort]
    pairs += [("show", each) for each in query.columns]
    pairs += [("zone", query.zone)]
    pairs += [("group", _marked(each.step, _escaped(each.field))) for each in query.groups]
    pairs += [("sum", _measure_text(query.measure)), ("chart", query.chart)]
    return [(name, value) for name, value in pairs if value or name.startswith((FIELD_PREFIX, ANY_PREFIX))]


def from_pairs(pairs: Iterable[tuple[str, str]]) -> Query:
    """Returns the query of an address. Parameters of other meaning are ignored; never raises.

    What this version does not know becomes a condition with the operator UNKNOWN, which no row meets.
    """
    found = list(pairs)
    values: dict[str, list[str]] = {}
    for name, value in found:
        values.setdefault(name, []).append(value)
    where = [_condition(name, value) for name, value in found if name.startswith((FIELD_PREFIX, ANY_PREFIX))]
    groups = [_grouping(each) for each in values.get("group", ()) if each]
    return Query(
        collection=values.get("in", [""])[-1],
        where=tuple(dict.fromkeys(where)),
        search=values.get("q", [""])[-1],
        sort=tuple(dict.fromkeys(_sort(each) for each in values.get("sort", ()) if each.strip("-"))),
        columns=tuple(dict.fromkeys(filter(None, values.get("show", ())))),
        zone=values.get("zone", [""])[-1],
        groups=tuple(dict.fromkeys(groups))[:MAX_GROUPS],
        measure=_measure(values.get("sum", [""])[-1]),
        chart=_member(Chart, values.get("chart", [""])[-1], Chart.AUTOMATIC),
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
        "groups": [{"field": each.field, "step": str(each.step)} for each in query.groups],
        "measure": _measure_json(query.measure),
        "chart": str(query.chart),
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
            groups=tuple(_grouping_of(each) for each in value.get("groups", ()))[:MAX_GROUPS],
            measure=_measure_of(value.get("measure", {})),
            chart=_member(Chart, _text(value, "chart"), Chart.AUTOMATIC),
        )
    except (AttributeError, TypeError, KeyError):
        raise ValueError("This is not a query: it must be an object with where, search, sort and columns.") from None


def _condition(name: str, text: str) -> Condition:
    field, group = unquote(name.rpartition(".")[2]), _group_number(name)
    if not text.startswith(OPERATOR_MARK):
        return Condition(field, Operator.IS, text, group)
    word, separator, value = text.removeprefix(OPERATOR_MARK).partition(OPERATOR_MARK)
    operator = _member(Operator, word, Operator.UNKNOWN)
    complete = not separator if operator in WITHOUT_VALUE else bool(separator)
    complete = complete and operator is not Operator.UNKNOWN
    return Condition(field, operator, value, group) if complete else Condition(field, Operator.UNKNOWN, text, group)


def _group_number(name: str) -> int:
    """Returns the group of a parameter; one whose number cannot be read belongs to the first."""
    if not name.startswith(ANY_PREFIX):
        return 0
    number = name.removeprefix(ANY_PREFIX).partition(".")[0]
    return int(number) if number in NUMBERS_OF_GROUPS else 1


def _parameter(condition: Condition) -> str:
    prefix = f"{ANY_PREFIX}{condition.group}." if condition.group else FIELD_PREFIX
    return prefix + _escaped(condition.field)


def _member(kind: type[E], word: str, otherwise: E) -> E:
    try:
        return kind(word)
    except ValueError:
        return otherwise


def _marked(word: str, text: str) -> str:
    return f"{OPERATOR_MARK}{word}{OPERATOR_MARK}{text}" if word else text


def _grouping(text: str) -> Grouping:
    step, field = _marked_member(Step, text, Step.WHOLE)
    return Grouping(field, step)


def _measure(text: str) -> Measure:
    function, field = _marked_member(Function, text, Function.SUM)
    return Measure(function, field) if field and function is not Function.COUNT else Measure()


def _measure_text(measure: Measure) -> str:
    word = "" if measure.function is Function.SUM else measure.function
    return "" if measure.function is Function.COUNT else _marked(word, _escaped(measure.field))


def _marked_member(kind: type[E], text: str, otherwise: E) -> tuple[E, str]:
    """Returns the word before a field's id, and the id; the whole text is the id if the word is not known."""
    mark, _, rest = text.partition(OPERATOR_MARK)
    word, _, name = rest.partition(OPERATOR_MARK)
    if not mark and word in list(kind):
        return kind(word), unquote(name.rpartition(".")[2])
    return otherwise, unquote(text.rpartition(".")[2])


def _value_text(condition: Condition) -> str:
    operator, value = condition.operator, condition.value
    if operator == Operator.UNKNOWN:
        return value
    if operator in WITHOUT_VALUE:
        return OPERATOR_MARK + operator
    plain = operator == Operator.IS and not value.startswith(OPERATOR_MARK)
    return value if plain else f"{OPERATOR_MARK}{operator}{OPERATOR_MARK}{value}"


def _condition_json(condition: Condition) -> dict[str, Any]:
    value = {} if condition.operator in WITHOUT_VALUE else {"value": condition.value}
    group = {"group": condition.group} if condition.group else {}
    return {"field": condition.field, "operator": str(condition.operator), **value, **group}


def _measure_json(measure: Measure) -> dict[str, str]:
    return {} if measure.function is Function.COUNT else {"function": str(measure.function), "field": measure.field}


def _measure_of(value: Mapping[str, Any]) -> Measure:
    function, field = _member(Function, _text(value, "function"), Function.COUNT), _text(value, "field")
    return Measure(function, field) if field and function is not Function.COUNT else Measure()


def _grouping_of(value: Mapping[str, Any]) -> Grouping:
    return Grouping(_required_text(value["field"]), _member(Step, _text(value, "step"), Step.WHOLE))


def _condition_of(value: Mapping[str, Any]) -> Condition:
    field, word, text = _required_text(value["field"]), _text(value, "operator"), _text(value, "value")
    operator, group = _member(Operator, word, Operator.UNKNOWN), value.get("group", 0)
    if operator is Operator.UNKNOWN and not text.startswith(OPERATOR_MARK):
        text = f"{OPERATOR_MARK}{word}{OPERATOR_MARK}{text}"
    return Condition(field, operator, text, group if str(group) in NUMBERS_OF_GROUPS else 0)


def _sort(text: str) -> Sort:
    return Sort(unquote(text.removeprefix("-").rpartition(".")[2]), text.startswith("-"))


def _text(value: Mapping[str, Any], name: str) -> str:
    return _required_text(value.get(name, ""))


def _required_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _escaped(field: str) -> str:
    """A field's id without the characters that have a meaning in an address: `.`, `~`, a leading `-`, `%`."""
    return quote(field, safe="").replace(".", "%2E").replace("-", "%2D").replace("~", "%7E")
