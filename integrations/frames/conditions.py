"""Which values of a field meet the conditions of a query."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..model import FieldType, periods
from ..model.query import Condition, Operator
from .cells import TEXT, plain
from .columns import TIME
from .days import day_of, end_of, start_of
from .folding import containing, fold, folded, starting
from .readable import NUMBERS, Cells, element_texts, texts
from .tables import Table, type_label

Limited = tuple[Operator, str]
Mask = npt.NDArray[np.bool_]
TRUTHS = {"yes": True, "no": False, "true": True, "false": False}
DAYS = (FieldType.DATE, FieldType.DATETIME, FieldType.DATE_RANGE)
COMMA = ","  # what joins the values of a list contains it
LIMITS = (Operator.FROM, Operator.TO)
NAMED = (FieldType.SELECT, FieldType.MULTI_SELECT, FieldType.PERSON, FieldType.PEOPLE, FieldType.RELATION)


def number_of(text: str) -> float | None:
    """Returns the number of a text, None for any other text."""
    with suppress(ValueError):
        number = float(text)
        return None if math.isnan(number) else number
    return None


def value_fault(found: Cells, condition: Condition) -> str:
    """Returns what is wrong with the value of a condition; an empty text where it is one of the field."""
    kind, value = found.field.type, condition.value
    if condition.operator is Operator.PERIOD:
        return "" if periods.known(value) else "this period is not known here"
    odd = condition.operator in (Operator.IS, Operator.NOT) and value in found.odd.values()
    if odd or condition.operator is Operator.UNIT:
        return ""
    if kind in DAYS:
        return "" if day_of(value) else "this is not a date"
    if kind in NUMBERS:
        return "" if number_of(value) is not None else "this is not a number"
    if kind is FieldType.BOOLEAN:
        return "" if value.lower() in TRUTHS else "this is neither yes nor no"
    return ""


def meeting(table: Table, found: Cells, conditions: Sequence[Condition]) -> Mask:
    """Returns which rows meet all conditions on one field; of several IS, one is enough.

    One and the same value of a list must be within the limits.
    """
    equal = [each.value for each in conditions if each.operator is Operator.IS]
    limits = [(each.operator, each.value) for each in conditions if each.operator in LIMITS]
    masks = [equal_to_any(table, found, equal)] if equal else []
    masks += [_within(found, limits)] if limits else []
    masks += [_meeting(table, found, each) for each in conditions if each.operator not in (Operator.IS, *LIMITS)]
    result: Mask = np.logical_and.reduce(masks)
    return result


def equal_to_any(table: Table, found: Cells, wanted: Sequence[str]) -> Mask:
    """Returns which rows have one of these values: by id, by label, or as it is written in an address."""
    mask = _any(found, lambda values: _EQUAL.get(found.field.type, _equal_texts)(found, values, wanted))
    if found.listed and any(COMMA in each for each in wanted):  # several values, as people read them
        mask |= _mask(pc.is_in(texts(found), value_set=pa.array(map(plain, wanted), TEXT)))
    for place, text in found.odd.items():
        mask[place] |= text in wanted
    return mask | _standard(table, found, wanted)


def _standard(table: Table, found: Cells, wanted: Sequence[str]) -> Mask:
    """Returns which rows have a standard field that people read, and addresses name by an id."""
    if found.field.id not in ("type", "owner"):
        return np.zeros(len(found.values), np.bool_)
    return _mask(pc.is_in(table.standard(found.field.id), value_set=pa.array(map(plain, wanted), TEXT)))


def filled(found: Cells) -> Mask:
    """Returns which rows have a value, one that does not fit the column included."""
    values = found.values
    if found.listed:
        mask = _mask(pc.greater(pc.list_value_length(values), 0))
    else:
        mask = _mask(pc.not_equal(values, "") if values.type == TEXT else values.is_valid())
    mask[list(found.odd)] = True
    return mask


def _meeting(table: Table, found: Cells, condition: Condition) -> Mask:
    operator, value = condition.operator, condition.value
    match operator:
        case Operator.EMPTY:
            return ~filled(found)
        case Operator.FILLED:
            return filled(found)
        case Operator.HAS:
            return _having(found, value)
        case Operator.LACKS:
            return ~_having(found, value) if value else _having(found, value)
        case Operator.STARTS:
            return _starting(found, value)
        case Operator.PERIOD:
            return _within(found, _limits_of(value))
        case Operator.UNIT:
            return has_unit(found, value)
    return ~equal_to_any(table, found, [value])


def has_unit(found: Cells, code: str) -> Mask:
    """Returns which rows have an amount in a currency."""
    return filled(found) & _mask(pc.equal(found.codes, pa.scalar(plain(code), TEXT)))


def _limits_of(value: str) -> list[Limited]:
    """Returns the limits of a period; a name must have been turned into days, see `dated`."""
    days = periods.days_of(value)
    if days is None:
        raise ValueError("Evaluate a dated query: a period is known by its name only together with a day.")
    return [(operator, day.isoformat()) for operator, day in zip(LIMITS, days, strict=True) if day]


def _within(found: Cells, limits: Sequence[Limited]) -> Mask:
    limit = _LIMITS[found.field.type]
    return _any(found, lambda values: reduce(pc.and_, (limit(found, values, *each) for each in limits)))


def _having(found: Cells, value: str) -> Mask:
    """Returns which rows have a text in what people read; any row for no text."""
    wanted = fold(plain(value))
    if not value:
        return np.ones(len(found.values), np.bool_)
    between = found.listed and (COMMA in wanted or wanted.startswith(" "))  # may be found where two names are joined
    if found.field.type not in NAMED or found.odd or between:
        return containing(folded(texts(found)), value)
    return _any(found, lambda values: _by_name(found, values, lambda names: containing(folded(names), value)))


def _by_name(found: Cells, values: pa.Array, test: Callable[[pa.Array], Mask]) -> pa.Array:
    """Returns whether the names of values pass a test, which sees each different one once."""
    different = values.dictionary_encode()
    return pa.array(test(element_texts(found, different.dictionary))).take(different.indices)


def _starting(found: Cells, value: str) -> Mask:
    """Returns which rows have a value, or for lists one of their values, that starts so; any row for no text."""
    if not value:
        return np.ones(len(found.values), np.bool_)
    codes = found.singles[1]
    mask = _any(found, lambda values: starting(folded(element_texts(found, values, codes)), value))
    for place, text in found.odd.items():
        mask[place] = fold(text).startswith(fold(plain(value)))
    return mask


def _any(found: Cells, test: Callable[[pa.Array], pa.Array]) -> Mask:
    """Returns which rows have a value, or for lists one of their values, that passes the test."""
    if not found.listed:
        return _mask(test(found.values))
    mask = np.zeros(len(found.values), np.bool_)
    parents = np.asarray(pc.list_parent_indices(found.values), np.int64)
    mask[parents[_mask(test(found.values.flatten()))]] = True
    return mask


def _mask(found: pa.Array | pa.ChunkedArray) -> Mask:
    return np.array(pc.fill_null(found, False), np.bool_)


def _equal_texts(found: Cells, values: pa.Array, wanted: Sequence[str]) -> pa.Array:
    if found.field.id == "type":
        wanted = [type_label(each) for each in wanted]
    known = pa.array(map(plain, wanted), TEXT)
    shown = element_texts(found, values)
    return pc.is_in(shown, value_set=known)


def _equal_named(found: Cells, values: pa.Array, wanted: Sequence[str]) -> pa.Array:
    """By id; by label only what is no id, since the label of one option can be the id of another."""
    known = pa.array(map(plain, wanted), TEXT)
    by_id = pc.is_in(values, value_set=known)
    ids = {*values.filter(by_id).unique().to_pylist(), *(plain(each.value) for each in found.field.options)}
    labels = pa.array([each for each in known.to_pylist() if each not in ids], TEXT)
    if not len(labels):
        return by_id
    named = _by_name(found, values, lambda names: _mask(pc.is_in(names, value_set=labels)))
    return pc.or_(by_id, pc.fill_null(named, False))


def _equal_numbers(found: Cells, values: pa.Array, wanted: Sequence[str]) -> pa.Array:
    numbers = [number for each in wanted if (number := number_of(each)) is not None]
    return pc.is_in(values, value_set=pa.array(numbers, pa.float64()))


def _equal_truths(found: Cells, values: pa.Array, wanted: Sequence[str]) -> pa.Array:
    return pc.is_in(values, value_set=pa.array([TRUTHS.get(each.lower()) for each in wanted], pa.bool_()).drop_null())


def _equal_identifiers(found: Cells, values: pa.Array, wanted: Sequence[str]) -> pa.Array:
    numbers = [_identifier(found, each) for each in wanted]
    return pc.is_in(values, value_set=pa.array(numbers, pa.int64()).drop_null())


def _identifier(found: Cells, text: str) -> int | None:
    with suppress(ValueError):
        number = int(text.removeprefix(found.field.prefix))
        return number if abs(number) < 2**63 else None
    return None


def _equal_days(found: Cells, values: pa.Array, wanted: Sequence[str]) -> pa.Array:
    """Within a day from its start to its end, by the two limits."""
    limit = _LIMITS[found.field.type]
    result = pc.and_(values.is_null(), values.is_valid())
    for each in wanted:
        since, until = (limit(found, values, operator, each) for operator in (Operator.FROM, Operator.TO))
        result = pc.or_(result, pc.fill_null(pc.and_(since, until), False))
    return result


def _number_limit(found: Cells, values: pa.Array, operator: Operator, value: str) -> pa.Array:
    return _compared(values, operator, number_of(value))


def _identifier_limit(found: Cells, values: pa.Array, operator: Operator, value: str) -> pa.Array:
    return _compared(values, operator, _identifier(found, value))


def _day_limit(found: Cells, values: pa.Array, operator: Operator, value: str) -> pa.Array:
    return _compared(values, operator, day_of(value))


def _time_limit(found: Cells, values: pa.Array, operator: Operator, value: str) -> pa.Array:
    return _compared(values, operator, _moment(operator, value, found.zone))


def _range_limit(found: Cells, values: pa.Array, operator: Operator, value: str) -> pa.Array:
    """A range begins before a limit TO, and ends after one FROM; days have no zone."""
    start, end, timed = values.flatten()
    edge = pc.coalesce(end, start) if operator is Operator.FROM else pc.coalesce(start, end)
    by_time = _compared(edge, operator, _moment(operator, value, found.zone))
    return pc.if_else(timed, by_time, _compared(edge, operator, _moment(operator, value, UTC)))


def _moment(operator: Operator, value: str, zone: tzinfo) -> datetime | None:
    day = day_of(value)
    edge = start_of if operator is Operator.FROM else end_of
    return edge(day, zone) if day else None


def _compared(values: pa.Array, operator: Operator, limit: float | date | None) -> pa.Array:
    kind = TIME if pa.types.is_timestamp(values.type) else values.type
    compare = pc.greater_equal if operator is Operator.FROM else pc.less_equal
    return compare(values, pa.scalar(limit, kind))


Limit = Callable[[Cells, pa.Array, Operator, str], pa.Array]
_LIMITS: Mapping[FieldType, Limit] = {
    **dict.fromkeys(NUMBERS, _number_limit),
    FieldType.IDENTIFIER: _identifier_limit,
    FieldType.DATE: _day_limit,
    FieldType.DATETIME: _time_limit,
    FieldType.DATE_RANGE: _range_limit,
}
_EQUAL: Mapping[FieldType, Callable[[Cells, pa.Array, Sequence[str]], pa.Array]] = {
    **dict.fromkeys(NUMBERS, _equal_numbers),
    **dict.fromkeys(NAMED, _equal_named),
    **dict.fromkeys(DAYS, _equal_days),
    FieldType.BOOLEAN: _equal_truths,
    FieldType.IDENTIFIER: _equal_identifiers,
}
