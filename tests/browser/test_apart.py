"""What is whose, what ends when, and what outlives what."""

from __future__ import annotations

import http.client
import os
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from integrations.model import Item
from integrations.store import connections, keys, records
from integrations.store.client import execute

from .conftest import Visit
from .plant import plant
from .server import Server, until
from .visitor import Visitor


async def kept_about(name: str) -> list[str]:
    """The keys in Redis that hold this name and do not expire."""

    async def scan(redis: Any) -> list[str]:
        found = [key async for key in redis.scan_iter(match=f"*{name}*", count=1000)]
        return [key.decode() for key in found if await redis.ttl(key) == -1]

    return await execute(scan)


def test_disconnecting_leaves_nothing_behind(visitor: Visitor, inside: Callable[..., Any]) -> None:
    visitor.connect("notion")
    path = inside(visitor.server, records.paths(keys.CONNECTION, visitor.owner))[0]
    assert len(inside(visitor.server, kept_about(":".join(path)))) > 3

    visitor.manage("Disconnect")
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Disconnect", exact=True).click()

    expect(visitor.badge("Not set up")).to_be_visible()
    expect(visitor.button("Try with sample data")).to_be_enabled()
    assert inside(visitor.server, kept_about(visitor.owner)) == []
    assert [inside(visitor.server, records.paths(kind, *path)) for kind in keys.OF_A_CONNECTION] == [
        [] for _ in keys.OF_A_CONNECTION
    ]
    visitor.page.goto(f"{visitor.server.url}/download/notion?connection={path[2]}")
    expect(visitor.page.get_by_text("There is nothing to download here for this browser")).to_be_visible()
    visitor.complaints.clear()  # the answer to that download is 404, as it should be


def test_a_long_table_is_read_window_by_window_and_each_row_opens(visitor: Visitor, inside: Callable[..., Any]) -> None:
    people = tuple(Item(str(n), "contact", f"Person {n:06}", properties={"Town": "T"}) for n in range(100_000))
    visitor.open()
    inside(visitor.server, plant(visitor.owner, "hubspot", f"{visitor.server.url}/sandbox/hubspot", people))
    visitor.open("hubspot")
    visitor.sees(len(people), len(people))
    visitor.says(re.compile("rows 1 – 1,000"))

    visitor.button("chevron_right icon").click()

    visitor.says(re.compile("rows 1,001 – 2,000"))
    visitor.select(0)
    expect(visitor.page.get_by_role("heading", name="Person 001000")).to_be_visible()

    [connection] = inside(visitor.server, connections.of(visitor.owner))
    inside(visitor.server, connections.forget(connection))
    visitor.button("chevron_right icon").click()
    expect(visitor.button("Try with sample data")).to_be_enabled()
    expect(visitor.page.get_by_test_id("stDataFrame")).to_have_count(0)


def test_disconnecting_can_be_thought_over(regular: Visitor) -> None:
    regular.open("notion")
    regular.manage("Disconnect")

    regular.button("Cancel").click()

    expect(regular.page.get_by_role("dialog")).to_have_count(0)
    expect(regular.line).to_be_visible()


def test_two_browsers_do_not_see_each_other(regular: Visitor, visitor: Visitor) -> None:
    assert regular.everything("hubspot") == 400

    visitor.open("hubspot")

    expect(visitor.button("Try with sample data")).to_be_enabled()
    visitor.open()
    visitor.says("Contacts, companies, deals and tickets")
    expect(visitor.page.get_by_text(re.compile(r"[0-9] records"))).to_have_count(0)
    address = regular.page.evaluate("location.href")
    regular.button("Download").click()
    with regular.page.expect_request("**/download/**") as asked, regular.page.expect_download():
        regular.button("Download CSV").click()
    assert address == regular.page.url
    visitor.page.goto(asked.value.url)
    expect(visitor.page.get_by_text("There is nothing to download here for this browser")).to_be_visible()
    visitor.complaints.clear()  # the answer to that download is 404, as it should be


def test_another_name_of_this_machine_leads_to_the_one_that_the_cookie_is_for(visitor: Visitor) -> None:
    visitor.expected_hosts.add(f"127.0.0.1:{visitor.server.port}")

    visitor.page.goto(f"http://127.0.0.1:{visitor.server.port}/hubspot?q=plan&f.type=a&f.type=b")

    expect(visitor.button("Try with sample data")).to_be_enabled()
    assert visitor.page.url == f"{visitor.server.url}/hubspot?q=plan&f.type=a&f.type=b"


@pytest.mark.parametrize(
    ("origin", "cookie", "status"),
    [
        ("own", "ours", 101), ("own", "none", 403), ("own", "forged", 403), ("none", "ours", 403),
        ("http://evil.example", "ours", 403), ("http://localhost:8502", "ours", 403), ("null", "ours", 403),
    ],
)  # fmt: skip
def test_only_our_own_pages_in_a_browser_with_our_cookie_may_talk_to_the_server(
    server: Server, origin: str, cookie: str, status: int
) -> None:
    """A page of another site, or of another port of this machine, would bring the browser's cookie along."""
    asked = http.client.HTTPConnection("localhost", server.port, timeout=10)
    asked.request("GET", "/", headers={"Accept": "text/html"})
    page = asked.getresponse()
    page.read()
    minted = str(page.getheader("Set-Cookie")).partition(";")[0]
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **({} if origin == "none" else {"Origin": server.url if origin == "own" else origin}),
        **({} if cookie == "none" else {"Cookie": minted if cookie == "ours" else f"sid={'a' * 43}"}),
    }  # fmt: skip
    asked.request("GET", "/_stcore/stream", headers=headers)
    assert asked.getresponse().status == status
    asked.close()


def test_nothing_is_uploaded(server: Server) -> None:
    asked = http.client.HTTPConnection("localhost", server.port, timeout=10)
    asked.request("PUT", "/_stcore/upload_file/session/file", b"x", {"Origin": server.url})
    answer = asked.getresponse()
    assert answer.status in (403, 404, 405) and answer.getheader("access-control-allow-origin") is None
    asked.close()


def test_a_restart_of_the_server_loses_nothing(start: Callable[..., Server], visit: Visit) -> None:
    server = start()
    before = visit(server)
    before.connect("hubspot")
    memory = before.context.storage_state()
    before.page.close()

    server.stop()
    server.start()
    after = visit(server, state=memory)
    assert after.everything("hubspot") == 400

    expect(after.badge("Connected")).to_be_visible()
    valkey = int((server.data / "server").read_text())
    os.kill(valkey, signal.SIGKILL)
    until(lambda: int((server.data / "server").read_text() or valkey) != valkey, "Valkey was not started again")
    after.page.reload()
    after.sees(400, 400)
