"""The activity log: who did what with an owner's connections, and from where.

To add an event: a member of EventType, its words, and a call of `audit.note` where it happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from .address import is_address, is_this_machine


class EventType(StrEnum):
    """What was done."""

    CONNECTED = auto()
    CONNECT_FAILED = auto()
    REVOKED = auto()
    DISCONNECTED = auto()
    TOKEN_RENEWED = auto()
    RECONNECT_NEEDED = auto()
    OPENED = auto()
    REFRESH_ASKED = auto()
    FULL_RELOAD_ASKED = auto()
    LOADED = auto()
    LOADED_IN_PART = auto()
    LOAD_FAILED = auto()
    DOWNLOADED = auto()
    SHARED = auto()
    SHARING_STOPPED = auto()
    OTHER = auto()  # written in words by an earlier version


WORDS = {  # {} is the event's detail
    EventType.CONNECTED: "connected",
    EventType.CONNECT_FAILED: "tried to connect to {}",
    EventType.REVOKED: "revoked and disconnected",
    EventType.DISCONNECTED: "disconnected",
    EventType.TOKEN_RENEWED: "token renewed",
    EventType.RECONNECT_NEEDED: "needs to be reconnected",
    EventType.OPENED: "opened",
    EventType.REFRESH_ASKED: "asked for a refresh",
    EventType.FULL_RELOAD_ASKED: "asked for a full reload",
    EventType.LOADED: "loaded in whole: {} items",
    EventType.LOADED_IN_PART: "loaded in part: {} items",
    EventType.LOAD_FAILED: "could not be loaded",
    EventType.DOWNLOADED: "downloaded",
    EventType.SHARED: "shared with {}",
    EventType.SHARING_STOPPED: "stopped sharing",
    EventType.OTHER: "{}",
}


@dataclass(frozen=True)
class Actor:
    """The name of the person ("" for the owner, or the dashboard by itself), and where they were: address, browser."""

    who: str = ""
    where: str = ""

    @classmethod
    def at(cls, who: str, address: str | None, user_agent: str) -> Actor:
        """Returns a person at a browser, which is told by its kind."""
        found = (name for mark, name in BROWSERS.items() if mark in user_agent)
        system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
        browser = next(found, "another program") + (f" on {system}" if system else "")
        return cls(who, f"{_place(address)} · {browser}")


def _place(address: str | None) -> str:
    """Returns the address if it is one: a proxy may pass on arbitrary text."""
    if not address or is_this_machine(address):
        return "this machine"
    return address if is_address(address) else "an unknown address"


# each also names those that come after it
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS X": "macOS",
    "CrOS": "ChromeOS", "Linux": "Linux",
}  # fmt: skip
BY_ITSELF = Actor(where="the dashboard, by itself")


@dataclass(frozen=True)
class Event:
    """One line of the activity log: what was done, with which account; never a token."""

    at: datetime
    type: EventType
    slug: str
    account: str
    who: str
    where: str
    detail: str = ""

    @property
    def what(self) -> str:
        """Returns what was done, in words."""
        return WORDS[self.type].replace("{}", self.detail)
