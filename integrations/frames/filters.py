"""Narrow what was fetched: by text, type, parent, owner and days; and the same as an address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .cells import TEXT, arrow, plain, utc_days
from .search import Texts, find
from .table import type_label

Days = tuple[date | None, date | None]
Mask = npt.NDArray[np.bool_]
ANY: Days = (None, None)


@dataclass(frozen=True)
class Filters:
    """What a person narrowed a table to; hashable, and at its default everything.

    `search` is literal text, in any case and without accents, in what people see of a row (see `search`). `types` are
    item types or their labels. `created` and `updated` are first and last UTC day, both included, either may be None,
    in any order. `columns` are the properties shown beside the standard columns; they drop no row.
    """

    search: str = ""
    types: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    created: Days = ANY
    updated: Days = ANY
    columns: tuple[str, ...] = ()


class Options(TypedDict):
    """The choices a frame offers.

    `types` most frequent first; `parents` and `owners` from A to Z; `top_parents` the most frequent of them;
    `created` and `updated` first and last UTC day, None where no row has one.
    """

    types: list[str]
    parents: list[str]
    top_parents: list[str]
    owners: list[str]
    created: Days
    updated: Days


def apply(frame: pd.DataFrame, filters: Filters, texts: Texts) -> pd.DataFrame:
    """The rows of `table.frame` that meet every filter, in their order, with index and columns as they were.

    `texts`: of the rows of the table that the frame was made of (`search_texts`); asked for only by a search.
    """
    cheap = list(_cheap_masks(frame, filters))
    narrowed = _only(frame, np.logical_and.reduce(cheap)) if cheap else frame
    if not filters.search.strip() or narrowed.empty:
        return narrowed
    return _only(narrowed, find(texts(narrowed.index.to_numpy()), filters.search))


def active(filters: Filters) -> bool:
    """Whether rows may be dropped. Chosen columns and blank text drop none."""
    chosen = filters.types or filters.parents or filters.owners
    return bool(chosen or filters.search.strip() or filters.created != ANY or filters.updated != ANY)


def options(frame: pd.DataFrame, top: int = 50) -> Options:
    """What there is to choose from in the frame, `top_parents` at most `top` of them."""
    parents = _by_count(frame["Parent"])
    return Options(
        types=_by_count(frame["Type"]),
        parents=sorted(parents, key=_alphabetic),
        top_parents=parents[:top],
        owners=sorted(_by_count(frame["Owner"]), key=_alphabetic),
        created=_span(frame["Created"]),
        updated=_span(frame["Updated"]),
    )


def to_query(filters: Filters) -> list[tuple[str, str]]:
    """The filters as name and value pairs for an address, without what is at its default."""
    pairs = [("q", filters.search)]
    pairs += [(name, value) for name, field in _LISTS.items() for value in getattr(filters, field)]
    for field in ("created", "updated"):
        pairs += zip((f"{field}_from", f"{field}_to"), map(_iso, getattr(filters, field)), strict=True)
    return [(name, value) for name, value in pairs if value]


def from_query(pairs: Iterable[tuple[str, str]]) -> Filters:
    """The filters that an address asks for. Whatever it has wrong counts as not asked; never raises."""
    asked = _grouped(pairs)
    lists = {field: tuple(dict.fromkeys(asked.get(name, ()))) for name, field in _LISTS.items()}
    return Filters(
        search=asked.get("q", [""])[-1],
        created=(_day(asked, "created_from"), _day(asked, "created_to")),
        updated=(_day(asked, "updated_from"), _day(asked, "updated_to")),
        **lists,
    )


_LISTS = {"type": "types", "parent": "parents", "owner": "owners", "column": "columns"}


def _cheap_masks(frame: pd.DataFrame, filters: Filters) -> Iterator[Mask]:
    if filters.types:
        yield _is_one_of(frame["Type"], map(type_label, filters.types))
    if filters.owners:
        yield _is_one_of(frame["Owner"], filters.owners)
    if filters.parents:
        yield _is_one_of(frame["Parent"], filters.parents)
    if filters.created != ANY:
        yield _is_within(frame["Created"], filters.created)
    if filters.updated != ANY:
        yield _is_within(frame["Updated"], filters.updated)


def _only(frame: pd.DataFrame, mask: Mask) -> pd.DataFrame:
    return frame if mask.all() else frame[mask]


def _is_one_of(series: pd.Series[Any], values: Iterable[str]) -> Mask:
    return _mask(pc.is_in(arrow(series), value_set=pa.array(map(plain, values), TEXT)))


def _is_within(series: pd.Series[Any], span: Days) -> Mask:
    first, last = (None if day is None else _number(day) for day in span)
    if first is not None and last is not None:
        first, last = min(first, last), max(first, last)
    found = utc_days(series)
    mask: Mask = series.notna().to_numpy()
    if first is not None:
        mask = mask & (found >= first)
    return mask if last is None else mask & (found <= last)


def _number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _mask(found: pa.Array | pa.ChunkedArray) -> Mask:
    return np.asarray(pc.fill_null(found, False), np.bool_)


def _by_count(series: pd.Series[Any]) -> list[str]:
    """The different values, most frequent first, then by name; no missing or empty ones."""
    found = Counter({each["values"]: each["counts"] for each in pc.value_counts(arrow(series)).to_pylist()})
    return sorted(filter(None, found), key=lambda value: (-found[value], value))


def _alphabetic(text: str) -> tuple[str, str]:
    return text.casefold(), text


def _span(series: pd.Series[Any]) -> Days:
    known = utc_days(series)[series.notna().to_numpy()]
    return (_date(known.min()), _date(known.max())) if len(known) else ANY


def _date(number: int) -> date:
    return date.fromordinal(int(number) + date(1970, 1, 1).toordinal())


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()[:10]


def _grouped(pairs: Any) -> Mapping[str, list[str]]:
    """The values of each name, those that are text and not empty."""
    found: dict[str, list[str]] = {}
    for pair in pairs if isinstance(pairs, Iterable) else ():
        match pair:
            case (str(name), str(value)) if value:
                found.setdefault(name, []).append(plain(value))
    return found


def _day(asked: Mapping[str, list[str]], name: str) -> date | None:
    try:
        return date.fromisoformat(asked[name][-1])
    except (KeyError, ValueError):
        return None
