"""Who signed in on a browser, as an OpenID provider names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .errors import NotConfigured
from .settings import settings

EMAIL = "email"


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in on one browser.

    `owner` names what is theirs: a hash of issuer and subject (OpenID Connect Core 2), which no other
    person ever has. `login` names this very sign-in. `organisation` names those they may share with,
    `organisation_name` is for people; both are empty where they belong to none.
    """

    owner: str
    name: str
    login: str
    at: datetime
    organisation: str = ""
    organisation_name: str = ""


def session_of(claims: Mapping[str, Any]) -> Session:
    """The session that an ID token's claims stand for; raises NotConfigured if they name nobody."""
    issuer, subject = str(claims.get("iss") or ""), str(claims.get("sub") or "")
    if not issuer or not subject:
        raise NotConfigured("The sign-in provider does not say who signed in: its ID token lacks iss or sub.")
    organisation = _organisation(claims)
    return Session(
        owner=_named("person", issuer, subject),
        name=str(claims.get("name") or claims.get("email") or subject),
        login=_named(json.dumps(dict(claims), sort_keys=True, default=str)),
        at=datetime.now(UTC),
        organisation=_named("organisation", issuer, organisation) if organisation else "",
        organisation_name=organisation,
    )


def _organisation(claims: Mapping[str, Any]) -> str:
    """The value of the claim that ORGANISATION names; with `email` the domain, if the address was verified."""
    name = settings()["ORGANISATION"]
    if name != EMAIL:
        return str(claims.get(name) or "") if name else ""
    address = str(claims.get("email") or "")
    return address.rpartition("@")[2].lower() if claims.get("email_verified") is True else ""


def _named(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
