"""Choices whose options were renamed, which is no change of the rows that have them.

Some providers know an option by its name alone. One that is gone, and in place of which every row that had it has the
same new option, was renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model import Field
from .differing import in_any_order

Pair = tuple[frozenset[str], frozenset[str]]  # the options that a row has lost, and those that it has got


def really_changed(old: Field, new: Field, before: Sequence[Any], after: Sequence[Any]) -> list[bool]:
    """Returns for each two values of a choice whether they differ by more than the names of options."""
    labels = [{each.value: each.label for each in field.options} for field in (old, new)]
    olds, news = ([_named(each, own) for each in values] for values, own in zip((before, after), labels, strict=True))
    pairs = [(frozenset(one) - set(other), frozenset(other) - set(one)) for one, other in zip(olds, news, strict=True)]
    renamed = _renamed(pairs, *(frozenset(each.values()) for each in labels))
    olds = [[renamed.get(each, each) for each in one] for one in olds]
    if in_any_order(new):
        return [sorted(one) != sorted(other) for one, other in zip(olds, news, strict=True)]
    return [one != other for one, other in zip(olds, news, strict=True)]


def _named(value: Any, labels: dict[str, str]) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [labels.get(each) or each for each in values if each]


def _renamed(pairs: Sequence[Pair], before: frozenset[str], after: frozenset[str]) -> dict[str, str]:
    """Returns the new names of options by the old ones."""
    found: dict[str, set[str]] = {}
    for lost, got in pairs:
        for each in (lost & before) - after:
            others = (got & after) - before
            found[each] = found[each] & others if each in found else set(others)
    certain = {old: next(iter(new)) for old, new in found.items() if len(new) == 1}
    return {old: new for old, new in certain.items() if list(certain.values()).count(new) == 1}
