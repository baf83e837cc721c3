"""Who signed in, and with whom they may share, as the claims of an ID token say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from integrations.identity import proof_of, session_of
from integrations.model.errors import NotConfigured

ADA = {"iss": "https://id.example", "sub": "1", "name": "Ada", "email": "ada@Example.com", "email_verified": True}


def test_a_person_is_issuer_and_subject_whatever_else_changes() -> None:
    ada, later = session_of(ADA), session_of({**ADA, "name": "Ada L.", "email": "new@example.org", "iat": 2})
    assert ada.owner == later.owner and len(ada.owner) == 64 and ada.login != later.login
    assert (ada.name, later.name) == ("Ada", "Ada L.")


OTHERS = [{"sub": "2"}, {"iss": "https://other.example"}, {"iss": "https://id.exampl", "sub": "e1"}]


@pytest.mark.parametrize("other", OTHERS)
def test_another_issuer_or_subject_is_somebody_else(other: dict[str, Any]) -> None:
    assert session_of({**ADA, **other}).owner != session_of(ADA).owner


@pytest.mark.parametrize("missing", ["iss", "sub"])
def test_claims_that_name_nobody_are_refused_with_a_sentence(missing: str) -> None:
    with pytest.raises(NotConfigured, match="does not say who signed in"):
        session_of({name: value for name, value in ADA.items() if name != missing})


@pytest.mark.parametrize(("setting", "claims", "name"), [
    ("", ADA, ""), ("email", ADA, "example.com"), ("email", {**ADA, "email_verified": False}, ""),
    ("email", {**ADA, "email_verified": "true"}, ""), ("email", {**ADA, "email": None}, ""),
    ("hd", {**ADA, "hd": "acme.example"}, "acme.example"), ("hd", ADA, ""),
])  # fmt: skip
def test_an_organisation_is_what_the_setting_says(configured: Callable[..., None], setting, claims, name) -> None:
    configured(ORGANISATION=setting)
    session = session_of(claims)
    assert session.organisation_name == name and bool(session.organisation) == bool(name)


def test_organisations_of_two_issuers_are_two(configured: Callable[..., None]) -> None:
    configured(ORGANISATION="email")
    assert session_of(ADA).organisation != session_of({**ADA, "iss": "https://evil.example"}).organisation


@pytest.mark.parametrize(("one", "other"), [
    (("https://id.example\nx", "y"), ("https://id.example", "x\ny")), (("a", "b\nc"), ("a\nb", "c")),
])  # fmt: skip
def test_parts_that_are_joined_elsewhere_are_somebody_else(
    configured: Callable[..., None], one: tuple[str, str], other: tuple[str, str]
) -> None:
    configured(ORGANISATION="hd")
    found = [session_of({"iss": issuer, "sub": rest, "hd": rest}) for issuer, rest in (one, other)]
    assert found[0].owner != found[1].owner and found[0].organisation != found[1].organisation


def test_a_cookie_in_other_pieces_is_another_cookie() -> None:
    one = proof_of({"_streamlit_user": "a", "_streamlit_user_1": "b"})
    assert one != proof_of({"_streamlit_user": "a\n_streamlit_user_1=b"})
    others = {"sid": "x", "_streamlit_user_tokens": "y"}
    assert one == proof_of({"_streamlit_user_1": "b", **others, "_streamlit_user": "a"})


def test_a_person_keeps_the_name_that_records_are_stored_under() -> None:
    stored_as = hashlib.sha256(b"person\nhttps://id.example\n1").hexdigest()
    assert session_of(ADA).owner == stored_as
