"""Charts."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st


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
