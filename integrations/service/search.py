"""A search in all that a viewer may see: their own connections, and those that colleagues share with them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from .. import frames, providers, sync
from ..frames import EVERYTHING, Match, NameWords, SearchTexts, Similar, Table
from ..model import Connection, Field, Viewer
from .access import addresses, visible
from .kept import kept
from .query import title_of
from .source import Rows, rows_now

TOP = 4  # rows of a collection that are shown
SIMILAR = 100  # after `Match`: found by a name that is spelled nearly so


@dataclass(frozen=True)
class Hit:
    """A row that was found: its id in its collection and its name.

    `field` and `text`: the field that has what was searched, or one that tells rows of the same name apart.
    """

    id: str
    name: str
    field: str = ""
    text: str = ""


@dataclass(frozen=True)
class Group:
    """What was found in one collection: how many rows, and the best of them. `rank`: how good the best one is."""

    collection: str
    title: str
    count: int
    hits: tuple[Hit, ...]
    rank: int


@dataclass(frozen=True)
class Found:
    """What was found in one connection, which `account` names in addresses.

    `loaded`: whether it has any rows; `complete`: whether it has all that its provider has. `spelled`: nothing has
    what was searched, but names that are spelled so.
    """

    connection: Connection
    account: str
    groups: tuple[Group, ...] = ()
    loaded: bool = True
    complete: bool = True
    spelled: str = ""


async def searchable(viewer: Viewer) -> dict[tuple[str, str], Connection]:
    """Returns the connections that the viewer may search, by provider and by what names them in an address."""
    return {
        (slug, name): each for slug in providers() for name, each in addresses(*await visible(viewer, slug)).items()
    }


async def search(viewer: Viewer, text: str) -> list[Found]:
    """Returns what is found in all connections; where nothing is in any, what is spelled nearly so."""
    known = await searchable(viewer)
    found = [await search_in(viewer, each, name, text) for (_, name), each in known.items()]
    if any(each.groups for each in found):
        return found
    return [await search_in(viewer, each, name, text, nearly=True) for (_, name), each in known.items()]


async def search_in(viewer: Viewer, connection: Connection, account: str, text: str, nearly: bool = False) -> Found:
    """Returns what is found in one connection; `nearly`: names that are spelled nearly so. Raises NotAllowed."""
    rows = await rows_now(viewer, connection, await sync.status(connection))
    if rows is None:
        return Found(connection, account, loaded=False, complete=False)
    return await asyncio.to_thread(_similar if nearly else _containing, rows, account, text)


def texts_of(name: tuple[str, ...], table: Table) -> SearchTexts:
    """Returns the texts of a table, made once for all searches; `name` is that of the rows, see `Rows.name`."""
    if table.collection.id != EVERYTHING:
        return _texts((*name, table.collection.id), table)
    opened = (table.tables.open(each.id) for each in table.tables.collections)
    return frames.joined_texts([texts_of(name, each) for each in opened])


@kept
def _texts(name: tuple[str, ...], table: Table) -> SearchTexts:
    return frames.search_texts(table)


@kept
def _words(name: tuple[str, ...], names: pa.Array) -> NameWords:
    return frames.name_words(names)


def _containing(rows: Rows, account: str, text: str) -> Found:
    groups = tuple(group for table in _opened(rows) if (group := _best(rows, table, text)))
    return Found(rows.connection, account, groups, complete=_is_complete(rows))


def _best(rows: Rows, table: Table, text: str) -> Group | None:
    found = frames.best(table, texts_of(rows.name, table), text, TOP)
    if not found.count:
        return None
    hits = tuple(_hit(table, *each, text) for each in zip(found.positions, found.matches, strict=True))
    return _group(rows, table, found.count, hits, found.matches[0])


def _similar(rows: Rows, account: str, text: str) -> Found:
    found = [(table, each) for table in _opened(rows) if len((each := _similar_in(rows, table, text)).positions)]
    groups = tuple(_similar_group(rows, table, each) for table, each in found)
    nearest = min((each for _, each in found), key=lambda each: each.mistakes[0], default=None)
    spelled = nearest.text if nearest else ""
    return Found(rows.connection, account, groups, complete=_is_complete(rows), spelled=spelled)


def _similar_in(rows: Rows, table: Table, text: str) -> Similar:
    names = texts_of(rows.name, table).blocks[0].names
    return frames.similar(_words((*rows.name, table.collection.id), names), text)


def _similar_group(rows: Rows, table: Table, found: Similar) -> Group:
    hits = tuple(_hit(table, int(each), Match.NAME, "") for each in found.positions[:TOP])
    return _group(rows, table, len(found.positions), hits, SIMILAR + int(found.mistakes[0]))


def _group(rows: Rows, table: Table, count: int, hits: tuple[Hit, ...], rank: int) -> Group:
    collection = table.collection
    title = title_of(providers()[rows.connection.slug], rows.tables, collection.id)
    return Group(collection.id, f"{collection.group} / {title}" if collection.group else title, count, hits, rank)


def _hit(table: Table, position: int, match: Match, text: str) -> Hit:
    _, id = frames.key(table, position)
    name = str(table.values("name")[position].as_py() or "")
    found = (frames.field_with if match is Match.TEXT else _about)(table, position, text)
    return Hit(id, name, found[0].label, found[1]) if found else Hit(id, name)


def _about(table: Table, position: int, text: str) -> tuple[Field, str] | None:
    return frames.first_text(table, position)


def _opened(rows: Rows) -> Iterator[Table]:
    """Yields the tables that have rows."""
    opened = (rows.tables.open(each.id) for each in rows.tables.collections)
    return (each for each in opened if each.num_rows)


def _is_complete(rows: Rows) -> bool:
    return rows.load.state == "complete"
