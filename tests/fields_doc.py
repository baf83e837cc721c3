"""docs/fields.md, made from the code: `python tests/fields_doc.py` writes it, a test compares it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from integrations import airtable, frames, hubspot, notion  # noqa: E402  # needs the path
from integrations.listing.crm.properties import field_type  # noqa: E402
from integrations.listing.tagged.properties import KINDS  # noqa: E402
from integrations.model import FieldType  # noqa: E402
from integrations.model.query import Operator  # noqa: E402

PAGE = ROOT / "docs" / "fields.md"
FILTERS = {
    Operator.IS: "is", Operator.NOT: "is not", Operator.HAS: "contains", Operator.LACKS: "does not contain",
    Operator.EMPTY: "empty", Operator.FILLED: "not empty", Operator.FROM: "from", Operator.TO: "to",
    Operator.STARTS: "starts with", Operator.PERIOD: "in a period", Operator.UNIT: "in a currency",
}  # fmt: skip
HUBSPOT: tuple[
    tuple[str, dict[str, Any]], ...
] = (  # https://developers.hubspot.com/docs/api-reference/crm-properties-v3
    ("string", {"type": "string", "fieldType": "text"}),
    ("string, several lines", {"type": "string", "fieldType": "textarea"}),
    ("string, rich text", {"type": "string", "fieldType": "html"}),
    ("string, phone number", {"type": "string", "fieldType": "phonenumber"}),
    ("string, file", {"type": "string", "fieldType": "file"}),
    ("number", {"type": "number", "fieldType": "number"}),
    ("number with a currency symbol", {"type": "number", "showCurrencySymbol": True}),
    ("number, percentage", {"type": "number", "numberDisplayHint": "percentage"}),
    ("number, duration", {"type": "number", "numberDisplayHint": "duration"}),
    ("enumeration", {"type": "enumeration", "fieldType": "select"}),
    ("enumeration, several", {"type": "enumeration", "fieldType": "checkbox"}),
    ("enumeration, one check box", {"type": "enumeration", "fieldType": "booleancheckbox"}),
    ("enumeration of owners", {"type": "enumeration", "referencedObjectType": "OWNER"}),
    ("bool", {"type": "bool"}),
    ("date", {"type": "date"}),
    ("datetime", {"type": "datetime"}),
    ("json", {"type": "json"}),
)


def page() -> str:
    """Returns the page as Markdown."""
    return "\n".join((*_types(), *_providers())) + "\n"


def _types() -> Iterator[str]:
    yield "# Fields\n"
    yield "<!-- Made by `make docs` from the code; do not edit. -->\n"
    yield (
        "Every column has one of these types. A value that does not fit its type is shown as its text and marked, and "
        "changes nothing for the other rows; a cell that the provider gives no value for says why in the details.\n"
    )
    rows = [
        (str(kind), shown, ", ".join(FILTERS[each] for each in operators), exported)
        for kind, shown, operators, exported in frames.field_types()
    ]
    yield from _table(("Type", "Shown as", "Filtered by", "In a file"), rows)


def _providers() -> Iterator[str]:
    yield "\n## Types of the providers\n"
    yield "A type that is not in these tables is shown as text, and named once in the log.\n"
    found: dict[str, Iterable[tuple[str, FieldType]]] = {
        airtable.PROVIDER.title: ((kind, FieldType(type_)) for kind, type_ in airtable.TYPES.items()),
        hubspot.PROVIDER.title: ((words, field_type({"name": "", **definition})) for words, definition in HUBSPOT),
        notion.PROVIDER.title: ((kind, each.type) for kind, each in KINDS.items()),
    }
    for title, types in found.items():
        yield f"\n### {title}\n"
        yield from _table((title, "Type"), [(f"`{kind}`", str(type_)) for kind, type_ in types])
    yield (
        "\nAirtable's formulas, rollups and lookups, and Notion's formulas and rollups, have the type of their result; "
        "links between records of HubSpot and Airtable, and Notion's relations, are relations."
    )


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heading)} |"
    yield f"|{' --- |' * len(heading)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
