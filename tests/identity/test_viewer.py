"""Who a request is answered for: a browser without sign-in, else the person, and nobody before they have signed in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from integrations.config import settings
from integrations.config.settings import AUTH
from integrations.identity import sign_in, viewer_of
from integrations.model import Session
from integrations.service.runtime import run

BROWSER = "b" * 64
ADA = Session("a" * 64, "Ada", "login", datetime(2026, 1, 1, tzinfo=UTC), proof="proof")


@pytest.fixture
def signs_in(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["integrations.config.settings"], "_secrets_file", lambda: {AUTH: {"x": "y"}})
    settings.cache_clear()
    assert settings().signs_in


def test_without_sign_in_it_is_the_browser(store: None, configured: Callable[..., None]) -> None:
    viewer = run(viewer_of(BROWSER, None, "10.0.0.1", "Firefox/1"))
    assert viewer and (viewer.owner, viewer.browser, viewer.session) == (BROWSER, BROWSER, None)
    assert (viewer.actor.who, viewer.actor.where) == ("", "10.0.0.1 · Firefox")


@pytest.mark.parametrize("sign_in_is_set_up", [False, True])
def test_without_a_cookie_it_is_nobody(request: pytest.FixtureRequest, store: None, sign_in_is_set_up: bool) -> None:
    if sign_in_is_set_up:
        request.getfixturevalue("signs_in")
    assert run(viewer_of(None, None, "", "")) is None


def test_where_people_sign_in_it_is_nobody_until_they_have(signs_in: None) -> None:
    assert run(viewer_of(BROWSER, None, "", "")) is None
    run(sign_in.begin(BROWSER, ADA))
    viewer = run(viewer_of(BROWSER, None, "", ""))
    assert viewer and (viewer.owner, viewer.browser, viewer.actor.who) == (ADA.owner, BROWSER, "Ada")
    assert run(viewer_of(BROWSER, "another proof", "", "")) is None
    run(sign_in.end(BROWSER))
    assert run(viewer_of(BROWSER, None, "", "")) is None
