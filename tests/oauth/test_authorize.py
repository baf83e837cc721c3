"""The way out: a state nobody can guess, kept for this browser and provider, for ten minutes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from made_up import varied

from integrations import oauth, providers
from integrations.model.errors import NotConfigured
from integrations.service.runtime import run
from integrations.store import client, keys, records


def test_a_state_has_256_bits_or_more_and_is_never_the_same(acme, person) -> None:
    states = {person.leaves() for _ in range(100)}
    assert len(states) == 100
    assert all(len(base64.urlsafe_b64decode(state + "=" * (-len(state) % 4))) >= 32 for state in states)
    bits = [int.from_bytes(base64.urlsafe_b64decode(state), "big") for state in states]
    stuck = [n for n in range(256) if len({value >> n & 1 for value in bits}) == 1]
    assert stuck == [], "every bit of it is drawn"


def test_a_state_is_kept_by_its_hash_under_owner_and_provider_and_sealed(acme, person, in_redis) -> None:
    state = person.leaves()
    verifier = run(records.get(keys.STATE, (person.owner, "acme", hashlib.sha256(state.encode()).hexdigest()))).verifier
    ((key, value),) = in_redis().items()
    assert key == f"dashboard:state:{person.owner}:acme:{hashlib.sha256(state.encode()).hexdigest()}".encode()
    assert not [word for word in (state, verifier, "https://", "verifier") if word.encode() in key + value]


def test_a_state_lives_ten_minutes(acme, person, in_redis) -> None:
    person.leaves()
    (key,) = in_redis()
    assert 590 < run(client.execute(lambda redis: redis.ttl(key))) <= 600


def test_the_challenge_is_the_hash_of_the_verifier_that_stays_here(acme, person, provider) -> None:
    params = dict(parse_qsl(urlsplit(run(oauth.authorize(provider, person.owner, "real"))).query))
    place = (person.owner, "acme", hashlib.sha256(params["state"].encode()).hexdigest())
    digest = hashlib.sha256(run(records.get(keys.STATE, place)).verifier.encode()).digest()
    assert params["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert (params["code_challenge_method"], "code_verifier" in params) == ("S256", False)


def test_without_pkce_nothing_of_it_is_sent_or_kept(acme, person, provider) -> None:
    url = run(oauth.authorize(varied(provider, pkce=False), person.owner, "real"))
    assert "code_challenge" not in url


@pytest.mark.parametrize(("unset", "named"), [
    (("ACME_CLIENT_ID",), "Set ACME_CLIENT_ID to"),
    (("ACME_CLIENT_SECRET",), "Set ACME_CLIENT_SECRET to"),
    (("ACME_CLIENT_ID", "ACME_CLIENT_SECRET"), "Set ACME_CLIENT_ID and ACME_CLIENT_SECRET to"),
])  # fmt: skip
def test_missing_credentials_are_named_with_where_to_get_them(
    acme, person, provider, configured: Callable[..., None], unset: tuple[str, ...], named: str
) -> None:
    configured(**dict.fromkeys(unset, ""))
    with pytest.raises(NotConfigured, match=named) as raised:
        person.leaves()
    assert provider.console_url in str(raised.value)


def test_sample_data_that_is_switched_off_says_how_to_switch_it_on(
    acme, person, configured: Callable[..., None]
) -> None:
    configured(SANDBOX="off")
    with pytest.raises(NotConfigured, match="SANDBOX=on"):
        person.leaves(providers()["notion"], "sandbox")


def test_sample_data_needs_no_credentials_and_stays_on_this_server(
    acme, person, configured: Callable[..., None]
) -> None:
    for provider in providers().values():
        url = run(oauth.authorize(provider, person.owner, "sandbox"))
        assert url.startswith(f"http://localhost:8501/sandbox/{provider.slug}/")
