"""Show, without a screen: items to typed columns, filters, counts and exports."""

from .aggregates import per_week
from .categories import Category, NotGroupable
from .choices import Choice, choices, label_of, units
from .chunks import count, identities, merge, missing, pack, scattered
from .columns import field_types, operators
from .days import dated, day_of, zone_name, zone_of
from .details import Fact, Group, Link, details, key, query_of_links, raw
from .export import csv_pieces, csv_rows, filename
from .exported import exported
from .grouped import summary_file
from .groups import ADDED, ALL, FILE, WORDS, Limits, Summary, summarise, totals
from .log import activity, activity_slices
from .measures import number_words
from .narrowing import narrowed
from .query import Unmet, apply, unmet
from .ranking import Best, Match, best
from .search import SearchTexts, field_with, first_text, joined_texts, search_texts
from .shown import shown
from .similar import NameWords, Similar, name_words, similar
from .slices import slices
from .tables import EVERYTHING, STANDARD_FIELDS, Table, Tables, key_of, type_label
from .windowing import ROWS as WINDOW_ROWS
from .windowing import windows

__all__ = [
    "ADDED", "ALL", "EVERYTHING", "FILE", "STANDARD_FIELDS", "WINDOW_ROWS", "WORDS", "Best", "Category", "Choice",
    "Fact", "Group", "Limits", "Link", "Match", "NameWords", "NotGroupable", "SearchTexts", "Similar", "Summary",
    "Table", "Tables", "Unmet", "activity", "activity_slices", "apply", "best", "choices", "count", "csv_pieces",
    "csv_rows", "dated", "day_of", "details", "exported", "field_types", "field_with", "filename", "first_text",
    "identities", "joined_texts", "key", "key_of", "label_of", "merge", "missing", "name_words", "narrowed",
    "number_words", "operators", "pack", "per_week", "query_of_links", "raw", "scattered",
    "search_texts", "shown", "similar", "slices", "summarise", "summary_file", "totals", "type_label",
    "units", "unmet", "windows", "zone_name", "zone_of",
]  # fmt: skip
