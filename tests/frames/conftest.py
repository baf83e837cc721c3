"""What the tests of the frames share: items made with few words, a schema of every field type, and odd items."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings

from integrations.frames import Tables, apply, pack, shown
from integrations.model import Collection, Field, FieldType, Item, Option, Schema
from integrations.model.query import Query

settings.register_profile("frames", deadline=None)  # a busy machine is no fault
settings.load_profile("frames")

ODD_NAMES = [
    "", " ", "=1+1", "-5", "@x", "\t=x", "a,b", 'say "hi"', "two\r\nlines", "<b>x</b>", "# *md*", "שלום", "ß İ",
    "x" * 10_000, "lone \ud800 half", "\ufeff=1", "＝1", "NaN", "None", "2000",
]  # fmt: skip


@pytest.fixture
def item():
    """An item of which only what matters is said."""

    def make(id="1", type="page", name="A page", **fields):
        return Item(id=id, type=type, name=name, **fields)

    return make


@pytest.fixture
def opened():
    """The table of items: Everything, or that of a collection."""

    def table(items, collection="", schema=None):
        schema = schema or Schema()
        return Tables([pack(items, schema)], schema).open(collection)

    return table


@pytest.fixture
def one_field():
    """The table of rows with these values of one field, named "0", "1" …, in the collection "c"."""

    def table(field, values, people=None, others=(), fields=()):
        schema = Schema((Collection("c", "Rows", "row", (field, *fields)),), people or {})
        rows = [
            Item(f"{number:03}", "row", str(number), collection="c",
                 properties=value if isinstance(value, dict) and fields else {field.id: value})
            for number, value in enumerate(values)
        ]  # fmt: skip
        return Tables([pack([*rows, *others], schema)], schema).open("c")

    return table


@pytest.fixture
def names_left():
    """The names of the rows that a query leaves, from A to Z."""

    def left(table, *where, **query):
        found = apply(table, Query(where=where, **query))
        return sorted(shown(table, found, ["name"])["Name"])

    return left


@pytest.fixture
def odd_items():
    """Two hundred items with every oddity that a provider has shown us, the same ones each time."""
    dice = random.Random(7)
    values = [None, "", 0, -1, 2**70, 1.5, float("nan"), True, [], ["a", 1, None], {"b": [1]}, "=2", "\udfff", "x" * 99]
    times = [None, datetime.min, datetime.max, datetime(2026, 11, 22, 14, 3, 0, 5, tzinfo=UTC)]
    times += [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * n) for n in range(50)]

    def one(n):
        return Item(
            id=str(n),
            type=dice.choice(["page", "data_source", "contact"]),
            name=dice.choice(ODD_NAMES),
            parent_id=dice.choice([None, "3", "4", "gone"]),
            parent_path_or_name=dice.choice([None, None, "Base ; 1", "=cmd"]),
            creation_time=dice.choice(times),
            last_modified_time=dice.choice(times),
            url=dice.choice([None, "https://example.com/x?a=1,2", "javascript:alert(1)"]),
            owner=dice.choice([None, "Ada", "Łukasz"]),
            collection="rows",
            properties={
                "mixed": dice.choice(values),
                "label": dice.choice(ODD_NAMES),
                "score": dice.choice([None, n, -n]),
            },
        )

    return [one(n) for n in range(200)]


@pytest.fixture
def odd_schema():
    """Describes the odd items."""
    fields = (
        Field("mixed", "Mixed", FieldType.JSON),
        Field("label", "Name"),
        Field("score", "Score", FieldType.NUMBER),
    )
    return Schema((Collection("rows", "Rows", "row", fields),))


@pytest.fixture
def deals():
    """A table of two deals with a field of each kind; the third has no values, and Acme is their company."""
    fields = (
        Field("stage", "Stage", FieldType.SELECT, options=(Option("1", "Open"), Option("2", "Closed won"))),
        Field("amount", "Amount", FieldType.CURRENCY, currency="EUR", group="Money"),
        Field("close", "Close date", FieldType.DATE),
        Field("company", "Company", FieldType.RELATION, relates_to="companies"),
        Field("share", "Share", FieldType.PERCENT, group="Money"),
        Field("number", "No.", FieldType.IDENTIFIER, prefix="D-"),
    )
    schema = Schema(
        (Collection("deals", "Deals", "deal", fields), Collection("companies", "Companies", "company")),
        {"u1": "Mina Okoro", "u2": "Łukasz"},
    )
    first = {"stage": "2", "amount": 1234.5, "close": datetime(2026, 11, 26).date(), "company": ["c1", "gone"],
             "share": 0.29999999999999877, "number": 7}  # fmt: skip
    items = [
        Item("d1", "deal", "Solar", collection="deals", owner="u1", url="https://x.example/d1", parent_id="c1",
             last_modified_time=datetime(2026, 11, 22, 14, 3, tzinfo=UTC), properties=first),
        Item("d2", "deal", "Wind", collection="deals", owner="u2",
             last_modified_time=datetime(2026, 11, 21, tzinfo=UTC), properties={"stage": "1", "amount": "n/a"}),
        Item("d3", "deal", "Empty", collection="deals"),
        Item("c1", "company", "Acme", collection="companies"),
    ]  # fmt: skip
    return Tables([pack(items, schema)], schema).open("deals")
