"""Show, without a screen: items to Arrow and pandas, filters, aggregates and export."""

from .aggregates import per_day, per_week, recent
from .export import csv_pieces, csv_rows, filename
from .log import activity, activity_slices
from .order import sort_field
from .query import Options, Unmet, apply, day_of, options, unmet
from .search import kept_texts, search_texts
from .slices import slices
from .windowing import ROWS as WINDOW_ROWS
from .windowing import fits, window, windows

__all__ = [
    "WINDOW_ROWS", "Options", "Unmet", "activity", "activity_slices", "apply", "column_labels", "count", "csv_pieces",
    "csv_rows", "day_of", "details", "filename", "fits", "frame", "kept_texts", "key", "merge", "missing", "options",
    "pack", "per_day", "per_week", "property_names", "recent", "search_texts", "slices", "sort_field", "type_label",
    "unmet", "unpack", "window", "windows",
]  # fmt: skip
