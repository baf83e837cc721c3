"""Accounts at the stand-ins, to be loaded and changed between loads."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from made_up import varied
from odd_names import ODD_NAMES
from sample_account import STAND_INS, URL, Account

from integrations import providers
from integrations.model import RateLimit
from sandbox import sample_text


@pytest.fixture
def account(store: None, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Account]:
    """Opens an account at a stand-in, whose calls are not rationed."""
    configured(PUBLIC_URL=URL, SANDBOX="on")
    monkeypatch.setattr(sample_text, "ODD_NAMES", ODD_NAMES)

    def opened(slug: str) -> Account:
        found, provider = Account(slug), providers()[slug]

        async def answer(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
            return await found.answer(request)

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
        monkeypatch.setattr(STAND_INS[slug], "World", lambda items: found.world)
        unrationed = dict.fromkeys(provider.rate_limits, RateLimit(10_000, 1))
        monkeypatch.setitem(providers(), slug, varied(provider, rate_limits=unrationed))
        return found

    return opened
