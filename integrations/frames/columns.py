"""What each field type is: one row a type.

Every type has an Arrow type, the Python types that fit it as they are, and a function that fits any other value or
raises ValueError. What does not fit is kept as text beside the column (`Misfit`). Beside them stand the operators that
filter it, and in words how it is shown and exported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType, NoValue
from ..model.numbers import digits
from ..model.query import Operator
from .cells import TEXT, cell_text, json_text, plain

TIME = pa.timestamp("us", "UTC")
RANGE = pa.struct([("start", TIME), ("end", TIME), ("timed", pa.bool_())])
FILE = pa.struct([("name", TEXT), ("size", pa.int64()), ("type", TEXT)])
STRUCTURED = (FieldType.DATE_RANGE, FieldType.FILES, FieldType.JSON)  # types that take a mapping
EXACT = 2**53  # the largest whole number up to which a float64 holds every one
Misfit = Mapping[str, str]  # {"text": what came} or {"reason": why there is no value}


@dataclass(frozen=True)
class ColumnType:
    """The Arrow type of a value, the Python types that it takes as they are, and how another value is made to fit.

    `operators`: those that filter it, the one to offer first in front. `shown`, `exported`: how, in words.
    """

    arrow: pa.DataType
    takes: frozenset[type]
    fit: Callable[[Any], Any]
    operators: tuple[Operator, ...]
    shown: str
    exported: str


def arrow_type(field: Field) -> pa.DataType:
    """Returns the Arrow type of a field's column; a list where a value is a list of values."""
    base = COLUMN_TYPES[field.type].arrow
    return pa.list_(base) if field.many and not pa.types.is_list(base) else base


def packed(field: Field, values: Sequence[Any]) -> tuple[pa.Array, dict[int, Misfit]]:
    """Returns the values as a column, and by position those that do not fit it, which are null there."""
    column_type, kind = COLUMN_TYPES[field.type], arrow_type(field)
    kinds = set(map(type, values))
    if not field.many and kinds <= column_type.takes | {type(None)}:
        try:
            return _sound(pa.array(values, kind, from_pandas=True)), {}
        except (pa.ArrowException, UnicodeEncodeError, OverflowError):
            pass
    return _one_by_one(field, values)


def converted(column: pa.Array, field: Field) -> tuple[pa.Array, dict[int, Misfit]]:
    """Returns a column that was stored with another type as one of this field, and what cannot be converted."""
    if column.type == arrow_type(field):
        return column, {}
    return _one_by_one(field, [restored(field, value) for value in column.to_pylist()])


def restored(field: Field, value: Any) -> Any:
    """Returns a value that was stored with another type, or as JSON, in a form that the field may take."""
    if isinstance(value, list):
        found = [restored(field, each) for each in value]
        return found if pa.types.is_list(arrow_type(field)) else cell_text(found)
    if isinstance(value, Mapping):
        return value if field.type in STRUCTURED else parsed(field.type, _words(value))
    if isinstance(value, float) and field.type not in (*_PARSERS, *STRUCTURED):
        return digits(value)
    return parsed(field.type, cell_text(value)) if field.type in _PARSERS and value is not None else value


def _words(value: Mapping[str, Any]) -> str:
    """Returns a range or a file that was stored as text; any other object as JSON."""
    if set(value) == set(RANGE.names):
        ends = [_iso(value[each], value["timed"]) for each in ("start", "end")]
        return " → ".join(filter(None, ends))
    return str(value["name"]) if set(value) == set(FILE.names) else json_text(value)


def _iso(moment: Any, timed: bool) -> str:
    text = cell_text(moment) or ""
    return text if timed else text[:10]


def _one_by_one(field: Field, values: Sequence[Any]) -> tuple[pa.Array, dict[int, Misfit]]:
    fit = COLUMN_TYPES[field.type].fit
    fits = _each(fit) if field.many else fit
    fitted: list[Any] = []
    misfits: dict[int, Misfit] = {}
    for place, value in enumerate(values):
        found, misfit = _fitted(fits, value)
        fitted.append(found)
        if misfit:
            misfits[place] = misfit
    return pa.array(fitted, arrow_type(field)), misfits


def _fitted(fit: Callable[[Any], Any], value: Any) -> tuple[Any, Misfit | None]:
    if value is None or value == "":
        return None, None
    if isinstance(value, NoValue):
        return None, {"reason": value.reason}
    try:
        return fit(value), None
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError):
        text = cell_text(value)
        return None, {"text": text} if text else None


def _each(fit: Callable[[Any], Any]) -> Callable[[Any], list[Any] | None]:
    """Returns a function that fits every value of a list; those that are lists themselves are joined into it."""

    def fit_all(value: Any) -> list[Any] | None:
        found = [fit(each) for each in _flat(value) if each not in (None, "") and not isinstance(each, NoValue)]
        return [each for part in found for each in (part if isinstance(part, list) else [part])] or None

    return fit_all


def _flat(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, set, frozenset)) else [value]


def _sound(array: pa.Array) -> pa.Array:
    """Returns the values without numbers that are not finite and texts that are empty."""
    if pa.types.is_floating(array.type):
        return pc.if_else(pc.is_finite(array), array, None)
    if array.type == TEXT:
        return pc.if_else(pc.equal(array, ""), None, array)
    return array


def parsed(kind: FieldType, text: str | None) -> Any:
    """Returns a value of the type from a text; the text itself where that is none."""
    try:
        return text if text is None or kind not in _PARSERS else _PARSERS[kind](text)
    except ValueError:
        return text


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError
    if isinstance(value, int) and abs(value) > EXACT:
        raise ValueError
    return float(value) if math.isfinite(value) else None


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _day(value: Any) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError
    return value


def moment_of(value: Any) -> datetime:
    """Returns a time or the start of a day in UTC; one that its zone pushes out of the calendar becomes its edge."""
    if not isinstance(value, date):
        raise ValueError
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    if value.utcoffset() is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return (datetime.min if value.year == 1 else datetime.max).replace(tzinfo=UTC)


def _time(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError
    return moment_of(value)


def _range(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Mapping):
        start, end, timed = _parsed_end(value["start"]), _parsed_end(value["end"]), bool(value["timed"])
    else:
        start, end = value if isinstance(value, (tuple, list)) else (value, None)
        timed = isinstance(start, datetime) or isinstance(end, datetime)
    if start is None and end is None:
        return None
    ends = [None if each is None else moment_of(each) for each in (start, end)]
    return dict(zip(RANGE.names, (*ends, timed), strict=True))


def _parsed_end(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, str) else plain(cell_text(value) or "")


def _texts(value: Any) -> list[str] | None:
    return [_text(each) for each in _flat(value) if each not in (None, "")] or None


def _files(value: Any) -> list[dict[str, Any]] | None:
    return [_file(each) for each in _flat(value)] or None


def _file(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {"name": _text(value), "size": None, "type": None}
    size, kind = value.get("size"), value.get("type")
    return {"name": _text(value.get("name") or "File"), "size": _whole(size) if size is not None else None,
            "type": _text(kind) if kind else None}  # fmt: skip


_STR, _NUMBERS, _NONE = frozenset({str}), frozenset({int, float}), frozenset[type]()
_PRESENCE = (Operator.EMPTY, Operator.FILLED)
_PARTS = (Operator.HAS, Operator.LACKS, Operator.STARTS)
_EQUALITY = (Operator.IS, Operator.NOT)
_RANGE = (Operator.FROM, Operator.TO)
_BY_TEXT = (*_PARTS, *_EQUALITY, *_PRESENCE)
_BY_CHOICE = (*_EQUALITY, *_PARTS, *_PRESENCE)
_BY_DAY = (Operator.PERIOD, *_RANGE, *_EQUALITY, *_PRESENCE)


def _text_type(shown: str = "text", operators: tuple[Operator, ...] = _BY_TEXT) -> ColumnType:
    return ColumnType(TEXT, _STR, _text, operators, shown, "text")


def _number_type(shown: str, exported: str, *more: Operator) -> ColumnType:
    return ColumnType(pa.float64(), _NUMBERS, _number, (*_RANGE, *more, *_EQUALITY, *_PRESENCE), shown, exported)


def _list_type(shown: str, exported: str) -> ColumnType:
    return ColumnType(pa.list_(TEXT), _NONE, _texts, _BY_CHOICE, shown, exported)


COLUMN_TYPES: Mapping[FieldType, ColumnType] = {
    FieldType.TEXT: _text_type(),
    FieldType.LONG_TEXT: _text_type("text, the first 2,000 characters in the table, all in the details"),
    FieldType.NUMBER: _number_type("number", "number"),
    FieldType.CURRENCY: _number_type(
        "number after its currency, EUR 1,234.50",
        "number, the currency in the heading; where it differs by row, in a column after it",
        Operator.UNIT,
    ),
    FieldType.PERCENT: _number_type("percentage", "number, 25 for 25 %, with (%) in the heading"),
    FieldType.DURATION: _number_type("1:30 as the provider formats it, else 1 h 30 min", "number of hours"),
    FieldType.RATING: _number_type("number", "number"),
    FieldType.BOOLEAN: ColumnType(
        pa.bool_(), frozenset({bool}), _boolean, (*_EQUALITY, *_PRESENCE), "check box", "TRUE or FALSE"
    ),
    FieldType.DATE: ColumnType(pa.date32(), frozenset({date}), _day, _BY_DAY, "day, without a zone", "2026-11-26"),
    FieldType.DATETIME: ColumnType(
        TIME, frozenset({datetime}), _time, _BY_DAY, "date and time in the viewer's zone", "2026-11-26 14:03:00Z"
    ),
    FieldType.DATE_RANGE: ColumnType(
        RANGE, _NONE, _range, _BY_DAY, "26 Nov 2026 → 1 Dec 2026, with times where it has them",
        "start, and in a column after it the end",
    ),
    FieldType.SELECT: _text_type("label of the option, in its color", _BY_CHOICE),
    FieldType.MULTI_SELECT: _list_type("labels of the options, in their colors", "labels joined by commas"),
    FieldType.PERSON: _text_type("name", _BY_CHOICE),
    FieldType.PEOPLE: _list_type("names", "names joined by commas"),
    FieldType.RELATION: _list_type("names of the items, as links in the details", "names joined by commas"),
    FieldType.URL: _text_type("address; a link if it is http or https"),
    FieldType.EMAIL: _text_type(),
    FieldType.PHONE: _text_type(),
    FieldType.FILES: ColumnType(
        pa.list_(FILE), _NONE, _files, _BY_TEXT, "names of the files", "names joined by commas"
    ),
    FieldType.IDENTIFIER: ColumnType(
        pa.int64(), frozenset({int}), _whole, (*_EQUALITY, *_RANGE, *_PRESENCE), "number after its prefix",
        "number; text if it has a prefix",
    ),
    FieldType.LOCATION: _text_type("address, or latitude and longitude"),
    FieldType.JSON: ColumnType(TEXT, _NONE, json_text, _BY_TEXT, "JSON text", "JSON text"),
}  # fmt: skip


def operators(field: Field) -> tuple[Operator, ...]:
    """Returns the operators that filter a field, the one to offer first in front."""
    found = COLUMN_TYPES[field.type].operators
    return tuple(dict.fromkeys((*found, *_PARTS))) if field.many else found


def field_types() -> list[tuple[FieldType, str, tuple[Operator, ...], str]]:
    """Returns every field type: how it is shown, the operators that filter it, how it is exported."""
    return [(kind, each.shown, each.operators, each.exported) for kind, each in COLUMN_TYPES.items()]


_PARSERS: Mapping[FieldType, Callable[[str], Any]] = {
    **dict.fromkeys((FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION), _finite),
    FieldType.RATING: _finite,
    FieldType.IDENTIFIER: lambda text: int(text.removesuffix(".0")),
    FieldType.BOOLEAN: lambda text: {"TRUE": True, "FALSE": False}.get(text.upper(), text),
    FieldType.DATE: lambda text: date.fromisoformat(text[:10]),
    FieldType.DATETIME: datetime.fromisoformat,
    FieldType.DATE_RANGE: lambda text: (date.fromisoformat(text[:10]), None),
}
