"""Errors, each with a sentence for the person who reads it.

    DashboardError
    ├── NotConfigured            a setting is missing or wrong: set it, start again
    ├── NotAllowed               the viewer has no right to this
    ├── InvalidRequest           what was entered or asked for cannot be used: change it
    ├── ConnectFailed            this attempt to connect is over: press Connect again
    ├── ReconnectNeeded          the provider no longer honours the grant: reconnect
    ├── ProviderError            the provider answered with something else than data
    │   ├── Unauthorized         401: the access token is not (or no longer) good
    │   ├── Forbidden            403, 404: this account may not read this; skip it
    │   ├── RateLimited          429: wait `retry_after` seconds, then go on
    │   ├── QuotaSpent           a daily or monthly allowance is used up: do not retry
    │   ├── CursorExpired        the page cursor is too old: start this chain again
    │   └── Unavailable          unreachable, 5xx or not understandable: try later
    │       └── RefreshPaused    the token endpoint failed several times, or wants a pause: do not retry
    └── StoreError
        ├── StoreUnavailable     Redis does not answer
        │   └── StoreFull        Redis answers, but takes no changes: full, or read-only
        ├── RecordUnreadable     sealed with another key, or not what was sealed
        └── RecordTooNew         written by a newer version of this app

Messages never hold a token, a path or an address with a query.
"""

from __future__ import annotations


class DashboardError(Exception):
    """Anything a page shows as a sentence; `str(error)` is that sentence."""


class NotConfigured(DashboardError):
    """A setting is missing or cannot be used; names it and where its value comes from."""


class NotAllowed(DashboardError):
    """The viewer has no right to do this."""


class InvalidRequest(DashboardError):
    """What a person entered or asked for cannot be used; the sentence says why. Nothing was changed."""


class ConnectFailed(DashboardError):
    """An attempt to connect ended without a connection; nothing was stored."""


class ReconnectNeeded(DashboardError):
    """Only the person can repair this connection, by approving again."""


class ProviderError(DashboardError):
    """The provider answered, but not with what was asked for."""


class Unauthorized(ProviderError):
    """The access token was refused."""


class Forbidden(ProviderError):
    """This account may not read this object, or it does not exist."""


class RateLimited(ProviderError):
    """Too many calls. `retry_after`: the seconds that the provider wants to wait, or its documents if not `stated`."""

    def __init__(self, message: str, retry_after: float, stated: bool = True) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.stated = stated


class QuotaSpent(ProviderError):
    """An allowance that waiting does not refill soon; the sentence says when to come back."""


class CursorExpired(ProviderError):
    """A page cursor outlived its session."""


class Unavailable(ProviderError):
    """The provider could not be reached or understood; `retry_after` seconds if it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefreshPaused(Unavailable):
    """The access token cannot be renewed for some time; the sentence says when to try again."""


class StoreError(DashboardError):
    """Something about what Redis holds."""


class StoreUnavailable(StoreError):
    """Redis does not answer."""

    sentence = (
        "The dashboard cannot reach its database (Redis) right now. "
        "This page works again by itself as soon as Redis is back."
    )

    def __init__(self) -> None:
        super().__init__(self.sentence)


class StoreFull(StoreUnavailable):
    """Redis takes no changes; what it holds can be read."""

    sentence = (
        "The dashboard's database (Redis) takes no changes right now: it is full or read-only. Nothing is lost, and "
        "what was loaded can be looked at. Tell whoever runs this dashboard; once it is mended, all else goes on."
    )


class RecordUnreadable(StoreError):
    """A stored record does not open with any of TOKEN_KEYS, here."""


class RecordTooNew(StoreError):
    """A stored record has a format version this release does not know."""
