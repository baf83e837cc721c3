"""Show, without a screen: items to typed columns, filters, counts and exports."""

from .aggregates import per_day, per_week, recent, total
from .categories import Category, NotGroupable
from .choices import Choice, choices, label_of, units
from .chunks import count, identities, merge, missing, pack, scattered
from .columns import field_types, operators
from .days import dated, day_of
from .details import Fact, Group, Link, details, key, query_of_links, raw
from .export import csv_pieces, csv_rows, filename
from .exported import exported
from .groups import ALL, Summary, summarise
from .log import activity, activity_slices
from .query import Unmet, apply, unmet
from .search import search_texts
from .shown import shown
from .slices import slices
from .tables import EVERYTHING, STANDARD_FIELDS, Table, Tables, type_label
from .windowing import ROWS as WINDOW_ROWS
from .windowing import windows

__all__ = [
    "ALL", "EVERYTHING", "STANDARD_FIELDS", "WINDOW_ROWS", "Category", "Choice", "Fact", "Group", "Link",
    "NotGroupable", "Summary", "Table", "Tables", "Unmet", "activity", "activity_slices", "apply", "choices", "count",
    "csv_pieces", "csv_rows", "dated", "day_of", "details", "exported", "field_types", "filename", "identities", "key",
    "label_of", "merge", "missing", "operators", "pack", "per_day", "per_week", "query_of_links", "raw", "recent",
    "scattered", "search_texts", "shown", "slices", "summarise", "total", "type_label", "units", "unmet", "windows",
]  # fmt: skip
