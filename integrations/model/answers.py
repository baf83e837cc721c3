"""Questions that many people ask of their tables, each with the query that answers it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .query import Condition, Grouping, Operator, Query
from .schema import PEOPLE_TYPES, Field, FieldType

STATUS = ("status", "stage", "state")
PERSON = ("assignee", "assigned", "owner", "responsible", "lead")
AUTHOR = ("created", "edited", "modified")  # people whom a table has anyway
DUE = ("due", "deadline")
DONE = frozenset(
    {"done", "complete", "completed", "closed", "cancelled", "canceled", "archived", "finished", "resolved", "shipped",
     "published", "paid"}
)  # fmt: skip
DATES = (FieldType.DATE, FieldType.DATETIME, FieldType.DATE_RANGE)


@dataclass(frozen=True)
class ReadyAnswer:
    """A question as people read it, and the query that answers it, its collection named."""

    title: str
    query: Query


def from_fields(collection: str, fields: Sequence[Field]) -> list[ReadyAnswer]:
    """Returns what can be asked of any table with these fields: by status, by person, overdue."""
    status, person = _status(fields), _person(fields)
    groups = [each for each in (status, person) if each]
    found = [
        ReadyAnswer(f"By {each.label}", Query(collection=collection, groups=(Grouping(each.id),))) for each in groups
    ]
    due = _named(_of_type(fields, DATES), DUE)
    if due:
        where = (Condition(due.id, Operator.PERIOD, "past"), *_not_done(fields, status))
        found.append(ReadyAnswer("Overdue", Query(collection=collection, where=where)))
    return found


def _status(fields: Sequence[Field]) -> Field | None:
    found = [each for each in _of_type(fields, (FieldType.SELECT,)) if not each.many]
    return _named(found, STATUS) or next(iter(found), None)


def _person(fields: Sequence[Field]) -> Field | None:
    found = [each for each in _of_type(fields, PEOPLE_TYPES) if not set(_words(each)) & {*AUTHOR}]
    return _named(found, PERSON) or next(iter(found), None)


def _not_done(fields: Sequence[Field], status: Field | None) -> list[Condition]:
    """Returns what rows meet that still have to be done, as far as the fields say so."""
    ticked = [each for each in _of_type(fields, (FieldType.BOOLEAN,)) if set(_words(each)) & DONE]
    options = [each for each in (status.options if status else ()) if each.label.strip().lower() in DONE]
    return [
        *(Condition(each.id, Operator.NOT, "yes") for each in ticked[:1]),
        *(Condition(status.id, Operator.NOT, each.value) for each in options if status),
    ]


def _of_type(fields: Iterable[Field], types: Iterable[FieldType]) -> list[Field]:
    known = set(types)
    return [each for each in fields if each.type in known]


def _named(fields: Iterable[Field], words: Sequence[str]) -> Field | None:
    """Returns the first field with one of these words in its label."""
    return next((each for each in fields if set(_words(each)) & {*words}), None)


def _words(field: Field) -> list[str]:
    return field.label.lower().replace("-", " ").replace("_", " ").split()
