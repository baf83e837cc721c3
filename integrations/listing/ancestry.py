"""Find what something lies in, where steps on the way are no items themselves."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from .concurrency import SharedTask, all_of
from .refusal import unless_refused
from .values import text_at

MAX_STEPS = 12  # from a thing to what it is shown to lie in
AT_ONCE = 8  # places that are asked for at the same time


class Step(NamedTuple):
    """One step up: the item that was reached, or the name to show, or, if it is neither, the place to go on from."""

    id: str | None = None
    name: str | None = None
    above: str = ""


def step_to(parent: Mapping[str, Any], between: Collection[str]) -> Step:
    """Returns the step to a parent like {"type": "page_id", "page_id": "…"}.

    `between`: the types of parents that are no items; places are called "<type> <id>". A parent without an id, like
    {"type": "workspace", "workspace": true}, is shown by its type.
    """
    kind = text_at(parent, "type")
    id = text_at(parent, kind)
    if parent.get(kind) is True:
        return Step(name=kind.capitalize())
    return Step(above=f"{kind} {id}") if id and kind in between else Step(id or None)


class Ancestry:
    """Climbs from a place to the nearest one that has a name or is an item; asks for each place once.

    `cache` is the connection's memory between loads (`model.Api.cache`); keys start with `name`. `climb` makes one
    call. `most_calls`: how many calls a load may spend on this; places that are not reached with them stay unknown.
    """

    def __init__(
        self, name: str, cache: dict[str, str], climb: Callable[[str], Awaitable[Step]], most_calls: int
    ) -> None:
        self._name = name
        self._cache = cache
        self._climb = climb
        self._calls_left = most_calls
        self._climbing: dict[str, SharedTask[Step]] = {}

    async def finish(self, steps: Sequence[Step]) -> list[Step]:
        """Returns the steps, those that lead to a place replaced by what lies above it; empty if that is not known."""
        places = list(dict.fromkeys(step.above for step in steps if step.above))
        reached = await all_of([partial(self._find, place) for place in places], AT_ONCE)
        found = dict(zip(places, reached, strict=True))
        return [found.get(step.above, step) for step in steps]

    async def _find(self, place: str) -> Step:
        for _ in range(MAX_STEPS):
            step = await self._step(place)
            if not step.above:
                return step
            place = step.above
        return Step()

    async def _step(self, place: str) -> Step:
        key = f"{self._name} {place}"
        if key in self._cache:
            return Step(*json.loads(self._cache[key]))
        if place not in self._climbing:
            if not self._calls_left:
                return Step()
            self._calls_left -= 1
            self._climbing[place] = SharedTask(partial(self._climb, place))
        step = await unless_refused(self._climbing[place]) or Step()
        self._cache[key] = json.dumps(step)
        return step
