"""The colours of tags: the provider's, or where it has none, one for each choice of a short list."""

from __future__ import annotations

from itertools import cycle

from ..model import Field

SHORT = 12  # choices; tags of a longer list without colours are all gray
TAGS = {  # light, dark: black on the first and white on the second have a contrast of 9 and more
    "gray": ("#e3e5ed", "#3a3f50"),
    "brown": ("#eee0d6", "#4f3727"),
    "orange": ("#fddcb5", "#603a12"),
    "yellow": ("#fbeab0", "#5a4510"),
    "green": ("#cdf0d8", "#17492b"),
    "teal": ("#c9eef5", "#13505c"),
    "blue": ("#cfe3ff", "#1f3f73"),
    "purple": ("#e2d9fd", "#41327a"),
    "pink": ("#fbd5e8", "#64204a"),
    "red": ("#fcd3d0", "#6b2320"),
}
OWN_ORDER = ("blue", "teal", "purple", "yellow", "green", "pink", "orange", "brown")
BADGES = {"teal": "blue", "purple": "violet", "pink": "violet", "brown": "orange"}  # Streamlit has no badge of these


def colors_of(field: Field) -> dict[str, str]:
    """Returns the colour of each choice of a field, by its label."""
    if any(each.color for each in field.options) or len(field.options) > SHORT:
        return {each.label: each.color or "gray" for each in field.options}
    return {each.label: color for each, color in zip(field.options, cycle(OWN_ORDER), strict=False)}


def tag(color: str, dark: bool) -> str:
    """Returns the background of a tag."""
    return TAGS.get(color, TAGS["gray"])[dark]


def badge(color: str) -> str:
    """Returns the colour of a badge in Markdown."""
    return BADGES.get(color, color)
