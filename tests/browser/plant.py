"""States of a connection that take long to come about, written straight into a server's store."""

from __future__ import annotations

import dataclasses
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations import frames
from integrations.model import Account, Connection, Item, Load, LoadState, Schema, Token
from integrations.store import connections, keys, records

NOW = datetime.now(UTC)
HOSTILE = (
    Item(
        "1", "contact", "![pixel](https://evil.example/x.png) https://evil.example www.evil.example a@evil.example",
        url="javascript:alert(1)", owner="<img src=https://evil.example/y.png>", last_modified_time=NOW,
        parent_path_or_name=":material/home: $x^2$", properties={"[a](https://evil.example)": "https://evil.example/z"},
    ),
    Item("2", "contact", "data link", url="data:text/html,hi", last_modified_time=NOW - timedelta(days=1)),
    Item("3", "deal", "web link", url="https://evil.example/item", last_modified_time=NOW - timedelta(days=2)),
)  # fmt: skip


async def plant(
    owner: str, slug: str, api_url: str, items: tuple[Item, ...] | None = None, state: LoadState = "complete",
    notes: tuple[str, ...] = (), skipped: tuple[str, ...] = (), reconnect: str = "", account: str = "Planted",
    chunk: bytes = b"", since: datetime = NOW, schema: Schema | None = None, **load_facts: Any,
) -> None:  # fmt: skip
    """A connection with a load that ended like this; `items` is what is shown, None for nothing yet.

    `chunk` is stored in the place of the rows. `since`: when it was asked for. `load_facts`: other facts of the load.
    """
    identity, who = account.encode().hex()[:16], Account(account, account)
    connection = Connection(identity, owner, slug, who, "sandbox", api_url, NOW, reconnect)
    load = Load(secrets.token_hex(8), state, since, since, NOW, run="run", notes=notes, skipped=skipped, at=NOW)
    load = dataclasses.replace(load, **load_facts)
    if state in ("queued", "running"):
        load = dataclasses.replace(load, finished_at=None, at=NOW + timedelta(hours=1))
    await connections.save(connection, Token("planted"))
    if items is not None:
        packed = frames.pack(items, schema or Schema())
        shown = dataclasses.replace(load, chunks=1, counts=frames.count([packed]))
        shown = shown if state in ("complete", "partial") else dataclasses.replace(shown, state="complete", notes=())
        await records.put(keys.CHUNK, (*connection.path, shown.id, shown.run, "0"), chunk or packed)
        if schema:
            await records.put(keys.SCHEMA, (*connection.path, shown.id, shown.run), schema)
        await records.put(keys.SNAPSHOT, connection.path, shown)
        load = shown if state in ("complete", "partial") else load
    await records.put(keys.LOAD, connection.path, load)
