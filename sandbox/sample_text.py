"""The invented data: names, dates and ids that look real, are nobody's, and come out the same every day."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")
DAY = 86_400
SPAN_DAYS = 548

FIRST = (
    "Aya",
    "Bo",
    "Carla",
    "Deniz",
    "Elif",
    "Farid",
    "Greta",
    "Hana",
    "Ivo",
    "Jun",
    "Kemi",
    "Lars",
    "Mina",
    "Noor",
    "Otis",
    "Priya",
    "Quinn",
    "Rosa",
    "Sven",
    "Tala",
    "Uma",
    "Vito",
)
LAST = (
    "Abara",
    "Brandt",
    "Castell",
    "Dimova",
    "Egede",
    "Falk",
    "Gosling",
    "Hartog",
    "Ito",
    "Jaziri",
    "Kallio",
    "Lindqvist",
    "Moreau",
    "Nakata",
    "Okoro",
    "Petrov",
)
COMPANIES = (
    "Amberline",
    "Birch & Tide",
    "Copperfield Labs",
    "Driftwood Foods",
    "Eastgate Optics",
    "Fernhill Energy",
    "Glasshouse Media",
    "Harbour Nine",
    "Ironwood Logistics",
    "Juniper Works",
    "Kestrel Mobility",
    "Lumen Textiles",
    "Marlow Instruments",
    "Northlight",
    "Orchard Robotics",
    "Pebble Payments",
    "Quarry Street",
    "Riverbend Health",
)
VERBS = ("Catalog", "Draft", "Review", "Fix", "Measure", "Translate", "Rework", "Document", "Test", "Prepare", "Tidy")
THINGS = (
    "onboarding flow",
    "pricing page",
    "quarterly report",
    "search results",
    "mobile layout",
    "partner newsletter",
    "billing export",
    "hiring plan",
    "security checklist",
    "data import",
    "launch event",
    "customer survey",
)
TOPICS = ("Weekly sync", "Retrospective", "Kick-off", "Budget round", "Design critique", "All hands", "Planning")
BOOKS = ("The Quiet Harbour", "Maps of Salt", "Ten Small Machines", "A Field of Lamps", "The Slow Orchard")
TAGS = ("research", "urgent", "customer", "internal", "2026", "later")
COUNTRIES = {
    "Aarhus": "Denmark", "Bilbao": "Spain", "Graz": "Austria", "Leeds": "United Kingdom", "Porto": "Portugal",
    "Tallinn": "Estonia", "Utrecht": "Netherlands", "Zadar": "Croatia",
}  # fmt: skip
CITIES = tuple(COUNTRIES)
EMOJI = ("📌", "🗂️", "🚀", "📚", "🧭", "🪴", "🧪", "🗓️")
ODD_NAMES: tuple[str, ...] = ()  # that break careless code; only tests have some


def mix(n: int, salt: int = 0) -> int:
    """A number below 2**32 that looks random and depends only on its arguments."""
    x = (n * 0x9E3779B1 + salt * 0x85EBCA77 + 0x6A09E667) & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x21F0AAAD) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x735A2D97) & 0xFFFFFFFF
    return x ^ (x >> 15)


def pick(words: Sequence[T], n: int, salt: int = 0) -> T:
    """One of `words`."""
    return words[mix(n, salt) % len(words)]


def odd_name(n: int) -> str | None:
    """One of ODD_NAMES, for a few of the first items of a listing and a few later ones; None for the others."""
    if n % 5 == 3 and n < 5 * len(ODD_NAMES):
        return ODD_NAMES[n // 5]
    return ODD_NAMES[n // 311 % len(ODD_NAMES)] if ODD_NAMES and n % 311 == 310 else None


def person(n: int) -> tuple[str, str]:
    """First and last name of someone who does not exist."""
    return pick(FIRST, n, 1), pick(LAST, n, 2)


def task(n: int) -> str:
    """Something to do."""
    return f"{pick(VERBS, n, 3)} {pick(THINGS, n, 4)}"


def midnight() -> int:
    """The start of today, UTC, in seconds since 1970: all dates are counted back from here."""
    return int(datetime.now(UTC).timestamp()) // DAY * DAY


def moments(total: int, salt: int, end: int) -> list[tuple[int, int]]:
    """(created, last modified) of `total` things in seconds, oldest first: more lately and on weekdays."""
    found = []
    for n in range(total):
        age = SPAN_DAYS * (mix(n, salt) / 2**32) ** 1.8
        day = end // DAY - 1 - int(age)
        weekday = (day + 3) % 7
        if weekday > 4 and mix(n, salt + 1) % 6:
            day -= weekday - 4
        created = day * DAY + 25_200 + mix(n, salt + 2) % 43_200
        changed = mix(n, salt + 3)
        modified = created if changed % 3 == 0 else end - 60 - int((end - created - 60) * (changed / 2**32) ** 1.5)
        found.append((created, modified))
    return sorted(found)


def iso(seconds: float, millis: str = ".000") -> str:
    """A UTC time as the providers write it."""
    return datetime.fromtimestamp(seconds, UTC).strftime(f"%Y-%m-%dT%H:%M:%S{millis}Z")


def seconds(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 date or time, UTC where it does not say; ValueError if it is neither."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def digest(text: str, size: int = 16) -> str:
    """A short hash in hexadecimal: ids from what they stand for."""
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def ident(prefix: str, text: str) -> str:
    """An Airtable-like id: the prefix and 14 letters or digits."""
    raw = base64.b64encode(hashlib.blake2b(text.encode(), digest_size=12).digest(), b"xK")
    return prefix + raw[:14].decode()
