"""Loading: what is read from providers, kept in Redis, and read back for the pages."""

from .disconnect import disconnect
from .jobs import (
    calls_this_month,
    cancel,
    choice,
    choose,
    outline,
    shown,
    snapshot,
    so_far,
    stale,
    start,
    start_if_older,
    status,
    stop_for_good,
)
from .load import is_left_out
from .worker import work

__all__ = [
    "calls_this_month", "cancel", "choice", "choose", "disconnect", "is_left_out", "outline", "shown", "snapshot",
    "so_far", "stale", "start", "start_if_older", "status", "stop_for_good", "work",
]  # fmt: skip
