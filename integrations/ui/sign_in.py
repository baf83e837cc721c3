"""Signing in, where the operator has set that up: nothing else is shown before."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

import streamlit as st

from .. import oauth, providers, sync
from ..config import settings, sign_in_providers
from ..config.sign_in import Problem
from ..identity import cookie_name, proof_of, session_of
from ..model import Connection, Session, owner_of
from ..model.errors import StoreFull
from ..store import connections, sessions
from ..store.loop import run
from .leave import replace_with
from .words import accounts, count, plain

IF_AGAIN = "Try again; if it happens again, tell whoever runs this dashboard"
PROBLEMS: dict[Problem, str] = {
    "denied": "You did not complete the sign-in at the provider, so you are not signed in here. You can try again.",
    "refused": f"The sign-in provider refused to go on. {IF_AGAIN}: its log has the reason.",
    "busy": "The sign-in provider is out of order right now. Try again in a few minutes.",
    "failed": f"The sign-in provider did not confirm who you are. {IF_AGAIN}: its log has the reason.",
    "unreachable": f"The sign-in provider cannot be reached right now. {IF_AGAIN}: its log has the reason.",
    "unexpected": "That answer from the sign-in provider was not expected: it is older than ten minutes, was used "
    "already, or belongs to another browser. You can sign in again here.",
    "elsewhere": "This browser holds a sign-in that was not begun in it, or too long ago, so it does not count. "
    "Sign in here to go on.",
}


def signed_in(browser: str) -> str:
    """The owner who is signed in on this browser; else asks to sign in, and goes no further."""
    claims = st.user.to_dict() if st.user.is_logged_in else {}
    session, fresh, problem = run(_session(browser, claims, proof_of(st.context.cookies.to_dict())))
    if session is None:
        _ask(browser, problem)
    if fresh and (address := run(sessions.asked_for(browser))):
        replace_with(settings().public_url + address)
    return session.owner


def who(browser: str) -> None:
    """In the sidebar: whose dashboard this is, and the way out."""
    session = run(sessions.current(browser))
    if session is None:
        return
    st.caption("Signed in")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall"):
        st.markdown(plain(session.name, longest=40))
        if st.button("Sign out", type="tertiary"):
            run(sessions.end(browser))
            st.logout()


def session() -> Session | None:
    """Who is signed in on the browser that asks; None where nobody has to."""
    browser = owner_of(st.context.cookies.get(cookie_name()))
    return run(sessions.current(browser)) if browser and settings().signs_in else None


def still(owner: str) -> None:
    """At the start of what is drawn without the page around it: nothing, if somebody else sits there by now."""
    person = session()
    if settings().signs_in and (person is None or person.owner != owner):
        st.rerun()


def offer_adoption(browser: str, owner: str) -> None:
    """What this browser connected before anybody signed in can become the person's."""
    mine = run(connections.of(browser)) if browser != owner else []
    if not mine or st.session_state.get("not adopted"):
        return
    with st.container(border=True):
        what = count(len(mine), "connection")
        st.markdown(f"**This browser has {what} from before you signed in.** {accounts(mine)}")
        with st.container(horizontal=True):
            if st.button("Move to my account", type="primary", icon=":material/move_item:"):
                run(_adopt(mine, owner))
                st.rerun()
            if st.button("Not now"):
                st.session_state["not adopted"] = True
                st.rerun()


async def _session(browser: str, claims: Mapping[str, Any], proof: str) -> tuple[Session | None, bool, Problem | None]:
    """Returns who the identity cookie says it is, whether that sign-in has just begun, and why there is nobody.

    The cookie counts in the browser that began its sign-in, until that has ended. A page that was opened before
    signing in has no such cookie, and says nothing of the sign-in since.
    """
    if not claims:
        return None, False, None
    said, known = session_of(claims, proof), await sessions.current(browser)
    if known and dataclasses.replace(known, at=said.at) == said:
        return known, False, None
    refused = await sessions.refused(browser, said)
    if refused:
        return None, False, "elsewhere" if refused == "elsewhere" else None
    await sessions.begin(browser, said)
    return said, True, None


async def _adopt(mine: list[Connection], owner: str) -> None:
    for connection in mine:
        theirs = await oauth.adopt(connection, owner)
        if theirs.slug in providers() and not providers()[theirs.slug].ration:
            await sync.start(theirs)


def _ask(browser: str, problem: Problem | None) -> NoReturn:
    problem = run(_told(browser)) or problem
    st.space("large")
    with st.container(horizontal=True, horizontal_alignment="center"), st.container(border=True, width=440):
        st.subheader(":material/dashboard: Sign in to go on", anchor=False)
        st.markdown("Everybody sees their own accounts here and no others, so the dashboard needs to know who you are.")
        if problem:
            st.warning(PROBLEMS[problem], icon=":material/person_alert:")
        providers = list(sign_in_providers())
        for name in providers:
            label = "Sign in" if len(providers) == 1 else f"Sign in with {plain(name)}"
            if st.button(label, key=f"sign in {name}", type="primary", icon=":material/login:", width="stretch"):
                run(_press(browser, _here()))
                st.login(name)
    st.stop()


async def _told(browser: str) -> Problem | None:
    with contextlib.suppress(StoreFull):
        return await sessions.told(browser)
    return None


async def _press(browser: str, address: str) -> None:
    await sessions.come_back_to(browser, address)
    await sessions.press(browser)


def _here() -> str:
    """Path and query of the page that was asked for; a provider's answer is worth nothing later."""
    slug = urlsplit(st.context.url or "").path.strip("/")
    query = st.query_params.to_dict()
    if slug not in providers():
        return "/"
    return f"/{slug}" + (f"?{urlencode(query)}" if query and not {"code", "state", "error"} & query.keys() else "")
