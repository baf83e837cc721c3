"""How to read listings, without HTTP: pagination, concurrent merge, lookups, and reading from both ends.

Everything here works on plain values and is tested with integers; a provider supplies the calls.
"""

from .both_ends import ListPage, SearchPage, TwoEndedSource, read_from_both_ends
from .by_edit_time import EditPage, EditSource, EditTimeReader
from .concurrency import PriorityLock, SharedTask
from .lookup import Lookup
from .merge import merge
from .pagination import cursor_pages, link_pages, offset_pages, records_in, with_id
from .values import name_of, names_of

__all__ = [
    "EditPage", "EditSource", "EditTimeReader", "ListPage", "Lookup", "PriorityLock", "SearchPage", "SharedTask",
    "TwoEndedSource", "cursor_pages", "link_pages", "merge", "name_of", "names_of", "offset_pages",
    "read_from_both_ends", "records_in", "with_id",
]  # fmt: skip
