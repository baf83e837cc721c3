"""Loads: what was read from a connection, what it could read, and what its owner leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .provider import Stream

LoadState = Literal["queued", "running", "complete", "partial", "failed"]


@dataclass(frozen=True)
class Load:
    """A load under way, or the snapshot that it left behind.

    `counts`: items by type. `notes`: sentences why it is partial.
    `skipped`: what the account may not read. `chunks`: how many were saved by `run`, the worker's attempt at it.
    `calls`: API calls made. `at`: when this was last written. `bytes`: what its chunks take.
    `full`: everything is read, not only what changed. `full_at`: since when that has to be so.
    `streams`: ids of the streams that its rows cover. `cursors`: how far each stream has been read, or DONE.
    `removed`: names of items that the load before had, and the provider has no more.
    `gone`: (collection, id) of items of which a refresh was told that they are no longer there.
    `data_key`: what its chunks are sealed with; it is sealed itself, being in this record.
    """

    id: str
    state: LoadState
    queued_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    chunks: int = 0
    run: str = ""
    calls: int = 0
    at: datetime | None = None
    bytes: int = 0
    full: bool = True
    full_at: datetime | None = None
    streams: tuple[str, ...] = ()
    cursors: dict[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    data_key: str = field(default="", repr=False)

    @property
    def active(self) -> bool:
        """Whether it is waiting for a worker or being worked on."""
        return self.state in ("queued", "running")

    @property
    def total(self) -> int:
        """How many items it has so far."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Choice:
    """What a person left out of loading: ids of streams, groups or item types; `asked` once they chose.

    `added`: ids of the streams on request that they want.
    """

    left_out: tuple[str, ...] = ()
    asked: bool = False
    added: tuple[str, ...] = ()

    def leaves_out(self, stream: Stream) -> bool:
        """Returns whether the stream, its group or its item type is left out."""
        if stream.on_request:
            return stream.id not in self.added
        return not {stream.id, stream.group, stream.item_type}.isdisjoint(self.left_out)


@dataclass(frozen=True)
class KnownCatalog:
    """A connection's catalog as it was last read, for choosing among its streams; `calls` as reading has cost."""

    streams: tuple[Stream, ...]
    skipped: tuple[str, ...]
    seen_at: datetime
