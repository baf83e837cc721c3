"""Signing in, where the operator has set that up: nothing else is shown before."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

import streamlit as st

from .. import service
from ..config import settings, sign_in_providers
from ..config.sign_in import Problem
from ..identity import proof_of, session_of, sign_in
from ..model import Session, Viewer
from ..model.errors import StoreFull
from ..service.runtime import run
from .navigation import replace_with
from .query import address_of_page, asked_pairs
from .text import accounts, count, plain

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


def require_sign_in(browser: str) -> None:
    """Ask to sign in and go no further, unless someone is signed in on this browser."""
    claims = st.user.to_dict() if st.user.is_logged_in else {}
    session, fresh, problem = run(_session(browser, claims, proof_of(st.context.cookies.to_dict())))
    if session is None:
        _ask(browser, problem)
    if fresh and (address := run(sign_in.asked_for(browser))):
        replace_with(settings().public_url + address)


def who(browser: str, session: Session) -> None:
    """Show in the sidebar who is signed in, and the way out."""
    st.caption("Signed in")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall"):
        st.markdown(plain(session.name, longest=40))
        if st.button("Sign out", type="tertiary"):
            run(sign_in.end(browser))
            st.logout()


def offer_adoption(viewer: Viewer) -> None:
    """Offer to move what this browser connected before its user signed in."""
    mine = run(service.adoptable(viewer))
    if not mine or st.session_state.get("not adopted"):
        return
    with st.container(border=True):
        what = count(len(mine), "connection")
        st.markdown(f"**This browser has {what} from before you signed in.** {accounts(mine)}")
        with st.container(horizontal=True):
            if st.button("Move to my account", type="primary", icon=":material/move_item:"):
                run(service.adopt(viewer))
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
    said, known = session_of(claims, proof), await sign_in.current(browser)
    if known and dataclasses.replace(known, at=said.at) == said:
        return known, False, None
    refused = await sign_in.refused(browser, said)
    if refused:
        return None, False, "elsewhere" if refused == "elsewhere" else None
    await sign_in.begin(browser, said)
    return said, True, None


def _ask(browser: str, problem: Problem | None) -> NoReturn:
    problem = run(_told(browser)) or problem
    st.space("large")
    with st.container(horizontal=True, horizontal_alignment="center"), st.container(border=True, width=440):
        st.header(":material/dashboard: Sign in to continue", anchor=False)
        st.markdown("You'll see your accounts and what colleagues share.")
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
        return await sign_in.told(browser)
    return None


async def _press(browser: str, address: str) -> None:
    await sign_in.come_back_to(browser, address)
    await sign_in.press(browser)


def _here() -> str:
    """Returns path and query of the page that was asked for; a provider's answer is worth nothing later."""
    slug = urlsplit(st.context.url or "").path.strip("/")
    is_answer = bool({"code", "state", "error"} & {name for name, _ in asked_pairs()})
    address = address_of_page(slug)
    return urlsplit(address).path if is_answer else address
