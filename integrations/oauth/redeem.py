"""Coming back from the provider: the answer is checked, redeemed once, and remembered.

Nothing in here draws, so a page that is left or reloaded in the middle does not stop it.
The state's record is named by owner and provider: another browser's or another
provider's answer finds nothing and spends nothing. What came of it is kept for a
minute, so that a reload in the middle waits for it instead of redeeming again.

An answer is redeemed under a lease: a second run of the same page has to wait for that, and then finds how the first
one ended. If it finds "redeeming", the process that did it is gone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..config import settings
from ..http import SHORT, ApiClient, within
from ..model import Account, Bucket, Connection, Endpoints, Outcome, Provider, RateLimit, Token
from ..model.address import counted_as
from ..model.errors import ConnectFailed, DashboardError, ProviderError, ReconnectNeeded, StoreError, StoreUnavailable
from ..store import connections, keys, locks, rate_limits, records
from ..store.keys import PendingAuthorization
from ..store.retry import keep_trying
from . import shutdown
from .authorize import hashed
from .client import introspect, request_token, token_of
from .tokens import failures_of

log = logging.getLogger(__name__)
TRIES = 3  # of the first look, which nothing has been spent before
LEASE = 4  # seconds after which a second run knows that the one that redeemed is gone
IDENTIFY = 30  # seconds until an account must have been named, retries included: the page waits
PER_OWNER, PER_ADDRESS = RateLimit(10, 60), RateLimit(30, 60)  # exchanges of codes with one provider that may fail
START_AGAIN = "You can start again on this page."
TOO_MANY = "There were too many failed attempts to connect. Your approval is kept: reload this page in a minute."


async def redeem(provider: Provider, owner: str, answer: Mapping[str, str], address: str = "") -> Outcome:
    """Returns what became of an authorization response (RFC 6749 section 4.1.2), and leaves it as a notice.

    `answer` is the query of the redirect, `address` the person's network address. Never raises DashboardError but
    StoreUnavailable before anything was spent. After too many failed attempts the outcome is "later": the state is
    kept, and the same answer can be redeemed when the wait is over.
    """
    state = answer.get("state", "")
    if not state:
        return await _noted(provider, owner, Outcome("failed", f"{provider.title} sent no state. {START_AGAIN}"))
    place, attempt = (owner, provider.slug, hashed(state)), _Attempt(provider, owner, address, hashed(state))
    if answer.get("code") and await _is_expected(place) and not await keep_trying(attempt.is_admitted):
        return Outcome("later", TOO_MANY)
    while True:
        try:
            async with locks.held(place, LEASE):
                with shutdown.unfinished():
                    return await _noted(provider, owner, await _outcome(provider, owner, place, answer, attempt))
        except shutdown.ShuttingDown:  # nothing is spent: the browser asks the server that comes next
            await shutdown.the_end()


async def _outcome(
    provider: Provider, owner: str, place: tuple[str, str, str], answer: Mapping[str, str], attempt: _Attempt
) -> Outcome:
    pending, ours = await records.claim((keys.STATE, place), (keys.OUTCOME, place), Outcome("redeeming"))
    if pending is None:
        outcome = await _unknown(provider, place) if ours else await _known(provider, place)
        if ours or outcome.state == "connected":
            await attempt.refund()
        return outcome
    outcome = await _redeemed(provider, owner, pending, answer, attempt)
    outcome = dataclasses.replace(outcome, return_to=pending.return_to)
    await keep_trying(lambda: records.put(keys.OUTCOME, place, outcome))
    return outcome


async def _is_expected(place: tuple[str, ...]) -> bool:
    for tries_left in reversed(range(TRIES)):
        try:
            return await records.get(keys.STATE, place) is not None
        except StoreUnavailable:  # a busy Redis must not cost an approval
            if not tries_left:
                raise
    raise AssertionError("unreachable")


class _Attempt:
    """One attempt to connect, counted for its owner and its address until it has succeeded."""

    def __init__(self, provider: Provider, owner: str, address: str, name: str) -> None:
        counted = [(owner, PER_OWNER)] + ([(counted_as(address), PER_ADDRESS)] if address else [])
        self._buckets = [Bucket(f"exchanges:{provider.slug}:{whose}", rate) for whose, rate in counted]
        self._name = name

    async def is_admitted(self) -> bool:
        """Returns whether there is room for one more; taken at once, so that many at the same time are no more."""
        for bucket in self._buckets:
            if not await rate_limits.admit(bucket, self._name):
                await self.refund()
                return False
        return True

    async def refund(self) -> None:
        """Give the room back; where Redis is away, it comes back by itself."""
        with contextlib.suppress(StoreUnavailable):
            for bucket in self._buckets:
                await rate_limits.refund(bucket, self._name)


async def _unknown(provider: Provider, place: tuple[str, ...]) -> Outcome:
    """Returns the outcome for an unknown state: forged, replayed, expired or from another browser."""
    await records.delete(keys.OUTCOME, place)
    return Outcome(
        "failed",
        f"This answer from {provider.title} was not expected: it is older than ten minutes, was used already, "
        f"or was asked for in another browser. {START_AGAIN}",
    )


async def _known(provider: Provider, place: tuple[str, ...]) -> Outcome:
    """Returns how an earlier run with this answer ended."""
    outcome = await records.get(keys.OUTCOME, place)
    if outcome and outcome.state != "redeeming":
        return outcome
    return Outcome("failed", f"The exchange with {provider.title} was interrupted. {START_AGAIN}")


async def _redeemed(
    provider: Provider, owner: str, pending: PendingAuthorization, answer: Mapping[str, str], attempt: _Attempt
) -> Outcome:
    try:
        _accept(provider, pending, answer)
        connection = await _connected(provider, owner, pending, answer["code"])
    except ConnectFailed as error:  # the provider was not asked for anything
        await attempt.refund()
        return Outcome("failed", str(error))
    except ReconnectNeeded:
        return Outcome("failed", f"{provider.title} does not accept this approval any more. {START_AGAIN}")
    except DashboardError as error:
        return Outcome("failed", str(error))
    except Exception as error:  # an unexpected shape must still end in a sentence
        log.error("connecting to %s failed: %s", provider.slug, type(error).__name__)
        return Outcome("failed", f"{provider.title} sent something this version does not understand. {START_AGAIN}")
    await attempt.refund()
    return Outcome("connected", f"Connected to {connection.account.name}.", connection.id)


def _accept(provider: Provider, pending: PendingAuthorization, answer: Mapping[str, str]) -> None:
    """Refuse what is no approval, or comes from another issuer (RFC 9207)."""
    sandbox = settings().endpoints(provider, "sandbox").api_url
    if "iss" in answer and (answer["iss"] == sandbox) != (pending.environment == "sandbox"):
        raise ConnectFailed(f"This answer does not come from where you were sent. {START_AGAIN}")
    if answer.get("error") == "access_denied":
        raise ConnectFailed(f"You did not approve the connection, so nothing was stored. {START_AGAIN}")
    if "error" in answer:
        raise ConnectFailed(f"{provider.title} could not complete the request. {START_AGAIN}")
    if not answer.get("code"):
        raise ConnectFailed(f"{provider.title} sent no authorization code. {START_AGAIN}")


async def _connected(provider: Provider, owner: str, pending: PendingAuthorization, code: str) -> Connection:
    endpoints = settings().endpoints(provider, pending.environment)
    form = {"code": code, "redirect_uri": pending.redirect_uri}
    if pending.verifier:
        form["code_verifier"] = pending.verifier
    answer = await request_token(provider, endpoints, "authorization_code", **form)
    return await keep_trying(lambda: _remembered(provider, owner, endpoints, answer))


async def _remembered(provider: Provider, owner: str, endpoints: Endpoints, answer: Mapping[str, Any]) -> Connection:
    token = token_of(provider, answer)
    async with within(provider, IDENTIFY):
        account = await _account(provider, endpoints, token, answer)
    connection = _connection(provider, owner, endpoints, account)
    async with locks.held(connection.path):  # a refresh of the grant before must not be saved over this one
        await connections.save(connection, token)
        await rate_limits.forget(failures_of(connection))
    return connection


async def _account(provider: Provider, endpoints: Endpoints, token: Token, answer: Mapping[str, Any]) -> Account:
    """Returns the account that approved; uses token introspection if the provider cannot tell without it."""
    api = ApiClient(provider, endpoints, _Fixed(token), rate_limits, limits=SHORT)
    try:
        account = await provider.identify(api, answer)
    except StoreError:
        raise
    except Exception:  # whatever the answer lacks
        told: Mapping[str, Any] = {}
        with contextlib.suppress(ProviderError):
            told = await introspect(provider, endpoints, token.access_token)
        if not told:
            raise
        given = {name: value for name, value in answer.items() if value is not None}
        account = await provider.identify(api, {**told, **given})
    return Account(_storable(account.id), _storable(account.name), _storable(account.detail))


def _storable(text: str) -> str:
    """A provider's text without half characters, which cannot be stored (UTF-8)."""
    return str(text).encode("utf-8", "replace").decode()


def _connection(provider: Provider, owner: str, endpoints: Endpoints, account: Account) -> Connection:
    """Returns the connection; the same account connected again has the same id, so its new token replaces the old."""
    identity = f"{endpoints.environment} {endpoints.api_url} {account.id}"
    return Connection(
        id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        owner=owner,
        slug=provider.slug,
        account=account,
        environment=endpoints.environment,
        api_url=endpoints.api_url,
        connected_at=datetime.now(UTC),
    )


async def _noted(provider: Provider, owner: str, outcome: Outcome) -> Outcome:
    await records.put(keys.NOTICE, (owner, provider.slug), outcome)
    return outcome


class _Fixed:
    """Implements `http.Tokens` for a token that is not saved yet."""

    def __init__(self, token: Token) -> None:
        self._token = token

    async def current(self) -> str:
        return self._token.access_token

    async def renewed(self, refused: str) -> Any:
        raise ReconnectNeeded("The provider refused the token it had just given.")

    async def given_up(self, refused: str, sentence: str) -> None:
        """There is no connection yet that could be marked."""
