"""docs/fields.md says what the code does."""

from __future__ import annotations

import fields_doc

from integrations.model import FieldType


def test_the_page_of_field_types_is_what_the_code_makes_of_it() -> None:
    assert fields_doc.PAGE.read_text(encoding="utf-8") == fields_doc.page(), "run `make docs`"


def test_every_field_type_has_a_row() -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in fields_doc.page().splitlines()]
    assert set(FieldType) <= set(rows)
