"""Show, without a screen: items to Arrow and pandas, filters, aggregates and export."""

from .aggregates import per_day, per_week, recent
from .chunks import count, merge, missing, pack, unpack
from .export import csv_pieces, csv_rows, filename
from .filters import Filters, Options, active, apply, from_query, options, to_query
from .log import activity, activity_slices
from .search import kept_texts, search_texts
from .slices import slices
from .table import column_labels, details, frame, key, property_names, type_label
from .windowing import ROWS as WINDOW_ROWS
from .windowing import fits, window, windows

__all__ = [
    "WINDOW_ROWS",
    "Filters",
    "Options",
    "active",
    "activity",
    "activity_slices",
    "apply",
    "column_labels",
    "count",
    "csv_pieces",
    "csv_rows",
    "details",
    "filename",
    "fits",
    "frame",
    "from_query",
    "kept_texts",
    "key",
    "merge",
    "missing",
    "options",
    "pack",
    "per_day",
    "per_week",
    "property_names",
    "recent",
    "search_texts",
    "slices",
    "to_query",
    "type_label",
    "unpack",
    "window",
    "windows",
]  # fmt: skip
