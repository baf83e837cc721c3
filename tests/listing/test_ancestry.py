"""What a thing lies in is found by climbing, in few calls."""

from __future__ import annotations

import asyncio

import pytest

from integrations.listing.ancestry import Ancestry, Step, step_to
from integrations.model.errors import Forbidden, Unavailable

ABOVE = {
    "block a": Step(above="block b"), "block b": Step(id="home"), "base c": Step(name="Handbook"),
    "block x": Step(above="block y"), "block y": Step(above="block x"),
}  # fmt: skip


class Tree:
    """Places, and how often each was asked for."""

    def __init__(self, cache: dict[str, str] | None = None, most_calls: int = 100) -> None:
        self.asked: list[str] = []
        self.ancestry = Ancestry("above", {} if cache is None else cache, self.climb, most_calls)

    async def climb(self, place: str) -> Step:
        self.asked.append(place)
        await asyncio.sleep(0)
        if place == "block away":
            raise Unavailable("away")
        if place not in ABOVE:
            raise Forbidden("not shared")
        return ABOVE[place]

    def above(self, *places: str) -> list[Step]:
        return asyncio.run(self.ancestry.finish([Step(above=place) for place in places]))


def test_a_place_is_climbed_from_to_an_item_or_a_name_and_each_is_asked_for_once() -> None:
    tree = Tree()
    assert tree.above("block a", "block b", "base c", "block a") == [
        Step("home"), Step("home"), Step(name="Handbook"), Step("home"),
    ]  # fmt: skip
    assert sorted(tree.asked) == ["base c", "block a", "block b"]


def test_what_is_known_outlasts_the_load() -> None:
    cache: dict[str, str] = {}
    Tree(cache).above("block a", "block gone")
    later = Tree(cache)
    assert later.above("block a", "block gone") == [Step("home"), Step()] and later.asked == []


def test_places_that_may_not_be_read_or_lie_in_a_circle_are_unknown() -> None:
    assert Tree().above("block gone", "block x") == [Step(), Step()]


def test_a_load_spends_only_so_many_calls_on_places() -> None:
    tree = Tree(most_calls=2)
    assert tree.above("block b", "base c", "block a") == [Step("home"), Step(name="Handbook"), Step()]
    assert len(tree.asked) == 2


def test_a_provider_that_is_away_is_no_place_without_a_parent() -> None:
    with pytest.raises(Unavailable):
        Tree().above("block away")


def test_steps_that_lead_to_no_place_stay_as_they_are() -> None:
    assert asyncio.run(Tree().ancestry.finish([Step("home"), Step(name="Workspace")])) == [
        Step("home"), Step(name="Workspace"),
    ]  # fmt: skip


@pytest.mark.parametrize(("parent", "expected"), [
    ({"type": "page_id", "page_id": "home"}, Step("home")),
    ({"type": "workspace", "workspace": True}, Step(name="Workspace")),
    ({"type": "block_id", "block_id": "a"}, Step(above="block_id a")),
    ({"type": "block_id"}, Step()),
    ({"type": ["page_id"]}, Step()),
    ({}, Step()),
])  # fmt: skip
def test_a_parent_is_an_item_a_name_or_a_place_to_climb_from(parent: dict[str, object], expected: Step) -> None:
    assert step_to(parent, ("block_id",)) == expected
