"""The query of a page, which lives in its address: a copied address shows the same rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import streamlit as st

from .. import providers, service
from ..model import Query
from ..model.query import upgraded
from ..service.runtime import run

ACCOUNT, ROW, SINCE, SAVED = "account", "row", "since", "saved"
QUERY_OF = "query of "  # in the session state: the last query of each page
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """What an address asks for: a connection and an open row, each empty where it names none, and a query.

    `since`: the changes to show in place of the records: since the last "visit", with the last "load", since a day.
    `saved`: id of the saved view that is open, empty if none is.
    """

    account: str
    query: Query
    row: str
    since: str = ""
    saved: str = ""


def asked_pairs() -> Pairs:
    """Returns every parameter of this page's address, repeated ones as often as they are there."""
    return [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]


def current(slug: str) -> Asked:
    """Returns what the address of a provider's page asks for; remembered for links to this page."""
    pairs = upgraded(asked_pairs(), slug)
    st.session_state[_key(slug)] = pairs
    named = dict(pairs)
    account, *others = (named.get(each, "") for each in (ACCOUNT, ROW, SINCE, SAVED))
    return Asked(account, run(service.query_of(pairs)), *others)


def change(slug: str, account: str, query: Query, row: str = "", since: str = "", saved: str = "") -> None:
    """Write the address of the page: one action, one step of the browser's Back."""
    beside = [(name, value) for name, value in ((ROW, row), (SINCE, since), (SAVED, saved)) if value]
    write(slug, [(ACCOUNT, account), *run(service.pairs_of(query)), *beside])


def write(slug: str, pairs: Pairs) -> None:
    """Write these parameters in the place of those of the address."""
    st.query_params.from_dict(grouped(pairs))
    st.session_state[_key(slug)] = pairs


def choose_account(slug: str, account: str) -> None:
    """Show another connection with the same query; none: whichever the page shows by itself."""
    others = [pair for pair in upgraded(asked_pairs(), slug) if pair[0] not in (ACCOUNT, ROW, SINCE, SAVED)]
    st.query_params.from_dict(grouped([(ACCOUNT, account), *others] if account else others))


def forget_queries() -> None:
    """Drop the query of this page and those remembered for links: they may name connections that are gone."""
    for key in [key for key in st.session_state if str(key).startswith(QUERY_OF)]:
        del st.session_state[key]
    st.query_params.clear()


def without_filters(query: Query) -> Query:
    """Returns the query with every row of its collection; columns and order stay."""
    return replace(query, where=(), search="", zone="")


def remembered(slug: str) -> dict[str, list[str]]:
    """Returns the parameters with which a page was last seen, for links to it: Streamlit drops them on the way."""
    return grouped(st.session_state.get(_key(slug), []))


def address_of_page(slug: str) -> str:
    """Returns path and query of the page that is shown; the overview's for anything that is no provider's page."""
    if slug not in providers():
        return "/"
    pairs = asked_pairs()
    return f"/{slug}?{urlencode(pairs)}" if pairs else f"/{slug}"


def grouped(pairs: Pairs) -> dict[str, list[str]]:
    """Returns the values of each parameter."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _key(slug: str) -> str:
    return QUERY_OF + slug
