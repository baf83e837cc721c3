"""Use cases, each one function: check access, act, write the activity log.

Pages, routes and commands call these functions; `runtime` starts and stops what a process needs for them.
"""

from .access import addresses, connections_of, find, visible
from .activity import events
from .adopt import adopt, adoptable
from .answers import answers_in, answers_of
from .changes import Changes, History, changed_after, changed_counts, changes_since, history
from .connect import authorize, notice, redeem
from .disconnect import disconnect, forget_browser
from .download import admit_download, download
from .figures import Counted, counted
from .health import Health, State, health
from .last_query import last_query, remember_query
from .load import calls_this_month, cancel, catalog, choice, choose, choose_and_load, is_waiting, refresh, watch
from .operate import Rotation, check_store, rotate_keys
from .query import ALL, collection_of, gone, pairs_of, query_of, title_of
from .reading import newest, rows_in_memory
from .ready import collection_titles, ready_views
from .search import Found, Group, Hit, search, search_in, searchable, texts_of
from .share import share, shared_with, stop_sharing
from .source import Rows, Source, open_source
from .views import (
    delete_view,
    duplicate_view,
    rename_view,
    restore_view,
    save_view,
    saved_views,
    set_default_view,
    update_view,
)

__all__ = [
    "ALL", "Changes", "Counted", "Found", "Group", "Health", "History", "Hit", "Rotation", "Rows", "Source", "State",
    "addresses", "admit_download", "adopt", "adoptable", "answers_in", "answers_of", "authorize", "calls_this_month",
    "cancel", "catalog", "changed_after", "changed_counts", "changes_since", "check_store", "choice", "choose",
    "choose_and_load", "collection_of", "collection_titles", "connections_of", "counted", "delete_view", "disconnect",
    "download", "duplicate_view", "events", "find", "forget_browser", "gone", "health", "history", "is_waiting",
    "last_query", "newest", "notice", "open_source", "pairs_of", "query_of", "ready_views", "redeem", "refresh",
    "remember_query", "rename_view", "restore_view", "rotate_keys", "rows_in_memory", "save_view", "saved_views",
    "search", "search_in", "searchable", "set_default_view", "share", "shared_with", "stop_sharing", "texts_of",
    "title_of", "update_view", "visible", "watch",
]  # fmt: skip
