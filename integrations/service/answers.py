"""Ready answers: what can be asked of a load by one click."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..frames import STANDARD_FIELDS, Tables, key_of
from ..model import Collection, Provider, Query
from ..model.answers import from_fields
from ..model.query import Condition, Grouping, Measure, Sort

Answers = list[tuple[str, Query]]


def answers_of(provider: Provider, tables: Tables) -> Answers:
    """Returns titles and queries of what can be asked of the tables that have rows, see `answers_in`."""
    return answers_in(provider, [each for each in tables.collections if tables.counts[each.id]])


def answers_in(provider: Provider, collections: Iterable[Collection]) -> Answers:
    """Returns titles and queries of what the provider declares, else of what a table with such fields can answer.

    A question is there if its fields are. Periods are to be read in a zone that the caller puts into the query.
    """
    known = {each.id: each for each in collections}
    if provider.answers:
        found = [each for each in provider.answers if _can_be_asked(known.get(each.query.collection), each.query)]
        return [(each.title, each.query) for each in found]
    return [
        (f"{each.label}: {answer.title}", answer.query)
        for each in known.values()
        for answer in from_fields(each.id, [replace(field, id=key_of(field.id)) for field in each.fields])
    ]


def _can_be_asked(collection: Collection | None, query: Query) -> bool:
    named: list[Condition | Grouping | Sort | Measure] = [*query.where, *query.groups, *query.sort, query.measure]
    asked = {each.field for each in named} - {*STANDARD_FIELDS, ""}
    return collection is not None and asked <= {key_of(each.id) for each in collection.fields}
