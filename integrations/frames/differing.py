"""Where two columns of the same type differ."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType


def differing(before: pa.Array, after: pa.Array, field: Field | None = None) -> pa.Array:
    """Returns for each place whether the values (of a field) differ; an empty list is no value."""
    found = _differ(before, after)
    if field and in_any_order(field) and pc.any(found).as_py():
        return _in_any_order(before, after, found)
    return found


def in_any_order(field: Field) -> bool:
    """Returns whether values are equal in any order: providers list options, people and relations in none."""
    return field.type in (FieldType.MULTI_SELECT, FieldType.PEOPLE, FieldType.RELATION) and not field.many


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


def _in_any_order(before: pa.Array, after: pa.Array, found: pa.Array) -> pa.Array:
    places = np.flatnonzero(found.to_numpy(zero_copy_only=False))
    result = np.zeros(len(found), bool)
    both = (each.take(pa.array(places)).to_pylist() for each in (before, after))
    result[places] = [_sorted(old) != _sorted(new) for old, new in zip(*both, strict=True)]
    return pa.array(result)


def _sorted(values: list[str] | None) -> list[str]:
    return sorted(each for each in values or () if each is not None)
