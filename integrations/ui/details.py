"""One row in full: beside the table, or over it on a phone."""

from __future__ import annotations

import json

import streamlit as st

from .. import frames
from ..frames import Fact, Group, Link, Table
from ..model import FieldType, Query, Viewer
from .colors import badge, colors_of
from .errors import explained
from .history import history
from .layout import phone
from .query import current
from .text import apart, plain, viewers_zone
from .totals import turn_to
from .view import Place, View, view_of
from .viewer import still

LONGEST = 2_000  # characters of one fact
MOST_LINKS = 25  # of one field, that are listed
FEW_LINKS = 8  # are listed where a table shows all
EMPTY = ":gray[–]"
EMPTY_SHOWN = "empty fields"  # in the session state: whether fields without a value are listed


def details(view: View, viewer: Viewer) -> None:
    """Draw the open row beside the grid; on a phone, over it."""
    if not _is_open(view):
        return
    if phone():
        _over(view, viewer.owner)
        return
    with st.container(width=340), st.container(key="side", height=600, border=True, gap="xsmall"):
        _head(view, in_dialog=False)
        _body(view, viewer)


def _is_open(view: View) -> bool:
    """Returns whether there is anything to show: among changes, also of a row that was removed."""
    return view.place is not None or bool(view.since and view.named)


def _over(view: View, owner: str) -> None:
    """A dialog that is drawn again by itself: the row it shows is the one that the address names by now."""

    @st.dialog(
        view.thing.capitalize(), position="right", width="small", on_dismiss=lambda: view.open(""),
    )  # fmt: skip
    @explained()
    def dialog() -> None:
        viewer = still(owner)
        now = view_of(view.provider, view.rows, current(view.slug))
        if now is None or not _is_open(now) or now.query != view.query:
            st.rerun()
        _head(now, in_dialog=True)
        _body(now, viewer)

    dialog()


def _head(view: View, in_dialog: bool) -> None:
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        at, of = view.index, len(view.positions)
        words = view.thing.capitalize() + (f" {at + 1:,} of {of:,}" if at is not None else "")
        st.caption(plain(words), width="content")
        st.space("stretch")
        if at is not None:
            _step(view, at - 1, at > 0, ":material/keyboard_arrow_up:", "Previous")
            _step(view, at + 1, at + 1 < of, ":material/keyboard_arrow_down:", "Next")
        if not in_dialog:
            st.button(
                ":material/close:", key="close details", type="tertiary", help="Close details", shortcut="Esc",
                on_click=view.open, args=("",),
            )  # fmt: skip


def _step(view: View, to: int, possible: bool, icon: str, label: str) -> None:
    def step() -> None:
        view.open(view.name_of(to))
        turn_to(view, to)

    st.button(icon, key=f"{label} row", type="tertiary", help=label, disabled=not possible, on_click=step)


def _body(view: View, viewer: Viewer) -> None:
    with st.container(key="facts", gap="xsmall"):
        if view.place is None:
            st.header(f"No longer in {view.provider.title}", anchor=False)
            history(view, viewer, *view.named[0])
        else:
            _facts(view, viewer, view.place)


def _facts(view: View, viewer: Viewer, place: Place) -> None:
    table, position = view.rows.tables.open(place.collection), place.position
    name = table.values("name")[position].as_py()
    st.header(plain(name or "Without a name", 300), anchor=False)
    link = table.values("link")[position].as_py()
    if link:
        st.link_button(f"Open in {view.provider.title}", link, icon=":material/open_in_new:")
    key = place.collection, str(table.ids[position].as_py())
    if view.since:
        history(view, viewer, *key)
    for group in frames.details(table, position, viewers_zone()):
        _group(view, table, position, group)
    if not view.since:
        history(view, viewer, *key)
    st.toggle("Empty fields", key=EMPTY_SHOWN, persist_state="page")
    if st.toggle("Raw values", key="raw values", persist_state="page"):
        raw = json.dumps(frames.raw(table, position), ensure_ascii=False, indent=2, default=str)
        st.code(raw, language=None, wrap_lines=True)


def _group(view: View, table: Table, position: int, group: Group) -> None:
    """The facts under one heading, then what they lead to."""
    told = [each for each in group.facts if not each.links and each.field.id not in ("name", "link")]
    told = [each for each in told if each.text or each.reason or st.session_state.get(EMPTY_SHOWN)]
    if told:
        if group.label:
            st.caption(plain(group.label))
        labels = apart(each.field.label for each in told)
        st.table(dict(zip(labels, (_words(table, position, each) for each in told), strict=True)), border="horizontal")
    for fact in group.facts:
        if fact.links:
            _relation(view, table, position, fact)


def _words(table: Table, position: int, fact: Fact) -> str:
    if fact.field.type in (FieldType.SELECT, FieldType.MULTI_SELECT) and (tags := _tags(table, position, fact)):
        return tags
    if not fact.text:
        return f":gray[{plain(fact.reason, LONGEST)}]" if fact.reason else EMPTY
    return plain(fact.text, LONGEST)


def _tags(table: Table, position: int, fact: Fact) -> str:
    """Returns the choices as badges; nothing if the cell holds none."""
    found = table.values(fact.field.id)[position].as_py()
    colors = colors_of(fact.field)
    labels = [
        frames.label_of(table, fact.field.id, each) for each in (found if isinstance(found, list) else [found]) if each
    ]
    return " ".join(f":{badge(colors.get(each, 'gray'))}-badge[{plain(each)}]" for each in labels)


def _relation(view: View, table: Table, position: int, fact: Fact) -> None:
    all_of_them = frames.query_of_links(table, position, fact) if len(fact.links) > FEW_LINKS else None
    shown = FEW_LINKS if all_of_them else MOST_LINKS
    with st.container(gap="xxsmall", key=f"related {fact.field.id}"):
        count = f" {len(fact.links):,}" if len(fact.links) > 1 else ""
        st.caption(plain(fact.field.label) + count)
        for number, link in enumerate(fact.links[:shown]):
            st.button(
                plain(link.label, 60), key=f"to {fact.field.id} {number}", type="tertiary",
                icon=":material/subdirectory_arrow_right:", on_click=_walk, args=(view, link),
            )  # fmt: skip
        if all_of_them:
            st.button(
                f"All {len(fact.links):,} in a table", key=f"all {fact.field.id}", type="tertiary",
                on_click=view.show, args=(all_of_them,),
            )  # fmt: skip
        elif len(fact.links) > shown:
            st.caption(f"and {len(fact.links) - shown:,} more")


def _walk(view: View, link: Link) -> None:
    """Open the row that a relation leads to, in its own collection."""
    view.show(Query(collection=link.collection), link.id)
