"""What a search in everything has found: by source and collection, the best rows of each, and a way to all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from .. import providers, service
from ..model import Query
from ..service import Found, Group, Hit
from ..service.runtime import run
from .names import digest
from .query import ACCOUNT, ROW, Pairs, change, grouped
from .text import count, line, listed, plain

SEARCH = "q"  # the parameter of the overview's address
MOST_GROUPS = 12  # whose rows are shown; of the others, how many there are
BEFORE, AROUND = 30, 100  # characters of a long text before what was found, and in all


def results(text: str, found: Sequence[Found], here: str, again: Callable[[str], None]) -> None:
    """Draw what was found. `here`: the slug of the page that this is drawn over; `again` searches another text."""
    groups = [(each, group) for each in found for group in each.groups]
    groups.sort(key=lambda each: each[1].rank)
    _summary(text, found, [group for _, group in groups], again)
    several = _providers_with_several(found)
    for number, (each, group) in enumerate(groups):
        account = plain(each.connection.account.name, 60) if each.connection.slug in several else ""
        _group(each, group, account, "" if each.spelled else text, here, with_rows=number < MOST_GROUPS)
    _unsearched(found)
    if here and groups:
        st.page_link(
            "dashboard.py", label="Open as a page", icon=":material/open_in_full:", query_params={SEARCH: text}
        )


def _summary(text: str, found: Sequence[Found], groups: Sequence[Group], again: Callable[[str], None]) -> None:
    words, spelled = plain(text, 60), next((each.spelled for each in found if each.spelled), "")
    total = count(sum(each.count for each in groups), "record")
    if not found:
        st.markdown(f"Nothing to search yet. Connect {_titles(list(providers()))} first.")
    elif not groups:
        st.markdown(f"**No record has “{words}”**, and no name is spelled nearly so.")
    elif spelled:
        st.markdown(f"**No record has “{words}”.** {total} with a name that is spelled nearly so:")
        st.button(f"Search for “{plain(spelled, 60)}”", key="search as spelled", on_click=again, args=(spelled,))
    else:
        st.markdown(f"**{total}** with “{words}”")


def _group(found: Found, group: Group, account: str, text: str, here: str, with_rows: bool) -> None:
    title = " · ".join(filter(None, (providers()[found.connection.slug].title, account, plain(group.title, 60))))
    with st.container(gap="xxsmall", key=f"found_{digest(found.connection.path, group.collection)}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(f"{title} · {group.count:,}", anchor=False, width="content")
            st.space("stretch")
            if text and (group.count > len(group.hits) or not with_rows):
                _link(found, f"Show all {group.count:,}", Query(group.collection, search=text), "", here)
        for hit in group.hits if with_rows else ():
            _hit(found, group, hit, text, here)


def _hit(found: Found, group: Group, hit: Hit, text: str, here: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _link(found, plain(hit.name or "Without a name", 80), Query(group.collection), hit.id, here)
        if hit.field:
            st.caption(f"{plain(hit.field, 40)}: {plain(_around(hit.text, text), AROUND)}", width="content")


def _link(found: Found, label: str, query: Query, row: str, here: str) -> None:
    """A link to a page; on that very page a button, since a link there would leave the address as it is."""
    slug = found.connection.slug
    if slug == here:
        key = f"open {found.account} {query.collection} {row}"
        if st.button(label, key=key, type="tertiary"):
            change(slug, found.account, query, row)
            st.rerun()
        return
    pairs: Pairs = [(ACCOUNT, found.account), *run(service.pairs_of(query)), *([(ROW, row)] if row else [])]
    st.page_link(f"pages/{slug}.py", label=label, query_params=grouped(pairs))


def _unsearched(found: Sequence[Found]) -> None:
    """Say what was not searched, or not all of it."""
    if empty := [each.connection.slug for each in found if not each.loaded]:
        st.caption(f"Not searched: nothing is loaded of {_titles(empty)} yet.")
    if partial := [each.connection.slug for each in found if each.loaded and not each.complete]:
        st.caption(f"There may be more: not all of {_titles(partial)} is loaded.")


def _titles(slugs: Sequence[str]) -> str:
    return listed(list(dict.fromkeys(providers()[each].title for each in slugs)))


def _providers_with_several(found: Sequence[Found]) -> set[str]:
    slugs = [each.connection.slug for each in found]
    return {each for each in slugs if slugs.count(each) > 1}


def _around(text: str, wanted: str) -> str:
    """Returns a long text from shortly before what was found."""
    words = line(text, 10_000)
    start = words.lower().find(wanted.lower()) - BEFORE
    return words if start <= 0 or len(words) <= AROUND else "…" + words[start:]
