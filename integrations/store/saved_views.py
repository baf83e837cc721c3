"""The views that people have saved: one record an owner, so that a change sees all of them and is one step."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, cast

from ..model import Connection, SavedView
from ..model.errors import RecordTooNew, RecordUnreadable
from . import records
from .client import execute
from .keys import FIGURE, VIEWS, SavedViews

Views = tuple[SavedView, ...]


async def of(owner: str) -> Views:
    """Returns an owner's views, the oldest first; none if their record does not open."""
    with contextlib.suppress(RecordUnreadable, RecordTooNew):
        found = await records.get(VIEWS, (owner,))
        return found.views if found else ()
    return ()


async def change(owner: str, step: Callable[[Views], Views]) -> Views:
    """Replace an owner's views by what `step` makes of them, in one step; what it raises changes nothing.

    Returns the views that there are then. Raises RecordUnreadable and RecordTooNew.
    """
    key = VIEWS.key(owner)

    async def whole(pipe: Any) -> Views:
        found = records.decode(VIEWS, key, await pipe.get(key))
        changed = step(found.views if found else ())
        pipe.multi()
        pipe.set(key, records.encode(VIEWS, key, SavedViews(changed))) if changed else pipe.unlink(key)
        return changed

    return cast(Views, await execute(lambda redis: redis.transaction(whole, key, value_from_callable=True)))


async def forget(connection: Connection) -> None:
    """Delete the owner's views of a connection; those that do not open stay."""
    with contextlib.suppress(RecordUnreadable, RecordTooNew):
        if of_connection(await of(connection.owner), connection):
            await change(connection.owner, lambda views: tuple(each for each in views if not _is_of(each, connection)))


async def forget_figure(owner: str, view: SavedView) -> None:
    """Delete the number that was kept of a view."""
    await records.delete(FIGURE, (owner, *view.page, view.id))


def of_connection(views: Views, connection: Connection) -> Views:
    """Returns the views that belong to a connection."""
    return tuple(each for each in views if _is_of(each, connection))


def _is_of(view: SavedView, connection: Connection) -> bool:
    return view.page == (connection.slug, connection.id)
