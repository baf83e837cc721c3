"""What a load is said to have changed is what has changed in the account."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from changes import EDITS, REDEFINITIONS
from sample_account import Account
from truth import Held

from integrations import service
from integrations.frames.changes import lines
from integrations.model import Viewer
from integrations.service.runtime import run

Open = Callable[[str], Account]
STANDARD = ("name", "owner", "parent")


def found(account: Account) -> Any:
    changes = run(service.changes_since(Viewer(account.connection.owner), account.connection, "load"))
    assert changes.with_values
    return changes.found


def cells(account: Account) -> set[tuple[str, str, str]]:
    """Collection, row and field of each change that the last load has found."""
    values = found(account).values.select(["collection", "id", "field"]).to_pylist()
    return {(each["collection"], each["id"], each["field"].removeprefix(".")) for each in values}


def differing(before: Held, after: Held) -> set[tuple[str, str, str]]:
    """The cells of rows that two states of the account both have and that differ, the time of an edit apart."""
    both = [
        (sheet, id) for sheet in before.keys() & after.keys() for id in before[sheet].rows.keys() & after[sheet].rows
    ]
    return {
        (sheet, id, unquote(column.id)) for sheet, id in both for column in after[sheet].columns
        if before[sheet].rows[id].values.get(column.id) != (value := after[sheet].rows[id].values.get(column.id))
        and value != after[sheet].rows[id].updated
    }  # fmt: skip


@pytest.mark.parametrize("slug", ["airtable", "hubspot", "notion"])
def test_a_load_of_everything_finds_each_cell_that_has_changed_and_no_other(
    account: Open, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = account(slug)
    before = mine.truth()
    mine.load()
    EDITS[slug](mine.world, int(time.time()), monkeypatch)
    mine.load()
    after = mine.truth()
    told = {each for each in cells(mine) if each[2] not in STANDARD}
    assert told == differing(before, after) and told, "but for the time of the last edit"


@pytest.mark.parametrize("slug", ["airtable", "hubspot", "notion"])
def test_new_names_of_fields_and_options_are_no_changes(
    account: Open, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = account(slug)
    mine.load()
    REDEFINITIONS[slug](mine.world, int(time.time()), monkeypatch)
    for full in (False, True):
        mine.load(full=full)
        assert {collection for collection, _, _ in cells(mine)} <= {"table", "data_source"}, "whose fields are listed"


TOLD = {
    "airtable": {("Estimate", "0:17", "1:30"), ("Status", "Done", ""), ("Tags", "internal, later", "")},
    "hubspot": {
        ("Amount", "EUR 39,223.81", "GBP 1,800.50"), ("Currency", "EUR", "GBP"), ("Close date", "2 Sep 2025", ""),
        ("Company name", "Fernhill Energy Leeds", "Renamed since"), ("Open rate", "", "7%"),
    },
    "notion": {("Priority", "Someday", ""), ("Author", "Elif Gosling", "=1+1"), ("Cost", "", "EUR 123,456,789,012.50")},
}  # fmt: skip


@pytest.mark.parametrize("slug", TOLD)
def test_a_refresh_tells_values_before_and_after_as_people_read_them(
    account: Open, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = account(slug)
    mine.load()
    EDITS[slug](mine.world, int(time.time()), monkeypatch)
    mine.load(full=False)
    told = lines(found(mine), {}, "UTC").fillna("")
    values = {tuple(each) for each in told[["field", "before", "after"]].to_numpy()}
    assert values >= TOLD[slug]
    gone = {"hubspot": 1, "notion": 1, "airtable": 0}[slug]
    assert told["what"].eq("removed").sum() == gone
