"""The conditions of a query as people read them: those that belong together are one chip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from .. import frames
from ..frames import Table
from ..model import Field, FieldType
from ..model.query import WITHOUT_VALUE, Condition, Operator, Query

SPAN = (Operator.FROM, Operator.TO)
WORDS = {
    Operator.IS: "is one of", Operator.NOT: "is none of", Operator.HAS: "contains", Operator.LACKS: "does not contain",
    Operator.EMPTY: "is empty", Operator.FILLED: "is not empty", Operator.FROM: "is between",
}  # fmt: skip
DAYS = (FieldType.DATE, FieldType.DATETIME, FieldType.DATE_RANGE)
NUMBERS = (
    FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION, FieldType.RATING, FieldType.IDENTIFIER,
)  # fmt: skip
UNITS = {FieldType.PERCENT: (0.01, "%"), FieldType.DURATION: (3_600, "hours")}  # in which people count
NAMED = 2  # values of a chip; more are counted


@dataclass(frozen=True)
class Chip:
    """Conditions on one field that belong together: the values of a list, or the ends of a span (then FROM)."""

    field_id: str
    operator: Operator
    conditions: tuple[Condition, ...]

    def ends(self) -> tuple[str, str]:
        """Returns the two ends of a span, each empty where it is open."""
        values = {each.operator: each.value for each in self.conditions}
        one = values.get(Operator.IS, "")
        return values.get(Operator.FROM, one), values.get(Operator.TO, one)


def chips(query: Query) -> list[Chip]:
    """Returns the conditions of a query, in its order."""
    found: dict[tuple[str, Operator], list[Condition]] = {}
    for each in query.where:
        operator = Operator.FROM if each.operator in SPAN else each.operator
        found.setdefault((each.field, operator), []).append(each)
    return [Chip(*key, tuple(conditions)) for key, conditions in found.items()]


def put(query: Query, old: Chip | None, new: tuple[Condition, ...]) -> Query:
    """Returns the query with these conditions in the place of a chip, or after all others."""
    if old is None:
        return replace(query, where=tuple(dict.fromkeys((*query.where, *new))))
    at = query.where.index(old.conditions[0])
    before = [each for each in query.where[:at] if each not in old.conditions]
    after = [each for each in query.where[at:] if each not in old.conditions]
    return replace(query, where=tuple(dict.fromkeys((*before, *new, *after))))


def operators_of(field: Field) -> list[Operator]:
    """Returns the tests that people can choose for a field; a span is one, and stands for single days and numbers."""
    spans = field.type in (*DAYS, *NUMBERS)
    known = [each for each in frames.operators(field) if each in WORDS]
    return [each for each in known if not (spans and each in (Operator.IS, Operator.NOT))]


def field_of(table: Table, id: str) -> Field | None:
    """Returns a field that a table can be filtered by: its own, and the type of its rows."""
    return table.field(id) or frames.STANDARD_FIELDS.get(id)


def words_of(table: Table, chip: Chip) -> str:
    """Returns a chip as words: "Stage is Won, Lost", "Close date is this quarter"."""
    field = field_of(table, chip.field_id)
    label = field.label if field else chip.field_id
    if field is None or chip.operator not in WORDS:
        return f"{label} {', '.join(each.value for each in chip.conditions)}".strip()
    return f"{label} {_test(table, field, chip)}"


def _test(table: Table, field: Field, chip: Chip) -> str:
    match chip.operator:
        case Operator.IS | Operator.NOT:
            values = [_value(table, field, each.value) for each in chip.conditions]
            more = f" +{len(values) - NAMED}" if len(values) > NAMED else ""
            return ("is " if chip.operator is Operator.IS else "is not ") + ", ".join(values[:NAMED]) + more
        case Operator.FROM:
            first, last = (_value(table, field, each) for each in chip.ends())
            return f"{first} – {last}" if first and last else f"from {first}" if first else f"up to {last}"
        case operator if operator in WITHOUT_VALUE:
            return WORDS[operator]
    return f"{WORDS[chip.operator]} " + ", ".join(each.value for each in chip.conditions)


def _value(table: Table, field: Field, text: str) -> str:
    if not text:
        return ""
    if field.type in DAYS and (day := day_of(text)):
        return f"{day.day} {day:%b %Y}"
    if field.type in NUMBERS and (number := number_of(text)) is not None:
        factor, unit = UNITS.get(field.type, (1, ""))
        return f"{round(number / factor, 6):,g}".replace("e+", "e") + (
            unit if unit == "%" else f" {unit}" if unit else ""
        )
    return frames.label_of(table, field.id, text)


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
