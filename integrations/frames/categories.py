"""Categories of rows: the values of a field, or periods of its dates, and the conditions that are met by each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..model.query import Condition, Operator
from .conditions import filled
from .pairs import Entries, Integers, different
from .readable import Cells

EMPTY_LABEL = "Empty"
Name = Callable[[list[int]], "list[Category]"]


class NotGroupable(ValueError):
    """The rows cannot be grouped as asked; the message is a sentence for people."""


@dataclass(frozen=True)
class Category:
    """Rows with the same value of a field, with a date in the same period, or with none.

    `conditions`: met by exactly these rows; none where no conditions can say so. `color`: of an option. `others`: how
    many categories it stands for, beyond those that are named. `period`: whether it is a period of time.
    """

    label: str
    conditions: tuple[Condition, ...] = ()
    color: str = ""
    others: int = 0
    period: bool = False

    @property
    def empty(self) -> bool:
        """Whether its rows have no value."""
        return any(each.operator is Operator.EMPTY for each in self.conditions)

    @property
    def last(self) -> bool:
        """Whether it stands after all others, whatever its number."""
        return bool(self.others) or self.empty


@dataclass(frozen=True)
class Categories:
    """The categories of some rows. `ordered`: they have an order of their own, as options and dates do."""

    entries: Entries
    named: tuple[Category, ...]
    ordered: bool


@dataclass(frozen=True)
class Coded:
    """Rows with a code for each value of a field: values, then texts that do not fit the column, then none at all."""

    found: Cells
    entries: Entries
    values: int
    texts: tuple[str, ...]

    @property
    def empty(self) -> int:
        """The code of rows without a value."""
        return self.values + len(self.texts)

    @property
    def counts(self) -> Integers:
        """How many rows have each code."""
        return np.bincount(self.entries.codes, minlength=self.empty + 1)


def coded(found: Cells, entries: Entries, values: int) -> Coded:
    """Returns the rows with their values and with what else they have; a code of -1 is no value.

    `values`: how many codes there are.
    """
    texts = tuple(sorted(set(found.odd.values())))
    empty = np.flatnonzero(~filled(found))
    odd = np.array(list(found.odd), np.int64)
    odd_codes = np.array([values + texts.index(each) for each in found.odd.values()], np.int64)
    rows, codes = np.concatenate([odd, empty]), np.concatenate([odd_codes, np.full(len(empty), values + len(texts))])
    if entries.rows is None:
        result = entries.codes.copy()
        result[rows] = codes
        return Coded(found, Entries(None, result), values, texts)
    known = entries.codes >= 0
    rows, codes = np.concatenate([entries.rows[known], rows]), np.concatenate([entries.codes[known], codes])
    return Coded(found, different(rows, codes, values + len(texts) + 1), values, texts)


def named(of: Coded, kept: Sequence[int], name: Name, others: Category | None, ordered: bool) -> Categories:
    """Returns the categories of the kept codes, in their order, then that of rows without a value, then the others.

    `name`: makes the categories of values.
    """
    values, texts = [each for each in kept if each < of.values], [each for each in kept if each >= of.values]
    codes = [*values, *texts, *([of.empty] if of.counts[of.empty] else [])]
    places = np.full(of.empty + 1, len(codes), np.int64)
    places[codes] = np.arange(len(codes))
    found = [*name(values), *(_of_text(of, each) for each in codes[len(values) :])]
    entries = Entries(of.entries.rows, places[of.entries.codes])
    if others and entries.rows is not None:
        entries = different(entries.rows, entries.codes, len(codes) + 1)
    return Categories(entries, tuple(_distinct([*found, *([others] if others else [])])), ordered)


def _of_text(of: Coded, code: int) -> Category:
    field = of.found.field.id
    if code == of.empty:
        return Category(EMPTY_LABEL, (Condition(field, Operator.EMPTY),))
    text = of.texts[code - of.values]
    return Category(text, (Condition(field, Operator.IS, text),))


def _distinct(found: Sequence[Category]) -> list[Category]:
    """Returns the categories with different labels: one that was there before gets a number after it."""
    taken: set[str] = set()
    result = []
    for each in found:
        label, number = each.label, 2
        while label in taken:
            label, number = f"{each.label} ({number})", number + 1
        taken.add(label)
        result.append(replace(each, label=label))
    return result
