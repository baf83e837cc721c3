"""Sign-ins: which person is signed in on a browser.

A sign-in belongs to the browser that began it. Each step leaves a record under that browser's name, which the next
step needs: "Sign in" was pressed, the browser left for the provider with a state, it came back with that state and
was given an identity cookie. An identity cookie that another browser holds begins nothing. Signing out ends a sign-in
for every copy of its cookies.
"""

from __future__ import annotations

import hashlib
from typing import Literal, cast

from ..config.sign_in import Problem
from ..model import Session
from ..store import records
from ..store.keys import ENDED, MINUTE, RETURN, SESSION, SIGN_IN, SIGN_IN_PROBLEM

PRESSED, LEFT, ARRIVED = "pressed", "left", "arrived"
LEAVES_WITHIN = 2 * MINUTE  # as long as Streamlit's link to the provider is good

LONGEST_ADDRESS = 65_536  # bytes; more than the server reads of a request's address


async def current(browser: str, proof: str | None = None) -> Session | None:
    """Returns the session on this browser; None once that sign-in was ended on any browser.

    `proof`: where no page has looked at the identity cookie, it has to be the one of that sign-in.
    """
    session = await records.get(SESSION, (browser,))
    if session is None or proof not in (None, session.proof):
        return None
    return None if await records.get(ENDED, (session.login,)) else session


async def press(browser: str) -> None:
    """Note that "Sign in" was pressed in this browser."""
    await records.put(SIGN_IN, (browser, PRESSED), "yes", seconds=LEAVES_WITHIN)


async def has_pressed(browser: str) -> bool:
    """Returns whether "Sign in" was pressed in this browser a moment ago."""
    return await records.get(SIGN_IN, (browser, PRESSED)) is not None


async def leave(browser: str, state: str) -> None:
    """Note that this browser leaves for the provider with this state."""
    await records.put(SIGN_IN, (browser, LEFT, _hashed(state)), "yes")


async def come_back(browser: str, state: str) -> bool:
    """Returns whether this browser had left with this state, which is spent by asking."""
    return await records.take(SIGN_IN, (browser, LEFT, _hashed(state))) is not None


async def arrive(browser: str, proof: str) -> None:
    """Note that this browser was given the identity cookie with this proof; one session may begin with it."""
    await records.put(SIGN_IN, (browser, ARRIVED, proof), "yes")


async def refused(browser: str, session: Session) -> Literal["ended", "elsewhere"] | None:
    """Returns why this browser may not begin this session: the sign-in has ended, or was begun elsewhere."""
    if await records.get(ENDED, (session.login,)):
        return "ended"
    known = await records.get(SESSION, (browser,))
    arrived = await records.get(SIGN_IN, (browser, ARRIVED, session.proof))
    return None if arrived or (known and known.login == session.login) else "elsewhere"


async def begin(browser: str, session: Session) -> None:
    """Sign in with a session that is not refused."""
    await records.put(SESSION, (browser,), session)
    await records.delete(SIGN_IN, (browser, ARRIVED, session.proof))  # last: two tabs may begin the same one at once


async def end(browser: str) -> None:
    """Sign out: this sign-in begins no session any more, on any browser."""
    session = await records.get(SESSION, (browser,))
    if session:
        await records.put(ENDED, (session.login,), "signed out")  # first: nothing else counts for other browsers
        await records.delete(SESSION, (browser,))


async def tell(browser: str, problem: Problem) -> None:
    """Leave word of why signing in has failed."""
    await records.put(SIGN_IN_PROBLEM, (browser,), problem)


async def told(browser: str) -> Problem | None:
    """Returns why signing in has failed, only once."""
    return cast(Problem | None, await records.take(SIGN_IN_PROBLEM, (browser,)))


async def come_back_to(browser: str, address: str) -> None:
    """Remember which page was asked for before signing in, the last one only; a long address without its query."""
    if len(address.encode()) > LONGEST_ADDRESS:
        address = address.partition("?")[0][:LONGEST_ADDRESS]
    await records.put(RETURN, (browser,), address)


async def asked_for(browser: str) -> str | None:
    """The page to go to after signing in; only once."""
    return await records.take(RETURN, (browser,))


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
