"""What a search in everything shows first, and what it finds where nothing has the text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some

from integrations.frames import Match, Tables, best, field_with, first_text, name_words, pack, search_texts, similar
from integrations.frames.folding import containing, fold
from integrations.frames.similar import allowed
from integrations.model import Collection, Field, FieldType, Item, Option, Schema

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = pa.large_string()
LABELS = {"1": "Ab", "2": "B", None: ""}
FIELDS = (
    Field("note", "Note"),
    Field("stage", "Stage", FieldType.SELECT, options=(Option("1", "Ab"), Option("2", "B"))),
)
SCHEMA = Schema((Collection("deals", "Deals", "deal", FIELDS),))


def deals(rows):
    """The table of deals with these names, notes, stages and ages in days."""
    items = [
        Item(str(number), "deal", name, collection="deals", last_modified_time=NOW - timedelta(days=age),
             properties={"note": note, "stage": stage})
        for number, (name, note, stage, age) in enumerate(rows)
    ]  # fmt: skip
    return Tables([pack(items, SCHEMA)], SCHEMA).open("deals")


def names(table, search, most=10):
    found = best(table, search_texts(table), search, most)
    return [table.values("name")[each].as_py() for each in found.positions]


def test_a_name_comes_before_other_text_and_a_whole_name_before_a_part_of_one():
    rows = [("other", "Solar", "1", 0), ("big solar", "", "1", 1), ("Solar roof", "", "2", 2), ("SOLAR", "", "1", 9)]
    table = deals(rows)
    assert names(table, " solar ") == ["SOLAR", "Solar roof", "big solar", "other"]
    found = best(table, search_texts(table), "solar", 2)
    assert found.count == 4 and found.matches == (Match.EXACT, Match.PREFIX)


def test_of_equal_matches_the_last_updated_come_first():
    rows = [(f"Deal {number}", "", "1", age) for number, age in enumerate([5, 1, 3, 1])]
    assert names(deals(rows), "deal", most=3) == ["Deal 1", "Deal 3", "Deal 2"]


SHORT = some.text("abÄ .(", max_size=5)
ROWS = some.lists(some.tuples(SHORT, SHORT, some.sampled_from(list(LABELS)), some.integers(0, 3)), max_size=12)


@given(rows=ROWS, search=SHORT, most=some.integers(1, 4))
def test_the_best_rows_are_those_of_a_comparison_row_by_row(rows, search, most):
    wanted, expected = fold(search.strip()), []
    for number, (name, note, stage, age) in enumerate(rows):
        day = NOW - timedelta(days=age)
        others = (fold(note), fold(LABELS[stage]), "deal", *(fold(f"{day:{form}}") for form in DAYS))
        rank = rank_of(fold(name), others, wanted)
        if wanted and rank is not None:
            expected.append((rank, age, number))
    table = deals(rows)
    found = best(table, search_texts(table), search, most)
    assert found.count == len(expected)
    assert [*zip(found.matches, found.positions, strict=True)] == [(rank, at) for rank, _, at in sorted(expected)][
        :most
    ]


DAYS = ("%Y-%m-%d", "%-d %b %Y", "%-d %B %Y")


def rank_of(name, others, wanted):
    if name == wanted:
        return Match.EXACT
    if name.startswith(wanted):
        return Match.PREFIX
    if wanted in name:
        return Match.NAME
    return Match.TEXT if any(wanted in each for each in others) else None


@given(
    texts=some.lists(some.one_of(some.none(), some.text(max_size=8))),
    wanted=some.text(max_size=3),
    long=some.booleans(),
)
def test_long_texts_are_searched_to_the_letter_like_short_ones(texts, wanted, long):
    """They are searched by another algorithm, to which `(` and `\\` have a meaning."""
    filler = "-" * 100 if long else ""
    found = containing(pa.array([text and fold(text) + filler for text in texts], TEXT), wanted)
    assert found.tolist() == [text is not None and fold(wanted) in (text and fold(text) + filler) for text in texts]


def test_a_row_tells_where_it_has_the_text_and_what_else_it_is():
    table = deals([("A", "see Solar", "1", 0), ("B", "", None, 0)])
    field, text = field_with(table, 0, "SOLAR")
    assert (field.label, text) == ("Note", "see Solar")
    assert first_text(table, 0)[1] == "Ab" and field_with(table, 1, "solar") is None


def found_similar(search, *of):
    found = similar(name_words(pa.array([fold(each) for each in of], TEXT)), search)
    return [of[each] for each in found.positions], found.text


@pytest.mark.parametrize(
    ("search", "spelled"),
    [("Jonson", "johnson"), ("johnsno", "johnson"), ("Jöhnsonn", "johnson"), ("ada jonson", "ada johnson")],
)
def test_a_name_with_a_mistake_is_found_and_spelled_right(search, spelled):
    assert found_similar(search, "Bob Miller", "Ada Johnson", "Johannes") == (["Ada Johnson"], spelled)


@pytest.mark.parametrize("search", ["", "  ", "bbo", "bob jonson", "jhnsn", "x" * 50, "a b c d e f g h i", "\u0301"])
def test_too_many_mistakes_or_words_and_short_words_find_nothing(search):
    assert found_similar(search, "Bob Miller", "Ada Johnson") == ([], "")
    assert found_similar(search) == ([], "")


def test_the_nearest_names_come_first():
    assert found_similar("margarete", "Margaritte", "Margareta", "Margarita") == (
        ["Margareta", "Margaritte", "Margarita"], "margareta",
    )  # fmt: skip


def distance(a, b):
    """The optimal string alignment distance, by its definition."""
    at = np.zeros((len(a) + 1, len(b) + 1), int)
    at[:, 0], at[0] = range(len(a) + 1), range(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            at[i, j] = min(at[i - 1, j] + 1, at[i, j - 1] + 1, at[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                at[i, j] = min(at[i, j], at[i - 2, j - 2] + 1)
    return int(at[-1, -1])


WORD = some.text("abñ", min_size=1, max_size=11)


@given(words=some.lists(WORD, max_size=8), wanted=WORD, at=some.integers(0, 10))
def test_similar_names_are_those_within_so_many_mistakes_of_their_definition(words, wanted, at):
    words = [
        fold(each) for each in [*words, wanted[:at] + "b" + wanted[at + 1 :], wanted[:at] + wanted[at + 1 :]] if each
    ]
    wanted = fold(wanted)
    found = similar(name_words(pa.array(words, TEXT)), wanted)
    expected = [(distance(each, wanted), place) for place, each in enumerate(words)]
    expected = sorted(each for each in expected if each[0] <= allowed(wanted))
    assert [*zip(found.mistakes, found.positions, strict=True)] == expected
