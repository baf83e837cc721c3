"""An account that a person connected, and its tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Environment = Literal["real", "sandbox"]


@dataclass(frozen=True)
class Account:
    """The account that granted access: `id` is unique at the provider, `name` and `detail` are for people."""

    id: str
    name: str
    detail: str = ""


@dataclass(frozen=True)
class Token:
    """What a token endpoint gave (RFC 6749 section 5.1); never shown in a repr.

    `lifetime`: seconds that the access token was given for, None where unknown.
    `refresh_begun`: when this refresh token was sent; set before sending, gone once the answer is known. Only kept for
    providers that punish a second use (Provider.refresh_reuse).
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scope: str = ""
    lifetime: float | None = None
    refresh_begun: datetime | None = None

    def expires_within(self, seconds: float, now: datetime) -> bool:
        """Returns whether it stops working within that time; False where no lifetime is known."""
        return self.expires_at is not None and (self.expires_at - now).total_seconds() < seconds


@dataclass(frozen=True)
class Share:
    """A connection shared with an organisation: the share's id, the organisation and its name, the owner's name.

    `since`: when that was done; None for a share of an earlier version.
    """

    id: str = ""
    organisation: str = ""
    organisation_name: str = ""
    by: str = ""
    since: datetime | None = None


NOT_SHARED = Share()


@dataclass(frozen=True)
class Connection:
    """One account of one provider, as one owner connected it.

    `environment` and `api_url` are those that issued the token; it goes to no other.
    `reconnect` is the sentence why only approving again helps, empty while all is well.
    `share`: the organisation that may see what was loaded, if any.
    """

    id: str
    owner: str
    slug: str
    account: Account
    environment: Environment
    api_url: str
    connected_at: datetime
    reconnect: str = ""
    share: Share = NOT_SHARED

    @property
    def path(self) -> tuple[str, str, str]:
        """What names its records: owner, slug, connection."""
        return self.owner, self.slug, self.id


@dataclass(frozen=True)
class Outcome:
    """How an attempt to connect ended, or that its code is being redeemed.

    "later", where nothing is spent, is never stored. `return_to`: path and query of the page that began it, if not
    the provider's own.
    """

    state: Literal["redeeming", "connected", "failed", "later"]
    message: str = ""
    connection_id: str = ""
    return_to: str = ""
