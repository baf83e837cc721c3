"""A real Chromium before a real `streamlit run dashboard.py`: what a person does is done by clicking.

One server is shared by all tests; each test's visitor is a browser nobody has used before. Whatever a test is
about, its visitors' consoles stay empty (so no script and no policy was violated), and their browsers call nobody
but the server.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from integrations import frames, providers, sync
from integrations.model import Query
from integrations.service.runtime import run
from integrations.store import client, connections, embedded

from .server import Server, copy_of_the_app
from .visitor import Visitor

CHROMIUM = Path("/usr/bin/chromium")
Visit = Callable[..., Visitor]
FIRST = "the first"  # collection of a provider


@pytest.fixture(scope="package")
def app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app without the secrets.toml of whoever runs the tests."""
    return copy_of_the_app(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="package")
def start(app_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start one more server with settings of its own."""
    with contextlib.ExitStack() as ends:

        def start_one(**settings: str) -> Server:
            server = Server(app_folder, tmp_path_factory.mktemp("server"), settings)
            ends.callback(server.stop)
            return server.start()

        yield start_one


@pytest.fixture(scope="package")
def server(start: Callable[..., Server]) -> Server:
    """The server as it comes out of the box: nothing is configured."""
    return start()


@pytest.fixture(scope="package")
def slow(start: Callable[..., Server]) -> Server:
    """A server whose sample providers hold more and take a second for each answer."""
    return start(SANDBOX_ITEMS="1500", SANDBOX_LATENCY_MS="1000")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = _launched(playwright)
        yield browser
        browser.close()


def _launched(playwright: Playwright) -> Browser:
    path = CHROMIUM if CHROMIUM.exists() else None  # else the one that Playwright downloaded
    return playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])


@pytest.fixture
def visit(chromium: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Come with a browser of one's own; `state` is what another one remembered."""
    visitors: list[Visitor] = []

    def come(to: Server = server, state: Any = None, size: tuple[int, int] = (1440, 1000), **more: Any) -> Visitor:
        width, height = size
        context = chromium.new_context(viewport={"width": width, "height": height}, storage_state=state, **more)
        visitors.append(Visitor(to, context))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
    assert {host for visitor in visitors for host in visitor.strange_hosts} == set()


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """Somebody who has never been here."""
    return visit()


@pytest.fixture(scope="package")
def memory(chromium: Browser, server: Server) -> dict[str, Any]:
    """What a browser remembers that has connected sample data of every provider, and loaded it."""
    visitor = Visitor(server, chromium.new_context())
    for slug in providers():
        visitor.connect(slug)
    state: dict[str, Any] = visitor.context.storage_state()
    visitor.context.close()
    return state


@pytest.fixture
def regular(visit: Visit, memory: dict[str, Any]) -> Visitor:
    """Somebody who comes again, with sample data of every provider already loaded; not to be changed."""
    return visit(state=memory)


@pytest.fixture
def inside(configured: Callable[..., None]) -> Iterator[Callable[..., Any]]:
    """Look into a server's own store, as whoever has its folder with the key file could."""
    seen: set[Path] = set()

    def look(server: Server, question: Coroutine[Any, Any, Any]) -> Any:
        if server.data not in seen:
            run(client.close())
            configured(**server.own_settings)
            seen.add(server.data)
        return run(question)

    yield look
    run(client.close())
    for folder in seen:
        embedded.release(folder)


@pytest.fixture
def frame_of(inside: Callable[..., Any]) -> Callable[..., pd.DataFrame]:
    """What a visitor's server keeps for them from a provider, or one collection, as a page shows it."""

    async def rows(owner: str, slug: str, collection: str) -> pd.DataFrame:
        found = await sync.shown((await connections.of(owner, slug))[-1])
        assert found is not None
        table = found[1].open(collection if collection != FIRST else found[1].collections[0].id)
        return frames.shown(table, frames.apply(table, Query()), [each.id for each in table.fields])

    return lambda visitor, slug, collection="": inside(visitor.server, rows(visitor.owner, slug, collection))


@pytest.fixture(scope="package")
def pictures() -> Path:
    """Where pictures for people go; nothing compares them."""
    folder = Path(__file__).with_name("pictures")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
