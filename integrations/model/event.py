"""Something that was done with an owner's connections, to be read by them later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Actor:
    """Who did it ("" for the owner, or the dashboard by itself) and from where: an address, a browser."""

    who: str = ""
    where: str = ""


BY_ITSELF = Actor(where="the dashboard, by itself")


@dataclass(frozen=True)
class Event:
    """One line of the activity log: what was done, with which account; never a token."""

    at: datetime
    what: str
    slug: str
    account: str
    who: str
    where: str
