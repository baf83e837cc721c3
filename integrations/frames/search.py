"""The text that a search looks through: what people see of a row, in any letter case and with accents folded.

Names, types, parents, owners, days and the values of all properties, shown as columns or not. No addresses of links,
no ids and no names of properties: nobody would know why such a row was found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .cells import TEXT, numbered_day, plain, utc_days
from .table import type_label, values_as_text

Texts = Callable[[npt.ArrayLike], pa.Array]  # places of rows in a table → the text of each
SEEN = ("name", "parent_path_or_name", "owner")
NOT_COMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"})
BETWEEN = "\n"  # the parts of a row's text: no search matches across them


def search_texts(table: pa.Table) -> Texts:
    """Returns a function that makes the texts of rows of `unpack` when they are asked for, and keeps none."""
    return lambda places: kept_texts(table.take(pa.array(places)))


def find(texts: pa.Array, search: str) -> npt.NDArray[np.bool_]:
    """Whether each text contains what is searched for, to the letter but for case and accents."""
    wanted = fold(plain(search).strip())
    return np.asarray(pc.fill_null(pc.match_substring(texts, wanted), False), np.bool_)


def fold(text: str) -> str:
    """Returns the text without case and accents: "Café" and "CAFE" are the same (Unicode, canonical caseless match)."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).translate(NOT_COMPOSED)


def kept_texts(rows: pa.Table) -> pa.Array:
    """Returns the texts of all these rows at once, to be kept: some hundred bytes a row."""
    columns = [rows[name].to_pylist() for name in SEEN]
    types = {slug: type_label(slug) for slug in pc.unique(rows["type"].cast(TEXT)).to_pylist()}
    columns.append([types[slug] for slug in rows["type"].cast(TEXT).to_pylist()])
    columns += [_days(rows[name]) for name in ("creation_time", "last_modified_time")]
    columns.append(values_as_text(rows["properties"], BETWEEN))
    return pa.array([fold(_joined(parts)) for parts in zip(*columns, strict=True)], TEXT)


def _joined(parts: Iterable[str | None]) -> str:
    return BETWEEN.join(filter(None, parts))


def _days(times: pa.ChunkedArray) -> list[str | None]:
    """Each day as it is displayed, and as ISO."""
    series = times.to_pandas()
    known, days = series.notna().to_numpy(), utc_days(series)
    words = {day: _day(int(day)) for day in np.unique(days[known])}
    return [words[day] if there else None for day, there in zip(days, known, strict=True)]


def _day(number: int) -> str:
    day = numbered_day(number)
    return _joined((day.isoformat(), f"{day.day} {day:%b} {day.year}", f"{day.day} {day:%B} {day.year}"))
