"""What the tests of the frames share: items made with few words, and some of every odd kind."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from integrations.frames.chunks import pack, unpack
from integrations.frames.query import apply
from integrations.frames.search import search_texts
from integrations.frames.table import frame
from integrations.model import Item


@pytest.fixture
def item():
    """An item of which only what matters is said."""

    def make(id="1", type="page", name="A page", **fields):
        return Item(id=id, type=type, name=name, **fields)

    return make


@pytest.fixture
def framed():
    """Items as the frame that a screen shows."""
    return lambda items, properties=(): frame(unpack([pack(items)]), properties)


@pytest.fixture
def narrowed():
    """The frame of items, with these filters."""

    def left(items, filters, properties=()):
        table = unpack([pack(items)])
        return apply(frame(table, properties), filters, search_texts(table))

    return left


@pytest.fixture
def odd_items():
    """Two hundred items with every oddity that a provider has shown us, the same ones each time."""
    dice = random.Random(7)
    names = [
        "",
        " ",
        "=1+1",
        "-5",
        "@x",
        "\t=x",
        "a,b",
        'say "hi"',
        "two\r\nlines",
        "<b>x</b>",
        "# *md*",
        "שלום",
        "ß İ",
        "x" * 10_000,
        "lone \ud800 half",
        "\ufeff=1",
        "＝1",
        "NaN",
        "None",
        "2000",
    ]
    values = [None, "", 0, -1, 2**70, 1.5, float("nan"), True, [], ["a", 1, None], {"b": [1]}, "=2", "\udfff", "x" * 99]
    times = [None, datetime.min, datetime.max, datetime(2026, 11, 22, 14, 3, 0, 5, tzinfo=UTC)]
    times += [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * n) for n in range(50)]

    def one(n):
        return Item(
            id=str(n),
            type=dice.choice(["page", "data_source", "contact"]),
            name=dice.choice(names),
            parent_id=dice.choice([None, "3", "4", "gone"]),
            parent_path_or_name=dice.choice([None, None, "Base ; 1", "=cmd"]),
            creation_time=dice.choice(times),
            last_modified_time=dice.choice(times),
            url=dice.choice([None, "https://example.com/x?a=1,2", "javascript:alert(1)"]),
            owner=dice.choice([None, "Ada", "Łukasz"]),
            properties={"Mixed": dice.choice(values), "Name": dice.choice(names), "Score": dice.choice([None, n, -n])},
        )

    return [one(n) for n in range(200)]
