"""Something that was done with an owner's connections, to be read by them later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .address import is_address, is_this_machine


@dataclass(frozen=True)
class Actor:
    """Who did it ("" for the owner, or the dashboard by itself) and from where: an address, a browser."""

    who: str = ""
    where: str = ""

    @classmethod
    def at(cls, who: str, address: str | None, user_agent: str) -> Actor:
        """Somebody at a browser, which is told by its kind."""
        found = (name for mark, name in BROWSERS.items() if mark in user_agent)
        system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
        browser = next(found, "another program") + (f" on {system}" if system else "")
        return cls(who, f"{_place(address)} · {browser}")


def _place(address: str | None) -> str:
    """An address, if it is one: a proxy may hand on what anybody has written."""
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
    what: str
    slug: str
    account: str
    who: str
    where: str
