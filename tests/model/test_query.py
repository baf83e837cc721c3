"""A query means the same in an address, in JSON and in memory."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.model.query import (
    EVERYTHING,
    WITHOUT_VALUE,
    Chart,
    Condition,
    Function,
    Grouping,
    Measure,
    Operator,
    Query,
    Sort,
    Step,
    from_json,
    from_pairs,
    to_json,
    to_pairs,
)

TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
NAME = TEXT.filter(bool)
KNOWN = [each for each in Operator if each is not Operator.UNKNOWN]


@st.composite
def conditions(draw: Any) -> Condition:
    operator = draw(st.sampled_from(KNOWN))
    value = "" if operator in WITHOUT_VALUE else draw(TEXT)
    return Condition(draw(NAME), operator, value, draw(st.integers(0, 9)))


MEASURES = st.just(Measure()) | st.builds(
    Measure, st.sampled_from([each for each in Function if each is not Function.COUNT]), NAME
)


QUERIES = st.builds(
    Query, collection=TEXT, where=st.lists(conditions(), unique=True, max_size=4).map(tuple), search=TEXT,
    sort=st.lists(st.builds(Sort, NAME, st.booleans()), unique=True, max_size=3).map(tuple),
    columns=st.lists(NAME, unique=True, max_size=3).map(tuple), zone=TEXT,
    groups=st.lists(st.builds(Grouping, NAME, st.sampled_from(Step)), unique=True, max_size=2).map(tuple),
    measure=MEASURES, chart=st.sampled_from(Chart),
)  # fmt: skip


@given(QUERIES)
def test_a_query_is_the_same_after_a_way_through_an_address(query: Query) -> None:
    address = urlencode(to_pairs(query))
    assert from_pairs(parse_qsl(address, keep_blank_values=True)) == query


@given(QUERIES)
def test_a_query_is_the_same_after_a_way_through_json(query: Query) -> None:
    assert from_json(json.loads(json.dumps(to_json(query)))) == query


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6))
def test_no_address_is_an_error(pairs: list[tuple[str, str]]) -> None:
    query = from_pairs(pairs)
    assert from_pairs(to_pairs(query)) == query


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("f.owner", "5"), ("f.owner", "7")], [("owner", "is", "5"), ("owner", "is", "7")]),
        ([("f.stage.fldAbc", "~not~won")], [("fldAbc", "not", "won")]),
        ([("f.name", "~is~~x")], [("name", "is", "~x")]),
        ([("f.name", "~empty")], [("name", "empty", "")]),
        ([("f.created", "~from~2026-01-01")], [("created", "from", "2026-01-01")]),
        ([("f.close", "~period~this-quarter")], [("close", "period", "this-quarter")]),
        ([("f.a%2Eb", "x")], [("a.b", "is", "x")]),
        ([("f.name", "")], [("name", "is", "")]),
    ],
)
def test_an_address_is_read_as_documented(pairs: list[tuple[str, str]], expected: list[tuple[str, str, str]]) -> None:
    assert [(each.field, str(each.operator), each.value) for each in from_pairs(pairs).where] == expected


@pytest.mark.parametrize("value", ["~near~Berlin", "~", "~~", "~from", "~empty~x", "~unknown~x"])
def test_an_operator_of_another_version_stays_as_a_condition_that_narrows(value: str) -> None:
    query = from_pairs([("f.city", value)])
    assert query.narrows and query.where[0].operator is Operator.UNKNOWN
    assert from_pairs(to_pairs(query)) == query


def test_other_parameters_of_an_address_are_not_the_querys() -> None:
    assert from_pairs([("account", "x"), ("row", "5"), ("utm_source", "y"), ("view", "z")]) == EVERYTHING


def test_the_default_query_adds_nothing_to_an_address() -> None:
    assert to_pairs(EVERYTHING) == [] and to_json(EVERYTHING) == {} and not EVERYTHING.narrows


def test_an_operator_of_another_version_in_json_narrows_too() -> None:
    query = from_json({"where": [{"field": "city", "operator": "near", "value": "Berlin"}]})
    assert query == from_pairs([("f.city", "~near~Berlin")]) and from_json(to_json(query)) == query


@pytest.mark.parametrize("value", [{"where": [{"operator": "is"}]}, {"where": 5}, {"search": 7}, {"columns": [1]}])
def test_json_that_is_no_query_is_refused_with_a_sentence(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a query"):
        from_json(value)
