"""The grid of changes: a click on a line opens its row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from ..model.changes import What
from .cells import as_buttons, name_config
from .colors import tag
from .grid import FEW, HEADER, ROW
from .layout import phone
from .text import viewers_zone
from .view import View

WORDS = {What.NEW: "New", What.CHANGED: "Changed", What.REMOVED: "Removed"}
COLORS = {What.NEW: "green", What.CHANGED: "blue", What.REMOVED: "red"}
NOTHING = "–"


def changed_grid(view: View, lines: pd.DataFrame, titles: Mapping[str, str], name: str) -> None:
    """Draw lines of changes. `titles`: what people read for each collection; `name` names these very lines."""
    places = list(zip(lines["collection"], lines["id"], strict=True))
    clicked, key, few = f"name in changes {name}", f"changes {name}", len(lines) < FEW
    frame = _framed(lines, titles)
    with st.container(key="gridfew" if few else "grid", height="content" if few else 600, border=False):
        st.dataframe(
            frame, key=key, hide_index=True, height=HEADER + ROW * len(frame) if few else "stretch", row_height=ROW,
            placeholder="", lazy=False, column_config=_config(view, places, clicked),
            on_select=partial(_selected, view, places, key), selection_mode="single-cell",
            alt="Changes: choose one for the details of its record",
        )  # fmt: skip


def _framed(lines: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    known = lines["field"].notna()
    frame = pd.DataFrame(
        {
            "Name": as_buttons(lines["name"]),
            "Table": lines["collection"].map(titles),
            "What": [[WORDS[What(each)]] for each in lines["what"]],
            "Field": lines["field"],
            "Before": lines["before"].mask(known & lines["before"].isna(), NOTHING),
            "After": lines["after"].mask(known & lines["after"].isna(), NOTHING),
            "Found": lines["at"],
        }
    )
    return frame if len(titles) > 1 else frame.drop(columns="Table")


def _config(view: View, places: list[tuple[str, str]], clicked: str) -> dict[str, Any]:
    column, dark = st.column_config, st.context.theme.type == "dark"
    kinds: dict[str, Any] = {"options": list(WORDS.values()), "color": [tag(each, dark) for each in COLORS.values()]}
    return {
        "Name": name_config("Name", phone(), clicked, partial(_clicked, view, places, clicked)),
        "Table": column.TextColumn(width=130),
        "What": column.MultiselectColumn(width=90, **kinds),
        "Field": column.TextColumn(width=130),
        "Before": column.TextColumn(width=170),
        "After": column.TextColumn(width=170),
        "Found": column.DatetimeColumn(
            width=140, format="D MMM YYYY, HH:mm", timezone=viewers_zone(), help="When a load found the change"
        ),
    }


def _clicked(view: View, places: list[tuple[str, str]], key: str) -> None:
    """A click on a row's name."""
    if clicked := st.session_state[key]:
        view.open_in(*places[clicked["row"]])


def _selected(view: View, places: list[tuple[str, str]], key: str) -> None:
    """A click on another cell."""
    if cells := st.session_state[key]["selection"]["cells"]:
        view.open_in(*places[cells[0][0]])
    elif view.row:
        view.open("")
