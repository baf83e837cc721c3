"""Schemas: what a load learns of collections and people, page by page."""

from __future__ import annotations

from integrations.model import Choice, Collection, Field, Item, Schema, Stream

DEALS, TASKS = Collection("deal", "Deals", "deal"), Collection("task", "Tasks", "task")


def test_a_schema_takes_the_latest_description_of_a_collection_at_its_place() -> None:
    renamed = Collection("deal", "Sales", "deal", (Field("amount", "Amount"),))
    found = Schema((DEALS, TASKS), {"1": "Ada"}).with_seen([renamed], {"1": "Ada L.", "2": "Bo"})
    assert found == Schema((renamed, TASKS), {"1": "Ada L.", "2": "Bo"})


def test_collections_are_put_in_order_and_those_without_a_place_come_first() -> None:
    notes = Collection("note", "Notes", "note")
    found = Schema((DEALS, TASKS, notes)).in_order({"deal": 2, "task": 1})
    assert [each.id for each in found.collections] == ["note", "task", "deal"]


def test_a_collection_and_its_fields_are_found_by_id() -> None:
    amount = Field("amount", "Amount")
    schema = Schema((Collection("deal", "Deals", "deal", (amount,)),))
    deals = schema.collection("deal")
    assert deals and deals.field("amount") == amount and deals.field("other") is None
    assert schema.collection("other") is None


def test_an_item_without_a_collection_belongs_to_that_of_its_type() -> None:
    assert Item("1", "task", "Call").place == "task"
    assert Item("1", "record", "Oak", collection="app/tbl").place == "app/tbl"


def test_a_stream_on_request_is_left_out_until_it_is_added() -> None:
    hidden = Stream("hidden", "Hidden properties", "", on_request=True)
    assert Choice().leaves_out(hidden)
    assert not Choice(added=("hidden",)).leaves_out(hidden)
    assert not Choice(added=("hidden",)).leaves_out(Stream("deal", "Deals", "deal"))
