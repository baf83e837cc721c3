"""What a provider's answer means: data, or one of our errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson

from ..model import Provider
from ..model.errors import Forbidden, ProviderError, RateLimited, Unauthorized, Unavailable

NOT_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)  # fmt: skip

class NotSent(Unavailable):
    """The request never left, so it is safe to send again."""


class NoAnswer(Unavailable):
    """The request was sent, and what came of it is not known."""


@contextmanager
def reaching(provider: Provider) -> Iterator[None]:
    """Whatever keeps a request from its answer becomes NotSent or NoAnswer."""
    try:
        yield
    except NOT_SENT:
        raise NotSent(_unreachable(provider)) from None
    except httpx.HTTPError:
        raise NoAnswer(_unreachable(provider)) from None


def decoded(provider: Provider, response: httpx.Response) -> Any:
    """The decoded JSON object of a successful answer; raises ProviderError for any other."""
    if response.status_code == httpx.codes.OK:
        return _object(provider, response)
    raise _fault(provider, response) or _by_status(provider, response)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds from a Retry-After header that gives a number; None otherwise (RFC 9110 10.2.3)."""
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _unreachable(provider: Provider) -> str:
    return f"{provider.title} could not be reached. Try again in a few minutes."


def _object(provider: Provider, response: httpx.Response) -> Any:
    try:
        answer = orjson.loads(response.content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unavailable(f"{provider.title} sent an answer that could not be read. Try again in a few minutes.")
    return answer


def _fault(provider: Provider, response: httpx.Response) -> ProviderError | None:
    """What this provider means by this answer, where it differs from the status alone."""
    for fault in provider.faults:
        if response.status_code == fault.status and fault.marker in response.text:
            wait = retry_after(response) or fault.retry_after
            if issubclass(fault.error, RateLimited):
                return fault.error(fault.message, wait or provider.rate_limit_wait, stated=bool(wait))
            if issubclass(fault.error, Unavailable):
                return fault.error(fault.message, wait or None)
            return fault.error(fault.message)
    return None


def _by_status(provider: Provider, response: httpx.Response) -> ProviderError:
    status, title = response.status_code, provider.title
    if status == 401:
        return Unauthorized(f"{title} no longer accepts this connection. Reconnect to go on.")
    if status in (403, 404):
        return Forbidden(f"this {title} account may not read it")
    if status == 429:
        wait = retry_after(response)
        pause = f"{title} asks for a pause. Try again in a minute."
        return RateLimited(pause, provider.rate_limit_wait if wait is None else wait, stated=wait is not None)
    if status in (408, 409, 423, 425, 477) or status >= 500:
        return Unavailable(f"{title} is having trouble right now. Try again in a few minutes.", retry_after(response))
    refused = f"{title} refused a request (status {status})."
    return ProviderError(f"{refused} Refresh to try again; updating the dashboard may help.")
