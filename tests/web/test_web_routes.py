"""Downloads and health."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from own_valkey import Valkey
from queries import narrowing
from web_helpers import COOKIE, PAGE, Browser, stored

from integrations import frames, sync
from integrations.identity.cookie import owner_of
from integrations.model import Connection, Item
from integrations.model.query import Query, to_pairs
from integrations.service.download import DOWNLOADS
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import connections, keys, records
from integrations.sync.chunks import chunk_path

Served = Callable[..., None]
MINE = f"sid={COOKIE}"
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
ITEMS = [
    Item("1", "contact", "Ada", owner="Mia", last_modified_time=DAY, properties={"City": "Oslo", "Score": 3}),
    Item("2", "contact", "=HYPERLINK(\"http://evil\")", last_modified_time=DAY, properties={"City": "-1+1"}),
    Item("3", "deal", "Größe; \"x\", y", owner="Ben", last_modified_time=datetime(2025, 1, 1, tzinfo=UTC)),
]  # fmt: skip


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline="")))


@pytest.fixture
def here(connection: Connection, served: Served) -> str:
    """The address of the download of everything."""
    stored(connection, ITEMS)
    return f"/download/hubspot?connection={connection.id}&in=*&show=type&show=owner"


def test_the_file_is_everything_that_the_page_shows(browser: Browser, here: str):
    answer = browser.get(here, MINE, headers=PAGE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    found = rows(answer.text)
    assert sorted(row["Type"] for row in found) == ["Contact", "Contact", "Deal"]
    assert 'Größe; "x", y' in [row["Name"] for row in found]


FILTERS = [
    narrowing(search="ada", columns=("type",)),
    narrowing(types=("Contact",), columns=("owner", "updated")),
    narrowing(owners=("Mia",), columns=("City", "Score")),
    narrowing(updated=(date(2026, 1, 1), None)),
    narrowing(search="nothing like it"),
]


@pytest.mark.parametrize("collection", ["*", "contact"])
@pytest.mark.parametrize("filters", FILTERS)
def test_the_file_is_exactly_the_filtered_view(
    browser: Browser, here: str, connection: Connection, filters: Query, collection: str
):
    pairs = to_pairs(replace(filters, collection=collection))
    answer = browser.get("/download/hubspot?" + urlencode([("account", connection.id), ("raw", "1"), *pairs]), MINE)
    found = run(sync.shown(connection))
    assert found
    table = found[1].open(collection.strip("*"))
    view = list(frames.slices(table, filters))
    assert [row["Name"] for row in rows(answer.text)] == [name for each in view for name in each["Name"]]
    assert answer.text.lstrip("\ufeff").splitlines()[0].replace('"', "") == ",".join(view[0].columns)
    assert saved_as(answer) == ("hubspot-filtered" if collection == "*" else "hubspot-contacts-filtered")


def test_an_address_without_a_collection_gives_the_first(browser: Browser, here: str, connection: Connection):
    answer = browser.get(f"/download/hubspot?account={connection.id}", MINE)
    assert sorted(row["Name"] for row in rows(answer.text)) == ['\'=HYPERLINK("http://evil")', "Ada"]


def test_a_collection_that_is_not_there_is_a_sentence_and_not_a_file(
    browser: Browser, here: str, connection: Connection
):
    answer = browser.get(f"/download/hubspot?account={connection.id}&in=invoices", MINE, headers=PAGE)
    assert answer.status_code == 404 and "This table is no longer here" in answer.text


def test_during_the_first_load_the_file_has_the_rows_so_far_and_is_named_partial(
    browser: Browser, here: str, connection: Connection
):
    load = run(sync.snapshot(connection))
    assert load
    run(records.delete(keys.SNAPSHOT, connection.path))
    running = replace(load, state="running", at=datetime.now(UTC) + timedelta(hours=1))
    run(records.put(keys.LOAD, connection.path, running))
    answer = browser.get(here, MINE)
    assert len(rows(answer.text)) == 3 and saved_as(answer) == "hubspot-partial"


def saved_as(answer: httpx.Response) -> str:
    """The name of the file without its date, which is today's."""
    named = re.fullmatch(r'attachment; filename="(.+)-(\d{4}-\d\d-\d\d)\.csv"', answer.headers["content-disposition"])
    assert named and abs(date.fromisoformat(named[2]) - datetime.now(UTC).date()) <= timedelta(days=1)
    return named[1]


def test_formulas_are_defused_unless_raw_is_asked_for(browser: Browser, here: str):
    contacts = here.replace("in=*", "in=contact") + "&column=City"
    safe, raw = browser.get(contacts, MINE), browser.get(contacts + "&raw=1", MINE)
    assert {'\'=HYPERLINK("http://evil")', "'-1+1"} <= {cell for row in rows(safe.text) for cell in row.values()}
    assert {'=HYPERLINK("http://evil")', "-1+1"} <= {cell for row in rows(raw.text) for cell in row.values()}


NOT_MINE = [
    ("no cookie", None, "/download/hubspot?connection=0000000000000000"),
    ("another browser", f"sid={'d' * 43}", "/download/hubspot?connection=0000000000000000"),
    ("the owner's hash for a cookie", f"sid={owner_of(COOKIE)}", "/download/hubspot?connection=0000000000000000"),
    ("a forged connection", MINE, "/download/hubspot?connection=1111111111111111"),
    ("no connection", MINE, "/download/hubspot"),
    ("a pattern for a connection", MINE, "/download/hubspot?connection=*"),
    ("a path for a connection", MINE, "/download/hubspot?connection=../0000000000000000"),
    ("another provider", MINE, "/download/notion?connection=0000000000000000"),
    ("no provider", MINE, "/download/nobody?connection=0000000000000000"),
]


@pytest.mark.parametrize(("who", "cookie", "address"), NOT_MINE, ids=[case[0] for case in NOT_MINE])
def test_whoever_it_does_not_belong_to_gets_a_page_in_words(
    browser: Browser, here: str, who: str, cookie: str | None, address: str
):
    answer = browser.get(address, cookie, headers=PAGE)
    assert answer.status_code == 404
    assert "nothing to download here for this browser" in answer.text and "Ada" not in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_before_the_first_load_there_is_nothing_to_download(browser: Browser, served: Served, connection: Connection):
    assert browser.get(f"/download/hubspot?connection={connection.id}", MINE).status_code == 404


def test_a_partial_result_says_so_in_the_files_name(browser: Browser, served: Served, connection: Connection):
    stored(connection, ITEMS, state="partial", notes=("Deals: trouble",))
    answer = browser.get(f"/download/hubspot?account={connection.id}&in=deal", MINE)
    assert saved_as(answer) == "hubspot-deals-partial"


def test_a_result_that_has_lost_rows_says_so_in_the_files_name(browser: Browser, here: str, connection: Connection):
    load = run(sync.snapshot(connection))
    assert load
    run(records.delete(keys.CHUNK, chunk_path(connection, load, 0)))
    sync.loads._tables.clear()
    assert "-partial-" in browser.get(here, MINE).headers["content-disposition"]


def test_without_redis_the_download_is_a_sentence_and_not_a_file(browser: Browser, here: str, served: Served):
    away(served)
    answer = browser.get(here, MINE, headers=PAGE)
    assert answer.status_code == 503
    assert "cannot reach its database" in answer.text and "content-disposition" not in answer.headers


def test_of_rows_sealed_with_a_key_that_is_gone_nothing_is_downloaded(browser: Browser, here: str, served: Served):
    sync.loads._tables.clear()
    served(TOKEN_KEYS="k" * 43)
    answer = browser.get(here, MINE, headers=PAGE)
    assert answer.status_code == 404 and "nothing to download here" in answer.text


def test_a_file_has_all_columns_that_are_asked_for_and_that_a_row_has(browser: Browser, connection: Connection):
    many = {f"field {n}": n for n in range(300)}
    load = stored(connection, [Item("1", "contact", "Ada", properties=many)])
    asked = [("connection", connection.id), *(("column", name) for name in ("made up", *many))]
    header = browser.get("/download/hubspot", MINE, params=asked).text.splitlines()[0]
    assert load.chunks and header.count("field ") == len(many) and "made up" not in header


def test_a_summary_is_a_file_of_its_own(browser: Browser, here: str, connection: Connection):
    asked = [("account", connection.id), ("in", "*"), ("group", "type"), ("summary", "1")]
    answer = browser.get("/download/hubspot", MINE, params=asked)
    assert rows(answer.text)[-1] == {"Type": "All", "Count": "3"} and saved_as(answer) == "hubspot-summary"


def test_a_summary_that_cannot_be_made_is_a_sentence(browser: Browser, here: str, connection: Connection):
    asked = [("account", connection.id), ("group", "nowhere"), ("summary", "1")]
    answer = browser.get("/download/hubspot", MINE, params=asked, headers=PAGE)
    assert answer.status_code == 404 and "no longer here" in answer.text


def test_files_are_for_our_own_pages_and_a_few_at_a_time(browser: Browser, here: str):
    for address in (here, "/activity.csv"):
        assert browser.get(address, MINE, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert browser.get(address, MINE, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    answers = [browser.ask("HEAD", here, MINE).status_code for _ in range(DOWNLOADS.calls)]
    assert set(answers) == {200, 429} and "Wait a minute" in browser.get(here, MINE, headers=PAGE).text
    assert browser.get("/activity.csv", f"sid={'e' * 43}").status_code == 200, "others may"


def test_health_and_readiness_are_two_questions(browser: Browser, served: Served, store: None):
    assert browser.get("/healthz").status_code == browser.get("/readyz").status_code == 200
    away(served)
    assert browser.get("/healthz").status_code == 200
    answer = browser.get("/readyz")
    assert answer.status_code == 503 and answer.json() == {"status": "redis does not answer"}


@pytest.fixture
def full(served: Served, tmp_path: Path) -> Iterator[None]:
    """A Redis that takes no changes."""
    server = Valkey(tmp_path)
    served(REDIS_URL=server.url)
    run(store_connection.close())
    run(store_connection.execute(lambda redis: redis.config_set("maxmemory", 1)))
    yield
    run(store_connection.close())
    server.kill()


def test_a_redis_that_takes_no_changes_is_not_ready_but_is_read_from(browser: Browser, full: None):
    assert browser.get("/readyz").json() == {"status": "redis takes no changes"}
    assert run(connections.of("a" * 64)) == []
    assert browser.get("/activity.csv", MINE).status_code == 200


def test_a_setting_that_stops_redis_is_not_ready_either(browser: Browser, served: Served, store: None, tmp_path):
    run(store_connection.close())
    (tmp_path / "file").touch()
    served(REDIS_URL="", DATA_DIR=str(tmp_path / "file" / "below"))
    assert browser.get("/readyz").status_code == 503


def away(served: Served) -> None:
    """From now on Redis does not answer."""
    run(store_connection.close())
    served(REDIS_URL="redis://127.0.0.1:1")
