"""Charts and metrics above the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import altair as alt
import pandas as pd
import streamlit as st

from .. import frames
from ..model import Provider
from .rows import Rows

MOST = 4  # metrics beside each other


def metrics(provider: Provider, rows: Rows) -> None:
    """How many items there are, in all and by type, and how many changed lately."""
    today = datetime.now(UTC).date()
    weeks, recent = rows.weeks(today)
    types = sorted(rows.load.counts, key=lambda item_type: -rows.load.counts[item_type])[: MOST - 1]
    with st.grid(len(types) + 1, min_column_width=150):
        _metric("Records", rows.load.total, sum(recent.values()), weeks.sum(axis=1), "area")
        for item_type in types:
            label = frames.type_label(item_type)
            series = weeks[label] if label in weeks else pd.Series(0, index=weeks.index)
            _metric(provider.type_title(item_type), rows.load.counts[item_type], recent.get(label, 0), series, "bar")


def _metric(label: str, total: int, lately: int, series: pd.Series, chart: Literal["area", "bar"]) -> None:
    st.metric(
        label, f"{total:,}", f"{lately:,} this week" if lately else None, delta_color="primary",
        delta_arrow="off", border=True, height="stretch", chart_type=chart,
        chart_data=series.tolist() if series.any() else None, help="Changes in each of the last twelve weeks",
    )  # fmt: skip


def updates_per_day(by_day: pd.DataFrame) -> None:
    """Items by the day of their last change, stacked by what they are (columns of the frame)."""
    long = by_day.rename_axis(index="Day", columns="What").stack().rename("Records").reset_index()
    chart = (
        alt.Chart(long)
        .mark_bar(width={"band": 0.7})
        .encode(
            x=alt.X("yearmonthdate(Day):T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True, grid=False)),
            y=alt.Y("Records:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("What:N", title=None, legend=alt.Legend(orient="bottom")),
            tooltip=["Day:T", "What:N", "Records:Q"],
        )
        .properties(height=280)
    )
    st.altair_chart(chart, width="stretch", alt="Items by the day of their last change")
