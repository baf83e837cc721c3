"""How the grid shows the values of each type of field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from ..model import Field, FieldType
from .colors import colors_of, tag

LINK = r"(?i)^https?://"
DOMAIN = r"https?://(?:www\.)?([^/]+)"
OPEN = ":material/open_in_new:"
RIGHT = (FieldType.CURRENCY, FieldType.DURATION, FieldType.NUMBER, FieldType.PERCENT, FieldType.RATING)
WIDTHS = {
    FieldType.CURRENCY: 130, FieldType.NUMBER: 100, FieldType.PERCENT: 95, FieldType.DURATION: 110,
    FieldType.RATING: 80, FieldType.BOOLEAN: 80, FieldType.DATE: 105, FieldType.DATETIME: 145,
    FieldType.DATE_RANGE: 190, FieldType.SELECT: 130, FieldType.MULTI_SELECT: 160, FieldType.PERSON: 120,
    FieldType.IDENTIFIER: 90, FieldType.LONG_TEXT: 220, FieldType.EMAIL: 190,
}  # fmt: skip
EM_SPACE, CELL_EMS = "\u2003", 22  # what a cell is wide
ICON, DEFUSED_ICON = ":material/", ":\u2060material/"  # with a word joiner, which is not seen
OTHERS, NAME, NAME_ON_A_PHONE = 150, 260, 170  # pixels


def column_config(field: Field, values: pd.Series[Any], label: str, *, dark: bool, zone: str) -> Any:
    """Returns how a column is drawn; a column whose values are texts, whatever its type, is drawn as text."""
    column = st.column_config
    facts: dict[str, Any] = {"label": label, "width": WIDTHS.get(field.type, OTHERS)}
    if field.type in (FieldType.SELECT, FieldType.MULTI_SELECT) and not is_text(values):
        return column.MultiselectColumn(**facts, **_tags(field, dark))
    if pd.api.types.is_bool_dtype(values.dtype):
        return column.CheckboxColumn(**facts)
    if field.type is FieldType.PERCENT and _is_number(values):
        return column.NumberColumn(**facts, format="percent")
    if _is_number(values):
        return column.NumberColumn(**facts, format=_number_format(field))
    if field.type is FieldType.DATE and not is_text(values):
        return column.DateColumn(**facts, format="D MMM YYYY")
    if field.type is FieldType.DATETIME and not is_text(values):
        return column.DatetimeColumn(**facts, format="D MMM YYYY, HH:mm", timezone=zone)
    if field.type is FieldType.URL and _are_links(values):
        return column.LinkColumn(**facts, display_text=OPEN if field.id == "link" else DOMAIN)
    return column.TextColumn(**facts, alignment="right" if field.type in RIGHT else None)


def name_config(label: str, narrow: bool, key: str, on_click: Callable[[], None]) -> Any:
    """Returns how the pinned column of names is drawn: any other kind of pinned column has gray text."""
    return st.column_config.ButtonColumn(
        label, width=NAME_ON_A_PHONE if narrow else NAME, pinned=True, type="tertiary", alignment="left", key=key,
        on_click=on_click,
    )  # fmt: skip


def as_buttons(names: pd.Series[Any]) -> pd.Series[Any]:
    """Returns names as the labels of such buttons: as wide as the cell, since only the label can be clicked."""
    texts = ["" if name is None or name != name else str(name).replace(ICON, DEFUSED_ICON) for name in names]
    padded = [text + EM_SPACE * max(2, CELL_EMS - len(text) // 2) for text in texts]
    return pd.Series(padded, index=names.index, dtype=pd.StringDtype("pyarrow", na_value=np.nan))


def is_text(values: pd.Series[Any]) -> bool:
    """Returns whether a column of a frame holds texts."""
    return isinstance(values.dtype, pd.StringDtype) or str(values.dtype).startswith(("string", "large_string"))


def _tags(field: Field, dark: bool) -> dict[str, Any]:
    colors = colors_of(field)
    if not colors:
        return {"color": tag("gray", dark)}
    return {"options": list(colors), "color": [tag(color, dark) for color in colors.values()]}


def _is_number(values: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)


def _number_format(field: Field) -> str:
    """With separators, and as many digits after the point as the provider shows."""
    return f"%,.{field.precision}f" if field.precision else "localized"


def _are_links(values: pd.Series[Any]) -> bool:
    """Returns whether all can be opened; anything else would become an address of ours, or run something."""
    return is_text(values) and bool(values.dropna().str.match(LINK).all())
