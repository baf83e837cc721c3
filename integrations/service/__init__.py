"""Use cases, each one function: check access, act, write the activity log.

Pages, routes and commands call these functions; `runtime` starts and stops what a process needs for them.
"""

from .access import connections_of, find, visible
from .activity import events
from .adopt import adopt, adoptable
from .changes import Changes, History, changed_counts, changes_since, history
from .connect import authorize, notice, redeem
from .disconnect import disconnect, forget_browser
from .download import admit_download, download
from .load import calls_this_month, cancel, catalog, choice, choose, choose_and_load, is_waiting, refresh, watch
from .operate import Rotation, check_store, rotate_keys
from .query import ALL, collection_of, pairs_of, query_of, title_of
from .share import share, shared_with, stop_sharing
from .source import Rows, Source, open_source, sources

__all__ = [
    "ALL", "Changes", "History", "Rotation", "Rows", "Source", "admit_download", "adopt", "adoptable", "authorize",
    "calls_this_month", "cancel", "catalog", "changed_counts", "changes_since", "check_store", "choice", "choose",
    "choose_and_load", "collection_of", "connections_of", "disconnect", "download", "events", "find", "forget_browser",
    "history", "is_waiting", "notice", "open_source", "pairs_of", "query_of", "redeem", "refresh", "rotate_keys",
    "share", "shared_with", "sources", "stop_sharing", "title_of", "visible", "watch",
]  # fmt: skip
