"""Charts of groups: bars with their numbers, columns or a line over time, stacked or beside each other for two fields.

The colours begin with those of Okabe and Ito; all stand out from the page, and people with any kind of colour vision
tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from ..frames import ADDED, Summary
from ..model import FieldType
from ..model.numbers import rounded_words
from ..model.query import Chart, Function

LIGHT = ("#0072b2", "#d55e00", "#009e73", "#b5508a", "#6b2c0a", "#2e3660", "#7b2fd0", "#e0004f")
DARK = ("#56b4e9", "#e69f00", "#00b887", "#e28fbd", "#f0e442", "#3d8fd1", "#ff7f3f", "#e8eaf2")
GRAY = "#868ca0"  # what is empty, and others
ONE = ("#4f46e5", "#8b85fa")  # light, dark
INK, FAINT = ("#1c1f2e", "#e8eaf2"), ("#555a70", "#a9aec0")
HIGHEST = 240  # pixels; in a higher one people scroll
BAR = 25  # pixels for each
COLUMNS_HIGH = 190  # pixels
DOTTED = 60  # points of a line that are easy to see
LEGEND = 50  # pixels below bars of two fields
LABELLED = 12  # columns that have their number above them
SHORTENED = 10_000  # amounts from here on have three digits at their bars, all in the table
LISTED = 20  # groups that the description for screen readers has
HOURS = 3_600


def group_chart(found: Summary, unit: int, kind: Chart, title: str, key: str, picked: Callable[[], None]) -> None:
    """Draw the groups of one currency; `picked` is called on a click on one of them."""
    drawing = _Drawing(found, unit, kind)
    with st.container(height=min(HIGHEST, drawing.height + 16), border=False, key=f"chart-{unit}"):
        _draw(drawing, title, key, picked)


def _draw(drawing: _Drawing, title: str, key: str, picked: Callable[[], None]) -> None:
    st.altair_chart(
        drawing.chart(), key=key, on_select=picked, selection_mode="pick", width="stretch",
        alt=_words(drawing.found, drawing.unit, title),
    )  # fmt: skip


def _words(found: Summary, unit: int, title: str) -> str:
    """Returns the chart as a text."""
    groups = [f"{each.label} {found.text(unit, row) or 'none'}" for row, each in enumerate(found.rows[:LISTED])]
    more = [f"and {len(found.rows) - LISTED} more"] if len(found.rows) > LISTED else []
    return f"{title}: {'; '.join([*groups, *more])}; all {found.text(unit, -1)}."


class _Drawing:
    """A chart of the groups of one currency."""

    def __init__(self, found: Summary, unit: int, kind: Chart) -> None:
        self.found, self.unit = found, unit
        self.over_time = any(each.period for each in found.rows)
        self.line = kind is Chart.LINE
        self.stacked = found.measure.function in ADDED and kind is not Chart.BAR
        self.dark = st.context.theme.type == "dark"
        self.names = [each.label for each in found.rows]
        self.series = [each.label for each in found.columns]

    def chart(self) -> Any:
        """Returns the marks; bars of one field also with their numbers, and as wide to click on as the chart is."""
        chart = alt.Chart(self._data())
        pick = alt.selection_point(name="pick", fields=["row", "column"])
        marks = self._marks(chart)
        if self.line or self.series:
            return self._sized(marks.add_params(pick))
        layers = [marks, self._targets(chart).add_params(pick)]
        if not self.over_time or len(self.names) <= LABELLED:
            layers.insert(1, self._numbers(chart))
        return self._sized(alt.layer(*layers))

    def _data(self) -> pd.DataFrame:
        places = range(len(self.series)) if self.series else [-1]
        rows = [
            {"row": row, "column": column, "name": name, "series": self.series[column] if self.series else "",
             "value": self._value(row, column), "text": self.found.text(self.unit, row, column),
             "short": self._short(row, column)}
            for row, name in enumerate(self.names) for column in places
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def _value(self, row: int, column: int) -> float | None:
        number = float(self.found.values[self.unit, row, column])
        return None if number != number else number / (HOURS if self._is_duration() else 1)

    def _short(self, row: int, column: int) -> str:
        """Returns a number as it stands at the end of its bar: 1.38M for 1,378,973.55."""
        number, text = self.found.values[self.unit, row, column], self.found.text(self.unit, row, column)
        plain = self._kind() in (FieldType.NUMBER, FieldType.CURRENCY)
        return rounded_words(number) if plain and abs(number) >= SHORTENED else text

    def _is_duration(self) -> bool:
        return self._kind() is FieldType.DURATION

    def _kind(self) -> FieldType | None:
        """Returns what the numbers are; None for counts."""
        measured = self.found.measured
        return measured.type if measured and self.found.measure.function is not Function.DISTINCT else None

    def _marks(self, chart: Any) -> Any:
        upright = self.over_time or self.line
        value = (
            alt.Y("value:Q", axis=self._values_axis(), stack=self._stack())
            if upright
            else alt.X("value:Q", axis=None, stack=self._stack(), scale=alt.Scale(domain=self._domain(), nice=False))
        )
        name = (alt.X if upright else alt.Y)("name:N", sort=self.names, axis=self._names_axis(upright))
        shape = (
            chart.mark_line(point=alt.OverlayMarkDef(size=60 if len(self.names) <= DOTTED else 12, cursor="pointer"))
            if self.line
            else chart.mark_bar(cornerRadius=2, cursor="pointer")
        )
        return shape.encode(value, name, *self._beside(upright), color=self._color(), tooltip=self._tooltip())

    def _stack(self) -> Any:
        return "zero" if self.series and self.stacked and not self.line else None

    def _beside(self, upright: bool) -> list[Any]:
        if not self.series or self.stacked or self.line:
            return []
        return [(alt.XOffset if upright else alt.YOffset)("series:N", sort=self.series)]

    def _color(self) -> Any:
        if not self.series:
            return alt.value(ONE[self.dark])
        colors = self._colors()
        legend = alt.Legend(orient="bottom", title=None, labelColor=INK[self.dark], columns=4, labelLimit=120)
        return alt.Color("series:N", sort=self.series, scale=alt.Scale(domain=self.series, range=colors), legend=legend)

    def _colors(self) -> list[str]:
        palette = DARK if self.dark else LIGHT
        return [GRAY if each.last else palette[place % len(palette)] for place, each in enumerate(self.found.columns)]

    def _numbers(self, chart: Any) -> Any:
        style = {"color": INK[self.dark], "fontSize": 12}
        place: tuple[Any, Any] = alt.Y("value:Q"), alt.X("name:N", sort=self.names)
        if self.over_time:
            return chart.mark_text(baseline="bottom", dy=-3, **style).encode(*place, text="short:N")
        place = alt.X("value:Q"), alt.Y("name:N", sort=self.names)
        return chart.mark_text(align="left", dx=4, **style).encode(*place, text="short:N")

    def _targets(self, chart: Any) -> Any:
        """Returns what takes the clicks on a bar, however short it is; not seen."""
        shape = chart.mark_bar(opacity=0, cursor="pointer", aria=False)
        if self.over_time:
            place = {"x": alt.X("name:N", sort=self.names), "y": alt.value(0), "y2": alt.value("height")}
        else:
            place = {"y": alt.Y("name:N", sort=self.names), "x": alt.value(0), "x2": alt.value("width")}
        return shape.encode(tooltip=self._tooltip(), **place)

    def _tooltip(self) -> list[Any]:
        series = [alt.Tooltip("series:N", title=self.found.fields[1].label)] if self.series else []
        name = alt.Tooltip("name:N", title=self.found.fields[0].label)
        return [name, *series, alt.Tooltip("text:N", title=self.found.label)]

    def _domain(self) -> list[float]:
        """Returns the values from one end to the other, with room for the numbers."""
        data = self._data()
        sums = data.groupby("row")["value"].sum() if self.series and self.stacked else data["value"].dropna()
        low, high = min(0.0, float(sums.min() if len(sums) else 0)), max(0.0, float(sums.max() if len(sums) else 0))
        return [low * 1.3, (high or 1.0) * (1.02 if self.series else 1.35)]

    def _values_axis(self) -> Any:
        form = ".0%" if self._kind() is FieldType.PERCENT else "~s"
        return alt.Axis(
            title="hours" if self._is_duration() else None, format=form, tickCount=4, domain=False,
            ticks=False, labelColor=FAINT[self.dark],
        )  # fmt: skip

    def _names_axis(self, upright: bool) -> Any:
        return alt.Axis(
            title=None, labelColor=FAINT[self.dark], labelFontSize=12, labelLimit=150, ticks=False, domain=False,
            labelOverlap=upright, labelAngle=0, grid=False,
        )  # fmt: skip

    def _sized(self, chart: Any) -> Any:
        return chart.properties(height=self.height, padding={"bottom": 2, "top": 4, "left": 0, "right": 4})

    @property
    def height(self) -> int:
        """How high it is, in pixels."""
        if self.over_time or self.line:
            return COLUMNS_HIGH
        bars = len(self.names) * (1 if self.stacked or not self.series else max(1, len(self.series) * 0.5))
        return max(60, int(bars * BAR) + 6) + (LEGEND if self.series else 0)
