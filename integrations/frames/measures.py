"""What a measure comes to in each of several categories of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType
from ..model.numbers import WITHOUT_CENTS, duration_text, number_text, percent_text
from ..model.query import Function
from .cells import TEXT
from .pairs import Entries, Index, Integers
from .readable import Cells, texts

Numbers = np.ndarray[tuple[int, ...], np.dtype[Any]]
EXACT = 2.0**53  # whole numbers up to which a float holds every one
DECIMALS = range(5)  # digits after the point up to which numbers are summed as people add them
WHOLE = (Function.COUNT, Function.DISTINCT)
BITMAP = 50_000_000  # pairs of category and value up to which they are ticked off, rather than sorted


@dataclass(frozen=True)
class Values:
    """What a measure is computed of: numbers with their rows, and their units as codes of `units`, frequent ones first.

    `numbers`: for sums and averages whole where they can be, `factor` times the values; for different values the
    same number for the same values.
    """

    entries: Entries
    numbers: Numbers
    units: tuple[str, ...] = ("",)
    factor: float = 1.0


def numbers_of(found: Cells, function: Function) -> Values:
    """Returns the numbers of a field, as a function wants them."""
    values, codes = found.singles
    known = np.asarray(values.is_valid(), np.bool_)
    numbers = np.asarray(values.drop_null(), np.float64)
    units: tuple[str, ...] = ("",)
    places = np.zeros(len(numbers), np.int64)
    if codes is not None:
        units, places = _units(pc.fill_null(codes, "").filter(pa.array(known)))
    rows = None if known.all() and not found.listed else _rows(found)[known]
    return _prepared(Values(Entries(rows, places), numbers, units), function)


def _prepared(values: Values, function: Function) -> Values:
    numbers = values.numbers
    factor = _factor(numbers) if function in (Function.SUM, Function.AVERAGE) else 1.0
    return replace(values, numbers=np.rint(numbers * factor), factor=factor) if factor > 1 else values


def different_of(found: Cells) -> Values:
    """Returns a number for each value of a field, the same for the same values."""
    values, rows = found.singles[0], _rows(found)
    if found.odd or pa.types.is_struct(values.type):
        values, rows = texts(found), np.arange(len(found.values))
    if values.type == TEXT:
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, TEXT), values)
    known = np.asarray(values.is_valid(), np.bool_)
    codes = np.asarray(values.drop_null().dictionary_encode().indices, np.int64)
    return Values(Entries(rows[known], np.zeros(len(codes), np.int64)), codes)


def _rows(found: Cells) -> Integers:
    if not found.listed:
        return np.arange(len(found.values))
    return np.asarray(pc.list_parent_indices(found.values), np.int64)


def _units(codes: pa.Array) -> tuple[tuple[str, ...], Integers]:
    """Returns the currencies, the most frequent first, and which one each value has."""
    encoded = codes.dictionary_encode()
    places = np.asarray(encoded.indices, np.int64)
    order = np.argsort(-np.bincount(places, minlength=len(encoded.dictionary)), kind="stable")
    names = encoded.dictionary.to_pylist()
    return tuple(names[each] for each in order) or ("",), np.argsort(order)[places]


def measured(function: Function, groups: Integers, values: Values, at: Index, size: int) -> Numbers:
    """Returns the measure of each group, from 0 to `size`; NaN for groups without values, whose sum is 0.

    `groups`: that of each of the values at these places.
    """
    return _FUNCTIONS[function](groups, values, values.numbers[at], size)


def counted(groups: Integers, size: int) -> Integers:
    """Returns how often each group is there."""
    return np.bincount(groups, minlength=size)


def _factor(numbers: Numbers) -> float:
    """Returns the power of ten that makes all numbers whole, if their sums are exact then; else 1.

    So decimal numbers are added as people do: 0.1 and 0.2 are 0.3.
    """
    for digits in DECIMALS:
        factor = 10.0**digits
        scaled = np.rint(numbers * factor)
        if np.array_equal(scaled / factor, numbers):
            return factor if np.abs(scaled).sum() < EXACT else 1.0
    return 1.0


def _sum(groups: Integers, values: Values, numbers: Numbers, size: int) -> Numbers:
    sums: Numbers = np.bincount(groups, weights=numbers, minlength=size) / values.factor
    return sums


def _average(groups: Integers, values: Values, numbers: Numbers, size: int) -> Numbers:
    counts = counted(groups, size)
    found: Numbers = np.full(size, np.nan)
    np.divide(_sum(groups, values, numbers, size), counts, out=found, where=counts > 0)
    return found


def _median(groups: Integers, values: Values, numbers: Numbers, size: int) -> Numbers:
    narrow = groups.astype(np.uint16) if size <= 2**16 else groups  # sorted faster
    ordered, counts = numbers[np.argsort(narrow, kind="stable")], counted(groups, size)
    starts, found = np.cumsum(counts) - counts, np.full(size, np.nan)
    for group in np.flatnonzero(counts):
        found[group] = np.median(ordered[starts[group] : starts[group] + counts[group]], overwrite_input=True)
    return found


def _least(groups: Integers, values: Values, numbers: Numbers, size: int) -> Numbers:
    found = np.full(size, np.inf)
    np.minimum.at(found, groups, numbers)
    return np.where(np.isinf(found), np.nan, found)


def _most(groups: Integers, values: Values, numbers: Numbers, size: int) -> Numbers:
    return -_least(groups, values, -numbers, size)


def _different(groups: Integers, values: Values, numbers: Numbers, size: int) -> Numbers:
    width = int(values.numbers.max()) + 1 if len(values.numbers) else 1
    pairs = groups * width + numbers
    if size * width <= BITMAP:
        there = np.zeros(size * width, np.bool_)
        there[pairs] = True
        found: Numbers = there.reshape(size, width).sum(axis=1)
        return found
    return counted(np.asarray(pc.unique(pa.array(pairs)), np.int64) // width, size)


_FUNCTIONS: Mapping[Function, Callable[[Integers, Values, Numbers, int], Numbers]] = {
    Function.SUM: _sum,
    Function.AVERAGE: _average,
    Function.MEDIAN: _median,
    Function.MIN: _least,
    Function.MAX: _most,
    Function.DISTINCT: _different,
}


def rounded(numbers: Numbers, function: Function, field: Field | None, unit: str) -> Numbers:
    """Returns the numbers with as many digits as people read: those of the field, for averages two at least."""
    if field is None or function in WHOLE:
        return numbers
    result: Numbers = np.round(numbers, _digits(function, field, unit)) + 0.0
    return result


def _digits(function: Function, field: Field, unit: str) -> int:
    """Returns how many digits after the point a measure has."""
    mean = function in (Function.AVERAGE, Function.MEDIAN)
    if field.type is FieldType.DURATION:
        return 0 if mean else 3
    whole = 0 if unit in WITHOUT_CENTS else 2
    if field.type is FieldType.CURRENCY:
        return whole if field.precision is None else field.precision
    precision = field.precision if field.precision is not None else 2 if mean else 6
    precision = max(precision, 2) if mean else precision
    return precision + 2 if field.type is FieldType.PERCENT else precision


def number_words(number: float, function: Function, field: Field | None, unit: str) -> str:
    """Returns a measure as people read it, without its unit; empty where there is none."""
    if number != number:
        return ""
    if field is None or function in WHOLE:
        return f"{int(number):,}"
    match field.type:
        case FieldType.PERCENT:
            return percent_text(number)
        case FieldType.DURATION:
            return duration_text(number, field.format)
        case FieldType.CURRENCY:
            return number_text(number, _digits(function, field, unit)).removesuffix(".00")
    return number_text(number)
