"""Somebody's connection to a stand-in provider, and looks at what became of it."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime

from screens import opened_by, words
from trouble import Wire

from benchmarks.stage import connect, contents
from integrations import providers, sync
from integrations.identity.cookie import new_identity, owner_of
from integrations.model import Connection, Load
from integrations.oauth import tokens
from integrations.oauth.tokens import failures_of
from integrations.service.runtime import run
from integrations.store import connections, keys, rate_limits, records
from integrations.sync.job import load

ITEMS = 900  # twelve calls or more of each provider


async def refreshed() -> None:
    """Wait for refreshes that a load has begun and did not need in the end."""
    await asyncio.gather(*tokens._refreshing, return_exceptions=True)


class Account:
    """Somebody's connection to one stand-in, what is there, and how many calls reading it takes."""

    def __init__(self, slug: str, wire: Wire) -> None:
        self.provider, self._wire = providers()[slug], wire
        self.cookie = new_identity()
        self.connection: Connection = run(connect(slug, owner_of(self.cookie)))
        self.everything = contents(slug, ITEMS)[0]
        wire.plan()
        assert self.load().state == "complete" and self.rows() == self.everything
        self.calls = wire.calls

    def load(self) -> Load:
        """Load it all, here and now."""
        path = self.connection.path
        run(records.put(keys.LOAD, path, Load("load", "queued", datetime.now(UTC))))
        run(load(*path, "load"))
        run(refreshed())
        return run(records.get(keys.LOAD, path))

    def rows(self) -> set[tuple[str, str]]:
        """The (type, id) of what its page shows."""
        shown = run(sync.shown(self.connection))
        if shown is None:
            return set()
        table = shown[1].open()
        return set(zip(table.standard("type").to_pylist(), table.ids.to_pylist(), strict=True))

    def page(self) -> str:
        """What its page says."""
        with opened_by(self.cookie) as open_page:
            app = open_page(self.provider.slug)
        assert not app.exception
        return words(app)

    def forget_rows(self) -> None:
        """As if it had never been loaded."""
        run(records.delete(keys.SNAPSHOT, self.connection.path))

    def reconnect(self) -> None:
        """As after a new approval; the stand-in has given no other pair."""
        run(connections.mark_reconnect(self.connection, ""))
        token = run(records.get(keys.TOKEN, self.connection.path))
        run(records.put(keys.TOKEN, self.connection.path, dataclasses.replace(token, refresh_begun=None)))
        run(rate_limits.forget(failures_of(self.connection)))

    @property
    def usable(self) -> bool:
        """Whether nobody asks to reconnect it."""
        return run(connections.find(*self.connection.path)).reconnect == ""
