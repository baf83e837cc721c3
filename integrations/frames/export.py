"""A frame as a file: CSV that spreadsheets open as it is, and run nothing of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import WriteOptions, write_csv

from .cells import TEXT, arrow, plain

BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for the local code page
SIGN = "=+\\-@＝＋－＠"
FORMULA = rf"^[\p{{Z}}\p{{C}}]*[{SIGN}\t\r]"  # spaces, control and format characters before it do not disarm it
# where Excel splits at semicolons, as in most of Europe, a cell that is not the first loses its quotes and falls apart
INSIDE = rf"([;\t\r\n][\"\p{{Z}}\p{{C}}]*)([{SIGN}])"


def csv_rows(frame: pd.DataFrame, raw: bool = False, chunk_rows: int = 20_000) -> Iterator[bytes]:
    """The frame as CSV, header first, then at most `chunk_rows` rows a piece; nothing but the columns, no index.

    UTF-8 with BOM, CRLF, text in quotes as RFC 4180 has them, a missing value empty, TRUE and FALSE, numbers with all
    their digits; bare, but in quotes in a column where a bare one would be written with an exponent.
    Times are "2026-11-22 14:03:00Z": UTC in full seconds (RFC 3339), which spreadsheets keep as sortable text.
    Unless `raw`, what a spreadsheet could run as a formula gets an apostrophe before it (OWASP, CSV injection): at the
    start of a text, and inside after a semicolon, a tab or a new line; headings too. Numeric columns are left alone.
    """
    yield from csv_pieces(chain([frame.iloc[:0]], _cut(frame, chunk_rows)), raw)


def csv_pieces(frames: Iterator[pd.DataFrame], raw: bool = False) -> Iterator[bytes]:
    """The same for a table that comes in frames of the same columns; the first gives the heading as well."""
    first = next(frames)
    header = pa.array(map(plain, first.columns), TEXT)
    yield BOM + _csv(first, header if raw else _defused(header), raw, heading=True)
    for frame in frames:
        yield _csv(frame, header, raw)


def filename(title: str, today: date, filtered: bool) -> str:
    """A name for the file in ASCII that every system takes: "hubspot-filtered-2026-11-22.csv"."""
    ascii_only = unicodedata.normalize("NFKD", plain(title)).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower())[:60].strip("-") or "items"
    return f"{stem}{'-filtered' if filtered else ''}-{today.isoformat()}.csv"


def _cut(frame: pd.DataFrame, rows: int) -> Iterator[pd.DataFrame]:
    return (frame.iloc[start : start + rows] for start in range(0, len(frame), rows))


def _csv(frame: pd.DataFrame, header: pa.Array, raw: bool, heading: bool = False) -> bytes:
    columns = [_cells(frame.iloc[:, position], raw) for position in range(frame.shape[1])]
    sink = pa.BufferOutputStream()
    write_csv(pa.Table.from_arrays(columns, header.to_pylist()), sink, WriteOptions(include_header=heading, eol="\r\n"))
    return bytes(sink.getvalue())


def _cells(series: pd.Series[Any], raw: bool) -> pa.ChunkedArray:
    """The column as the CSV writer takes it: text or numbers."""
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return _times(series)
    values = arrow(series)
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, "TRUE", "FALSE")
    if pa.types.is_floating(values.type):
        return _without_exponents(values)
    if pa.types.is_integer(values.type) or pa.types.is_null(values.type):
        return values
    return values.cast(TEXT) if raw else _defused(values.cast(TEXT))


def _without_exponents(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """The numbers; as text if one is so large or small that it would become 1.2E+11, which spreadsheets cut short."""
    texts = numbers.cast(TEXT)
    if not pc.any(pc.match_substring(texts, "e")).as_py():
        return numbers
    return pa.chunked_array([[text and (f"{Decimal(text):f}" if "e" in text else text) for text in texts.to_pylist()]])


def _times(series: pd.Series[Any]) -> pa.Array:
    seconds = series.dt.tz_convert(None).to_numpy().astype("datetime64[s]")  # rounds down, before 1970 too
    return pc.binary_join_element_wise(pa.array(seconds).cast(pa.string()), "Z", "")


def _defused(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    if not pc.any(pc.match_substring_regex(values, f"{FORMULA}|{INSIDE}")).as_py():
        return values
    values = pc.replace_substring_regex(values, INSIDE, r"\1'\2")
    risky = pc.match_substring_regex(values, FORMULA)
    return pc.if_else(risky, pc.binary_join_element_wise(pa.scalar("'", TEXT), values, pa.scalar("", TEXT)), values)
