"""A filter drops what it says and nothing else, and survives any address."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlencode

import pytest

from integrations.frames.filters import Filters, active, from_query, options, to_query


def at(*moment):
    return datetime(*moment, tzinfo=UTC)


@pytest.fixture
def names(narrowed):
    """The names of the items that a filter leaves, the items made of keyword arguments."""

    def left(items, properties=(), **filters):
        return sorted(narrowed(items, Filters(**filters), properties)["Name"])

    return left


@pytest.fixture
def team(item):
    return [
        item(
            "1",
            "contact",
            "Ada",
            parent_path_or_name="Base 1",
            owner="Grace",
            creation_time=at(2026, 1, 1),
            last_modified_time=at(2026, 11, 22, 23, 59, 59, 999999),
            url="https://example.com/ada",
        ),
        item("2", "data_source", "Łukasz (ops)", parent_path_or_name="Base 2", last_modified_time=at(2026, 11, 23)),
        item("3", "contact", r"50% \ off", owner="Ada B", last_modified_time=at(2026, 11, 22)),
        item("4", "page", "nothing known"),
    ]


def test_the_default_drops_no_row_and_changes_nothing(odd_items, framed, narrowed):
    columns = ["Mixed", "Name", "Score"]
    whole = framed(odd_items, columns)
    assert narrowed(odd_items, Filters(), columns).equals(whole)
    assert narrowed(odd_items, Filters(search="  ", columns=("Score",)), columns).equals(whole)


@pytest.mark.parametrize(
    ("search", "left"),
    [
        ("łukasz", ["Łukasz (ops)"]),
        ("(", ["Łukasz (ops)"]),
        ("\\", [r"50% \ off"]),
        ("%", [r"50% \ off"]),
        (".", []),
        ("ADA", [r"50% \ off", "Ada"]),
        ("base 1", ["Ada"]),
        ("data source", ["Łukasz (ops)"]),
        ("example.com/A", []),
        ("Lukasz", ["Łukasz (ops)"]),
        ("22 nov 2026", [r"50% \ off", "Ada"]),
        ("22 November 2026", [r"50% \ off", "Ada"]),
        ("2026-11-22", [r"50% \ off", "Ada"]),
        ("2026-01", ["Ada"]),
        (" ops ", ["Łukasz (ops)"]),
        ("nan", []),
        ("NaT", []),
        ("\ud800", []),
        ("x" * 5_000, []),
    ],
)
def test_search_finds_literal_text_in_any_case_in_any_column(team, names, search, left):
    assert names(team, search=search) == left


@pytest.mark.timeout(5)
def test_very_long_text_is_searched_at_once(item, names):
    """An address may bring any text; as a pattern this one takes a minute."""
    assert names([item(name="Ä" * 30_000)], search="ä" * 30_000) == ["Ä" * 30_000]


@pytest.mark.parametrize("search", ["ΟΔΌΣ", "οδός", "Οδός"])
def test_search_knows_the_cases_of_other_alphabets(item, names, search):
    assert names([item(name="οδός")], search=search) == ["οδός"]


@pytest.mark.parametrize(
    ("search", "left"),
    [("-12", ["a"]), ("2.5", ["b"]), ("true", ["a"]), ("fal", ["b"]), ("won", ["a"]), ("1e", []), ("nan", [])],
)
def test_search_reads_properties_as_they_are_shown(item, names, search, left):
    items = [
        item("1", name="a", properties={"n": -12, "t": True, "s": ["lost", "WON"], "f": 0.5}),
        item("2", name="b", properties={"n": 7, "t": False, "s": [], "f": 2.5}),
        item("3", name="c"),
    ]
    assert names(items, ["n", "t", "s", "f"], search=search) == left
    assert names(items, search=search) == left, "also where they are not shown"


@pytest.mark.parametrize("search", ["cafe", "CAFÉ", "cafe\u0301", "Café"])
@pytest.mark.parametrize("name", ["Café Milano", "CAFE\u0301 milano", "cafe milano"])
def test_search_folds_accents_composed_or_not(item, names, name, search):
    assert names([item("1", name=name), item("2", name="other")], search=search) == [name]


def test_search_does_not_find_what_nobody_sees(item, names):
    deal = item("secret-id", "deal", "Won", parent_id="secret-parent", url="https://x.example/contacts/1",
                properties={"internal_name": "shown", "other": {"inner": 1}, "two": "b"})  # fmt: skip
    for unseen in ("contacts", "internal_name", "secret", "shownb", "won deal", "https"):
        assert names([deal], search=unseen) == []
    for seen in ("shown", "DEAL", "inner"):
        assert names([deal], search=seen) == ["Won"]


def test_search_is_the_same_for_many_equal_values_and_for_many_different_ones(item, narrowed):
    items = [item(str(n), name=f"n{n}", owner=("Ada", None, "Grace")[n % 3]) for n in range(400)]
    result = narrowed(items, Filters(search="grace"))
    assert set(result["Owner"]) == {"Grace"}
    assert len(result) == 133
    assert len(narrowed(items, Filters(search="n39"))) == 11


@pytest.mark.parametrize("types", [("contact",), ("Contact",), ("contact", "unknown")])
def test_types_may_be_given_as_slugs_or_as_words(team, names, types):
    assert names(team, types=types) == [r"50% \ off", "Ada"]
    assert names(team, types=("data_source",)) == names(team, types=("Data source",)) == ["Łukasz (ops)"]


def test_parents_and_owners_are_matched_whole(team, names):
    assert names(team, parents=("Base 1", "Base 2")) == ["Ada", "Łukasz (ops)"]
    assert names(team, owners=("Ada B",)) == [r"50% \ off"]
    assert names(team, owners=("Ada",)) == names(team, parents=("\ud800",)) == []


def test_filters_narrow_together(team, names):
    assert names(team, types=("contact",), owners=("Grace", "Ada B"), search="ada") == [r"50% \ off", "Ada"]
    assert names(team, types=("contact",), parents=("Base 2",)) == []


@pytest.mark.parametrize(
    ("updated", "left"),
    [
        ((date(2026, 11, 22), date(2026, 11, 22)), [r"50% \ off", "Ada"]),
        ((date(2026, 11, 23), date(2026, 11, 22)), [r"50% \ off", "Ada", "Łukasz (ops)"]),
        ((date(2026, 11, 23), None), ["Łukasz (ops)"]),
        ((None, date(2026, 11, 22)), [r"50% \ off", "Ada"]),
        ((date.min, date.max), [r"50% \ off", "Ada", "Łukasz (ops)"]),
        ((None, None), [r"50% \ off", "Ada", "nothing known", "Łukasz (ops)"]),
    ],
)
def test_days_are_whole_and_both_ends_belong(team, names, updated, left):
    assert names(team, updated=updated) == left


def test_created_and_updated_are_different_filters(team, names):
    assert names(team, created=(date(2026, 1, 1), date(2026, 1, 1))) == ["Ada"]


def test_days_before_1970_and_at_the_ends_of_time_are_days_too(item, names):
    items = [
        item("1", name="a", creation_time=at(1969, 12, 31, 23, 59, 59, 500000)),
        item("2", name="b", creation_time=datetime.min),
        item("3", name="c", creation_time=datetime.max),
    ]
    assert names(items, created=(date(1969, 12, 31), date(1969, 12, 31))) == ["a"]
    assert names(items, created=(None, date.min)) == names(items, search="0001-01-01") == ["b"]
    assert names(items, created=(date.max, None)) == names(items, search="9999-12-31") == ["c"]


def test_filtering_nothing_is_nothing(framed, narrowed):
    empty = framed([], ["p"])
    everything = Filters("x", ("a",), ("b",), ("c",), (date.min, None), (None, date.max), ("p",))
    assert narrowed([], everything, ["p"]).dtypes.equals(empty.dtypes)
    for search in ("1", "-", "true", "ü"):
        assert narrowed([], Filters(search=search)).empty


def test_rows_keep_their_order_and_their_way_back(team, framed, narrowed):
    whole = framed(team)
    left = narrowed(team, Filters(types=("contact",)))
    assert left.equals(whole.loc[left.index])
    assert left["Name"].to_list() == ["Ada", r"50% \ off"]


def test_options_are_what_the_frame_has(team, item, framed):
    found = options(framed([*team, item("5", "contact", parent_path_or_name="Base 2", owner="")]), top=1)
    assert found == {
        "types": ["Contact", "Data source", "Page"],
        "parents": ["Base 1", "Base 2"],
        "top_parents": ["Base 2"],
        "owners": ["Ada B", "Grace"],
        "created": (date(2026, 1, 1), date(2026, 1, 1)),
        "updated": (date(2026, 11, 22), date(2026, 11, 23)),
    }


def test_options_of_nothing_are_empty(framed):
    found = options(framed([]))
    assert found["types"] == found["parents"] == found["owners"] == []
    assert found["created"] == found["updated"] == (None, None)


def test_every_option_leaves_rows(odd_items, framed, narrowed):
    whole = framed(odd_items)
    found = options(whole)
    for field in ("types", "parents", "owners"):
        assert all(len(narrowed(odd_items, Filters(**{field: (value,)}))) for value in found[field])
    assert len(narrowed(odd_items, Filters(created=found["created"]))) == whole["Created"].notna().sum()


FULL = Filters(
    "a&b=ü ",
    ("contact", "page"),
    ("Base, 1",),
    ("Ada",),
    (date(2026, 11, 23), date(2026, 11, 1)),
    (None, date.min),
    ("x y",),
)


@pytest.mark.parametrize("filters", [Filters(), FULL, Filters(updated=(date.max, None))])
def test_an_address_brings_back_the_filters_it_was_made_of(filters):
    assert from_query(parse_qsl(urlencode(to_query(filters)))) == filters
    assert hash(from_query(to_query(filters))) == hash(filters)


def test_an_address_uses_the_names_that_everything_shares():
    assert {name for name, _ in to_query(FULL)} == {
        "q",
        "type",
        "parent",
        "owner",
        "created_from",
        "created_to",
        "updated_to",
        "column",
    }
    assert to_query(Filters()) == []


@pytest.mark.parametrize(
    "pairs",
    [
        None,
        5,
        "q=x",
        b"q",
        {"q": "x"},
        [None],
        [("q",)],
        [("q", "x", "y")],
        [("q", None)],
        [(1, 2)],
        ["qx"],
        [("created_from", "yesterday"), ("updated_to", "2026-02-30")],
        [("created_to", "")],
        [("unknown", "x")],
        [("type", ""), ("owner", ["x"])],
        [("updated_from", "99999-01-01")],
        [("created_from", "2026-01-01\0")],
    ],
)
def test_what_an_address_has_wrong_counts_as_not_asked(pairs):
    assert from_query(pairs) == Filters()


def test_what_an_address_has_right_counts_beside_what_it_has_wrong():
    pairs = [("type", "page"), ("created_from", "x"), ("created_to", "2026-11-22"), ("type", "page"), ("q", "\ud800a")]
    assert from_query(pairs) == Filters(search="�a", types=("page",), created=(None, date(2026, 11, 22)))


def test_active_says_whether_rows_may_be_dropped():
    assert not active(Filters(search=" ", columns=("x",)))
    for some in (
        {"search": "x"},
        {"types": ("x",)},
        {"parents": ("x",)},
        {"owners": ("x",)},
        {"created": (date.min, None)},
        {"updated": (None, date.max)},
    ):
        assert active(Filters(**some))
