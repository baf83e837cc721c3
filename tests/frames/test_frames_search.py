"""A search finds literal text in all that people see of a row."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from integrations.frames import search_texts
from integrations.model import Field, FieldType, Item, Option


def at(*moment):
    return datetime(*moment, tzinfo=UTC)


@pytest.fixture
def team(item, opened):
    return opened([
        item("1", "contact", "Ada", parent_path_or_name="Base 1", owner="Grace", creation_time=at(2026, 1, 1),
             last_modified_time=at(2026, 11, 22, 23, 59, 59, 999999), url="https://example.com/ada"),
        item("2", "data_source", "Łukasz (ops)", parent_path_or_name="Base 2", last_modified_time=at(2026, 11, 23)),
        item("3", "contact", r"50% \ off", owner="Ada B", last_modified_time=at(2026, 11, 22)),
        item("4", "page", "nothing known"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("search", "left"),
    [
        ("łukasz", ["Łukasz (ops)"]), ("(", ["Łukasz (ops)"]), ("\\", [r"50% \ off"]), ("%", [r"50% \ off"]), (".", []),
        ("ADA", [r"50% \ off", "Ada"]), ("base 1", ["Ada"]), ("data source", ["Łukasz (ops)"]), ("example.com/A", []),
        ("Lukasz", ["Łukasz (ops)"]), ("22 nov 2026", [r"50% \ off", "Ada"]),
        ("22 November 2026", [r"50% \ off", "Ada"]),
        ("2026-11-22", [r"50% \ off", "Ada"]), ("2026-01", ["Ada"]), (" ops ", ["Łukasz (ops)"]), ("nan", []),
        ("NaT", []),
        ("\ud800", []), ("\u0301", []), ("x" * 5_000, []),
    ],
)  # fmt: skip
def test_search_finds_literal_text_in_any_case_in_any_column(team, names_left, search, left):
    assert names_left(team, search=search) == left


@pytest.mark.timeout(5)
def test_very_long_text_is_searched_at_once(item, opened, names_left):
    """An address may bring any text; as a pattern this one takes a minute."""
    assert names_left(opened([item(name="Ä" * 30_000)]), search="ä" * 30_000)


@pytest.mark.parametrize("search", ["ΟΔΌΣ", "οδός", "Οδός", "οδος"])
def test_search_knows_the_cases_of_other_alphabets(item, opened, names_left, search):
    assert names_left(opened([item(name="οδός")]), search=search) == ["οδός"]


@pytest.mark.parametrize("search", ["cafe", "CAFÉ", "cafe\u0301", "Café"])
@pytest.mark.parametrize("name", ["Café Milano", "CAFE\u0301 milano", "cafe milano"])
def test_search_folds_accents_composed_or_not(item, opened, names_left, name, search):
    assert names_left(opened([item("1", name=name), item("2", name="other")]), search=search) == [name]


@pytest.mark.parametrize(
    ("field", "value", "found", "not_found"),
    [
        ({"type": FieldType.NUMBER}, 1234.5, ["1234.5", "1,234.5"], ["12345"]),
        ({"type": FieldType.NUMBER}, "n/a", ["n/a"], ["⚠"]),
        ({"type": FieldType.CURRENCY, "currency": "EUR"}, 1234.5, ["eur 1,234.50", "1234.5"], ["usd"]),
        ({"type": FieldType.PERCENT}, 0.25, ["25%"], []),
        ({"type": FieldType.DURATION, "format": "h:mm"}, 5400, ["1:30"], []),
        ({"type": FieldType.DATE}, date(2026, 11, 26), ["2026-11-26", "26 nov 2026", "26 November"], ["27"]),
        ({"type": FieldType.DATE}, "soon", ["soon"], []),
        ({"type": FieldType.DATE_RANGE}, (date(2026, 11, 26), date(2026, 12, 1)), ["26 nov 2026", "1 Dec 2026"], []),
        ({"type": FieldType.SELECT, "options": (Option("closed", "Won"),)}, "closed", ["won"], ["closed"]),
        ({"type": FieldType.MULTI_SELECT}, ["lost", "WON"], ["won", "lost"], []),
        ({"type": FieldType.PERSON}, "u1", ["mina"], ["u1"]),
        ({"type": FieldType.RELATION, "relates_to": "companies"}, ["c1"], ["acme"], ["c1"]),
        ({"type": FieldType.FILES}, [{"name": "a.pdf"}], ["a.pdf"], []),
        ({"type": FieldType.IDENTIFIER, "prefix": "D-"}, 7, ["d-7"], []),
        ({"type": FieldType.BOOLEAN}, True, [], ["true", "yes"]),
        ({"type": FieldType.NUMBER, "many": True}, [1, 2.5], ["2.5"], []),
    ],
)  # fmt: skip
def test_search_reads_every_column_as_it_is_shown(one_field, names_left, field, value, found, not_found):
    company = Item("c1", "company", "Acme", collection="companies")
    table = one_field(Field("f", "F", **field), [value, None], {"u1": "Mina"}, [company])
    for search in found:
        assert names_left(table, search=search) == ["0"]
        assert "0" in names_left(table.tables.open(), search=search), "also among all"
    for search in not_found:
        assert names_left(table, search=search) == []


def test_search_does_not_find_what_nobody_sees(item, opened, names_left):
    deal = item("secret-id", "deal", "Won", parent_id="secret-parent", url="https://x.example/contacts/1",
                properties={"internal_name": "shown", "other": {"inner": 1}, "two": "b"})  # fmt: skip
    for unseen in ("contacts", "internal_name", "secret", "shownb", "won deal", "https"):
        assert names_left(opened([deal], "deal"), search=unseen) == []
    for seen in ("shown", "DEAL", "inner"):
        assert names_left(opened([deal]), search=seen) == ["Won"]


def test_there_is_one_text_a_row(odd_items, opened):
    assert len(search_texts(opened(odd_items))) == len(odd_items) and len(search_texts(opened([]))) == 0
