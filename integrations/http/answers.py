"""What a provider's answer means: data, or one of our errors."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import httpx

from ..model import Provider
from ..model.errors import Forbidden, ProviderError, RateLimited, ReconnectNeeded, Unauthorized, Unavailable
from .bounds import DATA, MB, Limits, TooLarge, TooSlow
from .reading import MOST_VALUES, TooManyValues, read_json

JsonTypes = tuple[type, ...]
FAULT_TEXT = 65_536  # bytes of an error answer in which a fault's marker is looked for

NOT_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)  # fmt: skip


class NotSent(Unavailable):
    """The request never left, so it is safe to send again."""


class NoAnswer(Unavailable):
    """The request was sent, and what came of it is not known."""


class TooMuch(NoAnswer):
    """The answer is larger than its limit; asking again at once would bring the same."""


@contextmanager
def reaching(provider: Provider, limits: Limits = DATA) -> Iterator[None]:
    """Whatever keeps a request from its answer becomes NotSent, NoAnswer or TooMuch; `limits` are the client's."""
    try:
        yield
    except TooLarge:
        most = f"{limits.size // MB} MB"
        raise TooMuch(f"{provider.title} sent an answer larger than {most}. Try again in a few minutes.") from None
    except TooSlow:
        raise NoAnswer(_slow(provider, limits.seconds)) from None
    except NOT_SENT:
        raise NotSent(_unreachable(provider)) from None
    except httpx.HTTPError:
        raise NoAnswer(_unreachable(provider)) from None


@asynccontextmanager
async def within(provider: Provider, seconds: float) -> AsyncIterator[None]:
    """For calls that a page waits for: gives them up after so many seconds, retries included; raises Unavailable."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unavailable(_slow(provider, seconds)) from None


def decoded(provider: Provider, response: httpx.Response, takes: JsonTypes = (dict,)) -> Any:
    """Returns the decoded JSON of a successful answer, of one of these types.

    Raises ProviderError or ReconnectNeeded for any other answer.
    """
    partial = response.status_code == httpx.codes.MULTI_STATUS and provider.partial_answers
    if response.status_code == httpx.codes.OK or partial:
        return _json(provider, response, takes)
    fault = _fault(provider, response)
    raise fault or (_by_status if _is_own(provider, response) else _in_between)(provider, response)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds from a Retry-After header that gives a number; None otherwise (RFC 9110 10.2.3)."""
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _unreachable(provider: Provider) -> str:
    return f"{provider.title} could not be reached. Try again in a few minutes."


def _slow(provider: Provider, seconds: float) -> str:
    return f"{provider.title} took longer than {seconds:g} seconds to answer. Try again in a few minutes."


def readable(response: httpx.Response) -> httpx.Response:
    """The same answer in strict JSON, for readers that know no other; as it is if it is no JSON object."""
    with suppress(ValueError, TooManyValues):
        if isinstance(answer := read_json(response.content), dict):
            return httpx.Response(response.status_code, headers=response.headers, json=answer)
    return response


def links_below(api_url: str, response: httpx.Response) -> dict[str, str]:
    """Returns path and query of each link in the Link header, by relation; links to anywhere else are left out.

    A link is only followed below the API's own address, since the access token goes with it.
    """
    found: dict[str, str] = {}
    for relation, link in response.links.items():
        with suppress(httpx.InvalidURL, KeyError):
            url = str(response.url.join(link["url"]))
            if relation and url.startswith(f"{api_url}/"):
                found[relation] = url.removeprefix(api_url)
    return found


def _json(provider: Provider, response: httpx.Response, takes: JsonTypes) -> Any:
    try:
        answer = read_json(response.content)
    except ValueError:
        answer = None
    except TooManyValues:
        values = f"{MOST_VALUES:,} values"
        raise TooMuch(f"{provider.title} sent an answer of more than {values}. Try again in a few minutes.") from None
    if not isinstance(answer, takes):
        raise Unavailable(f"{provider.title} sent an answer that could not be read. Try again in a few minutes.")
    return answer


def _fault(provider: Provider, response: httpx.Response) -> ProviderError | ReconnectNeeded | None:
    """What this provider means by this answer, where it differs from the status alone."""
    text = response.content[:FAULT_TEXT].decode(errors="replace")
    for fault in provider.faults:
        if response.status_code == fault.status and fault.marker in text:
            wait = retry_after(response) or fault.retry_after
            if issubclass(fault.error, RateLimited):
                return fault.error(fault.message, wait or provider.rate_limit_wait, stated=bool(wait))
            if issubclass(fault.error, Unavailable):
                return fault.error(fault.message, wait or None)
            return fault.error(fault.message)
    return None


def _is_own(provider: Provider, response: httpx.Response) -> bool:
    """Whether the provider itself refuses this, where it is about rights; anything in front of it has other words.

    For 401 any JSON object will do: unread, an expired token would never be renewed.
    """
    if response.status_code not in (401, 403, 404) or not provider.knows_its_errors:
        return True
    with suppress(ValueError, TooManyValues):
        answer = read_json(response.content)
        return isinstance(answer, dict) and (response.status_code == 401 or provider.is_error(answer))
    return False


def _in_between(provider: Provider, response: httpx.Response) -> Unavailable:
    refused = f"Something in front of {provider.title} refused a request (status {response.status_code})"
    return Unavailable(f"{refused}: perhaps this server's address is blocked for now. Try again in a few minutes.")


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
