"""How many pages may be open at once, and what the next one is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import subprocess
import sys

import pytest

from integrations.config.settings import ROOT
from integrations.web import capacity, sessions
from integrations.web.capacity import Capacity, room
from integrations.web.log_limits import Repeats, limit_repeats
from integrations.web.sessions import Sessions


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    monkeypatch.setattr(sessions, "capacity", lambda: Capacity(5, 2, 10, 5))
    return Sessions()


def test_beyond_what_there_is_room_for_the_next_visitor_is_told_to_wait(held: Sessions) -> None:
    with contextlib.ExitStack() as open_pages:
        for browser in "aabbc":
            assert open_pages.enter_context(held.opened(browser))
        with held.opened("d") as has_room:
            assert not has_room
        refused = held.refusal("d")
        assert refused and refused.status_code == 503 and int(refused.headers["retry-after"]) > 0
        assert b"Too many people" in refused.body and b"http-equiv=refresh" in refused.body
        assert held.refusal("c") is None, "who is here already may reload"
    assert held.refusal("d") is None and held._open.total() == 0


def test_one_browser_does_not_take_all_the_room(held: Sessions) -> None:
    with held.opened("a"), held.opened("a"):
        with held.opened("a") as has_room:
            assert not has_room
        refused = held.refusal("a")
        assert refused and refused.status_code == 429 and b"too many tabs" in refused.body
        assert held.refusal("b") is None
    assert held.refusal("a") is None


@pytest.mark.parametrize("descriptors", [256, 700, 1_024, 4_096, 8_192, 65_536])
def test_all_that_may_be_open_fits_into_the_descriptors_there_are(descriptors: int) -> None:
    fits = room(descriptors)
    left_sessions = capacity.PER_LEFT_SESSION * capacity.LEFT_SESSIONS
    needed = fits.sessions * capacity.PER_SESSION + fits.connections + left_sessions + capacity.OTHERS
    assert needed <= max(descriptors, left_sessions + capacity.OTHERS + 64)
    assert 1 <= fits.sessions_of_one_browser <= fits.sessions / 4 and fits.incomplete < fits.connections


def test_the_limit_of_descriptors_is_raised_as_far_as_is_wanted() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    script = (
        "import resource; from integrations.web import capacity; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (600, {hard})); print(capacity._raised_limit())"
    )
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert int(said) == (capacity.WANTED if hard == resource.RLIM_INFINITY else min(capacity.WANTED, hard))


def test_a_flood_of_records_alike_is_counted_rather_than_written(caplog: pytest.LogCaptureFixture) -> None:
    repeats = Repeats(most=3)
    log = logging.getLogger("tests.flood")
    log.addFilter(repeats)
    for number in range(100_000):
        log.error("socket.accept() out of system resource\nsocket: %s", number)
    log.error("something else")
    log.removeFilter(repeats)
    assert len(caplog.records) == 4
    assert repeats.left_out() == "99,997 of tests.flood: socket.accept() out of system resource"
    assert repeats.left_out() == "" and repeats.filter(caplog.records[0]), "the next minute begins anew"


def test_made_up_kinds_of_records_take_no_memory() -> None:
    repeats = Repeats(most=1)
    records = [logging.LogRecord("x", 40, "", 0, f"kind {number}", (), None) for number in range(2_000)]
    assert sum(map(repeats.filter, records)) <= 501 and len(repeats._counts) <= 501


def test_each_minute_the_log_says_what_was_left_out(caplog: pytest.LogCaptureFixture) -> None:
    async def minute() -> None:
        limiting = asyncio.create_task(limit_repeats(Repeats(most=2), every=0.05))
        await asyncio.sleep(0)
        for _ in range(5):
            logging.getLogger("asyncio").error("the same")
        while not any("Left out" in record.message for record in caplog.records):
            await asyncio.sleep(0.01)
        limiting.cancel()

    asyncio.run(minute())
    assert [record.message for record in caplog.records].count("the same") == 2
    assert "3 of asyncio: the same" in caplog.text
