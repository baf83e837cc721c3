"""Loading: what is read from providers, kept in Redis, and read back for the pages."""

from .changes import change_log, changed, differences
from .chunks import schema
from .disconnect import disconnect
from .loads import (
    calls_this_month,
    cancel,
    catalog,
    choice,
    choose,
    in_memory,
    is_lost,
    requeue_if_lost,
    shown,
    snapshot,
    so_far,
    start,
    start_if_older,
    status,
    stop_for_good,
)
from .worker import work

__all__ = [
    "calls_this_month", "cancel", "catalog", "change_log", "changed", "choice", "choose", "differences", "disconnect",
    "in_memory", "is_lost", "requeue_if_lost", "schema", "shown", "snapshot", "so_far", "start", "start_if_older",
    "status", "stop_for_good", "work",
]  # fmt: skip
