"""Use cases, each one function: check access, act, write the activity log.

Pages, routes and commands call these functions; `runtime` starts and stops what a process needs for them.
"""

from .access import addresses, connections_of, find, visible
from .activity import events
from .adopt import adopt, adoptable
from .connect import authorize, notice, redeem
from .disconnect import disconnect, forget_browser
from .download import admit_download, download
from .load import calls_this_month, cancel, catalog, choice, choose, choose_and_load, is_waiting, refresh, watch
from .operate import Rotation, check_store, rotate_keys
from .query import ALL, collection_of, pairs_of, query_of, title_of
from .search import Found, Group, Hit, search, search_in, searchable, texts_of
from .share import share, shared_with, stop_sharing
from .source import Rows, Source, open_source, sources

__all__ = [
    "ALL", "Found", "Group", "Hit", "Rotation", "Rows", "Source", "addresses", "admit_download", "adopt", "adoptable",
    "authorize", "calls_this_month", "cancel", "catalog", "check_store", "choice", "choose", "choose_and_load",
    "collection_of", "connections_of", "disconnect", "download", "events", "find", "forget_browser", "is_waiting",
    "notice", "open_source", "pairs_of", "query_of", "redeem", "refresh", "rotate_keys", "search", "search_in",
    "searchable", "share", "shared_with", "sources", "stop_sharing", "texts_of", "title_of", "visible", "watch",
]  # fmt: skip
