"""The person or browser that a request is answered for."""

from __future__ import annotations

from dataclasses import dataclass

from .event import BY_ITSELF, Actor
from .session import Session


@dataclass(frozen=True)
class Viewer:
    """A browser, or the person who is signed in on it.

    `owner`: id that their records are stored under. `session`: None without sign-in. `actor`: their name in the log.
    `browser`: the owner that the browser's own cookie names; differs from `owner` for a person who is signed in.
    """

    owner: str
    session: Session | None = None
    actor: Actor = BY_ITSELF
    browser: str = ""
