"""Read which records are associated with others, by batches of ids, each answer to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ...model.errors import ProviderError
from ...model.schema import NoValue
from ..pagination import ENDLESS
from ..values import mapping, text_at

MAX_IDS = 1_000  # in one call
NOT_GIVEN = NoValue("The provider did not give the associations of this record.")

Links = dict[str, list[str] | NoValue]


async def read_associations(
    fetch: Callable[[dict[str, Any]], Awaitable[Any]], ids: Sequence[str], primary: Collection[int] = ()
) -> Links:
    """Returns the ids that records are associated with, the primary ones first; records without any are left out.

    `fetch(body)` returns the answer to one call. `primary`: ids of the types of association that are primary, whatever
    language their label is in. What a call could not read is NoValue.
    """
    found: dict[str, dict[str, bool]] = {}
    failed: set[str] = set()
    inputs, asked = [{"id": each} for each in dict.fromkeys(ids)], set[tuple[str, ...]]()
    while inputs:
        batch, inputs = inputs[:MAX_IDS], inputs[MAX_IDS:]
        if asked & (keys := {tuple(each.values()) for each in batch}):
            raise ProviderError(ENDLESS)
        asked |= keys
        answer = await fetch({"inputs": batch})
        inputs += list(_take(answer, found, primary))
        failed.update(_failed(answer))
    links: Links = {each: sorted(targets, key=lambda key: not targets[key]) for each, targets in found.items()}
    return links | dict.fromkeys(failed, NOT_GIVEN)


def _take(
    answer: Mapping[str, Any], found: dict[str, dict[str, bool]], primary: Collection[int]
) -> Iterator[dict[str, str]]:
    """Adds the associations of an answer to those found; yields the inputs of what is still to be read."""
    results = answer.get("results")
    if not isinstance(results, list):
        raise ProviderError("The provider sent an answer without its associations. Refresh to try again.")
    for result in map(mapping, results):
        source = _id(mapping(result.get("from")).get("id"))
        for link in map(mapping, result.get("to") or ()):
            if source and (target := _id(link.get("toObjectId"))):
                known = found.setdefault(source, {})
                known[target] = known.get(target, False) or _is_primary(link, primary)
        after = mapping(mapping(result.get("paging")).get("next")).get("after")
        if source and after:
            yield {"id": source, "after": str(after)}


def _id(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _is_primary(link: Mapping[str, Any], primary: Collection[int]) -> bool:
    types = list(map(mapping, link.get("associationTypes") or ()))
    return any(each.get("typeId") in primary or text_at(each, "label").casefold() == "primary" for each in types)


def _failed(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yields the ids that an answer has an error for; to have no associations is none."""
    for error in map(mapping, answer.get("errors") or ()):
        if error.get("category") != "OBJECT_NOT_FOUND":
            ids = mapping(error.get("context")).get("fromObjectId")
            yield from filter(None, map(_id, ids if isinstance(ids, list) else [ids]))
