"""The schema that a load is read with: kept beside its rows, changed by a refresh, and what it means for old rows."""

from __future__ import annotations

from typing import Any

import pytest
from fake_provider import page_of
from sync_helpers import Fake, ids_of

from integrations import sync
from integrations.frames import Tables
from integrations.model import Schema, Stream
from integrations.service.runtime import run
from integrations.store import keys, records
from integrations.sync import writer as writing


def page(**facts: Any) -> dict[str, Any]:
    return {"page": facts}


def tables(fake: Fake) -> Tables:
    found = run(sync.shown(fake.connection))
    assert found
    return found[1]


def values(fake: Fake, field: str, collection: str = "people") -> dict[str, Any]:
    table = tables(fake).open(collection)
    return dict(zip(table.ids.to_pylist(), table.values(field).to_pylist(), strict=True))


def labels(fake: Fake) -> list[str]:
    return [field.label for field in tables(fake).schema.collections[0].fields]


def test_rows_come_back_under_the_fields_that_the_provider_described(fake: Fake):
    fake.answers(people=[page(fields={"f1": "Age"}, people={"7": "Ada"}, items={"a": {"f1": 36}, "b": {"f1": "n/a"}})])
    fake.load()
    table = tables(fake).open("people")
    assert values(fake, "f1") == {"a": 36, "b": None}
    assert table.misfits("f1") == {1: {"text": "n/a"}}
    assert table.values("owner").to_pylist() == ["Ada", "Ada"]


def test_collections_are_in_the_order_of_their_streams_however_they_arrive(fake: Fake):
    fake.answers(slow=[0.2, page(fields={"a": "A"})], fast=[page(fields={"b": "B"})], empty=[page(fields={"c": "C"})])
    fake.load()
    assert [each.id for each in tables(fake).collections] == ["slow", "fast", "empty"]
    assert tables(fake).counts == {"slow": 0, "fast": 0, "empty": 0}


def test_a_field_that_was_renamed_keeps_its_values(fake: Fake):
    fake.answers(
        people=[page(fields={"f1": "Age"}, items={"a": {"f1": 36}, "b": {"f1": 41}})],
        changed={"people": [page(fields={"f1": "Years"}, items={"b": {"f1": 42}})]},
    )
    fake.load()
    fake.load(full=False)
    assert labels(fake) == ["Years"]
    assert values(fake, "f1") == {"a": 36, "b": 42}


def test_a_field_that_was_removed_disappears(fake: Fake):
    fake.answers(
        people=[page(fields={"f1": "Age", "f2": "Height"}, items={"a": {"f1": 36, "f2": 170}})],
        changed={"people": [page(fields={"f2": "Height"})]},
    )
    fake.load()
    fake.load(full=False)
    assert "f1" not in [field.id for field in tables(fake).open("people").fields]
    assert values(fake, "f2") == {"a": 170}


def test_a_row_that_a_refresh_is_told_of_as_gone_is_gone_and_named(fake: Fake):
    fake.answers(
        people=[page(fields={"f1": "Age"}, items={"a": {"f1": 36}, "b": {"f1": 41}})],
        changed={"people": [page(removed=["a"])]},
    )
    fake.load()
    load = fake.load(full=False)
    assert ids_of(tables(fake)) == ["b"]
    assert (load.removed, load.gone, load.counts) == (("a",), (), {"people": 1})


def test_what_a_full_load_is_told_of_as_gone_is_not_kept_with_it(fake: Fake):
    wanted = run(sync.start(fake.connection, True))
    writer = writing.LoadWriter(fake.connection, wanted)

    async def told() -> None:
        await writer.begin()
        await writer.add(
            "people", page_of(Stream("people", "People", "people"), {"items": {"b": {}}, "removed": ["a"]})
        )
        await writer.flush()

    run(told())
    assert writer.load.gone == ()


def test_people_of_earlier_loads_keep_their_names_at_a_refresh(fake: Fake):
    fake.answers(
        people=[page(fields={"f1": "Age"}, people={"7": "Ada", "8": "Bo"}, items={"a": {}})],
        changed={"people": [page(people={"8": "Bob"}, items={"b": {}})]},
    )
    fake.load()
    fake.load(full=False)
    assert tables(fake).schema.people == {"7": "Ada", "8": "Bob"}


def test_a_snapshot_without_a_schema_is_read_in_full_at_the_next_refresh(fake: Fake):
    fake.answers(people=[page(fields={"f1": "Age"}, items={"a": {"f1": 36}})], changed={"people": []})
    fake.load()
    run(records.delete(keys.SCHEMA, *run(records.paths(keys.SCHEMA, *fake.connection.path))))
    load = fake.load(full=False)
    assert load.full and load.removed == ()
    assert labels(fake) == ["Age"]


def test_a_stream_on_request_is_read_only_where_it_was_chosen(fake: Fake):
    fake.answers(on_request=["hidden"], people=[page(items={"a": {}})], hidden=[page(items={"secret": {}})])
    fake.load()
    assert ids_of(tables(fake)) == ["a"]
    run(sync.choose(fake.connection.owner, "fake", (), ("hidden",)))
    fake.load()
    assert ids_of(tables(fake)) == ["a", "secret"]
    assert "chosen ['hidden']" in fake.log


def test_a_load_that_goes_on_elsewhere_keeps_the_schema_that_it_had_saved(fake: Fake):
    fake.answers(marked=[page(fields={"f1": "Age"}, items={"a": {"f1": 36}}), "Unavailable"])
    wanted = run(sync.start(fake.connection, True))
    first, second = (writing.LoadWriter(fake.connection, wanted) for _ in range(2))

    async def taken_over() -> None:
        await first.begin()
        await first.add(
            "marked", page_of(Stream("marked", "Marked", "marked"), {"fields": {"f1": "Age"}, "items": {"a": {}}})
        )
        await first.flush()
        await second.begin()

    run(taken_over())
    assert second.schema == first.schema != Schema()


def test_rows_that_came_in_many_small_pieces_are_put_together(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "MAX_CHUNK_ROWS", 2)
    fake.answers(people=[40])
    load = fake.load()
    assert load.chunks == 1
    assert len(ids_of(tables(fake))) == 40


def test_nothing_of_earlier_loads_stays_but_the_schema_of_the_snapshot(fake: Fake):
    fake.answers(
        people=[page(fields={"f1": "Age"}, items={"a": {"f1": 36}})], changed={"people": [page(removed=["x"])]}
    )
    fake.load()
    fake.load(full=False)
    fake.load()
    [path] = run(records.paths(keys.SCHEMA, *fake.connection.path))
    assert path[3:] == (fake.shown[0].id, fake.shown[0].run)
