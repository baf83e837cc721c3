"""What is sent of a table is bounded in rows and in bytes, and keeps types, order and index."""

from __future__ import annotations

import pandas as pd
import pytest

from integrations.frames import WINDOW_ROWS, fits, frame, pack, unpack, window, windows
from integrations.frames.windowing import MOST_BYTES, MOST_ROWS
from integrations.model import Item


def table(rows: int, **properties: object) -> pd.DataFrame:
    items = [Item(str(n), "contact", f"Person {n:06}", properties={**properties, "n": n}) for n in range(rows)]
    return frame(unpack([pack(items)]), (*properties, "n"))


def test_windows_together_are_the_table() -> None:
    whole = table(2 * WINDOW_ROWS + 7, flag=True, text="short")
    assert windows(whole) == 3
    pd.testing.assert_frame_equal(pd.concat([window(whole, number) for number in (1, 2, 3)]), whole)


def test_an_empty_table_has_one_window() -> None:
    assert windows(table(0)) == 1 and len(window(table(1).iloc[:0], 1)) == 0


def test_a_table_with_many_rows_or_many_bytes_does_not_fit() -> None:
    assert fits(table(WINDOW_ROWS))
    assert not fits(table(MOST_ROWS + 1))
    assert not fits(table(300, text="x" * (MOST_BYTES // 300)))


@pytest.mark.parametrize(("rows", "length", "left"), [(5, 2_001, 2_000), (5, 2_000, 2_000), (900, 100_000, 2_000)])
def test_long_texts_are_cut_and_say_so(rows: int, length: int, left: int) -> None:
    text = window(table(rows, text="é" * length), 1)["text"]
    assert text.str.len().unique().tolist() == [left]
    assert text.str.endswith("…").all() == (length > left)


def test_a_window_of_many_long_columns_stays_small() -> None:
    wide = window(table(WINDOW_ROWS, **{f"text {n}": "é" * 500 for n in range(60)}), 1)
    assert len(wide) == WINDOW_ROWS and int(wide.memory_usage().sum()) < 2 * MOST_BYTES
    assert wide["n"].tolist() == table(WINDOW_ROWS)["n"].tolist()


def test_values_that_are_missing_stay_so() -> None:
    items = [Item("1", "deal", "A", properties={"t": "x" * 3_000}), Item("2", "deal", "B")]
    shown = window(frame(unpack([pack(items)]), ("t",)), 1)
    assert shown["t"].isna().tolist() == [False, True]
