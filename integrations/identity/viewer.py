"""The Viewer of a page or a request."""

from __future__ import annotations

from ..config import settings
from ..model import Actor, Viewer
from . import sign_in


async def viewer_of(browser: str | None, proof: str | None, address: str, user_agent: str) -> Viewer | None:
    """Returns who asks from a browser: the person who is signed in on it, or the browser itself without sign-in.

    `browser`: the owner that its cookie names. `proof`: see `sign_in.current`. None if there is no cookie of ours, or
    if people have to sign in and nobody has.
    """
    session = await sign_in.current(browser, proof) if browser and settings().signs_in else None
    if browser is None or (settings().signs_in and session is None):
        return None
    owner = session.owner if session else browser
    return Viewer(owner, session, Actor.at(session.name if session else "", address, user_agent), browser)
