"""The conditions of a query as people read and change them: those that belong together are one chip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from .. import frames
from ..frames import Table
from ..model import Field, FieldType, periods
from ..model.numbers import number_text
from ..model.query import NUMBERS_OF_GROUPS, WITHOUT_VALUE, Condition, Operator, Query


class Check(StrEnum):
    """What people choose for a field: an operator, or BETWEEN for FROM and TO together."""

    IS = "is"
    NOT = "not"
    HAS = "has"
    LACKS = "lacks"
    STARTS = "starts"
    EMPTY = "empty"
    FILLED = "filled"
    PERIOD = "period"
    BETWEEN = "between"
    FROM = "from"
    TO = "to"


SPAN = (Operator.FROM, Operator.TO, Operator.UNIT)
WORDS = {
    Check.IS: "is one of", Check.NOT: "is none of", Check.HAS: "contains", Check.LACKS: "does not contain",
    Check.STARTS: "starts with", Check.EMPTY: "is empty", Check.FILLED: "is not empty",
    Check.PERIOD: "is in the period", Check.BETWEEN: "is between", Check.FROM: "is at least", Check.TO: "is at most",
}  # fmt: skip
WORDS_OF_DAYS = {Check.FROM: "is on or after", Check.TO: "is on or before"}
DAYS = (FieldType.DATE, FieldType.DATETIME, FieldType.DATE_RANGE)
NUMBERS = (
    FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION, FieldType.RATING, FieldType.IDENTIFIER,
)  # fmt: skip
UNITS = {FieldType.PERCENT: (0.01, "%"), FieldType.DURATION: (3_600, "hours")}  # in which people count
NAMED = 2  # values of a chip; more are counted


@dataclass(frozen=True)
class Chip:
    """Conditions that belong together.

    On one field: the values of a list, or the ends of a span and its currency (then FROM), or a single one. Or a group
    of `alternatives` of which one is enough; those on the same field must all be met.
    """

    field_id: str
    operator: Operator
    conditions: tuple[Condition, ...]
    alternatives: tuple[Chip, ...] = ()

    @property
    def group(self) -> int:
        """The number of the group that it is, or is in; 0 for one that every row must meet."""
        return self.conditions[0].group

    @property
    def test(self) -> Check:
        """The test that its conditions are."""
        if self.operator is not Operator.FROM:
            return Check(self.operator)
        first, last = self.ends()
        return Check.BETWEEN if bool(first) == bool(last) else Check.FROM if first else Check.TO

    def ends(self) -> tuple[str, str]:
        """Returns the two ends of a span, each empty where it is open."""
        one = self.value_of(Operator.IS)
        return self.value_of(Operator.FROM) or one, self.value_of(Operator.TO) or one

    def value_of(self, operator: Operator) -> str:
        """Returns the value of the condition with an operator; an empty text if there is none."""
        return next((each.value for each in self.conditions if each.operator is operator), "")

    def takes(self, condition: Condition) -> bool:
        """Returns whether a condition belongs to it, too."""
        if (condition.field, _kind(condition)) != (self.field_id, self.operator):
            return False
        several = self.operator in (Operator.IS, Operator.NOT)
        return several or (self.operator is Operator.FROM and not self.value_of(condition.operator))


def chips(query: Query) -> list[Chip]:
    """Returns the conditions of a query in its order; a group of which one is enough is one chip."""
    found: list[Chip] = []
    for number in dict.fromkeys(each.group for each in query.where):
        own = tuple(each for each in query.where if each.group == number)
        found += [Chip("", Operator.IS, own, _parts(own))] if number else _parts(own)
    return sorted(found, key=lambda chip: query.where.index(chip.conditions[0]))


def put(query: Query, old: Chip | None, new: Iterable[Condition]) -> Query:
    """Returns the query with these conditions in the place of a chip, or after all others."""
    if old is None:
        return replace(query, where=tuple(dict.fromkeys((*query.where, *new))))
    at = query.where.index(old.conditions[0])
    before = [each for each in query.where[:at] if each not in old.conditions]
    after = [each for each in query.where[at:] if each not in old.conditions]
    return replace(query, where=tuple(dict.fromkeys((*before, *new, *after))))


def put_part(query: Query, whole: Chip, part: Chip | None, new: Sequence[Condition]) -> Query:
    """Returns the query with these conditions in the place of one alternative of a chip, or as one more.

    An only alternative that is left is no group.
    """
    number = whole.group or free_group(query)
    kept = [(each,) if part is None or each not in part.conditions else () for each in whole.conditions]
    at = len(kept) if part is None else whole.conditions.index(part.conditions[0])
    found = [each for place in (*kept[:at], tuple(new), *kept[at:]) for each in place]
    alone = len({each.field for each in found}) < 2
    return put(query, whole, [replace(each, group=0 if alone else number) for each in found])


def free_group(query: Query) -> int:
    """Returns a number that no group of conditions has; 0 if there is none left."""
    taken = {each.group for each in query.where}
    return next((int(each) for each in NUMBERS_OF_GROUPS if int(each) not in taken), 0)


def checks_of(field: Field) -> list[Check]:
    """Returns the tests that people can choose for a field; a span stands for single days and numbers."""
    known = [Check(each) for each in frames.operators(field) if each is not Operator.UNIT]
    if Check.FROM not in known:
        return known
    spans = [
        *([Check.PERIOD] if Check.PERIOD in known else []),
        Check.BETWEEN,
        Check.FROM,
        Check.TO,
    ]
    return [*spans, *(each for each in known if each not in (*spans, Check.IS, Check.NOT))]


def check_words(field: Field, test: Check) -> str:
    """Returns what people read for a test of a field."""
    return WORDS_OF_DAYS.get(test, WORDS[test]) if field.type in DAYS else WORDS[test]


def field_of(table: Table, id: str) -> Field | None:
    """Returns a field that a table can be filtered by: its own, and the type of its rows."""
    return table.field(id) or frames.STANDARD_FIELDS.get(id)


def words_of(table: Table, chip: Chip) -> str:
    """Returns a chip as words: "Stage is Won, Lost", "Close date is this quarter", "Stage is Won or Amount from 5"."""
    if chip.alternatives:
        fields = dict.fromkeys(each.field_id for each in chip.alternatives)
        own = [[words_of(table, each) for each in chip.alternatives if each.field_id == id] for id in fields]
        return " or ".join(" and ".join(each) for each in own)
    field = field_of(table, chip.field_id)
    label = field.label if field else chip.field_id
    if field is None or chip.operator is Operator.UNKNOWN:
        return f"{label} {', '.join(each.value for each in chip.conditions)}".strip()
    return f"{label} {_test(table, field, chip)}"


def period_words(name: str) -> str:
    """Returns a period in a sentence: "this quarter", "in the last 30 days", "1 Oct 2026 – 31 Dec 2026"."""
    if days := periods.days_of(name):
        return _span(*("" if each is None else day_words(each) for each in days))
    if name in ("past", "future") or periods.days_counted(name):
        return f"in the {name.replace('-', ' ')}"
    return name.replace("-", " ")


def day_words(day: date) -> str:
    """Returns a day as "26 Nov 2026"."""
    return f"{day.day} {day:%b} {day.year}"


def day_of(text: str) -> date | None:
    """Returns the day that a text of an address begins with; None if it is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def number_of(text: str) -> float | None:
    """Returns the number that a text of an address is; None if it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def _kind(condition: Condition) -> Operator:
    return Operator.FROM if condition.operator in SPAN else condition.operator


def _parts(conditions: Iterable[Condition]) -> tuple[Chip, ...]:
    """Returns the chips on single fields that conditions of one group make."""
    parts: list[Chip] = []
    for each in conditions:
        at = next((place for place, part in enumerate(parts) if part.takes(each)), None)
        if at is None:
            parts.append(Chip(each.field, _kind(each), (each,)))
        else:
            parts[at] = replace(parts[at], conditions=(*parts[at].conditions, each))
    return tuple(parts)


def _test(table: Table, field: Field, chip: Chip) -> str:
    match chip.operator:
        case Operator.IS | Operator.NOT:
            values = [_value(table, field, each.value) for each in chip.conditions]
            more = f" +{len(values) - NAMED}" if len(values) > NAMED else ""
            return ("is " if chip.operator is Operator.IS else "is not ") + ", ".join(values[:NAMED]) + more
        case Operator.FROM:
            first, last = (_value(table, field, each) for each in chip.ends())
            unit = chip.value_of(Operator.UNIT)
            return _span(first, last, unit) if first or last else f"in {unit}"
        case Operator.PERIOD:
            return f"is {period_words(chip.conditions[0].value)}"
        case operator if operator in WITHOUT_VALUE:
            return WORDS[chip.test]
    return f"{WORDS[chip.test]} {chip.conditions[0].value}"


def _span(first: str, last: str, unit: str = "") -> str:
    before = f"{unit} " if unit else ""
    if first and last:
        return f"{before}{first} – {last}"
    return f"from {before}{first}" if first else f"up to {before}{last}"


def _value(table: Table, field: Field, text: str) -> str:
    if not text:
        return ""
    if field.type in DAYS and (day := day_of(text)):
        return day_words(day)
    if field.type in NUMBERS and (number := number_of(text)) is not None:
        factor, unit = UNITS.get(field.type, (1, ""))
        return number_text(round(number / factor, 6)) + (unit if unit == "%" else f" {unit}" if unit else "")
    return frames.label_of(table, field.id, text)
