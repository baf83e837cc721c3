"""The vocabulary: browsers, times, tokens, loads and errors."""

from __future__ import annotations

import hashlib
import pickle
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from integrations.identity import cookie_name
from integrations.identity.cookie import new_identity, owner_of
from integrations.model import Actor, Load, Token, errors, moment

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_browsers_cookie_has_256_bits_and_its_owner_is_its_hash() -> None:
    cookies = {new_identity() for _ in range(100)}
    assert len(cookies) == 100 and all(re.fullmatch(r"[A-Za-z0-9_-]{43}", cookie) for cookie in cookies)
    cookie = cookies.pop()
    assert owner_of(cookie) == hashlib.sha256(cookie.encode()).hexdigest() and cookie not in owner_of(cookie)


@pytest.mark.parametrize(
    "cookie", [None, "", "short", "x" * 42, "x" * 44, "x" * 42 + "=", "x" * 42 + "\n", "ü" * 43, "*" * 43]
)
def test_a_cookie_that_we_did_not_mint_is_nobody(cookie: str | None) -> None:
    assert owner_of(cookie) is None


def test_the_cookie_is_bound_to_the_host_where_browsers_allow_it(configured: Callable[..., None]) -> None:
    assert cookie_name() == "sid"
    configured(PUBLIC_URL="https://dash.example.com")
    assert cookie_name() == "__Host-sid"


@pytest.mark.parametrize(("text", "found"), [
    ("2026-11-22T00:00:00Z", NOW), ("2026-11-22T00:00:00.000Z", NOW), ("2026-11-22T00:00:00.000+00:00", NOW),
    ("2026-11-22T02:00:00+02:00", NOW), ("2026-11-21T19:00:00-05:00", NOW), ("2026-11-22T00:00:00", NOW),
    ("2026-11-22", NOW), ("soon", None), ("", None), (None, None), (5, None), (["2026"], None),
    ("0001-01-01T00:00:00+14:00", None),
])  # fmt: skip
def test_a_time_is_aware_and_utc_or_there_is_none(text: object, found: datetime | None) -> None:
    assert moment(text) == found
    assert found is None or moment(text).tzinfo is UTC


def test_a_token_knows_when_it_ends() -> None:
    token = Token("access", expires_at=NOW + timedelta(seconds=100))
    assert token.expires_within(101, NOW) and not token.expires_within(99, NOW)
    assert not Token("access").expires_within(10**9, NOW)


def test_a_token_shows_nothing_of_itself() -> None:
    token = Token("the-access", "the-refresh", NOW, "read")
    assert "the-" not in f"{token} {token!r} {[token]}"


def test_a_load_counts_its_items_and_knows_whether_it_is_under_way() -> None:
    assert Load("1", "running", NOW, counts={"page": 2, "row": 3}).total == 5
    states = ("queued", "running", "complete", "partial", "failed")
    assert [state for state in states if Load("1", state, NOW).active] == ["queued", "running"]


def family(error: type[errors.DashboardError]) -> list[type[errors.DashboardError]]:
    return [error, *(each for child in error.__subclasses__() for each in family(child))]


def test_the_tree_drawn_in_the_module_is_the_tree_there_is() -> None:
    drawn = re.findall(r"^ *[│├└─ ]*(\w+)", (errors.__doc__ or "").split("\n\n")[1], re.MULTILINE)
    declared = [error.__name__ for error in family(errors.DashboardError) if error.__module__ == errors.__name__]
    assert sorted(drawn) == sorted(declared)


@pytest.mark.parametrize(
    "error", [each for each in family(errors.DashboardError) if each.__module__ == errors.__name__]
)
def test_an_error_is_its_sentence(error: type[errors.DashboardError]) -> None:
    if issubclass(error, errors.StoreUnavailable):
        assert str(error()).endswith(".")
        return
    raised = error("Do this.", 3) if error in (errors.RateLimited, errors.Unavailable) else error("Do this.")
    assert str(raised) == "Do this." and (error.__doc__ or "").strip()


def test_what_is_kept_is_plain_data() -> None:
    load = Load("1", "running", NOW)
    assert pickle.loads(pickle.dumps(load)) == load


@pytest.mark.parametrize(("address", "place"), [
    ("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1"), ("127.0.0.1", "this machine"), ("::1", "this machine"),
    (None, "this machine"), ("=HYPERLINK(1) 8.8.8.8", "an unknown address"), ("", "this machine"),
])  # fmt: skip
def test_an_address_is_one_or_unknown(address: str | None, place: str) -> None:
    assert Actor.at("", address, "Firefox/1 on Linux").where == f"{place} · Firefox on Linux"
