"""Who is signed in: as the identity cookie says, until that sign-in is ended, and by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from integrations.identity import sign_in as sessions
from integrations.model import Session
from integrations.model.errors import StoreFull
from integrations.service.runtime import run
from integrations.store import client, keys
from integrations.ui import sign_in

pytestmark = pytest.mark.usefixtures("store")
BROWSER, OTHER = "b" * 64, "c" * 64
ADA = {"iss": "https://id.example", "sub": "ada", "iat": 1, "hd": "acme.example"}


def asks(claims: dict[str, object], proof: str = "cookie", browser: str = BROWSER) -> Session | None:
    """Open a page with an identity cookie."""
    return run(sign_in._session(browser, claims, proof))[0]


def signs_in(claims: dict[str, object], proof: str = "cookie", browser: str = BROWSER) -> Session | None:
    """Come back from the provider, and open a page."""
    run(sessions.arrive(browser, proof))
    return asks(claims, proof, browser)


def test_a_page_that_was_opened_before_signing_in_signs_nobody_out() -> None:
    assert signs_in(ADA)
    assert asks({}, "no cookie") is None, "it goes on asking"
    assert asks(ADA)


def test_an_identity_cookie_makes_nobody_of_a_browser_that_did_not_begin_the_sign_in() -> None:
    assert signs_in(ADA)
    assert run(sign_in._session(OTHER, ADA, "cookie")) == (None, False, "elsewhere")
    run(sessions.arrive(OTHER, "the cookie of another sign-in"))
    assert asks(ADA, browser=OTHER) is None
    assert asks({**ADA, "sub": "eve"}, "planted") is None, "nor of one where somebody else is signed in"
    assert asks(ADA)


def test_a_sign_in_begins_one_session_and_no_other_later() -> None:
    assert signs_in(ADA)
    run(client.execute(lambda redis: redis.delete(keys.SESSION.key(BROWSER))))
    assert run(sign_in._session(BROWSER, ADA, "cookie")) == (None, False, "elsewhere")


def test_two_tabs_that_come_back_at_once_are_both_signed_in() -> None:
    async def both() -> list[Session | None]:
        found = await asyncio.gather(*(sign_in._session(BROWSER, ADA, "cookie") for _ in range(2)))
        return [session for session, *_ in found]

    run(sessions.arrive(BROWSER, "cookie"))
    assert all(run(both()))


def test_a_sign_in_that_was_ended_is_ended_for_every_copy_of_its_cookie() -> None:
    assert signs_in(ADA)
    run(sessions.end(BROWSER))
    assert run(sign_in._session(BROWSER, ADA, "cookie")) == (None, False, None), "without a word: it was signed out"
    assert signs_in(ADA) is None and signs_in(ADA, browser=OTHER) is None
    assert signs_in({**ADA, "iat": 2})


def test_while_redis_is_full_nobody_is_told_to_be_signed_out_who_is_not() -> None:
    assert signs_in(ADA)
    run(client.execute(lambda redis: redis.config_set("maxmemory", "1")))
    try:
        with pytest.raises(StoreFull):
            run(sessions.end(BROWSER))
        assert run(sessions.current(BROWSER))
    finally:
        run(client.execute(lambda redis: redis.config_set("maxmemory", "0")))
    run(sessions.end(BROWSER))
    assert asks(ADA) is None


def test_the_organisation_is_the_one_that_the_operator_names_now(configured: Callable[..., None]) -> None:
    assert signs_in(ADA).organisation == ""
    configured(ORGANISATION="hd")
    assert asks(ADA).organisation_name == "acme.example"
    configured(ORGANISATION="")
    assert asks(ADA).organisation == ""


def test_a_return_address_takes_two_kilobytes_of_redis_and_one_for_each_browser() -> None:
    """520 kB of query took 107 MB for 200 people who pressed "Sign in"."""
    long = "/hubspot?hubspot_q=" + "x" * 520_000

    async def taken() -> int:
        names = await client.execute(lambda redis: redis.keys("dashboard:return:*"))
        return sum([await client.execute(lambda redis: redis.strlen(name)) for name in names])  # noqa: B023

    for number in range(200):
        run(sessions.come_back_to(f"{number:064}", long))
        run(sessions.come_back_to(f"{number:064}", long))
    assert 0 < run(taken()) < 200 * 2_200
    assert run(sessions.asked_for(f"{7:064}")) == "/hubspot", "the page, without what was too long"
    for address in ("/hubspot?hubspot_q=ada", "/" + "x" * 2_047):
        run(sessions.come_back_to(BROWSER, address))
        assert run(sessions.asked_for(BROWSER)) == address


def test_where_the_keys_are_lost_one_can_sign_in_again(configured: Callable[..., None]) -> None:
    assert signs_in(ADA)
    configured(TOKEN_KEYS="k" * 43)
    assert run(sessions.current(BROWSER)) is None
    assert signs_in({**ADA, "iat": 2})
