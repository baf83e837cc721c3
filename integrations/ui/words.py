"""Text for the screen: names from providers made harmless, numbers and times for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
LONGEST = 120


def plain(text: str, longest: int = LONGEST) -> str:
    """Somebody else's text, shown by Streamlit's Markdown as it is and cut to a line."""
    line = " ".join(text.split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return _PUNCTUATION.sub(r"\\\1", line)


def ago(then: datetime | None, now: datetime | None = None) -> str:
    """How long ago, in one unit: "just now", "5 minutes ago", "3 days ago"."""
    if then is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{count(int(seconds // size), unit)} ago"
    return "just now"


def count(number: int, thing: str, things: str = "") -> str:
    """A number with its noun: "1 item", "1,240 items"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def duration(seconds: float) -> str:
    """Seconds as "8 s" or "2 min 5 s"."""
    whole = max(0, int(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
