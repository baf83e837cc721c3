"""Ready answers are asked only of tables that can answer them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from integrations import providers, service
from integrations.frames import Tables, apply, dated, pack
from integrations.model import Collection, Field, FieldType, Item, Option, Schema
from integrations.model.query import Condition, Grouping, Operator, Query

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
TASKS = Collection(
    "tasks", "Tasks", "record",
    (
        Field("made", "Created by", FieldType.PERSON),
        Field("kind", "Kind", FieldType.SELECT, options=(Option("a", "A"),)),
        Field("state", "Status", FieldType.SELECT, options=(Option("o", "Open"), Option("d", "Done"))),
        Field("who", "Assignee", FieldType.PERSON),
        Field("start", "Start", FieldType.DATE),
        Field("due", "Due date", FieldType.DATE),
    ),
)  # fmt: skip


def tables(*items: Item, collections: tuple[Collection, ...] = (TASKS,)) -> Tables:
    schema = Schema(collections)
    return Tables([pack(items, schema)], schema)


def task(id: str, **properties: object) -> Item:
    return Item(id, "record", id, collection="tasks", properties=properties)


def test_a_table_answers_by_status_by_person_and_what_is_overdue() -> None:
    found = tables(
        task("late", state="o", due=date(2026, 5, 1)), task("done", state="d", due=date(2026, 5, 1)),
        task("later", state="o", due=date(2026, 6, 1)), task("unknown", due=date(2026, 5, 14)), task("never"),
    )  # fmt: skip
    answers = dict(service.answers_of(providers()["airtable"], found))
    assert list(answers) == ["Tasks: By Status", "Tasks: By Assignee", "Tasks: Overdue"]
    assert answers["Tasks: By Status"].groups == (Grouping("state"),)
    assert answers["Tasks: By Assignee"].groups == (Grouping("who"),)
    table = found.open("tasks")
    overdue = apply(table, dated(replace(answers["Tasks: Overdue"], zone="UTC"), NOW))
    assert {table.ids[each.as_py()].as_py() for each in overdue} == {"late", "unknown"}


def test_nothing_is_asked_of_a_table_without_such_columns_or_without_rows() -> None:
    plain = Collection("notes", "Notes", "record", (Field("text", "Text"),))
    found = tables(Item("1", "record", "1", collection="notes"), collections=(TASKS, plain))
    assert service.answers_of(providers()["notion"], found) == []


def test_what_a_provider_declares_is_asked_where_its_fields_are() -> None:
    fields = (Field("hs_is_closed", "Closed", FieldType.BOOLEAN), Field("closedate", "Close date", FieldType.DATE))
    deals = Collection("deal", "Deals", "deal", fields)
    contacts = Collection("contact", "Contacts", "contact")
    found = tables(
        Item("1", "deal", "A", collection="deal"), Item("2", "contact", "B", collection="contact"),
        collections=(deals, contacts),
    )  # fmt: skip
    assert service.answers_of(providers()["hubspot"], found) == [
        ("Deals closing in the next 30 days", providers()["hubspot"].answers[1].query),
        ("Contacts without owner", Query("contact", (Condition("owner", Operator.EMPTY),))),
    ]


@pytest.mark.parametrize("slug", sorted(providers()))
def test_a_declared_answer_names_its_collection_and_asks_for_something(slug: str) -> None:
    for each in providers()[slug].answers:
        assert each.title and each.query.collection and (each.query.narrows or each.query.groups)
