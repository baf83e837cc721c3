"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass

from .event import BY_ITSELF, Actor
from .session import Session


@dataclass(frozen=True)
class Viewer:
    """A browser, or the person who is signed in on it.

    `owner` names what is theirs. `session`: None where nobody signs in. `actor`: as the activity log names them.
    """

    owner: str
    session: Session | None = None
    actor: Actor = BY_ITSELF
