"""Leaving for the provider: a state that only this browser can redeem, and PKCE."""

from __future__ import annotations

import hashlib
import secrets

from ..config import settings
from ..model import Environment, Provider
from ..model.errors import NotConfigured
from ..store import keys, records
from .client import authorization_url

STATE_BYTES = 48  # 384 bits in 64 characters of A-Z a-z 0-9 - _, which every provider takes


async def authorize(provider: Provider, owner: str, environment: Environment, return_to: str = "") -> str:
    """Returns the address of the consent page (RFC 6749 section 4.1.1); `return_to` is kept for the way back.

    Raises NotConfigured when there are no credentials, or sample data is switched off.
    """
    require_configured(provider, environment)
    endpoints = settings().endpoints(provider, environment)
    state = secrets.token_urlsafe(STATE_BYTES)
    verifier = secrets.token_urlsafe(STATE_BYTES) if provider.pkce else None
    pending = keys.PendingAuthorization(verifier, endpoints.redirect_uri, environment, return_to)
    await records.put(keys.STATE, (owner, provider.slug, hashed(state)), pending)
    return authorization_url(provider, endpoints, state, verifier)


def require_configured(provider: Provider, environment: Environment) -> None:
    """Raise NotConfigured, naming what to set, unless this provider can be connected."""
    if environment == "sandbox" and not settings().offers_sample(provider):
        raise NotConfigured(f"This server offers no sample data for {provider.title}. SANDBOX=on allows what there is.")
    missing = settings().missing(provider) if environment == "real" else ()
    if missing:
        names = " and ".join(missing)
        raise NotConfigured(f"Set {names} to connect {provider.title}; the values come from {provider.console_url}.")


def hashed(state: str) -> str:
    """How a state is named in Redis."""
    return hashlib.sha256(state.encode()).hexdigest()
