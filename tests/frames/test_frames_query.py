"""A query leaves the rows that it asks for and no others, and says which of its conditions none can meet."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from queries import narrowing

from integrations import frames
from integrations.frames.order import PROPERTY
from integrations.frames.query import options, unmet
from integrations.model.query import Condition, Operator, Query, Sort


def at(*moment):
    return datetime(*moment, tzinfo=UTC)


@pytest.fixture
def names(narrowed):
    """The names of the items that a filter leaves, the items made of keyword arguments."""

    def left(items, properties=(), **filters):
        return sorted(narrowed(items, narrowing(**filters), properties)["Name"])

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
    assert narrowed(odd_items, narrowing(), columns).equals(whole)
    assert narrowed(odd_items, narrowing(search="  ", columns=("Score",)), columns).equals(whole)


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
    result = narrowed(items, narrowing(search="grace"))
    assert set(result["Owner"]) == {"Grace"}
    assert len(result) == 133
    assert len(narrowed(items, narrowing(search="n39"))) == 11


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
        ((date(2026, 11, 23), date(2026, 11, 22)), []),
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
    everything = narrowing("x", ("a",), ("b",), ("c",), (date.min, None), (None, date.max), ("p",))
    assert narrowed([], everything, ["p"]).dtypes.equals(empty.dtypes)
    for search in ("1", "-", "true", "ü"):
        assert narrowed([], narrowing(search=search)).empty


def test_rows_keep_their_order_and_their_way_back(team, framed, narrowed):
    whole = framed(team)
    left = narrowed(team, narrowing(types=("contact",)))
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
        assert all(len(narrowed(odd_items, narrowing(**{field: (value,)}))) for value in found[field])
    assert len(narrowed(odd_items, narrowing(created=found["created"]))) == whole["Created"].notna().sum()


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (Condition("owner", Operator.IS, "Nobody"), "no row has it"),
        (Condition("type", Operator.IS, "deal"), "no row has it"),
        (Condition("stage", Operator.IS, "won"), "there is no such field here"),
        (Condition("owner", Operator.HAS, "Gr"), "this filter is not known here"),
        (Condition("owner", Operator.FROM, "2026-01-01"), "this filter is not known here"),
        (Condition("updated", Operator.UNKNOWN, "~soon~"), "this filter is not known here"),
        (Condition("updated", Operator.FROM, "no day"), "this is not a date"),
        (Condition("created", Operator.TO, "2026-02-30"), "this is not a date"),
        (Condition("created", Operator.IS, "yesterday"), "this is not a date"),
    ],
)
def test_a_condition_that_cannot_be_met_leaves_no_row_and_says_why(team, framed, narrowed, condition, reason):
    """Rows that nobody asked for must not be shown in place of those that were."""
    query = Query(where=(Condition("parent", Operator.IS, "Base 1"), condition), search="ada")
    assert narrowed(team, query).empty
    (found,) = unmet(query, options(framed(team)))
    assert (found.condition, found.reason) == (condition, reason)
    assert found.without == Query(where=query.where[:1], search="ada")


def test_a_collection_that_is_not_there_leaves_no_row_either(team, framed, narrowed):
    query = Query(collection="deals")
    (found,) = unmet(query, options(framed(team)))
    assert narrowed(team, query).empty and found.reason and found.without == Query()


def test_a_value_that_is_not_there_costs_no_other_value_of_its_field(team, framed, names, narrowed):
    query = narrowing(owners=("Grace", "Nobody"))
    assert [each.condition.value for each in unmet(query, options(framed(team)))] == ["Nobody"]
    assert narrowed(team, query)["Name"].to_list() == ["Ada"]


def test_what_can_be_met_is_no_reason_to_complain(team, framed):
    query = narrowing("x", ("contact", "Page"), ("Base 1",), ("Grace",), (date.min, None), (None, date.max), ("p",))
    assert unmet(query, options(framed(team))) == []


def test_a_day_alone_is_a_whole_day(team, narrowed):
    query = Query(where=(Condition("updated", Operator.IS, "2026-11-22"),))
    assert narrowed(team, query)["Name"].to_list() == ["Ada", r"50% \ off"]


def test_rows_are_sorted_by_any_field_and_those_without_a_value_come_last(item, narrowed, framed):
    items = [item(str(n), name=f"n{n}", owner=owner, properties={"Score": score})
             for n, (owner, score) in enumerate([("b", 10), (None, 9), ("a", None), ("b", -1)])]  # fmt: skip

    def names(*sort: Sort) -> list[str]:
        return frames.frame(frames.unpack([frames.pack(items)]), ("Score",), sort)["Name"].to_list()

    assert names(Sort("owner")) == ["n2", "n0", "n3", "n1"] and names(Sort("owner", True)) == ["n0", "n3", "n2", "n1"]
    assert names(Sort(PROPERTY + "Score")) == ["n3", "n1", "n0", "n2"]
    assert names(Sort(PROPERTY + "Score", True)) == ["n0", "n1", "n3", "n2"]
    assert names(Sort("owner", True), Sort("name", True)) == ["n3", "n0", "n2", "n1"]
    assert names(Sort("nowhere")) == names() == ["n0", "n1", "n2", "n3"]
