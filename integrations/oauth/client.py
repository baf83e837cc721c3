"""Authorization URLs and token requests, built by Authlib and checked before it reads them.

Authlib takes any JSON for a token, so a response hook looks at the status and at
`access_token` first. Every exchange has a client object of its own: one client holds
one token, and a shared one would hand a person somebody else's.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from authlib.common.urls import url_decode
from authlib.oauth2.auth import encode_client_secret_basic

from ..http import SHORT, NotSent, bounded, reaching, readable
from ..model import Endpoints, Provider, Token
from ..model.errors import NotConfigured, ReconnectNeeded, Unavailable

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which respx does not know
    from authlib.integrations.httpx_client import AsyncOAuth2Client

VISIBLE = re.compile(r"[\x20-\x7e]+")  # RFC 6749 appendix A.12
TRIES = 3
TIMEOUT = 15  # seconds; below the refresh lock's life
GRANT_IS_GONE = {"invalid_grant", "access_denied", "bad_refresh_token", "bad_auth_code", "bad_hub"}
CLIENT_IS_WRONG = {"invalid_client", "unauthorized_client", "bad_client_id", "bad_client_secret"}


class JustRefreshed(Unavailable):
    """409: this refresh token was spent a moment ago, by somebody who saved what came of it."""


def authorization_url(provider: Provider, endpoints: Endpoints, state: str, verifier: str | None) -> str:
    """Where to send the person (RFC 6749 section 4.1.1, with PKCE S256 if there is a verifier)."""
    extra = {**provider.authorize_params, **({"scope": " ".join(endpoints.scopes)} if endpoints.scopes else {})}
    if provider.optional_scopes:
        extra["optional_scope"] = " ".join(provider.optional_scopes)
    url, _ = _client(provider, endpoints).create_authorization_url(
        endpoints.authorize_url, state=state, code_verifier=verifier, **extra
    )
    return str(url).replace("+", "%20")  # HubSpot documents no other space; a plus itself is %2B


async def request_token(provider: Provider, endpoints: Endpoints, grant_type: str, **form: str) -> Mapping[str, Any]:
    """The answer of the token endpoint, which holds an access token.

    Raises ReconnectNeeded when the code or refresh token is no longer good, JustRefreshed,
    NotConfigured when the client id or secret is wrong, Unavailable for everything else.
    A request that never left is tried again; one that may have arrived is not.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            return await _exchange(provider, endpoints, grant_type, form)
        except NotSent:
            if not tries_left:
                raise
            await asyncio.sleep(0.3)
    raise AssertionError("unreachable")


async def revoke_token(provider: Provider, endpoints: Endpoints, token: str, hint: str) -> bool:
    """Ask the provider to end a grant (RFC 7009); says whether it agreed."""
    if endpoints.revoke_url is None:
        return False
    with reaching(provider, SHORT):
        async with _client(provider, endpoints) as client:
            response = await client.revoke_token(endpoints.revoke_url, token=token, token_type_hint=hint)
    return bool(response.status_code == 200)


def token_of(answer: Mapping[str, Any], previous: Token | None = None, now: datetime | None = None) -> Token:
    """Our token from a token endpoint's answer; what it does not renew is kept."""
    lifetime = answer.get("expires_in")
    expires_at = (now or datetime.now(UTC)) + timedelta(seconds=float(lifetime)) if lifetime else None
    given = answer.get("scope") or answer.get("scopes") or ""
    scopes = given if isinstance(given, str) else " ".join(given)
    return Token(
        access_token=answer["access_token"],
        refresh_token=answer.get("refresh_token") or (previous.refresh_token if previous else None),
        expires_at=expires_at,
        scope=scopes or (previous.scope if previous else ""),
    )


async def _exchange(
    provider: Provider, endpoints: Endpoints, grant_type: str, form: Mapping[str, str]
) -> Mapping[str, Any]:
    with reaching(provider, SHORT):
        async with _client(provider, endpoints) as client:
            client.register_compliance_hook("access_token_response", lambda got: _checked(provider, readable(got)))
            try:
                return dict(await client.fetch_token(endpoints.token_url, grant_type=grant_type, **form))
            except (TypeError, ValueError):  # a lifetime that is no number
                raise _incomplete(provider, 200) from None


def _client(provider: Provider, endpoints: Endpoints) -> AsyncOAuth2Client:
    method = _auth_method(provider)
    client = AsyncOAuth2Client(
        endpoints.client_id,
        endpoints.client_secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        code_challenge_method="S256",
        redirect_uri=endpoints.redirect_uri,
        timeout=TIMEOUT,
        verify=_trusted(),
        follow_redirects=False,
    )
    client.register_client_auth_method(("basic_json", partial(_basic_json, provider.headers)))
    return bounded(client, SHORT)


def _auth_method(provider: Provider) -> str:
    if provider.token_format == "json":
        return "basic_json"
    return "client_secret_basic" if provider.client_auth == "basic" else "client_secret_post"


def _basic_json(
    extra: Mapping[str, str], client: AsyncOAuth2Client, method: str, uri: str, headers: Any, body: bytes
) -> tuple[str, Any, bytes]:
    """HTTP Basic and a JSON body. Headers are changed in place: a copy would send two Content-Lengths."""
    form = dict(url_decode(body.decode()))
    if method == "POST" and "token" in form:
        form.pop("token_type_hint", None)
    encoded = json.dumps(form).encode()
    encode_client_secret_basic(client, method, uri, headers, encoded)
    headers.update({**extra, "Content-Type": "application/json", "Content-Length": str(len(encoded))})
    return uri, headers, encoded


def _checked(provider: Provider, response: Any) -> Any:
    """The response, if it really holds a token."""
    answer = _json_object(response)
    token = answer.get("access_token")
    if response.status_code == 200 and "error" not in answer and isinstance(token, str) and VISIBLE.fullmatch(token):
        return response
    reasons = {str(answer.get(name, "")).lower() for name in ("error", "code", "status")}
    if response.status_code == 409:
        raise JustRefreshed(f"{provider.title} has just renewed this connection. Try again.", 1)
    if reasons & CLIENT_IS_WRONG:
        prefix = provider.slug.upper()
        names = f"{prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET"
        raise NotConfigured(f"{provider.title} does not accept this app's credentials. Check {names}.")
    if reasons & GRANT_IS_GONE:
        raise ReconnectNeeded(f"{provider.title} no longer honours this connection. Reconnect to go on.")
    raise _incomplete(provider, response.status_code)


def _incomplete(provider: Provider, status: int) -> Unavailable:
    return Unavailable(f"{provider.title} did not complete the exchange (status {status}). Try again in a few minutes.")


def _json_object(response: Any) -> dict[str, Any]:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


@cache
def _trusted() -> ssl.SSLContext:
    """Loading the certificates takes 20 ms; once is enough."""
    return ssl.create_default_context()
