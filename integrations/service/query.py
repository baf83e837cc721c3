"""The query of an address: the collection that it means, and one too long for an address kept under a short name."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from ..frames import EVERYTHING, Tables
from ..model import Provider
from ..model.query import (
    MAX_ADDRESS,
    Condition,
    Operator,
    Query,
    from_json,
    from_pairs,
    pairs_length,
    to_json,
    to_pairs,
)
from ..store import keys, records

VIEW = "view"  # the parameter that names a stored query
ALL = "*"  # in place of a collection's id: the items of all collections


def collection_of(query: Query, tables: Tables) -> str | None:
    """Returns the id of the collection that a query asks for; None if there is no such collection.

    A query that names none asks for the first. One with a condition on the type asks for all, as the queries of
    earlier versions did: only there rows have different types.
    """
    known = [each.id for each in tables.collections]
    if query.collection == ALL or (not query.collection and query.conditions("type")):
        return EVERYTHING
    if not query.collection:
        return known[0] if known else EVERYTHING
    return query.collection if query.collection in known else None


def title_of(provider: Provider, tables: Tables, id: str) -> str:
    """Returns what people read for a collection: its own name, or the title of its type if no schema names it."""
    if id == EVERYTHING:
        return "Everything"
    collection = tables.open(id).collection
    if tables.schema.collection(id):
        return collection.label
    title = provider.type_title(collection.item_type)
    return title if title != collection.item_type else collection.label


async def pairs_of(query: Query) -> list[tuple[str, str]]:
    """Returns the parameters of an address for a query; one that would grow too long is stored, and named.

    The name is 128 random bits and grants nothing. The query is kept for KEEP_DAYS after it was last opened.
    """
    pairs = to_pairs(query)
    if pairs_length(pairs) <= MAX_ADDRESS:
        return pairs
    name = secrets.token_hex(16)
    await records.put(keys.QUERY, (name,), to_json(query))
    return [(VIEW, name)]


async def query_of(pairs: Iterable[tuple[str, str]]) -> Query:
    """Returns the query of an address; one that is no longer stored is a condition that no row meets."""
    found = list(pairs)
    name = next((value for parameter, value in found if parameter == VIEW), "")
    if not name:
        return from_pairs(found)
    stored = await records.get(keys.QUERY, (name,)) if name.isalnum() else None
    if stored is None:
        return gone(name)
    await records.renew(keys.QUERY, (name,))
    return from_json(stored)


def gone(name: str) -> Query:
    """Returns what an address asks for whose query is not kept under this name: a condition that no row meets."""
    return Query(where=(Condition(VIEW, Operator.UNKNOWN, name),))
