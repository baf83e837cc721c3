"""Show, without a screen: items to typed columns, filters, counts and exports."""

from .aggregates import per_day, per_week, recent, total
from .changes import Changed, history, lines, together
from .choices import Choice, choices, label_of
from .chunks import count, identities, merge, missing, only, pack, scattered
from .columns import field_types, operators
from .days import day_of, start_of, zone_of
from .details import Fact, Group, Link, details, key, raw
from .differences import Compared
from .export import csv_pieces, csv_rows, filename
from .exported import exported
from .kept_differences import Difference, Packed, pack_difference, unpack_difference
from .log import activity, activity_slices
from .query import Unmet, apply, unmet
from .search import search_texts
from .shown import shown
from .slices import slices
from .tables import EVERYTHING, STANDARD_FIELDS, Table, Tables, type_label
from .windowing import ROWS as WINDOW_ROWS
from .windowing import windows

__all__ = [
    "EVERYTHING", "STANDARD_FIELDS", "WINDOW_ROWS", "Changed", "Choice", "Compared", "Difference", "Fact", "Group",
    "Link", "Packed", "Table", "Tables", "Unmet", "activity", "activity_slices", "apply", "choices", "count",
    "csv_pieces", "csv_rows", "day_of", "details", "exported", "field_types", "filename", "history", "identities",
    "key", "label_of", "lines", "merge", "missing", "only", "operators", "pack", "pack_difference", "per_day",
    "per_week", "raw", "recent", "scattered", "search_texts", "shown", "slices", "start_of", "together", "total",
    "type_label", "unmet", "unpack_difference", "windows", "zone_of",
]  # fmt: skip
