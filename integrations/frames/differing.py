"""Where two columns of the same type differ."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import FieldType

IN_ANY_ORDER = (FieldType.MULTI_SELECT, FieldType.PEOPLE, FieldType.RELATION)


def differing(before: pa.Array, after: pa.Array, kind: FieldType = FieldType.TEXT) -> pa.Array:
    """Returns for each place whether the values differ; an empty list is no value.

    Lists of options, people and relations are equal in any order, since providers list them in none.
    """
    found = _differ(before, after)
    if kind in IN_ANY_ORDER and pc.any(found).as_py():
        return _as_sets(before, after, found)
    return found


def _differ(before: pa.Array, after: pa.Array) -> pa.Array:
    if pa.types.is_list(before.type):
        return _lists_differ(before, after)
    presence = pc.xor(before.is_valid(), after.is_valid())
    if pa.types.is_struct(before.type):
        fields = zip(before.flatten(), after.flatten(), strict=True)
        return reduce(pc.or_, (_differ(*each) for each in fields), presence)
    return pc.or_(presence, pc.fill_null(pc.not_equal(before, after), False))


def _lists_differ(before: pa.Array, after: pa.Array) -> pa.Array:
    lengths = [np.asarray(pc.fill_null(pc.list_value_length(each), 0)) for each in (before, after)]
    found = lengths[0] != lengths[1]
    same = pa.array(np.flatnonzero(~found & (lengths[0] > 0)))
    if len(same):
        inner = _differ(before.take(same).flatten(), after.take(same).flatten())
        parents = np.repeat(np.asarray(same), lengths[0][np.asarray(same)])
        found[parents[np.asarray(inner.to_numpy(zero_copy_only=False), bool)]] = True
    return pa.array(found)


def _as_sets(before: pa.Array, after: pa.Array, found: pa.Array) -> pa.Array:
    places = np.flatnonzero(found.to_numpy(zero_copy_only=False))
    result = np.zeros(len(found), bool)
    both = (each.take(pa.array(places)).to_pylist() for each in (before, after))
    result[places] = [_values(old) != _values(new) for old, new in zip(*both, strict=True)]
    return pa.array(result)


def _values(value: object) -> set[object]:
    return set(value) if isinstance(value, list) else set()
