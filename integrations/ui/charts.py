"""Small charts."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from .text import line

HEIGHT = 40  # pixels


def sparkline(points: Sequence[tuple[str, float]], alt_text: str, *, bars: bool, key: str) -> None:
    """Draw labelled numbers as a line, or as bars, without axes; `alt_text` says what they are."""
    frame = pd.DataFrame({"place": range(len(points)), "label": [line(label, 60) for label, _ in points],
                          "number": [number for _, number in points]})  # fmt: skip
    base = alt.Chart(frame)
    marks = base.mark_bar() if bars else base.mark_line(strokeWidth=1.5)
    chart = marks.encode(
        x=alt.X("place:O" if bars else "place:Q", axis=None),
        y=alt.Y("number:Q", axis=None, scale=alt.Scale(zero=bars)),
        tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("number:Q", title="Number", format=",")],
    ).properties(height=HEIGHT, padding={"bottom": 3, "top": 3, "left": 1, "right": 1})
    st.altair_chart(chart, width="stretch", alt=line(alt_text, 300), key=key)
