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
IDENTITY, TOKENS = "_streamlit_user", "_streamlit_user_tokens"


@dataclass(frozen=True)
class Names:
    """What names a person, and whom they may share with, in Redis; each is empty where there is none."""

    owner: str
    organisation: str


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in on one browser.

    `owner` names what is theirs: a hash of issuer and subject (OpenID Connect Core 2), which no other
    person ever has. `login` names this very sign-in, `proof` the identity cookie that it left in the browser.
    `organisation` names those they may share with, `organisation_name` is for people; both are empty where
    they belong to none.
    """

    owner: str
    name: str
    login: str
    at: datetime
    organisation: str = ""
    organisation_name: str = ""
    proof: str = ""


def proof_of(cookies: Mapping[str, str]) -> str:
    """A hash of Streamlit's identity cookie, which it has signed, perhaps in pieces; of nothing, without one."""
    identity = sorted(each for each in cookies.items() if each[0].startswith(IDENTITY) and TOKENS not in each[0])
    return _hashed(_joined(*(part for pair in identity for part in pair)))


def session_of(claims: Mapping[str, Any], proof: str = "") -> Session:
    """The session that an ID token's claims stand for; raises NotConfigured if they name nobody."""
    issuer, subject = str(claims.get("iss") or ""), str(claims.get("sub") or "")
    if not issuer or not subject:
        raise NotConfigured("The sign-in provider does not say who signed in: its ID token lacks iss or sub.")
    organisation = _organisation(claims)
    return Session(
        owner=_hashed(_joined("person", issuer, subject)),
        name=str(claims.get("name") or claims.get("email") or subject),
        login=_hashed(json.dumps(dict(claims), sort_keys=True, default=str)),
        at=datetime.now(UTC),
        organisation=_hashed(_joined("organisation", issuer, organisation)) if organisation else "",
        organisation_name=organisation,
        proof=proof,
    )


def _organisation(claims: Mapping[str, Any]) -> str:
    """The value of the claim that ORGANISATION names; with `email` the domain, if the address was verified."""
    name = settings()["ORGANISATION"]
    if name != EMAIL:
        return str(claims.get(name) or "") if name else ""
    address = str(claims.get("email") or "")
    return address.rpartition("@")[2].lower() if claims.get("email_verified") is True else ""


def names_before(claims: Mapping[str, Any]) -> Names:
    """Returns the names that versions before gave for these claims, whose parts they joined by line breaks.

    A name with a line break in one of its parts could stand for somebody else as well: it is left out.
    """
    issuer, organisation = str(claims.get("iss") or ""), _organisation(claims)
    return Names(
        owner=_named_before("person", issuer, str(claims.get("sub") or "")),
        organisation=_named_before("organisation", issuer, organisation) if organisation else "",
    )


def _named_before(*parts: str) -> str:
    return "" if any("\n" in part for part in parts) else _hashed("\n".join(parts))


def _joined(*parts: str) -> str:
    """Returns the parts as one text that no other parts make."""
    return json.dumps(parts)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
