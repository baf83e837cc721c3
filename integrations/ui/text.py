"""Text for the screen: names from providers made harmless, numbers and times for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from itertools import count as count_from
from zoneinfo import ZoneInfo

import humanize
import streamlit as st

from .. import providers
from ..model import Connection, Load

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_JOINTS = re.compile(
    r"(?<=://)|(?<=www)(?=\.)|(?<=@)|(?<=[<>=~-])(?=[<>=~-])"
    r"|(?<=:)(?=[\w+/-]+:)",  # :streamlit:, :material_home:, :smile: are looked for when the escapes are gone
    re.IGNORECASE,
)
NOTHING = ":red[]"  # draws nothing, but keeps apart what becomes a link, an arrow or a logo even when escaped
LONGEST = 120


def line(text: str, longest: int = LONGEST) -> str:
    """Returns foreign text cut to one line, for elements without Markdown."""
    words = " ".join(text.split())
    return words if len(words) <= longest else words[: longest - 1] + "…"


def plain(text: str, longest: int = LONGEST) -> str:
    """Returns foreign text cut to one line and escaped, so that Markdown shows it literally."""
    return NOTHING.join(_PUNCTUATION.sub(r"\\\1", part) for part in _JOINTS.split(line(text, longest)))


def apart(texts: Iterable[str], longest: int = LONGEST) -> list[str]:
    """Each text as `plain` shows it, all different, in their order."""
    return [plain(text, 2 * longest) for text in distinct(line(text, longest) for text in texts)]


def distinct(labels: Iterable[str]) -> list[str]:
    """The labels in their order, all different: one that was there before gets a number after it."""
    seen: dict[str, None] = {}
    for label in labels:
        numbered = (f"{label} ({number})" for number in count_from(2))
        seen[next(each for each in chain([label], numbered) if each not in seen)] = None
    return list(seen)


def accounts(connections: Iterable[Connection]) -> str:
    """Returns accounts as text: "HubSpot: Acme, Notion: Ada's notes"; a provider that is gone by its slug."""
    known = providers()
    titles = [(known[each.slug].title if each.slug in known else each.slug, each.account.name) for each in connections]
    return ", ".join(plain(f"{title}: {line(name)}") for title, name in titles)


def ago(then: datetime | None, now: datetime | None = None) -> str:
    """How long ago, in one unit: "just now", "5 minutes ago", "3 days ago"."""
    if then is None:
        return "never"
    passed = (now or datetime.now(UTC)) - then
    return "just now" if passed < timedelta(minutes=1) else humanize.naturaltime(passed)


def count(number: int, thing: str, things: str = "") -> str:
    """A number with its noun: "1 item", "1,240 items"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def size(octets: int) -> str:
    """How much room something takes: "12.3 kB", "3.4 MB"."""
    return humanize.naturalsize(octets, format="%.3g")


def duration(seconds: float) -> str:
    """Seconds as "8 s" or "2 min 5 s"."""
    whole = max(0, int(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def clock(then: datetime | None) -> str:
    """Returns a time of day in the viewer's zone, "02:41", with the day before it if that is not today."""
    if then is None:
        return "never"
    zone = ZoneInfo(viewers_zone())
    local, today = then.astimezone(zone), datetime.now(zone).date()
    return local.strftime("%H:%M" if local.date() == today else "%-d %b %Y, %H:%M")


def deletions_unknown(load: Load) -> str | None:
    """Returns since when what was deleted at the provider may still be shown; nothing after a full load."""
    if load.full or load.full_at is None:
        return None
    return f"Everything was last read at {clock(load.full_at)}. What was deleted since may still be shown."


def viewers_zone() -> str:
    """Returns the name of the viewer's time zone, as the browser says; UTC if it says none."""
    name = str(st.context.timezone)
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return "UTC"
    return name


def listed(words: Sequence[str]) -> str:
    """Returns words as a list in a sentence: "contacts, companies and deals"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
