"""How much one process serves at a time, so that it never runs out of file descriptors.

An open page takes four: its websocket, and an event loop that Streamlit makes for each session (three). Streamlit
keeps up to 128 sessions for a while after their browser has left, without the websocket.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from functools import cache

if sys.platform != "win32":
    import resource

WANTED = 8_192  # descriptors
PER_SESSION, PER_LEFT_SESSION, LEFT_SESSIONS = 4, 3, 128
OTHERS = 128  # files, Redis, the worker, what the interpreter holds
MOST_SESSIONS, MOST_SESSIONS_OF_ONE_BROWSER = 1_000, 20
MOST_CONNECTIONS = 4_096


@dataclass(frozen=True)
class Capacity:
    """Sessions in all and of one browser; other connections; and how many of these whose request is incomplete."""

    sessions: int
    sessions_of_one_browser: int
    connections: int
    incomplete: int


@cache
def capacity() -> Capacity:
    """Returns what this process has room for, after raising its limit of descriptors."""
    return room(_raised_limit())


def room(descriptors: int) -> Capacity:
    """Returns what so many descriptors are enough for; four fifths of them are for sessions."""
    free = max(64, descriptors - OTHERS - PER_LEFT_SESSION * LEFT_SESSIONS)
    sessions = min(MOST_SESSIONS, free * 4 // 5 // PER_SESSION)
    left = min(MOST_CONNECTIONS, free - sessions * PER_SESSION)
    return Capacity(sessions, min(MOST_SESSIONS_OF_ONE_BROWSER, max(1, sessions // 4)), left, max(1, left // 2))


def _raised_limit() -> int:
    """Raise the soft limit towards the hard one, as far as is wanted; returns the limit that holds then."""
    if sys.platform == "win32":
        return WANTED  # Windows has no such limit
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS may allow less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return WANTED if soft == resource.RLIM_INFINITY else soft
