"""Authorization URLs and token requests, built by Authlib; the answers are read here.

Authlib takes any JSON for a token, and loses a good one whose `expires_in` is no number. So a response hook checks the
status and `access_token`, keeps the whole answer, and hands Authlib the access token only. Every exchange has a client
object of its own: one client holds one token, and a shared one would hand a person somebody else's.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import ssl
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from authlib.common.urls import url_decode
from authlib.oauth2.auth import encode_client_secret_basic

from ..http import SHORT, NoAnswer, NotSent, bounded, reaching, readable, retry_after
from ..model import Endpoints, Provider, Token
from ..model.errors import NotConfigured, ReconnectNeeded, Unavailable

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which respx does not know
    from authlib.integrations.httpx_client import AsyncOAuth2Client

VISIBLE = re.compile(r"[\x20-\x7e]+")  # RFC 6749 appendix A.12 and A.17
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 appendix A.4
LONGEST_LIFETIME = 10 * 365 * 86_400  # seconds; a longer one is taken as not stated
LONGEST_NUMBER = 300  # digits; int() refuses more than 4,300, and a float has 308
TRIES = 3
TIMEOUT = 15  # seconds; shutdown.GRACE is longer
TOKEN_ERRORS = {  # RFC 6749 section 5.2; a provider adds its own (Provider.token_errors)
    "invalid_grant": ReconnectNeeded, "invalid_client": NotConfigured, "unauthorized_client": NotConfigured,
}  # fmt: skip

log = logging.getLogger(__name__)


class JustRefreshed(Unavailable):
    """409: another process has just used this refresh token and saved the new pair."""


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
    NotConfigured when the client id or secret is wrong, NoAnswer where the endpoint may have done
    what it was asked for and the answer is lost or unreadable, Unavailable for every other refusal.
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


async def introspect(provider: Provider, endpoints: Endpoints, token: str) -> Mapping[str, Any]:
    """What the provider says about an access token (RFC 7662); empty without an endpoint, or for an unknown token."""
    if endpoints.introspect_url is None:
        return {}
    with reaching(provider):
        async with _client(provider, endpoints) as client:
            url = endpoints.introspect_url
            response = await client.introspect_token(url, token=token, token_type_hint="access_token")
    answer = _json_object(response)
    return answer if response.status_code == 200 and answer.get("active") is True else {}


def token_of(
    provider: Provider, answer: Mapping[str, Any], previous: Token | None = None, now: datetime | None = None
) -> Token:
    """Our token from a token endpoint's answer; what it does not renew is kept.

    Only the tokens have to be well formed. What else comes with them is read as far as it can be.
    """
    lifetime = _seconds(answer.get("expires_in")) or provider.access_token_seconds
    return Token(
        access_token=answer["access_token"],
        refresh_token=_refresh_token(provider, answer.get("refresh_token"), previous),
        expires_at=(now or datetime.now(UTC)) + timedelta(seconds=lifetime) if lifetime else None,
        scope=_scope(answer) or (previous.scope if previous else ""),
        lifetime=lifetime,
    )


def _refresh_token(provider: Provider, given: Any, previous: Token | None) -> str | None:
    """The refresh token to use from now on.

    The previous one stays if none is given. If the one given cannot be used, the previous one is spent where providers
    rotate them, and stays where sending it again is harmless.
    """
    kept = previous.refresh_token if previous else None
    if given is None or given == "":
        return kept
    if _visible(given):
        return str(given)
    log.warning("%s sent a refresh token that is no text of visible characters", provider.slug)
    return kept if provider.refresh_reuse == "harmless" else None


def _visible(token: Any) -> bool:
    return isinstance(token, str) and VISIBLE.fullmatch(token) is not None


def _seconds(stated: Any) -> float | None:
    """A lifetime that makes sense, from a number or its text; else None."""
    if isinstance(stated, bool) or not isinstance(stated, int | float | str):
        return None
    try:
        seconds = float(stated)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds <= LONGEST_LIFETIME else None


def _scope(answer: Mapping[str, Any]) -> str:
    """The scopes in an answer, from one text or a list of them."""
    for given in (answer.get("scope"), answer.get("scopes")):
        words = given.split() if isinstance(given, str) else given if isinstance(given, list) else []
        if scopes := [word for word in words if isinstance(word, str) and SCOPE.fullmatch(word)]:
            return " ".join(scopes)
    return ""


async def _exchange(
    provider: Provider, endpoints: Endpoints, grant_type: str, form: Mapping[str, str]
) -> Mapping[str, Any]:
    answers: list[Mapping[str, Any]] = []

    def checked(response: Any) -> _AccessTokenOnly:
        answers.append(_checked(provider, readable(response)))
        return _AccessTokenOnly(answers[0]["access_token"])

    with reaching(provider, SHORT):
        async with _client(provider, endpoints) as client:
            client.register_compliance_hook("access_token_response", checked)
            await client.fetch_token(endpoints.token_url, grant_type=grant_type, **form)
    return answers[0]


class _AccessTokenOnly:
    """A response for Authlib to read."""

    status_code = 200

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def json(self) -> dict[str, str]:
        """A token answer without anything else."""
        return {"access_token": self._access_token, "token_type": "bearer"}


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


def _checked(provider: Provider, response: Any) -> Mapping[str, Any]:
    """The answer, if it really holds a token; raises what it means otherwise."""
    answer, status = _json_object(response), response.status_code
    if 200 <= status < 300 and "error" not in answer and _visible(answer.get("access_token")):
        return answer
    _raise_known(provider, answer, status)
    if _unknown_outcome(answer, status):
        raise NoAnswer(_incomplete(provider, status))
    raise Unavailable(_incomplete(provider, status), retry_after(response))


def _raise_known(provider: Provider, answer: Mapping[str, Any], status: int) -> None:
    """Raise the error that a token endpoint's answer documents, if it does."""
    reasons = {str(answer.get(name, "")).lower() for name in ("error", "code", "status")}
    if status == 409:
        raise JustRefreshed(f"{provider.title} has just renewed this connection. Try again.", 1)
    known = {**TOKEN_ERRORS, **provider.token_errors}
    meanings = {known[reason] for reason in reasons if reason in known}
    if NotConfigured in meanings:
        prefix = provider.slug.upper()
        names = f"{prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET"
        raise NotConfigured(f"{provider.title} does not accept this app's credentials. Check {names}.")
    if ReconnectNeeded in meanings:
        raise ReconnectNeeded(f"{provider.title} no longer honours this connection. Reconnect to go on.")


def _unknown_outcome(answer: Mapping[str, Any], status: int) -> bool:
    """Whether the grant may be spent all the same.

    Not if the endpoint says in its own document that it failed, nor for any 3xx or 4xx. A page of a gateway in front of
    it, an unreadable answer and a success without a token say nothing.
    """
    return "error" not in answer if 200 <= status < 300 else status >= 500 and not answer


def _incomplete(provider: Provider, status: int) -> str:
    return f"{provider.title} did not complete the exchange (status {status}). Try again in a few minutes."


def _json_object(response: Any) -> dict[str, Any]:
    """The JSON object of an answer, an empty one if there is none; odd characters and numbers cost only themselves."""
    text = response.content.decode("utf-8-sig", "replace")
    try:
        answer = json.loads(text, strict=False, parse_int=_number)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < LONGEST_NUMBER else math.inf


@cache
def _trusted() -> ssl.SSLContext:
    """Loading the certificates takes 20 ms; once is enough."""
    return ssl.create_default_context()
