"""A provider that did not exist before, in a real browser: connected, loaded, filtered, downloaded, ended."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from new_provider import with_larchwood
from playwright.sync_api import expect

from .conftest import Visit
from .server import Server

PAIR = {"access_token": "lw_access", "refresh_token": "lw_refresh", "expires_in": 28_800, "token_type": "bearer"}
TASKS = [{"id": n, "title": f"Task {n}", "assignee": {"login": "ada" if n % 2 else "bo"}} for n in range(1, 251)]


class Larchwood(BaseHTTPRequestHandler):
    """Approves at once; lists 250 tasks, a hundred a page."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        if url.path == "/oauth/authorize":
            back = f"{query['redirect_uri']}?code=the-code&state={query['state']}"
            return self._answer(None, status=302, Location=back)
        if self.headers.get("Authorization") != "Bearer lw_access":
            return self._answer({"problem": "token"}, status=401)
        if url.path != "/tasks":
            known = {"/me": {"id": 7, "login": "ada"}, "/plan": {"features": ["projects", "tasks"]}, "/projects": []}
            return self._answer(known[url.path])
        page = int(query.get("page", 1))
        following = f'<{self.server.url}/tasks?per_page=100&page={page + 1}>; rel="next"'  # type: ignore[attr-defined]
        more = {"Link": following} if page * 100 < len(TASKS) else {}
        return self._answer(TASKS[(page - 1) * 100 : page * 100], **more)

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self._answer(PAIR if form.get("code") == "the-code" else {"error": "stale_code"})

    def _answer(self, content: Any, status: int = 200, **headers: str) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def larchwood() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Larchwood) as server:
        server.url = f"http://127.0.0.1:{server.server_address[1]}"  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.url  # type: ignore[attr-defined]
        server.shutdown()


@pytest.fixture(scope="module")
def with_it(larchwood: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    app, folder = with_larchwood(tmp_path_factory.mktemp("project")), tmp_path_factory.mktemp("server")
    settings = {
        "CLIENT_ID": "id", "CLIENT_SECRET": "secret", "API_URL": larchwood,
        "AUTHORIZE_URL": f"{larchwood}/oauth/authorize", "TOKEN_URL": f"{larchwood}/oauth/token",
    }  # fmt: skip
    server = Server(Path(app), folder, {f"LARCHWOOD_{name}": value for name, value in settings.items()})
    yield server.start()
    server.stop()


def test_it_is_connected_loaded_filtered_downloaded_and_ended(with_it: Server, larchwood: str, visit: Visit) -> None:
    visitor = visit(with_it)
    visitor.expected_hosts.add(urlsplit(larchwood).netloc)
    visitor.open("")
    visitor.says("Larchwood")
    visitor.open("larchwood")
    expect(visitor.button("Try with sample data")).to_have_count(0)
    visitor.says("Can read: projects and tasks. Can't change anything.")
    visitor.button("Connect to Larchwood").click()
    visitor.page.wait_for_url(f"{with_it.url}/larchwood")
    visitor.loaded()
    visitor.sees(250, 250)

    visitor.only("Owner", "ada")
    visitor.sees(125, 250)
    name, rows = visitor.download()
    assert (
        name.startswith("larchwood-tasks-filtered-") and len(rows) == 125 and {row["Owner"] for row in rows} == {"ada"}
    )

    visitor.button("Manage").click()
    visitor.page.get_by_role("menuitem", name="Disconnect").click()
    visitor.button("Disconnect").click()
    visitor.says("Larchwood can't be told from here")
    expect(visitor.button("Connect to Larchwood")).to_be_visible()
