"""Arrow columns of lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .cells import TEXT

BETWEEN = ", "


def with_elements(lists: pa.Array, elements: pa.Array) -> pa.Array:
    """Returns lists of other elements, as long as these; values that are no lists count as lists of one."""
    if pa.types.is_list(lists.type):
        lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0), np.int64)
    else:
        lengths = np.asarray(lists.is_valid(), np.int64)
    return pa.ListArray.from_arrays(_offsets(lengths), elements, mask=lists.is_null())


def joined(lists: pa.Array, elements: pa.Array) -> pa.Array:
    """Returns for each list its elements, as these texts, in one text; null for one without any."""
    parents = pc.list_parent_indices(lists).filter(elements.is_valid())
    lengths = np.bincount(np.asarray(parents, np.int64), minlength=len(lists))
    texts = pa.ListArray.from_arrays(_offsets(lengths), elements.drop_null())
    empty = pa.array(lengths == 0)
    return pc.if_else(empty, pa.scalar(None, TEXT), pc.binary_join(texts, pa.scalar(BETWEEN, TEXT)))


def _offsets(lengths: np.ndarray) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
