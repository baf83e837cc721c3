"""The menus of saved views: save what a page shows, and rename, copy, delete what was saved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from ..model import Provider, Query, SavedView
from . import view_actions as act
from .availability import only_look
from .conditions import chips, words_of
from .layout import phone
from .text import line, plain
from .view import View

MENU = "views menu"
LONGEST_WORDS = 60  # characters of a query in words


def views_menu(view: View, views: list[SavedView], owner: str) -> None:
    """Draw the menu of a page: the view that is open, or a name to save under."""
    opened = next((each for each in views if each.id == view.saved), None)
    changed = opened is not None and act.is_changed(view, opened)
    label = (plain(opened.name, 28) + (" · changed" if changed else "")) if opened else "Save view"
    icon = ":material/bookmark:" if opened else ":material/bookmark_add:"
    label, shown = (icon, None) if phone() else (label, icon)
    help = f"Saved view “{plain(opened.name)}”" if opened else "Save what this page shows as a view"
    menu = st.popover(
        label, icon=shown, key=f"{MENU} {act.menus()}", on_change="rerun", type="tertiary",
        help=help if phone() else None,
    )  # fmt: skip
    if menu.open:
        with menu, st.container(width=300, gap="xsmall"):
            _opened(view, opened, changed, owner) if opened else _save(view, owner)


def _opened(view: View, opened: SavedView, changed: bool, owner: str) -> None:
    if changed:
        name = plain(opened.name, 40)
        st.button(f"Update “{name}”", type="primary", width="stretch", key="update view", disabled=only_look(),
                  on_click=act.update, args=(owner, view, MENU))  # fmt: skip
        _save(view, owner, again=True)
        st.button("Undo the changes", width="stretch", key="reset view", on_click=act.open_view, args=(opened,))
        st.divider()
    manage_view(opened, view.provider, owner, MENU, told=not changed)
    st.button(
        f"Leave this view, show all {line(view.things, 40)}", key="leave view", type="tertiary", on_click=act.leave,
        args=(view,),
    )  # fmt: skip


def _save(view: View, owner: str, again: bool = False) -> None:
    label = "Save as new" if again else "Save"
    key = f"new view name {act.menus()}"
    save = partial(_entered, partial(act.save, owner, view, MENU), key)
    _named("Name of the view", key, "" if again else suggested(view), label, save, primary=not again)
    _told(MENU)


def manage_view(view: SavedView, provider: Provider, owner: str, menu: str, told: bool = True) -> None:
    """Draw what can be done with a view: another name, default, copy, delete."""
    key = f"name of view {view.id} {act.menus()}"
    _named("Name", key, view.name, "Rename", partial(_entered, partial(act.rename, owner, view.id, menu), key))
    if told:
        _told(menu)
    default = f"default {view.id} {view.default}"
    st.checkbox(
        f"Show when {provider.title} is opened", value=view.default, key=default, disabled=only_look(),
        on_change=act.set_default, args=(owner, view.id, menu, not view.default),
    )  # fmt: skip
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Duplicate", icon=":material/content_copy:", key=f"duplicate {view.id}", disabled=only_look(),
                  on_click=act.duplicate, args=(owner, view.id, menu))  # fmt: skip
        st.button("Delete", icon=":material/delete:", key=f"delete {view.id}", disabled=only_look(),
                  on_click=act.delete, args=(owner, view, menu))  # fmt: skip


def undo_line(owner: str) -> None:
    """Draw the line that offers to put back the view that was deleted last."""
    if not (view := st.session_state.get(act.DELETED)):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="undo-line", width="content"):
        st.markdown(f"Deleted the view “{plain(view.name)}”.", width="content")
        st.button("Undo", icon=":material/undo:", type="tertiary", key="undo view", on_click=act.undo, args=(owner,))
        st.button(":material/close:", type="tertiary", key="dismiss undo", on_click=act.dismiss, help="Hide this line")
    _told(act.DELETED)


def suggested(view: View) -> str:
    """Returns a name for what a page shows: "Stage is Won · acme"; the collection's if it shows all of it."""
    return line(words_of_query(view, view.query), LONGEST_WORDS) or view.things.capitalize()


def words_of_query(view: View, query: Query) -> str:
    """Returns the conditions and the search of a query in words."""
    words = [words_of(view.table, each) for each in chips(query)]
    return " · ".join([*words, *([query.search.strip()] if query.search.strip() else [])])


def _named(label: str, key: str, value: str, button: str, on_click: Callable[[], None], primary: bool = False) -> None:
    """Draw a name to enter, and what is done with it by a click or by Enter."""
    with st.form(f"form {key}", border=False), st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input(label, value, key=key, max_chars=80)
        kind: str = "primary" if primary else "secondary"
        st.form_submit_button(button, type=kind, on_click=on_click, disabled=only_look())  # type: ignore[arg-type]


def _entered(act_on: Callable[[str], None], key: str) -> None:
    act_on(str(st.session_state.get(key) or ""))


def _told(menu: str) -> None:
    if sentence := act.problem(menu):
        st.error(plain(sentence, longest=300), icon=":material/error:")
