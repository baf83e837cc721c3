"""What a provider gave stays in the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import WebSocket, expect

from integrations import providers
from integrations.store import keys, records

from .visitor import Visitor


class Wiretap:
    """All that goes over the wire to and from one browser, and what it makes of it."""

    def __init__(self, visitor: Visitor) -> None:
        self.heard: list[bytes] = []
        self._page = visitor.page
        visitor.page.on("websocket", self._listen)
        visitor.page.on("request", lambda request: self._hear(f"{request.url} {request.headers}"))
        visitor.page.on("response", lambda response: self._hear(str(response.headers)))

    def _listen(self, socket: WebSocket) -> None:
        for event in ("framesent", "framereceived"):
            socket.on(event, self._hear)

    def _hear(self, said: str | bytes) -> None:
        self.heard.append(said if isinstance(said, bytes) else said.encode())

    def look(self) -> None:
        """Note the page as it is now, and what the browser keeps of it."""
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, history.state])"
        self._hear(self._page.content() + self._page.evaluate(kept))


@pytest.mark.parametrize("slug", providers())
def test_no_token_code_state_or_verifier_is_seen_after_the_return(
    visitor: Visitor, inside: Callable[..., Any], slug: str
) -> None:
    server, whole = visitor.server, Wiretap(visitor)
    visitor.leave_for_consent(slug)
    pending = inside(server, records.paths(keys.STATE, visitor.owner))[0]
    verifier = inside(server, records.get(keys.STATE, pending)).verifier
    visitor.approve(slug)
    expect(visitor.badge("Connected")).to_be_visible()
    back = next(url for url in visitor.requests if "code=" in url)
    code, state = (parse_qs(urlsplit(back).query)[name][0] for name in ("code", "state"))
    after = Wiretap(visitor)
    whole.look()

    visitor.page.reload()
    if providers()[slug].ration:
        visitor.button("Load").click()
    visitor.loaded()
    visitor.everything(slug)
    visitor.search("an")
    expect(visitor.button("Clear")).to_be_visible()
    expect(visitor.select(0)).to_be_visible()
    after.look()
    after.heard.append(str(visitor.download()).encode())
    visitor.button("Activity").click()
    expect(visitor.page.get_by_text("What was done with your connections")).to_be_visible()
    after.look()
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("link", name="Overview").click()
    visitor.says(re.compile(r"4\d\d records"))
    after.look()

    path = inside(server, records.paths(keys.TOKEN, visitor.owner))[0]
    token = inside(server, records.get(keys.TOKEN, path))
    always, later = (b"\n".join(wire.heard) for wire in (whole, after))
    assert len(after.heard) > 50 and b"Sample data" in later
    for secret in filter(None, (token.access_token, token.refresh_token, verifier)):
        assert len(secret) > 30
        assert secret.encode() not in always
        assert secret not in server.log
    for secret in (code, state):
        assert secret.encode() not in later
        assert secret not in server.log
    stored = b"".join(each.read_bytes() for each in server.data.rglob("*") if each.is_file())
    secrets = filter(None, (token.access_token, token.refresh_token, verifier, code, state))
    assert not [secret for secret in secrets if secret.encode() in stored]
