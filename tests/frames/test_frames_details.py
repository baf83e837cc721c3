"""The details of a row have every field, by name, and lead to what it is linked to."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from integrations.frames import Link, Tables, apply, details, key, pack, query_of_links, raw
from integrations.model import Collection, Field, FieldType, Item, NoValue, Query, Schema
from integrations.model.query import Condition, Operator


def facts(table, position, zone=""):
    return {fact.field.id: fact for group in details(table, position, zone) for fact in group.facts}


def test_fields_stand_in_the_groups_of_the_schema_in_the_providers_order(deals):
    assert [(group.label, [fact.field.id for fact in group.facts]) for group in details(deals, 0)] == [
        ("", ["name", "stage", "close", "company", "number"]),
        ("Money", ["amount", "share"]),
        ("Record", ["type", "parent", "owner", "created", "updated", "link"]),
    ]  # fmt: skip


def test_every_field_is_there_as_people_read_it_the_empty_ones_too(deals):
    assert {id: fact.text for id, fact in facts(deals, 0).items()} == {
        "name": "Solar", "stage": "Closed won", "close": "26 Nov 2026", "company": "Acme, (not loaded)",
         "number": "D-7",
        "amount": "EUR 1,234.50", "share": "30%", "type": "Deal", "parent": "Acme",
        "owner": "Mina Okoro", "created": "", "updated": "22 Nov 2026 14:03", "link": "https://x.example/d1",
    }  # fmt: skip
    assert facts(deals, 1)["amount"].text == "n/a" and facts(deals, 2)["amount"].text == ""


def test_relations_and_parents_lead_to_their_items(deals):
    acme = Link("companies", "c1", "Acme")
    assert facts(deals, 0)["company"].links == (acme,) and facts(deals, 0)["parent"].links == (acme,)
    assert facts(deals, 1)["company"].links == facts(deals, 1)["parent"].links == ()


LINKED = Schema((
    Collection("deals", "Deals", "deal", (Field("firm", "Company", FieldType.RELATION, relates_to="firms"),)),
    Collection("firms", "Companies", "firm", (
        Field("won", "Won deals", FieldType.RELATION, relates_to="deals"),
        Field("deals", "Deals", FieldType.RELATION, relates_to="deals"),
        Field("peers", "Peers", FieldType.RELATION, relates_to="firms"),
    )),
))  # fmt: skip


def test_what_a_relation_leads_to_is_a_query_where_a_field_leads_back_to_the_row():
    rows = [Item(id, "deal", id, collection="deals", properties={"firm": firm}) for id, firm in (
        ("1", ["a"]), ("2", ["a"]), ("3", ["b"]))]  # fmt: skip
    acme = {"won": ["1"], "deals": ["1", "2"], "peers": ["b"]}
    rows += [Item("a", "firm", "Acme", collection="firms", properties=acme), Item("b", "firm", "B", collection="firms")]
    firms = Tables([pack(rows, LINKED)], LINKED).open("firms")
    found = {id: query_of_links(firms, 0, fact) for id, fact in facts(firms, 0).items() if fact.links}
    whole = Query("deals", (Condition("firm", Operator.IS, "a"),))
    assert found == {"won": None, "deals": whole, "peers": None}
    assert apply(firms.tables.open("deals"), whole).to_pylist() == [0, 1]


def test_a_parent_is_found_in_its_own_collection_even_if_another_has_the_same_id():
    schema = Schema((Collection("contact", "Contacts", "contact", parents="company"),
                     Collection("company", "Companies", "company")))  # fmt: skip
    rows = [Item("1", "contact", "Ada", parent_id="2"), Item("2", "contact", "Bo"), Item("2", "company", "Acme")]
    table = Tables([pack(rows, schema)], schema).open("contact")
    assert facts(table, 0)["parent"].links == (Link("company", "2", "Acme"),)


def test_the_row_of_everything_has_the_details_of_its_collection(deals):
    everything = deals.tables.open()
    assert details(everything, 0) == details(deals, 0) and raw(everything, 0) == raw(deals, 0)
    assert facts(everything, 3)["name"].text == "Acme" and key(everything, 3) == ("companies", "c1")


def test_long_texts_are_whole_and_times_are_in_the_zone(one_field):
    fields = (Field("t", "T", FieldType.DATETIME),)
    row = {"l": "x" * 9_000, "t": datetime(2026, 11, 26, 23, 30, tzinfo=UTC)}
    table = one_field(Field("l", "L", FieldType.LONG_TEXT), [row], fields=fields)
    assert facts(table, 0, "Asia/Tokyo")["t"].text == "27 Nov 2026 08:30" and len(facts(table, 0)["l"].text) == 9_000


def test_a_value_that_is_withheld_says_why(one_field):
    fact = facts(one_field(Field("f", "F", FieldType.DATE), [NoValue("Too deep.")]), 0)["f"]
    assert (fact.text, fact.reason) == ("", "Too deep.")


@pytest.mark.parametrize("position", [-1, 3])
def test_a_row_that_is_not_there_is_an_index_error(deals, position):
    for read in (details, raw, key):
        with pytest.raises(IndexError):
            read(deals, position)


def test_raw_values_are_those_that_were_stored_and_plain(deals):
    found = raw(deals, 0)
    assert found["owner"] == "u1" and found["last_modified_time"] == "2026-11-22T14:03:00+00:00"
    assert found["collection"] == "deals" and found["properties"] == {
        "Stage (stage)": "2", "Amount (amount)": 1234.5, "Close date (close)": "2026-11-26",
        "Company (company)": ["c1", "gone"], "Share (share)": 0.29999999999999877, "No. (number)": 7,
    }  # fmt: skip
    assert raw(deals, 1)["properties"]["Amount (amount)"] == {"text": "n/a"}
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize(
    "value", [None, "x", 5, True, date(2026, 1, 1), ["a"], (date(2026, 1, 1), None), [{"name": "a"}]]
)
def test_details_and_raw_values_of_every_type_can_be_said(one_field, kind, value):
    for many in (False, True):
        table = one_field(Field("f", "F", kind, many=many), [value])
        assert isinstance(facts(table, 0)["f"].text, str) and json.dumps(raw(table, 0))
