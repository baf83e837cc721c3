"""Saved views: what a person keeps of a page under a name. Everybody has their own."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import orjson

from ..model import Connection, SavedView, Viewer
from ..model.errors import InvalidRequest
from ..model.query import Query, to_json
from ..store import saved_views as store
from ..store.saved_views import Views
from .access import find, require_visible

MOST_VIEWS = 100  # of a person
LONGEST_NAME = 80  # characters
LONGEST_QUERY = 50_000  # bytes of JSON
GONE = "This view is no longer there: it was deleted, perhaps in another tab."


async def saved_views(viewer: Viewer) -> list[SavedView]:
    """Returns all the viewer's views, the oldest first."""
    return list(await store.of(viewer.owner))


async def save_view(viewer: Viewer, connection: Connection, name: str, query: Query) -> SavedView:
    """Keep a query of a connection under a new name. Raises NotAllowed and InvalidRequest."""
    require_visible(viewer, connection)
    now = datetime.now(UTC)
    view = SavedView(secrets.token_hex(6), _name(name), connection.slug, connection.id, _json(query), now, now)
    await store.change(viewer.owner, lambda views: (*views, _new(views, view)))
    return view


async def update_view(viewer: Viewer, id: str, query: Query) -> SavedView:
    """Give a view another query. Raises InvalidRequest."""
    return await _changed(viewer, id, query=_json(query))


async def rename_view(viewer: Viewer, id: str, name: str) -> SavedView:
    """Give a view another name. Raises InvalidRequest."""
    return await _changed(viewer, id, name=_name(name))


async def duplicate_view(viewer: Viewer, id: str) -> SavedView:
    """Make a copy of a view, with a number after its name. Raises InvalidRequest."""
    copy_id, now = secrets.token_hex(6), datetime.now(UTC)

    def step(views: Views) -> Views:
        view = _found(views, id)
        copy = replace(view, id=copy_id, made_at=now, changed_at=now, default=False)
        return (*views, _new(views, _numbered(views, copy)))

    return _found(await store.change(viewer.owner, step), copy_id)


async def delete_view(viewer: Viewer, id: str) -> SavedView:
    """Delete a view; `restore_view` puts back what this returns. Raises InvalidRequest."""
    view = _found(await store.of(viewer.owner), id)
    await store.change(viewer.owner, lambda views: tuple(each for each in views if each.id != id))
    await store.forget_figure(viewer.owner, view)
    return view


async def restore_view(viewer: Viewer, view: SavedView) -> SavedView:
    """Put back a view that was deleted; a name that was taken meanwhile gets a number. Raises InvalidRequest."""
    if await find(viewer, *view.page) is None:
        raise InvalidRequest("The account of this view is no longer connected here.")
    views = await store.change(viewer.owner, lambda views: _with(views, view))
    return _found(views, view.id)


async def set_default_view(viewer: Viewer, id: str, on: bool) -> None:
    """Show a view where an address of its page has no query, or no longer. Raises InvalidRequest."""

    def step(views: Views) -> Views:
        page = _found(views, id).page
        return tuple(replace(each, default=on and each.id == id) if each.page == page else each for each in views)

    await store.change(viewer.owner, step)


async def move_views(connection: Connection, owner: str) -> None:
    """Give the views of a connection to another owner, who is about to have the connection, too."""
    moved = store.of_connection(await store.of(connection.owner), connection)
    for view in moved:
        await store.change(owner, lambda views: _with(views, view, most=0))  # noqa: B023
    await store.forget(connection)


async def _changed(viewer: Viewer, id: str, **facts: object) -> SavedView:
    now = datetime.now(UTC)

    def step(views: Views) -> Views:
        changed = replace(_found(views, id), changed_at=now, **facts)  # type: ignore[arg-type]
        _require_free(views, changed)
        return tuple(changed if each.id == id else each for each in views)

    return _found(await store.change(viewer.owner, step), id)


def _with(views: Views, view: SavedView, most: int = MOST_VIEWS) -> Views:
    """Returns the views with one that was among them or elsewhere before, in the order in which they were made."""
    others = tuple(each for each in views if each.id != view.id)
    taken = any(each.default and each.page == view.page for each in others)
    back = _numbered(others, replace(view, default=view.default and not taken))
    return tuple(sorted((*others, _new(others, back, most)), key=lambda each: each.made_at))


def _new(views: Views, view: SavedView, most: int = MOST_VIEWS) -> SavedView:
    if most and len(views) >= most:
        raise InvalidRequest(f"You have {most} saved views, which is the most. Delete one, then save this.")
    _require_free(views, view)
    return view


def _require_free(views: Views, view: SavedView) -> None:
    if view.name.casefold() in _names(views, view):
        raise InvalidRequest(f"You have a view named “{view.name}” here already. Choose another name.")


def _numbered(views: Views, view: SavedView) -> SavedView:
    """Returns the view with a name that no other of its page has."""
    names, endings = _names(views, view), (f" ({number})" for number in count(2))
    candidates = (view.name[: LONGEST_NAME - len(ending)] + ending for ending in endings)
    free = view.name if view.name.casefold() not in names else next(c for c in candidates if c.casefold() not in names)
    return replace(view, name=free)


def _names(views: Iterable[SavedView], view: SavedView) -> set[str]:
    return {each.name.casefold() for each in views if each.slug == view.slug and each.id != view.id}


def _found(views: Iterable[SavedView], id: str) -> SavedView:
    found = next((each for each in views if each.id == id), None)
    if found is None:
        raise InvalidRequest(GONE)
    return found


def _name(text: str) -> str:
    """Returns a name as it is kept: one line, without what JSON cannot hold."""
    name = " ".join(text.encode(errors="replace").decode().split())
    if not any(each.isprintable() and not each.isspace() for each in name):
        raise InvalidRequest("Give the view a name.")
    if len(name) > LONGEST_NAME:
        raise InvalidRequest(f"A name has at most {LONGEST_NAME} characters; this one has {len(name):,}.")
    return name


def _json(query: Query) -> dict[str, object]:
    found = to_json(query)
    if len(orjson.dumps(found)) > LONGEST_QUERY:
        raise InvalidRequest("This has too many filter values to be saved as a view. Remove some of them.")
    return found
