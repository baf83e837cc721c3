"""The best of the rows in which a search finds its text: by name before other text, whole names first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .cells import plain
from .folding import Mask, containing, fold
from .search import SearchTexts
from .tables import Table

OLDEST = np.iinfo(np.int64).min


class Match(IntEnum):
    """How a row was found, the best first: its name is the text, starts with it, or contains it; or another field."""

    EXACT = 0
    PREFIX = 1
    NAME = 2
    TEXT = 3


@dataclass(frozen=True)
class Best:
    """How many rows have the text, and the first of them: positions in the table, and how each was found."""

    count: int
    positions: tuple[int, ...] = ()
    matches: tuple[Match, ...] = ()


def best(table: Table, texts: SearchTexts, search: str, most: int) -> Best:
    """Returns the best rows of one collection: by `Match`, of the same match the last updated first."""
    wanted = fold(plain(search.strip()))
    found = np.flatnonzero(texts.containing(wanted)) if wanted else np.zeros(0, np.int64)
    matches = _matches(texts.blocks[0].names.take(pa.array(found)), wanted) if len(found) else found
    chosen: list[int] = []
    for match in Match:
        if len(chosen) < most:
            chosen += newest(table, found[matches == match], most - len(chosen)).tolist()
    ranks = matches[np.searchsorted(found, chosen)]
    return Best(len(found), tuple(chosen), tuple(Match(each) for each in ranks.tolist()))


def newest(table: Table, positions: np.ndarray, most: int) -> np.ndarray:
    """Returns the positions of the last updated rows; of the same time those that stand first."""
    if len(positions) == 0:
        return positions
    updated = table.values("updated").combine_chunks().take(pa.array(positions)).cast(pa.int64())
    times = np.asarray(pc.fill_null(updated, OLDEST))
    if len(times) > most:
        late = times >= np.partition(times, len(times) - most)[len(times) - most]
        positions, times = positions[late], times[late]
    return positions[np.argsort(-times, kind="stable")][:most]


def _matches(names: pa.Array, wanted: str) -> np.ndarray:
    matches = np.full(len(names), Match.TEXT, np.int8)
    for match, mask in (
        (Match.NAME, containing(names, wanted)),
        (Match.PREFIX, _mask(pc.starts_with(names, wanted))),
        (Match.EXACT, _mask(pc.equal(names, wanted))),
    ):
        matches[mask] = match
    return matches


def _mask(found: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(found, False), np.bool_)
