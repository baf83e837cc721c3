"""Columns get the type that a provider tells, else the one that their rows agree on."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.listing.tagged.cells import Cell
from integrations.listing.tagged.columns import Lead, OpenColumns, Table
from integrations.model import Collection, Field, FieldType

NUMBER, TEXT = Cell(FieldType.NUMBER, False, 1), Cell(FieldType.TEXT, False, "a")


def a_table(id: str, *fields: Field, **leads: Lead) -> Table:
    return Table(Collection(id, id.title(), "row", fields), leads)


def field(columns: OpenColumns, id: str, collection: str = "boats") -> Any:
    return next(each for each in columns.news() if each.id == collection).field(id)


@pytest.mark.parametrize(("cells", "expected"), [
    ([], (FieldType.TEXT, False)),
    ([NUMBER, NUMBER], (FieldType.NUMBER, False)),
    ([Cell(None, False, None), NUMBER], (FieldType.NUMBER, False)),
    ([Cell(FieldType.DATE_RANGE, True, [])], (FieldType.DATE_RANGE, True)),
    ([NUMBER, TEXT], (FieldType.TEXT, False)),
    ([NUMBER, TEXT, NUMBER], (FieldType.TEXT, False)),
])  # fmt: skip
def test_the_rows_tell_the_type_of_an_open_column_and_if_they_differ_it_is_text(
    cells: list[Cell], expected: tuple[FieldType, bool]
) -> None:
    columns = OpenColumns({})
    columns.define(a_table("boats", Field("age", "Age", computed=True), age=Lead()))
    for cell in cells:
        columns.note("boats", "age", cell)
    found = field(columns, "age")
    assert ((found.type, found.many), found.computed) == (expected, True)


def test_the_rows_do_not_change_a_type_that_the_provider_tells() -> None:
    columns = OpenColumns({})
    columns.define(a_table("boats", Field("age", "Age", FieldType.PERCENT)))
    columns.note("boats", "age", TEXT)
    assert field(columns, "age").type == FieldType.PERCENT


def test_a_collection_is_news_when_it_is_defined_and_again_when_its_rows_show_more() -> None:
    columns = OpenColumns({})
    columns.define(a_table("boats", Field("age", "Age"), age=Lead()))
    assert [each.id for each in columns.news()] == ["boats"]
    columns.note("boats", "age", NUMBER)
    assert [each.id for each in columns.news()] == ["boats"]
    columns.note("boats", "age", NUMBER)
    assert [*columns.news()] == []


def test_what_the_rows_have_shown_outlasts_the_load() -> None:
    cache: dict[str, str] = {}
    first, second = OpenColumns(cache), OpenColumns(cache)
    first.define(a_table("boats", Field("age", "Age"), age=Lead()))
    first.note("boats", "age", NUMBER)
    assert second.has("boats", ["age"]) and not second.has("boats", ["age", "hue"])
    second.note("boats", "age", NUMBER)
    assert second.undefined == set(), "nothing new, so that its description is not needed"
    second.note("boats", "age", TEXT)
    assert second.undefined == {"boats"}


def test_a_column_that_shows_another_table_has_its_unit_whichever_table_comes_first() -> None:
    cost = a_table("parts", Field("cost", "Cost", FieldType.CURRENCY, currency="EUR"))
    boats = a_table(
        "boats",
        Field("parts", "Parts", FieldType.RELATION, relates_to="parts"),
        Field("total", "Total", FieldType.NUMBER, computed=True),
        total=Lead("parts", "cost"),
    )
    for order in ([cost, boats], [boats, cost]):
        columns = OpenColumns({})
        for each in order:
            columns.define(each)
        assert field(columns, "total") == Field("total", "Total", FieldType.CURRENCY, currency="EUR", computed=True)


def test_columns_that_show_each_other_in_a_circle_come_to_an_end() -> None:
    link = Field("link", "Link", FieldType.RELATION, relates_to="boats")
    columns = OpenColumns({})
    columns.define(a_table("boats", link, Field("age", "Age"), age=Lead("link", "age", lists=True)))
    columns.note("boats", "age", Cell(FieldType.NUMBER, True, [1]))
    assert field(columns, "age").type == FieldType.NUMBER


def test_what_depends_on_a_field_is_found_through_what_depends_on_it() -> None:
    columns = OpenColumns({})
    columns.define(a_table(
        "boats", *(Field(each, each) for each in ("sum", "twice", "other")),
        sum=Lead(sources=frozenset({"parts"})), twice=Lead(sources=frozenset({"sum"})), other=Lead(),
    ))  # fmt: skip
    assert columns.dependants("boats", ["parts"]) == {"parts", "sum", "twice"}
    assert columns.dependants("unknown", ["parts"]) == {"parts"}


def test_a_row_adds_the_columns_that_a_table_did_not_have() -> None:
    columns = OpenColumns({})
    columns.define(a_table("boats", Field("age", "Age", FieldType.NUMBER)))
    columns.extend(a_table("boats", Field("age", "Other"), Field("hue", "Hue")))
    (found,) = columns.news()
    assert found.fields == (Field("age", "Age", FieldType.NUMBER), Field("hue", "Hue"))
