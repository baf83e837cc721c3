"""Rows with what they belong to: one thing each, or several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Index = Integers | slice
WHOLE = slice(None)


@dataclass(frozen=True)
class Entries:
    """Pairs of a row and a code, by rows; `rows` is None where each row has exactly one."""

    rows: Integers | None
    codes: Integers

    def rows_at(self, places: Index) -> Integers | None:
        """Returns the rows of some of the pairs."""
        if self.rows is None:
            return None if isinstance(places, slice) else places
        return self.rows[places]


def different(rows: Integers, codes: Integers, width: int) -> Entries:
    """Returns pairs by rows, each once; codes are below `width`."""
    pairs = np.sort(rows * width + codes)
    if len(pairs):
        pairs = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])]
    return Entries(pairs // width, pairs % width)


def joined(left: Entries, right: Entries, count: int) -> tuple[Index, Index]:
    """Returns the places of every pair of an entry of the left and one of the right that are of the same row.

    `count`: how many rows there are.
    """
    if right.rows is None:
        return WHOLE, WHOLE if left.rows is None else left.rows
    if left.rows is None:
        return right.rows, WHOLE
    sizes = np.bincount(right.rows, minlength=count)[left.rows]
    passed = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    first = np.searchsorted(right.rows, left.rows)
    return np.repeat(np.arange(len(left.rows)), sizes), np.repeat(first, sizes) + passed


def crossed(left: Entries, right: Entries, width: int, count: int) -> Entries:
    """Returns each row with every pair of a code of the left and one of the right, as one code.

    `width`: how many codes the right has.
    """
    left_at, right_at = joined(left, right, count)
    rows = right.rows_at(right_at) if left.rows is None else left.rows_at(left_at)
    return Entries(rows, left.codes[left_at] * width + right.codes[right_at])
