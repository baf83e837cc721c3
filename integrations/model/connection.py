"""An account that a person connected, its tokens, and what was loaded from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Environment = Literal["real", "sandbox"]


@dataclass(frozen=True)
class Account:
    """Who granted access: `id` is unique at the provider, `name` and `detail` are for people."""

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

    def expires_within(self, seconds: float, now: datetime | None = None) -> bool:
        """Whether it stops working within that time; False where no lifetime is known."""
        now = now or datetime.now(UTC)
        return self.expires_at is not None and (self.expires_at - now).total_seconds() < seconds


@dataclass(frozen=True)
class Share:
    """What an owner shows to their organisation: the share's own name, with whom, and by whom."""

    id: str = ""
    organisation: str = ""
    organisation_name: str = ""
    by: str = ""


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


LoadState = Literal["queued", "running", "complete", "partial", "failed"]


@dataclass(frozen=True)
class Load:
    """A load under way, or the snapshot that it left behind.

    `counts`: items by type. `notes`: sentences why it is partial.
    `skipped`: what the account may not read. `chunks`: how many were saved by `run`, the worker's attempt at it.
    `calls`: API calls made. `at`: when this was last written. `bytes`: what its chunks take.
    `full`: everything is read, not only what changed. `full_at`: since when that has to be so.
    `parts`: which parts its rows cover. `marks`: how far each part has been read, or DONE.
    `removed`: names of items that the load before had, and the provider has no more.
    `data_key`: what its chunks are sealed with; it is sealed itself, being in this record.
    """

    id: str
    state: LoadState
    queued_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    chunks: int = 0
    run: str = ""
    calls: int = 0
    at: datetime | None = None
    bytes: int = 0
    full: bool = True
    full_at: datetime | None = None
    parts: tuple[str, ...] = ()
    marks: dict[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    data_key: str = field(default="", repr=False)

    @property
    def active(self) -> bool:
        """Whether it is waiting for a worker or being worked on."""
        return self.state in ("queued", "running")

    @property
    def total(self) -> int:
        """How many items it has so far."""
        return sum(self.counts.values())
