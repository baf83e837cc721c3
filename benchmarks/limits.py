"""The shortest time in which documented limits, page sizes and cursors let everything in an account be read.

A lower bound, not a plan: nothing is added for connecting, for names of people and stages, or for being careful.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LATENCY = 0.2  # seconds that a call takes in these benchmarks
PAGE, SEARCH_PAGE = 100, 200  # items in an answer; HubSpot's search has its own
RELATED_PAGE = 1_000  # records whose associations with another type come in one answer of HubSpot
NOTION_CALLS, NOTION_WINDOW = 180, 60  # https://developers.notion.com/reference/request-limits
AIRTABLE_CALLS = 5  # a second and base: https://airtable.com/developers/web/api/rate-limits
HUBSPOT_CALLS, HUBSPOT_WINDOW, HUBSPOT_SEARCHES = 110, 10, 5  # https://developers.hubspot.com usage guidelines

WORDS = {
    "notion": f"search, {PAGE} a page, from both ends of last_edited_time: two chains, in each one call after another; "
    f"{NOTION_CALLS} calls in a fixed window of {NOTION_WINDOW} s. "
    f"Full windows × {NOTION_WINDOW} s + half of the calls left × latency.",
    "airtable": f"the list of bases; then in every base its schema, and {PAGE} records a call of all tables at once, "
    f"in each one call after another; {AIRTABLE_CALLS} calls a second and base. Latency, and of the slowest base "
    f"the greater of calls / {AIRTABLE_CALLS} s and longest table × latency, and latency for the last answer.",
    "hubspot": "property definitions, pipelines, owners and the account, all at once; then "
    f"in every type a list from the low ids, {PAGE} a page, and a search from the high ids, {SEARCH_PAGE} a "
    f"page, in each one call after another; then associations, {RELATED_PAGE:,} records a call and pair of types, "
    "and of a record with very many one call after another. "
    f"{HUBSPOT_CALLS} calls in {HUBSPOT_WINDOW} s, {HUBSPOT_SEARCHES} searches a second beside. The greater of "
    f"full windows × {HUBSPOT_WINDOW} s and, × latency, two steps and those in which list and search have met. "
    "(A second list, from a record that a search has found, is what beats it.)",
    "all at once": "the slowest provider's limit.",
}


@dataclass(frozen=True)
class Limit:
    """At best so many `seconds`, with so many `calls`."""

    seconds: float
    calls: int


def notion(items: int, latency: float) -> Limit:
    """Search from both ends within fixed windows."""
    full, left = divmod(_pages(items) - 1, NOTION_CALLS)
    window = max(NOTION_WINDOW, NOTION_CALLS / 2 * latency)
    return Limit(full * window + math.ceil((left + 1) / 2) * latency, _pages(items))


def airtable(bases: Iterable[Sequence[int]], latency: float) -> Limit:
    """Every base within a rate of its own; `bases` are the sizes of the tables of each."""
    chains = [[_pages(rows) for rows in tables] for tables in bases]
    slowest = max((_base(tables, latency) for tables in chains), default=0.0)
    return Limit(latency + slowest, 1 + sum(1 + sum(tables) for tables in chains))


def _base(chains: Sequence[int], latency: float) -> float:
    """From the schema's call, which is alone for a latency, to the last answer."""
    second, place = divmod(sum(chains), AIRTABLE_CALLS)
    return max(second + (latency if place else 0), max(chains, default=0) * latency) + latency


def hubspot(
    types: Sequence[int], latency: float, related: Sequence[tuple[int, int]] = (), definitions: int = 0
) -> Limit:
    """Definitions, then lists and searches until they meet, then what the last records are associated with.

    `types`: the sizes of each type. `related`: for each pair of types the size of the first, and how many answers the
    record with the most associations takes. `definitions`: calls for properties, pipelines, owners and the like, which
    can all be made at once.
    """
    steps = 1
    while (found := _met(types, steps, latency)) is None:
        steps += 1
    lists, searches = found
    paced = lists + definitions + sum(math.ceil(size / RELATED_PAGE) + answers - 1 for size, answers in related)
    longest = max((answers for _, answers in related), default=0)
    chain = (bool(definitions) + max(steps + bool(related), 1 + longest)) * latency
    return Limit(max(chain, (paced - 1) // HUBSPOT_CALLS * HUBSPOT_WINDOW + latency), paced + searches)


def _met(types: Sequence[int], steps: int, latency: float) -> tuple[int, int] | None:
    """The list calls and searches with which all is read after so many steps of all chains; None if that can't be."""
    windows, rest = divmod(steps * latency, HUBSPOT_WINDOW)
    allowed = int(windows) * HUBSPOT_CALLS + min(HUBSPOT_CALLS, len(types) * round(rest / latency))
    lists = sum(min(_pages(size), steps) for size in types)
    searches = [math.ceil(max(0, size - PAGE * steps) / SEARCH_PAGE) for size in types]
    total = sum(searches) + math.ceil(max(0, lists - allowed) * PAGE / SEARCH_PAGE)
    met = max(searches, default=0) <= steps and total <= HUBSPOT_SEARCHES * steps * latency + 1e-9
    return (min(lists, allowed), total) if met else None


def together(limits: Sequence[Limit]) -> Limit:
    """All of them at once."""
    return Limit(max(limit.seconds for limit in limits), sum(limit.calls for limit in limits))


def _pages(items: int) -> int:
    """Also to learn that there is nothing takes a call."""
    return max(1, math.ceil(items / PAGE))
