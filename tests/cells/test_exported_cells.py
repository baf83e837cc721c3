"""Every cell of every exported table is what the sandbox holds: after loads, refreshes and changes of the schema."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from changes import EDITS, REDEFINITIONS
from sample_account import Account

Open = Callable[[str], Account]
CELLS = 5_000  # or more in each account
providers = pytest.mark.parametrize("slug", ["airtable", "hubspot", "notion"])


@providers
def test_every_exported_cell_is_what_the_account_holds_after_a_load(account: Open, slug: str) -> None:
    found = account(slug)
    found.load()
    assert found.compare(found.truth()) > CELLS


@providers
def test_every_exported_cell_is_what_the_account_holds_after_a_refresh(
    account: Open, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = account(slug)
    before, load = found.truth(), found.load()
    EDITS[slug](found.world, int(time.time()), monkeypatch)
    expected = found.refresh(before, load)
    assert found.compare(expected) > CELLS
    assert expected != before

    found.load()
    assert found.compare(found.truth()) > CELLS


@providers
def test_every_exported_cell_is_what_the_account_holds_after_the_schema_has_changed(
    account: Open, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = account(slug)
    found.load()
    REDEFINITIONS[slug](found.world, int(time.time()), monkeypatch)
    found.load(full=False)
    assert found.compare(found.truth()) > CELLS

    found.load()
    assert found.compare(found.truth()) > CELLS
