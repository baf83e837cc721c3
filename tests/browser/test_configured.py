"""With and without credentials, and with a Redis of one's own that comes and goes."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from own_valkey import KEEPING, Valkey
from playwright.sync_api import expect

from integrations import Provider, providers

from .conftest import Visit
from .server import Server
from .visitor import Visitor

SLUGS = sorted(providers())
AWAY = re.compile(r"cannot reach its database \(Redis\) right now. This page works again by itself")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """The operator's Redis."""
    redis = Valkey(tmp_path_factory.mktemp("redis"), *KEEPING)
    yield redis
    redis.kill()


@pytest.fixture(scope="module")
def configured_server(start: Callable[..., Server], redis: Valkey) -> Iterator[Server]:
    """A server with credentials for every provider, and a Redis of its own."""
    ids = {f"{slug}_CLIENT_ID".upper(): f"id-of-{slug}" for slug in SLUGS}
    kept = {f"{slug}_CLIENT_SECRET".upper(): f"secret-of-{slug}" for slug in SLUGS}
    server = start(REDIS_URL=redis.url, TOKEN_KEYS=secrets.token_urlsafe(32), **ids, **kept)
    yield server
    server.stop()


def test_an_unconfigured_provider_names_the_two_settings(visitor: Visitor) -> None:
    for slug in SLUGS:
        page = visitor.open(slug)

        title = providers()[slug].title
        visitor.says(f"{title} isn't set up yet. Ask whoever runs this dashboard.")
        visitor.page.get_by_text("For administrators").click()
        visitor.says("create an OAuth app")
        expect(visitor.badge("Not set up")).to_be_visible()
        names = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", page.get_by_test_id("stMain").inner_text()))
        assert names == {f"{slug}_CLIENT_ID".upper(), f"{slug}_CLIENT_SECRET".upper()}
        visitor.says(f"{visitor.server.url}/{slug}")
        expect(visitor.button(f"Connect to {title}")).to_have_count(0)


def test_connect_leaves_for_the_real_provider_in_the_same_tab(configured_server: Server, visit: Visit) -> None:
    visitor = visit(configured_server)
    for provider in providers().values():
        asked = leaving_for(visitor, provider)

        url, query = asked.split("?")
        sent = {name: values[0] for name, values in parse_qs(query, strict_parsing=True).items()}
        assert url == provider.authorize_url
        assert (sent["response_type"], sent["client_id"]) == ("code", f"id-of-{provider.slug}")
        assert sent["redirect_uri"] == f"{configured_server.url}/{provider.slug}"
        assert re.fullmatch(r"[A-Za-z0-9_-]{64}", sent["state"])
        assert (sent.get("code_challenge_method") == "S256") == provider.pkce
        assert bool(re.fullmatch(r"[A-Za-z0-9_-]{43}", sent.get("code_challenge", ""))) == provider.pkce
        assert sent.get("scope", "") == " ".join(provider.scopes)
        assert f"secret-of-{provider.slug}" not in asked
        assert len(visitor.context.pages) == 1
        visitor.page.go_back()
        expect(visitor.button(f"Connect to {provider.title}")).to_be_enabled()


def test_beside_sample_data_the_real_account_is_added(configured_server: Server, visit: Visit) -> None:
    visitor = visit(configured_server)
    visitor.connect("notion")
    host = urlsplit(providers()["notion"].authorize_url).netloc
    visitor.expected_hosts.add(host)
    visitor.page.route(f"**://{host}/**", lambda route: route.fulfill(body="away"))
    visitor.manage("Add another account")
    expect(visitor.page.get_by_text("away", exact=True)).to_be_visible()


def leaving_for(visitor: Visitor, provider: Provider) -> str:
    """Press Connect; the address at the provider that this opens, which answers "away" instead."""
    host = urlsplit(provider.authorize_url).netloc
    visitor.expected_hosts.add(host)
    visitor.page.route(f"**://{host}/**", lambda route: route.fulfill(body="away"))
    visitor.open(provider.slug)
    expect(visitor.badge("Not connected")).to_be_visible()
    visitor.button(f"Connect to {provider.title}").click()
    expect(visitor.page.get_by_text("away", exact=True)).to_be_visible()
    return visitor.page.url


def test_a_redis_that_is_gone_is_told_and_the_page_recovers_by_itself(
    configured_server: Server, redis: Valkey, visit: Visit
) -> None:
    visitor = visit(configured_server)
    visitor.connect("hubspot")

    redis.kill()
    visitor.page.get_by_role("link", name="Overview").click()

    expect(visitor.page.get_by_text(AWAY).first).to_be_visible(timeout=5_000)
    visitor.page.reload()
    expect(visitor.page.get_by_text(AWAY).first).to_be_visible()
    redis.start()
    visitor.says("400 records")
    expect(visitor.page.get_by_text(AWAY)).to_have_count(0)
    visitor.page.get_by_role("link", name="HubSpot").first.click()
    assert visitor.everything("hubspot") == 400


def test_a_redis_that_hangs_is_told_and_the_page_recovers_by_itself(
    configured_server: Server, redis: Valkey, visit: Visit
) -> None:
    visitor = visit(configured_server)
    visitor.open("notion")
    expect(visitor.button("Connect to Notion")).to_be_enabled()

    redis.hang()
    began = time.monotonic()
    visitor.button("Connect to Notion").click()
    expect(visitor.page.get_by_text(AWAY).first).to_be_visible()
    waited = time.monotonic() - began
    redis.wake()

    assert waited < 5
    expect(visitor.button("Connect to Notion")).to_be_enabled()
    expect(visitor.page.get_by_text(AWAY)).to_have_count(0)


def test_a_dialog_that_is_open_while_redis_goes_away_says_so_and_changes_nothing(
    configured_server: Server, redis: Valkey, visit: Visit
) -> None:
    visitor = visit(configured_server)
    visitor.connect("hubspot")
    visitor.manage("Disconnect")
    expect(visitor.button("Cancel")).to_be_visible()

    redis.kill()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Disconnect", exact=True).click()

    expect(visitor.page.get_by_role("dialog").get_by_text(AWAY)).to_be_visible()
    redis.start()
    expect(visitor.page.get_by_text(AWAY)).to_have_count(0)
    assert visitor.everything("hubspot") == 400
