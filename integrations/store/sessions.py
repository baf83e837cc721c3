"""Which browser is signed in as whom. Signing out ends that here as well: a copied identity cookie is worth nothing."""

from __future__ import annotations

from ..model import Session, settings
from . import records
from .keys import ENDED, RETURN, SESSION

LONGEST_ADDRESS = 2_048  # bytes


async def current(browser: str, proof: str | None = None) -> Session | None:
    """Who is signed in on this browser; nobody, once that sign-in was ended on any browser.

    `proof`: where no page has looked at the identity cookie, it has to be the one of that sign-in.
    """
    session = await records.get(SESSION, (browser,))
    if session is None or proof not in (None, session.proof):
        return None
    return None if await records.get(ENDED, (session.login,)) else session


async def begin(browser: str, session: Session) -> bool:
    """Sign in; False for a sign-in that has been ended."""
    if await records.get(ENDED, (session.login,)):
        return False
    await records.put(SESSION, (browser,), session)
    return True


async def end(browser: str) -> None:
    """Sign out: this sign-in begins no session any more, on any browser."""
    session = await records.get(SESSION, (browser,))
    if session:
        await records.put(ENDED, (session.login,), "signed out")  # first: nothing else counts for other browsers
        await records.delete(SESSION, (browser,))


async def owner(browser: str | None, proof: str) -> str | None:
    """Whose things a request from this browser may see: the person's, or without sign-in the browser's own."""
    if browser is None or not settings().signs_in:
        return browser
    session = await current(browser, proof)
    return session.owner if session else None


async def come_back_to(browser: str, address: str) -> None:
    """Remember which page was asked for before signing in, the last one only; a long address without its query."""
    if len(address.encode()) > LONGEST_ADDRESS:
        address = address.partition("?")[0][:LONGEST_ADDRESS]
    await records.put(RETURN, (browser,), address)


async def asked_for(browser: str) -> str | None:
    """The page to go to after signing in; only once."""
    return await records.take(RETURN, (browser,))
