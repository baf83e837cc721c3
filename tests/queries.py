"""Queries in few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from integrations.model.query import Condition, Operator, Query

Days = tuple[date | None, date | None]
ANY: Days = (None, None)


def narrowing(
    search: str = "", types: Sequence[str] = (), parents: Sequence[str] = (), owners: Sequence[str] = (),
    created: Days = ANY, updated: Days = ANY, columns: Sequence[str] = (),
) -> Query:  # fmt: skip
    """The query that asks for one of each of these, and for whole days from the first to the last."""
    lists = (("type", types), ("parent", parents), ("owner", owners))
    where = [Condition(field, Operator.IS, value) for field, values in lists for value in values]
    for field, days in (("created", created), ("updated", updated)):
        ends = zip((Operator.FROM, Operator.TO), days, strict=True)
        where += [Condition(field, operator, day.isoformat()) for operator, day in ends if day]
    return Query(where=tuple(where), search=search, columns=tuple(columns))
