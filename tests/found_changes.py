"""A load whose changes are kept, written into the store as the job does, at any time."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from unittest.mock import patch

from integrations import frames
from integrations.frames.differences import Compared
from integrations.model import Connection, Item, Schema
from integrations.store import keys, records
from integrations.sync import changes
from integrations.sync.chunks import chunks, schema, schema_path
from integrations.sync.writer import LoadWriter


async def changed_by_a_load(
    connection: Connection, items: Sequence[Item], at: datetime, described: Schema | None = None, ended: bool = True
) -> None:
    """Replace what is shown by these items, as a load would that ended then; unless `ended`, only keep its changes."""
    before = await records.get(keys.SNAPSHOT, connection.path)
    assert before
    before = dataclasses.replace(before, finished_at=at - timedelta(minutes=5), started_at=at - timedelta(minutes=6))
    seen = described or await schema(connection, before)
    load = dataclasses.replace(
        before, id=secrets.token_hex(8), finished_at=at, counts=frames.count([frames.pack(items, seen)])
    )
    chunk, old = frames.pack(items, seen), await chunks(connection, before)
    await records.put(keys.LOAD, connection.path, dataclasses.replace(load, state="running"))
    writer = LoadWriter(connection, load)
    await writer.adopt()
    writer.load, writer.schema = load, seen
    with patch.object(changes, "datetime", wraps=datetime) as clock:
        clock.now.return_value = at
        await changes.keep_changes(writer, changes.Loaded(before, old, [chunk], [chunk], Compared(True)))
    if ended:
        path = (*connection.path, load.id, load.run, "0")
        await records.put(keys.CHUNK, path, chunk)
        await records.put(keys.SCHEMA, schema_path(connection, load), seen)
        await records.put(keys.SNAPSHOT, connection.path, load)
    await records.put(keys.LOAD, connection.path, load if ended else before)
