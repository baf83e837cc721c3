"""What each page says, in every state, to whom."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from browser.plant import HOSTILE, plant
from screens import Page, names, own_main, words
from streamlit.testing.v1 import AppTest

from integrations import frames, oauth, providers, service, sync
from integrations.config import settings
from integrations.config.settings import ROOT
from integrations.identity.cookie import new_identity
from integrations.model import Bucket, Item, Viewer
from integrations.oauth.redeem import PER_OWNER
from integrations.service.runtime import run
from integrations.store import audit, client, connections, keys, rate_limits, records
from integrations.ui import query as query_of_page
from integrations.ui import sign_in

API = "http://localhost:8501/sandbox/{}"
SLUGS = sorted(providers())


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def badges(app: AppTest) -> set[str]:
    return {str(each.value) for each in app.markdown if "badge[" in str(each.value)}


@pytest.mark.parametrize("slug", SLUGS)
def test_an_unconfigured_provider_says_what_to_set_and_offers_sample_data_if_there_is_any(
    page: Page, slug: str
) -> None:
    app = page(slug)

    assert not app.exception
    assert f"Set **{slug.upper()}_CLIENT_ID** and **{slug.upper()}_CLIENT_SECRET**" in words(app)
    assert ("Try with sample data" in labels(app)) == (ROOT / "sandbox" / f"{slug}.py").exists()


@pytest.mark.parametrize("slug", SLUGS)
def test_a_configured_provider_offers_to_connect(
    page: Page, configured: Callable[..., None], redis_url: str, slug: str
) -> None:
    names = (f"{slug}_CLIENT_ID".upper(), f"{slug}_CLIENT_SECRET".upper())
    configured(REDIS_URL=redis_url, SANDBOX="off", **dict.fromkeys(names, "set"))

    app = page(slug)

    assert not app.exception
    assert f"Connect to {providers()[slug].title}" in labels(app)
    assert "Try with sample data" not in labels(app)
    assert "CLIENT_SECRET" not in words(app)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_connected_provider_shows_its_rows(page: Page, owner: str, slug: str) -> None:
    run(plant(owner, slug, API.format(slug), HOSTILE))

    app = page(slug)

    assert not app.exception
    assert "**2** :gray[contact" in words(app) and "Refresh" in labels(app)
    assert len(names(app)) == 2 and len(names(page(slug, **{"in": "*"}))) == 3


def test_without_a_cookie_a_page_asks_for_it_and_shows_nothing(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API.format("hubspot"), HOSTILE))

    for sid in ("", "forged", new_identity() + "x"):
        app = page("hubspot", sid=sid)

        assert not app.exception
        assert "Allow cookies" in words(app)
        assert not app.dataframe and not app.button


def test_an_answer_that_has_to_wait_keeps_its_address_and_is_redeemed_later(page: Page, owner: str) -> None:
    provider = providers()["hubspot"]
    sent = dict(parse_qsl(urlsplit(run(oauth.authorize(provider, owner, "sandbox"))).query))
    bucket = Bucket(f"exchanges:{provider.slug}:{owner}", PER_OWNER)
    for number in range(bucket.limit.calls):
        run(rate_limits.admit(bucket, f"failed {number}"))

    app = page("hubspot", code="c", state=sent["state"])

    assert "reload this page in a minute" in words(app) and not app.exception
    assert "code" in app.query_params and "http-equiv" not in words(app)
    assert run(audit.events(owner)) == []

    run(rate_limits.refund(bucket, "failed 0"))
    app = page("hubspot", code="c", state=sent["state"])

    assert 'content="0; url=/hubspot"' in words(app)


def test_another_browser_sees_nothing(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API.format("hubspot"), HOSTILE))

    app = page("hubspot", sid=new_identity())

    assert not app.dataframe
    assert "Try with sample data" in labels(app)
    assert "Planted" not in words(page("", sid=new_identity()))
    assert "Planted" in words(page(""))


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"items": ()}, "There is nothing here yet."),
        ({"state": "failed", "notes": ("HubSpot asks for a pause.",)}, ": HubSpot asks for a pause."),
        ({"items": HOSTILE, "state": "partial", "notes": ("Cancelled.",)}, "**Partial.** Cancelled."),
        ({"items": HOSTILE, "skipped": ("Tickets: no.",)}, "Skipped: Tickets: no."),
        ({"items": HOSTILE, "reconnect": "HubSpot is tired. Reconnect."}, "HubSpot is tired. Reconnect."),
        ({"state": "queued", "waits": 0}, "Starting…"),
        ({"state": "queued", "waits": 60}, "The loader isn't running. Tell your administrator."),
    ],
)
def test_a_page_says_how_things_are(page: Page, owner: str, how: dict[str, Any], sentence: str) -> None:
    how = dict(how)
    since = datetime.now(UTC) - timedelta(seconds=how.pop("waits", 300))
    run(plant(owner, "hubspot", API.format("hubspot"), since=since, **how))

    app = page("hubspot")

    assert not app.exception
    assert sentence in words(app)


def test_what_only_reconnecting_repairs_is_said_once(page: Page, owner: str) -> None:
    moved = "HubSpot has moved this account to another data centre. Reconnect to go on."
    run(plant(owner, "hubspot", API.format("hubspot"), state="failed", notes=(moved,), reconnect=moved))

    app = page("hubspot")

    assert not app.exception
    assert words(app).count(moved) == 1 and "Reconnect" in labels(app)


def test_the_overview_labels_what_is_partial(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API.format("hubspot"), HOSTILE, state="partial", notes=("Cancelled.",)))

    app = page("")

    assert not app.exception
    assert "3 records · updated" in words(app) and "Cancelled." in words(app)
    assert {":orange-badge[:material/incomplete_circle: Partial]", ":orange-badge[Sample data]"} <= badges(app)


def test_redis_away_is_a_sentence(page: Page, configured: Callable[..., None]) -> None:
    run(client.close())
    configured(REDIS_URL="redis://127.0.0.1:9/0")

    for slug in ("", "hubspot"):
        app = page(slug)

        assert not app.exception
        assert "cannot reach its database (Redis) right now. This page works again" in words(app)
        assert app.title and app.sidebar.caption, "one still knows where one is"


def test_a_mistake_of_ours_is_a_sentence_without_what_and_where() -> None:
    def script() -> None:
        from integrations.ui import unexpected

        try:
            raise KeyError("secret in /srv/dashboard.py")
        except KeyError as error:
            assert unexpected(error) is True

    with own_main():
        app = AppTest.from_function(script).run()

    assert not app.exception
    shown = words(app)
    assert "Something went wrong on this page. Reload it" in shown
    assert "secret" not in shown and "KeyError" not in shown and ".py" not in shown


def test_a_forged_answer_goes_to_the_clean_address_and_is_told_once(page: Page) -> None:
    landing = page("hubspot", code="forged", state="forged")
    assert 'http-equiv="refresh" content="0; url=/hubspot"' in landing.markdown[-1].value

    told, again = page("hubspot"), page("hubspot")

    assert run(records.paths(keys.AUDIT_KEY)) == [], "what is made up leaves nothing for long"
    assert "was not expected" in words(told)
    assert "was not expected" not in words(again)


HOSTS = ("evil.example", "localhost:8501@evil.example", "evil.example%2f@localhost:8501", "[::1]", "evil\\.example")
STARTS = ("", "/", "//", "\\", "https:", "https://", "javascript:", "%2f%2f", "/hubspot/", "/hubspot@", "\t//")


@pytest.mark.parametrize("query", [{}, {"search": "ada"}, {"next": "//evil.example"}, {"code": "c", "state": "s"}])
def test_whatever_was_asked_for_before_signing_in_one_ends_on_a_page_of_ours(
    monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
) -> None:
    ours = urlsplit(settings().public_url)
    for asked in ("/hubspot", "/", *map("".join, itertools.product(STARTS, HOSTS, ("", "/hubspot", "#x")))):
        context = SimpleNamespace(url=f"{settings().public_url}{asked}")
        stand_in = SimpleNamespace(context=context, query_params=Params(query))
        for module in (sign_in, query_of_page):
            monkeypatch.setattr(module, "st", stand_in)
        there = urlsplit(settings().public_url + sign_in._here())
        assert there[:2] == ours[:2] and there.path.strip("/") in ("", *SLUGS), asked
        assert "code" not in there.query


class Params(dict):  # type: ignore[type-arg]
    def get_all(self, name: str) -> list[str]:
        return [self[name]]


@pytest.mark.parametrize("state", ["complete", "running"])
def test_where_the_keys_are_lost_a_page_offers_to_connect_again(
    page: Page, owner: str, configured: Callable[..., None], state: str
) -> None:
    run(plant(owner, "hubspot", API.format("hubspot"), HOSTILE, state=state))
    run(sync.choose(owner, "hubspot", ("deal",)))
    configured(TOKEN_KEYS="k" * 43)

    app = page("hubspot")

    assert not app.exception and "Reconnect" in labels(app) and "cannot be opened with this server" in words(app)
    next(button for button in app.button if button.label == "Reconnect").click().run()
    assert not app.exception and "CLIENT_ID" not in words(app), "where only samples can be had, it leads to those"
    assert not page().exception and "Reconnect" in words(page())


def test_a_choice_that_cannot_be_read_keeps_nobody_from_connecting(
    page: Page, owner: str, configured: Callable[..., None]
) -> None:
    run(sync.choose(owner, "hubspot", ("deal",)))
    configured(TOKEN_KEYS="k" * 43, HUBSPOT_CLIENT_ID="id", HUBSPOT_CLIENT_SECRET="secret")
    assert "Connect to HubSpot" in labels(page("hubspot"))


def test_forgetting_a_browser_ends_what_cannot_be_read_and_what_has_no_provider_any_more(
    page: Page, owner: str, configured: Callable[..., None]
) -> None:
    run(plant(owner, "hubspot", API.format("hubspot"), HOSTILE))
    run(plant(owner, "dropbox", API.format("dropbox")))
    configured(TOKEN_KEYS="k" * 43)
    app = page()
    assert not app.exception
    run(service.forget_browser(Viewer(owner)))
    assert run(connections.of(owner)) == []
    assert run(client.execute(lambda redis: redis.keys(f"*{owner}*"))) == []


def test_rows_that_are_lost_are_not_shown_from_memory(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API.format("hubspot"), HOSTILE))
    [mine] = run(connections.of(owner))
    load = run(records.get(keys.SNAPSHOT, mine.path))
    second = (*mine.path, load.id, load.run, "1")
    run(records.put(keys.CHUNK, second, frames.pack([Item("4", "deal", "the fourth")])))
    run(records.put(keys.SNAPSHOT, mine.path, dataclasses.replace(load, chunks=2)))
    app = page("hubspot", **{"in": "*"})
    assert "**4** :gray[records]" in words(app) and "the fourth" in names(app)

    run(records.delete(keys.CHUNK, second))
    sync.loads._tables.clear()
    app = page("hubspot", **{"in": "*"})

    assert "**3** :gray[records]" in words(app) and "Some of the rows are no longer stored" in words(app)
    assert "the fourth" not in names(app)
