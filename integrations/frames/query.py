"""Which rows of a frame meet a query, in which order, and why a condition can be met by none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..model.query import Condition, Operator, Query
from .cells import TEXT, arrow, day_number, numbered_day, plain, utc_days
from .search import Texts, find
from .table import type_label

Days = tuple[date | None, date | None]
Mask = npt.NDArray[np.bool_]
ANY: Days = (None, None)

TEXTS = {"type": "Type", "parent": "Parent", "owner": "Owner"}  # field id: column
DATES = {"created": "Created", "updated": "Updated"}


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


@dataclass(frozen=True)
class Unmet:
    """A condition that no row can meet, the reason, and the query without it; field "in" is the collection."""

    condition: Condition
    reason: str
    without: Query


def apply(frame: pd.DataFrame, query: Query, texts: Texts) -> pd.DataFrame:
    """Returns the rows of `table.frame` that meet the query, in their order, with index and columns as they were.

    A condition that cannot be met leaves no row. `texts`: of the rows of the table that the frame was made of
    (`search_texts`); called only by a search.
    """
    masks = list(_masks(frame, query))
    narrowed = _only(frame, np.logical_and.reduce(masks)) if masks else frame
    if not query.search.strip() or narrowed.empty:
        return narrowed
    return _only(narrowed, find(texts(narrowed.index.to_numpy()), query.search))


def unmet(query: Query, choices: Options) -> list[Unmet]:
    """Returns the parts of a query that no row with these choices can meet."""
    choices_of = {"type": choices["types"], "parent": choices["parents"], "owner": choices["owners"]}
    values = {field: {plain(each) for each in known} for field, known in choices_of.items()}
    found = []
    if query.collection:
        asked = Condition("in", Operator.IS, query.collection)
        found.append(Unmet(asked, "there is no such table here", replace(query, collection="")))
    for each in query.where:
        if reason := _reason(each, values):
            rest = tuple(other for other in query.where if other != each)
            found.append(Unmet(each, reason, replace(query, where=rest)))
    return found


def options(frame: pd.DataFrame, top: int = 50) -> Options:
    """Returns what there is to choose from in the frame, `top_parents` at most `top` of them."""
    parents = _by_count(frame["Parent"])
    return Options(
        types=_by_count(frame["Type"]),
        parents=sorted(parents, key=_alphabetic),
        top_parents=parents[:top],
        owners=sorted(_by_count(frame["Owner"]), key=_alphabetic),
        created=_span(frame["Created"]),
        updated=_span(frame["Updated"]),
    )


def day_of(text: str) -> date | None:
    """Returns the date of an ISO 8601 text, None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _reason(condition: Condition, values: dict[str, set[str]]) -> str:
    """Returns why no row can meet the condition; an empty text where one may."""
    field, value = condition.field, condition.value
    if field not in TEXTS and field not in DATES:
        return "there is no such field here"
    if not _is_supported(condition):
        return "this filter is not known here"
    if field in DATES:
        return "" if day_of(value) else "this is not a date"
    shown = type_label(value) if field == "type" else value
    return "" if plain(shown) in values[field] else "no row has it"


def _is_supported(condition: Condition) -> bool:
    ranges = (Operator.FROM, Operator.TO) if condition.field in DATES else ()
    return condition.operator in (Operator.IS, *ranges)


def _masks(frame: pd.DataFrame, query: Query) -> Iterator[Mask]:
    if query.collection:
        yield np.zeros(len(frame), np.bool_)
    for field in dict.fromkeys(each.field for each in query.where):
        yield from _masks_of(frame, field, query.conditions(field))


def _masks_of(frame: pd.DataFrame, field: str, conditions: Sequence[Condition]) -> Iterator[Mask]:
    equal = [each.value for each in conditions if each.operator is Operator.IS]
    nothing = np.zeros(len(frame), np.bool_)
    if not all(map(_is_supported, conditions)) or field not in {*TEXTS, *DATES}:
        yield nothing
    elif field in TEXTS:
        yield _is_one_of(frame[TEXTS[field]], map(type_label, equal) if field == "type" else equal)
    else:
        known = frame[DATES[field]].notna().to_numpy()
        days = utc_days(frame[DATES[field]])
        if equal:
            yield known & np.isin(days, [day_number(day) for each in equal if (day := day_of(each))])
        for each in conditions:
            if each.operator is not Operator.IS:
                yield known & _compared(days, each) if day_of(each.value) else nothing


def _compared(days: npt.NDArray[np.int64], condition: Condition) -> Mask:
    day = day_of(condition.value)
    limit = day_number(day) if day else 0
    found: Mask = days >= limit if condition.operator is Operator.FROM else days <= limit
    return found


def _only(frame: pd.DataFrame, mask: Mask) -> pd.DataFrame:
    return frame if mask.all() else frame[mask]


def _is_one_of(series: pd.Series[Any], values: Iterable[str]) -> Mask:
    return _mask(pc.is_in(arrow(series), value_set=pa.array(map(plain, values), TEXT)))


def _mask(found: pa.Array | pa.ChunkedArray) -> Mask:
    return np.asarray(pc.fill_null(found, False), np.bool_)


def _by_count(series: pd.Series[Any]) -> list[str]:
    """Returns the different values, most frequent first, then by name; no missing or empty ones."""
    found = Counter({each["values"]: each["counts"] for each in pc.value_counts(arrow(series)).to_pylist()})
    return sorted(filter(None, found), key=lambda value: (-found[value], value))


def _alphabetic(text: str) -> tuple[str, str]:
    return text.casefold(), text


def _span(series: pd.Series[Any]) -> Days:
    known = utc_days(series)[series.notna().to_numpy()]
    return (numbered_day(known.min()), numbered_day(known.max())) if len(known) else ANY
