"""Only the newest attempt at a load writes; one that was thought dead stops at its next write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sync_helpers import Fake

from integrations.model import Item, Page
from integrations.service.runtime import run
from integrations.store import keys, records
from integrations.sync import loads
from integrations.sync.fence import Superseded
from integrations.sync.writer import LoadWriter


@pytest.fixture
def attempts(fake: Fake) -> tuple[LoadWriter, LoadWriter]:
    """An attempt that has taken a load over, and a later one that has taken it from the first."""
    wanted = run(loads.start(fake.connection))
    first, second = LoadWriter(fake.connection, wanted), LoadWriter(fake.connection, wanted)
    run(first.begin())
    run(first.add("people", Page([Item("1", "people", "one")])))
    run(second.begin())
    return first, second


def test_an_attempt_that_was_taken_over_writes_nothing_more(fake: Fake, attempts: tuple[LoadWriter, ...]) -> None:
    first, second = attempts
    before = run(records.get(keys.LOAD, fake.connection.path))
    for write in (first.flush, first.save):
        with pytest.raises(Superseded):
            run(write())
    assert run(records.get(keys.LOAD, fake.connection.path)) == before
    run(second.add("people", Page([Item("2", "people", "two")])))
    run(second.flush())
    assert run(records.get(keys.LOAD, fake.connection.path)).counts == {"people": 1}


@pytest.mark.parametrize("how", ["deleted", "ended", "another"])
def test_a_load_that_is_gone_or_over_cannot_be_taken_over(fake: Fake, how: str) -> None:
    wanted = run(loads.start(fake.connection))
    if how == "deleted":
        run(records.delete(keys.LOAD, fake.connection.path))
    else:
        state, name = ("failed", wanted.id) if how == "ended" else ("queued", "other")
        run(records.put(keys.LOAD, fake.connection.path, type(wanted)(name, state, datetime.now(UTC))))
    with pytest.raises(Superseded):
        run(LoadWriter(fake.connection, wanted).begin())
