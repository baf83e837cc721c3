"""How to read listings, without HTTP: pagination, concurrent merge, lookups, and reading from both ends.

Everything here works on plain values and is tested with integers; a provider supplies the calls.
`cells` and `columns` read tables whose schema types every cell, `tagged` tables in which each value names its own type,
and `crm` the records of a CRM.
"""

from .batches import handled
from .both_ends import ListPage, SearchPage, TwoEndedSource, read_from_both_ends
from .by_edit_time import EditPage, EditSource, EditTimeReader
from .by_id import read_by_id
from .concurrency import PriorityLock, SharedTask, all_of
from .lookup import Lookup
from .merge import merge
from .page_size import PageSize, PageTooSlow
from .pagination import collected, converted, cursor_pages, link_pages, offset_pages, records_in, with_id
from .refusal import unless_refused
from .shared_listing import SharedListing

__all__ = [
    "EditPage", "EditSource", "EditTimeReader", "ListPage", "Lookup", "PageSize", "PageTooSlow", "PriorityLock",
    "SearchPage", "SharedListing", "SharedTask", "TwoEndedSource", "all_of", "collected", "converted", "cursor_pages",
    "handled", "link_pages", "merge", "offset_pages", "read_by_id", "read_from_both_ends", "records_in",
    "unless_refused", "with_id",
]  # fmt: skip
