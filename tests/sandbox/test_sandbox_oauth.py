"""How a stand-in grants, renews and ends access."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import pytest
from memory import Memory
from sandbox_helpers import BASIC, CHALLENGE, PUBLIC_URL, STATE, TOKEN, VERIFIER, VERSION, Visit, returned

Play = Callable[..., None]


def test_approving_gives_a_code_that_buys_a_token_that_opens_the_api(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        back = returned(await visit.decide(await visit.consent()))
        assert back["state"] == STATE and back["iss"] == f"{PUBLIC_URL}/sandbox/{slug}"
        token = (await visit.redeem(back["code"])).json()
        assert (await visit.call(token["access_token"])).status_code == 200

    play(slug, scene)


def test_the_consent_page_says_that_it_is_a_sample_and_needs_no_script(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        page = await visit.consent()
        title = {"notion": "Notion", "airtable": "Airtable", "hubspot": "HubSpot"}[slug]
        assert f"Sample {title}</h1>" in page.text and f"not the real {title}" in page.text
        assert ">Approve<" in page.text and ">Deny<" in page.text and "<script" not in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]

    play(slug, scene)


def test_denying_comes_back_with_the_reason_and_no_code(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        back = returned(await visit.decide(await visit.consent(), "deny"))
        assert back["error"] == "access_denied" and back["state"] == STATE and "code" not in back
        assert ("error_description" in back) == (slug == "airtable") and "iss" in back

    play(slug, scene)


def test_a_consent_page_decides_once_and_only_by_its_own_buttons(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        page = await visit.consent()
        forged = await visit.decide(page, **{"Sec-Fetch-Site": "cross-site"})
        assert forged.status_code == 403 and "location" not in forged.headers
        returned(await visit.decide(page))
        again = await visit.decide(page)
        assert again.status_code == 400 and "location" not in again.headers

    play(slug, scene)


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example/notion"},
        {"redirect_uri": PUBLIC_URL + "/other"},
        {"redirect_uri": None},
        {"redirect_uri": 'http://localhost:8501/"\u00e9'},
        {"client_id": "someone"},
        {"client_id": None},
    ],
)
def test_an_unknown_app_or_address_is_told_on_a_page_and_sent_nowhere(
    play: Play, slug: str, change: dict[str, str | None]
) -> None:
    async def scene(visit: Visit) -> None:
        page = await visit.consent(**change)
        assert page.status_code == 400 and "text/html" in page.headers["content-type"]

    play(slug, scene)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "data.records:write"}, "invalid_scope"),
        ({"scope": "data.records:read data.records:read"}, "invalid_scope"),
        ({"state": "short"}, "invalid_request"),
    ],
)
def test_airtable_sends_faulty_requests_back_with_the_error(
    play: Play, change: dict[str, str | None], error: str
) -> None:
    async def scene(visit: Visit) -> None:
        assert returned(await visit.consent(**change))["error"] == error

    play("airtable", scene)


def test_airtable_hands_the_challenge_back(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        back = returned(await visit.decide(await visit.consent()))
        assert (back["code_challenge"], back["code_challenge_method"]) == (CHALLENGE, "S256")

    play("airtable", scene)


def test_hubspot_keeps_people_on_its_page_when_a_scope_is_not_registered(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        page = await visit.consent(scope="oauth files")
        assert page.status_code == 400 and "location" not in page.headers

    play("hubspot", scene)


def test_token_answers_have_each_providers_own_shape(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        token = await visit.connect()
        if slug == "notion":
            assert token["token_type"] == "bearer" and not {"expires_in", "scope"} & set(token)
            assert token["owner"]["user"]["person"]["email"] and token["bot_id"] and token["workspace_id"]
        if slug == "airtable":
            assert token["token_type"] == "Bearer " and token["expires_in"] == 3600
            assert token["refresh_expires_in"] == 5_184_000 and "data.records:read" in token["scope"]
        if slug == "hubspot":
            assert token["expires_in"] == 1800 and token["token_use"] == "access_token" and token["hub_id"]
            assert "crm.objects.owners.read" in token["scopes"] and "no.such.scope" not in token["scopes"]

    play(slug, scene)


def test_a_code_buys_one_token_even_if_sent_twice_at_once(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        code = await visit.code()
        answers = await asyncio.gather(*(visit.redeem(code) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
        assert (await visit.redeem(code)).json()["error"] == "invalid_grant"

    play(slug, scene)


def test_a_failed_exchange_burns_the_code_at_airtable_only(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        code = await visit.code()
        assert (await visit.redeem(code, redirect_uri=PUBLIC_URL + "/other")).status_code == 400
        assert (await visit.redeem(code)).status_code == (400 if slug == "airtable" else 200)

    play(slug, scene)


def test_a_wrong_verifier_buys_nothing(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        for form in ({"code_verifier": "w" * 43}, {"code_verifier": ""}):
            answer = await visit.redeem(await visit.code(), **form)
            assert answer.status_code == 400 and answer.json()["error"] in ("invalid_grant", "invalid_request")

    play("airtable", scene)


def test_hubspot_checks_a_verifier_where_a_challenge_was_sent(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        wrong = await visit.redeem(await visit.code(**pkce), code_verifier="w" * 43)
        assert (wrong.status_code, wrong.json()["status"]) == (400, "BAD_CODE_VERIFIER")
        assert (await visit.redeem(await visit.code(**pkce), code_verifier=VERIFIER)).status_code == 200

    play("hubspot", scene)


def test_clients_prove_themselves_in_their_providers_way_only(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        url, code = visit.base + TOKEN[slug], await visit.code()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": visit.redirect_uri}
        keys = {"client_id": "sandbox", "client_secret": "sandbox"}
        if slug == "hubspot":
            answer = await visit.http.post(url, data=form, headers=BASIC)
            assert (answer.status_code, answer.json()["status"]) == (400, "BAD_CLIENT_ID")
            answer = await visit.ask_token(**{**form, "client_secret": "guess"})
            assert answer.json()["status"] == "BAD_CLIENT_SECRET"
        elif slug == "notion":
            answer = await visit.http.post(url, json={**form, **keys}, headers=VERSION)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            assert (await visit.http.post(url, data=form, headers={**BASIC, **VERSION})).status_code == 400
            text = {**BASIC, **VERSION, "Content-Type": "text/plain"}
            assert (await visit.http.post(url, content=json.dumps(form), headers=text)).status_code == 400
            assert (await visit.http.post(url, json=form, headers=BASIC)).json()["code"] == "missing_version"
        else:
            answer = await visit.http.post(url, data={**form, **keys})
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            broken = await visit.http.post(url, data=form, headers={"Authorization": "Basic /////w=="})
            assert broken.status_code == 401

    play(slug, scene)


def test_refreshing_rotates_where_the_provider_rotates(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        old = await visit.connect()
        assert (await visit.call(old["access_token"])).status_code == 200
        new = (await visit.refresh(old["refresh_token"])).json()
        assert new["access_token"] != old["access_token"]
        assert (await visit.call(new["access_token"])).status_code == 200
        kept = slug == "hubspot"
        assert (new["refresh_token"] == old["refresh_token"]) == kept
        assert (await visit.call(old["access_token"])).status_code == (200 if kept else 401)
        again = await visit.refresh(old["refresh_token"])
        assert again.status_code == {"notion": 400, "airtable": 409, "hubspot": 200}[slug]
        assert (await visit.refresh(new["refresh_token"])).status_code == 200

    play(slug, scene)


def test_of_refreshes_sent_at_once_one_wins_where_tokens_rotate(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        refresh = (await visit.connect())["refresh_token"]
        answers = await asyncio.gather(*(visit.refresh(refresh) for _ in range(4)))
        lost = {"notion": 400, "airtable": 409, "hubspot": 200}[slug]
        assert sorted(answer.status_code for answer in answers) == sorted([200, lost, lost, lost])

    play(slug, scene)


def test_airtable_forgets_a_spent_refresh_token_after_seconds(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        refresh = (await visit.connect())["refresh_token"]
        await visit.refresh(refresh)
        spent = next(name for name in visit.store.records if ":spent:" in name)
        assert 0 < (visit.store.lifetimes[spent] or 0) <= 30
        del visit.store.records[spent]
        answer = await visit.refresh(refresh)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")

    play("airtable", scene)


def test_a_stated_lifetime_ends_the_token_and_refreshing_helps(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        token = await visit.connect()
        assert (await visit.call(token["access_token"])).status_code == 200
        await asyncio.sleep(1.2)
        assert (await visit.call(token["access_token"])).status_code == 401
        new = (await visit.refresh(token["refresh_token"])).json()
        assert (await visit.call(new["access_token"])).status_code == 200

    play(slug, scene, SANDBOX_TOKEN_SECONDS="1")


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_at_notion_ends_the_pair_at_once(play: Play, which: str) -> None:
    async def scene(visit: Visit) -> None:
        token = await visit.connect()
        assert (await visit.call(token["access_token"])).status_code == 200
        url, headers = visit.base + "/v1/oauth/", {**BASIC, **VERSION}
        asked = {"token": token["access_token"]}
        assert (await visit.http.post(url + "introspect", json=asked, headers=headers)).json()["active"] is True
        answer = await visit.http.post(url + "revoke", json={"token": token[which]}, headers=headers)
        assert answer.status_code == 200 and list(answer.json()) == ["request_id"]
        assert (await visit.call(token["access_token"])).status_code == 401
        assert (await visit.refresh(token["refresh_token"])).status_code == 400
        assert (await visit.http.post(url + "introspect", json=asked, headers=headers)).json()["active"] is False
        assert (await visit.http.post(url + "revoke", json=asked, headers=VERSION)).status_code == 401

    play("notion", scene)


def test_revoking_at_hubspot_leaves_access_tokens_to_expire(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token, url = await visit.connect(), visit.base + "/oauth/2026-09/token/"
        keys = {"client_id": "sandbox", "client_secret": "sandbox"}
        asked = {**keys, "token": token["access_token"]}
        assert (await visit.http.post(url + "introspect", data=asked)).json()["token_use"] == "access_token"
        ended = await visit.http.post(url + "revoke", data={**keys, "token": token["refresh_token"]})
        assert ended.status_code == 200
        answer = await visit.refresh(token["refresh_token"])
        assert (answer.status_code, answer.json()["status"]) == (400, "BAD_REFRESH_TOKEN")
        assert (await visit.call(token["access_token"])).status_code == 200
        unknown = await visit.http.post(url + "introspect", data={**keys, "token": token["refresh_token"]})
        assert (unknown.status_code, unknown.json()) == (200, {"active": False})
        assert (await visit.http.post(url + "revoke", data={"token": "x"})).status_code == 400

    play("hubspot", scene)


INTROSPECTION = {  # the required fields of PublicAccessTokenInfoResponse and PublicRefreshTokenInfoResponse
    "access_token": {
        "active", "app_id", "client_id", "expires_in", "hub_id", "is_private_distribution", "scopes",
        "signed_access_token", "token", "token_type", "token_use", "user_id",
    },
    "refresh_token": {
        "active", "app_id", "client_id", "hub_id", "scopes", "token", "token_type", "token_use", "user_id",
    },
}  # fmt: skip


@pytest.mark.parametrize("which", INTROSPECTION)
def test_hubspot_tells_what_a_token_is_good_for_in_the_documented_shape(play: Play, which: str) -> None:
    async def scene(visit: Visit) -> None:
        token, url = await visit.connect(), visit.base + "/oauth/2026-09/token/introspect"
        asked = {"client_id": "sandbox", "client_secret": "sandbox", "token": token[which], "token_type_hint": which}
        said = (await visit.http.post(url, data=asked)).json()
        assert INTROSPECTION[which] <= set(said) and (said["active"], said["token_use"]) == (True, which)
        assert said["hub_id"] == token["hub_id"] and said["token"] == token[which]
        if which == "access_token":
            assert 0 < said["expires_in"] <= 1800 and said["signed_access_token"]["hubId"] == token["hub_id"]

    play("hubspot", scene)


def test_another_process_honours_the_same_grant_and_nothing_readable_is_stored(play: Play, slug: str) -> None:
    store, kept = Memory(), []

    async def first(visit: Visit) -> None:
        kept.append(await visit.connect())

    async def second(visit: Visit) -> None:
        assert (await visit.call(kept[0]["access_token"])).status_code == 200
        assert (await visit.refresh(kept[0]["refresh_token"])).status_code == 200

    play(slug, first, store)
    stored = json.dumps([list(store.records), list(store.records.values())])
    assert kept[0]["access_token"] not in stored and kept[0]["refresh_token"] not in stored
    assert all(name.startswith(slug + ":") for name in store.records)
    play(slug, second, store)


def test_a_revocation_elsewhere_is_noticed_within_about_a_second(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = await visit.connect()
        await visit.call(token["access_token"])
        visit.store.records.clear()
        began = time.monotonic()
        while (await visit.call(token["access_token"])).status_code == 200:
            assert time.monotonic() - began < 2
            await asyncio.sleep(0.05)

    play("hubspot", scene)


def test_an_authorization_request_of_any_length_is_not_kept(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        refused = await visit.consent(pad="x" * 5000)
        assert "too long" in refused.text and not visit.store.records

    play(slug, scene)
