"""What pages compute is kept for all of them, and nobody can have it thrown away for everybody."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from queries import narrowing

from integrations import frames, service
from integrations.frames import Tables
from integrations.model import Account, Connection, Item, Load, Query
from integrations.model.query import Measure
from integrations.service import kept as cache
from integrations.ui.rows import Rows

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


def rows(owner: str = "owner", load: str = "1") -> Rows:
    connection = Connection("c0ffee", owner, "hubspot", Account("1", "A"), "real", "https://api", NOW)
    items = [Item(str(number), "deal", f"{owner} {load} {number}", last_modified_time=NOW) for number in range(3)]
    source = service.Rows(connection, Load(load, "complete", NOW), Tables([frames.pack(items)]))
    return Rows(source, connection.id)


def names(mine: Rows, query: Query) -> list[str]:
    """The names of the first window."""
    window = mine.window(mine.tables.open(), query, ("name",), 0, "")
    return window["Name"].tolist()  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def empty() -> None:
    cache._values.clear()


def test_emptying_streamlits_caches_throws_nothing_of_ours_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one message on any browser's websocket did: a rerun of 26 ms took 569 when it came five times a second."""
    computed: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            computed[name] += 1
            return function(*arguments, **more)

        return call

    for name in ("apply", "shown", "search_texts", "totals"):
        monkeypatch.setattr(frames, name, counted(name, getattr(frames, name)))
    mine = rows()
    for _ in range(50):
        query = narrowing(search="owner")
        assert len(mine.positions(mine.tables.open(), query)) == 3
        names(mine, query)
        mine.totals(mine.tables.open(), query, Measure())
        st.cache_resource.clear()
        st.cache_data.clear()
    assert computed == {"apply": 1, "shown": 1, "search_texts": 1, "totals": 1}


def test_rows_are_kept_by_owner_connection_load_and_collection() -> None:
    found = {(owner, load): names(rows(owner, load), Query()) for owner in "ab" for load in "12"}
    assert all(each[0].startswith(f"{owner} {load}") for (owner, load), each in found.items())
    assert rows("a").positions(rows("a").tables.open(), Query()) is rows("a").positions(
        rows("a").tables.open(), Query()
    )
    mine = rows()
    assert mine.positions(mine.tables.open(), Query()) is not mine.positions(mine.tables.open("deal"), Query())


def test_pages_that_ask_at_once_wait_for_one_that_computes() -> None:
    begun, go_on, calls = threading.Barrier(9), threading.Event(), []

    @cache.kept
    def slow(name: str, _table: object) -> str:
        calls.append(name)
        assert go_on.wait(20)
        return name

    def ask() -> str:
        begun.wait(20)
        return slow("same", None)

    with ThreadPoolExecutor(8) as pages:
        asked = [pages.submit(ask) for _ in range(8)]
        begun.wait(20)
        deadline = time.monotonic() + 0.5  # in which a second computation would have begun
        while len(calls) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        go_on.set()
        assert [each.result(20) for each in asked] == ["same"] * 8
    assert calls == ["same"]


def test_one_that_fails_keeps_nobody_waiting() -> None:
    @cache.kept
    def broken(name: str, _table: object) -> str:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            broken("name", None)


def test_what_is_kept_is_bounded_in_bytes_and_in_number() -> None:
    @cache.kept
    def made(number: int, _table: object) -> pd.DataFrame:
        return pd.DataFrame({"x": range(number)})

    for number in range(3_000):
        made(number % 3 + number, None)
    assert len(cache._values) <= 2_048 and cache._values.currsize <= cache.MOST_BYTES
    large = pd.DataFrame({"x": range(1_000_000)})
    assert cache._size(large) >= 8_000_000 and cache._size(["small"]) == cache.SMALLEST
