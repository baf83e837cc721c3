"""A summary as a file takes it: the numbers of the screen, with their units in the headings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..model import FieldType
from .groups import ALL, Summary
from .measures import WHOLE

FACTORS = {FieldType.PERCENT: (100, " (%)"), FieldType.DURATION: (1 / 3600, " (hours)")}


def summary_file(summary: Summary) -> pd.DataFrame:
    """Returns a row for each category of the first field, and one for all.

    With one field, the columns are the count and the measure, for each currency; with two, the measure for each
    category of the second, and for all.
    """
    labels = pd.Series([*(each.label for each in summary.rows), ALL], dtype="str")
    columns = list(_columns(summary))
    frame = pd.concat([labels, *(numbers for _, numbers in columns)], axis=1)
    return frame.set_axis([summary.fields[0].label, *(heading for heading, _ in columns)], axis=1)


def _columns(summary: Summary) -> Iterator[tuple[str, pd.Series]]:
    if not summary.columns:
        yield "Count", pd.Series(summary.counts[:, -1])
        if summary.measured is None:
            return
    factor, unit_of = FACTORS.get(summary.measured.type, (1, "")) if summary.measured else (1, "")
    if summary.measure.function in WHOLE:
        factor, unit_of = 1, ""
    names = [*(each.label for each in summary.columns), ALL] if summary.columns else [summary.label]
    for number, unit in enumerate(summary.units):
        for column, name in enumerate(names):
            heading = name + (f" ({unit or 'no currency'})" if len(summary.units) > 1 or unit else unit_of)
            yield (
                heading,
                pd.Series(np.round(summary.values[number, :, column if summary.columns else -1] * factor, 10)),
            )
