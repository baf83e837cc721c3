"""Show, without a screen: items to typed columns, filters, counts and exports."""

from .aggregates import per_day, per_week, recent, total
from .choices import Choice, choices, label_of, units
from .chunks import count, identities, merge, missing, pack, scattered
from .columns import field_types, operators
from .days import dated, day_of, zone_name, zone_of
from .details import Fact, Group, Link, details, key, query_of_links, raw
from .export import csv_pieces, csv_rows, filename
from .exported import exported
from .log import activity, activity_slices
from .query import Unmet, apply, unmet
from .ranking import Best, Match, best
from .search import SearchTexts, field_with, first_text, joined_texts, search_texts
from .shown import shown
from .similar import NameWords, Similar, name_words, similar
from .slices import slices
from .tables import EVERYTHING, STANDARD_FIELDS, Table, Tables, type_label
from .windowing import ROWS as WINDOW_ROWS
from .windowing import windows

__all__ = [
    "EVERYTHING", "STANDARD_FIELDS", "WINDOW_ROWS", "Best", "Choice", "Fact", "Group", "Link", "Match", "NameWords",
    "SearchTexts", "Similar", "Table", "Tables", "Unmet", "activity", "activity_slices", "apply", "best", "choices",
    "count", "csv_pieces", "csv_rows", "dated", "day_of", "details", "exported", "field_types", "field_with",
    "filename", "first_text", "identities", "joined_texts", "key", "label_of", "merge", "missing", "name_words",
    "operators", "pack", "per_day", "per_week", "query_of_links", "raw", "recent", "scattered", "search_texts",
    "shown", "similar", "slices", "total", "type_label", "units", "unmet", "windows", "zone_name", "zone_of",
]  # fmt: skip
