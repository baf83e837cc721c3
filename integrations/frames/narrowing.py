"""A query narrowed to one of its groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..model import Field, FieldType
from ..model.query import NUMBERS_OF_GROUPS, Condition, Operator, Query
from ..model.schema import LIST_TYPES
from .tables import Table

LIMITS = (Operator.FROM, Operator.TO)


def narrowed(table: Table, query: Query, conditions: Iterable[Condition]) -> Query:
    """Returns the query for those of its rows that also meet the conditions of a group."""
    for field_id in dict.fromkeys(each.field for each in conditions):
        new = tuple(each for each in conditions if each.field == field_id)
        field = table.field(field_id)
        if field and _may_have_several(field):
            query = _set_apart(query, new)
        else:
            mine = [each for each in query.where if each.field == field_id and not each.group]
            new = tuple(each for each in new if not any(_is_wider(each, old) for old in mine))
            query = replace(query, where=tuple(each for each in query.where if not _is_implied(each, new)))
        query = replace(query, where=tuple(dict.fromkeys((*query.where, *new))))
    return query


def _may_have_several(field: Field) -> bool:
    """Returns whether a row can have several values of a field, as lists and ranges of days do."""
    return field.many or field.type in LIST_TYPES or field.type is FieldType.DATE_RANGE


def _is_implied(old: Condition, new: Iterable[Condition]) -> bool:
    """Returns whether a condition on a single value says nothing more beside the new ones, which some row meets."""
    mine = [each for each in new if each.field == old.field and not old.group]
    if any(each.operator is Operator.IS for each in mine):
        return old.operator in (Operator.IS, *LIMITS)
    return any(_is_wider(old, each) for each in mine)


def _is_wider(one: Condition, other: Condition) -> bool:
    """Returns whether a limit of days is at or beyond another one."""
    if one.operator is not other.operator or one.operator not in LIMITS:
        return False
    return one.value <= other.value if one.operator is Operator.FROM else one.value >= other.value


def _set_apart(query: Query, new: Iterable[Condition]) -> Query:
    """Returns the query with its conditions of the same kind in a group of their own.

    Beside the new ones they would ask for one value that meets both.
    """
    operators = {each.operator for each in new}
    kind = {Operator.IS} if Operator.IS in operators else operators & {*LIMITS}
    field = next(each.field for each in new)
    old = {each for each in query.where if each.field == field and not each.group and each.operator in kind}
    free = [int(each) for each in NUMBERS_OF_GROUPS if all(int(each) != other.group for other in query.where)]
    if not old - {*new} or not free:
        return query
    return replace(query, where=tuple(replace(each, group=free[0]) if each in old else each for each in query.where))
