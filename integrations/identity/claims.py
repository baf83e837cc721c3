"""Turn the claims of an OpenID provider into a session."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..config import settings
from ..model import Session
from ..model.errors import NotConfigured

EMAIL = "email"
IDENTITY, TOKENS = "_streamlit_user", "_streamlit_user_tokens"


def proof_of(cookies: Mapping[str, str]) -> str:
    """Returns a hash of Streamlit's signed identity cookie, which may be split; without one, of nothing."""
    identity = sorted(each for each in cookies.items() if each[0].startswith(IDENTITY) and TOKENS not in each[0])
    return _named(*("=".join(each) for each in identity))


def session_of(claims: Mapping[str, Any], proof: str = "") -> Session:
    """Returns the session for an ID token's claims; raises NotConfigured if they lack issuer or subject."""
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
        proof=proof,
    )


def _organisation(claims: Mapping[str, Any]) -> str:
    """Returns the value of the claim that ORGANISATION names; for `email` the domain of a verified address."""
    name = settings().organisation
    if name != EMAIL:
        return str(claims.get(name) or "") if name else ""
    address = str(claims.get("email") or "")
    return address.rpartition("@")[2].lower() if claims.get("email_verified") is True else ""


def _named(*parts: str) -> str:
    """Returns a hash that no other parts have: they are joined by line breaks, or as JSON if one holds a line break."""
    text = json.dumps(parts) if any("\n" in part for part in parts) else "\n".join(parts)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
