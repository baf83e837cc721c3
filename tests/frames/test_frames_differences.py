"""The difference between two loads is that of their rows compared one by one; and what several come to."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sales import SALES, deal, sales

from integrations.frames import Tables, details, pack
from integrations.frames.changes import BETWEEN, Changed, history, lines, together
from integrations.frames.columns import packed
from integrations.frames.differences import Compared
from integrations.frames.kept_differences import Difference, pack_difference, unpack_difference
from integrations.model import Collection, Field, FieldType, Item, NoValue, Option, Schema
from integrations.model.changes import Counts

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = date(2026, 11, 26)
UNKNOWN = NoValue("Not given.")
PLENTY = 10_000_000
TEXTS = [None, "", "a", "b", "é", 5, "half \ud800"]
NUMBERS = [None, "", 0, 1, 1.5, -1.5, "n/a", "m/a", True, 2**60, UNKNOWN]
LISTS = [None, [], ["o1"], ["o2"], ["o1", "o2"], ["o2", "o1"], ["o1", "o1"], UNKNOWN]
VALUES: dict[FieldType, list[Any]] = {
    **dict.fromkeys((FieldType.TEXT, FieldType.LONG_TEXT, FieldType.URL, FieldType.EMAIL, FieldType.PHONE), TEXTS),
    **dict.fromkeys((FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION), NUMBERS),
    **dict.fromkeys((FieldType.MULTI_SELECT, FieldType.PEOPLE, FieldType.RELATION), LISTS),
    FieldType.RATING: [None, 1, 2, "three"],
    FieldType.BOOLEAN: [None, True, False, "yes", UNKNOWN],
    FieldType.DATE: [None, DAY, DAY + timedelta(1), "soon"],
    FieldType.DATETIME: [None, NOW, NOW + timedelta(minutes=1), "then", UNKNOWN],
    FieldType.DATE_RANGE: [None, (DAY, None), (DAY, DAY), (NOW, None), (NOW, NOW + timedelta(1)), (None, None), "odd"],
    FieldType.SELECT: [None, "", "o1", "o2", "gone", 7],
    FieldType.PERSON: [None, "u1", "u2", "u9"],
    FieldType.FILES: [None, [], [{"name": "a"}], [{"name": "a", "size": 5}], [{"name": "a"}, {"name": "b"}]],
    FieldType.IDENTIFIER: [None, 1, 2, "X-3"],
    FieldType.LOCATION: [None, "52.1, 13.2", "Berlin"],
    FieldType.JSON: [None, {"a": 1}, {"a": 2}, [1], "text"],
}
OPTIONS = (Option("o1", "One"), Option("o2", "Two"))
SINGLE = [Field(kind.value, kind.value.title(), kind, options=OPTIONS) for kind in VALUES]
MANY = [
    Field(f"many {kind.value}", f"Many {kind.value}", kind, many=True, options=OPTIONS)
    for kind in VALUES if kind not in (FieldType.FILES, FieldType.MULTI_SELECT, FieldType.PEOPLE, FieldType.RELATION)
]  # fmt: skip
FIELDS = (*SINGLE, *MANY)
IN_ANY_ORDER = (FieldType.MULTI_SELECT, FieldType.PEOPLE, FieldType.RELATION)


def of(field: Field) -> st.SearchStrategy[Any]:
    one = st.sampled_from(VALUES[field.type])
    return st.one_of(one, st.lists(one, max_size=3)) if field.many else one


Rows = dict[str, tuple[str, dict[str, Any]]]
PEOPLE = {"u1": "Ann", "u2": "Bo"}


@st.composite
def two_loads(draw: st.DrawFn) -> tuple[Schema, Rows, Rows]:
    """A schema of some fields, and what two loads found."""
    fields = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4, unique=True))
    properties = st.fixed_dictionaries({}, optional={field.id: of(field) for field in fields})
    rows = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.sampled_from(["A", "B", ""]), properties))
    return Schema((Collection("things", "Things", "thing", tuple(fields)),), PEOPLE), draw(rows), draw(rows)


def tables(schema: Schema, rows: Rows, order: random.Random) -> Tables:
    """The rows in any order, in chunks, some of them twice: the last one counts."""
    found = [
        Item(id, "thing", name, collection="things", properties=held, creation_time=NOW)
        for id, (name, held) in rows.items()
    ]
    order.shuffle(found)
    stale = [replace(each, name="stale", properties={}) for each in found if order.random() < 0.3]
    chunks = [stale, found[: len(found) // 2], found[len(found) // 2 :]]
    return Tables([pack(each, schema) for each in chunks if each], schema)


def difference(old: Tables, new: Tables, by: Compared | None = None) -> Difference:
    return unpack_difference(pack_difference(old, new, by or Compared(whole=True), PLENTY).content)


def what_is_there(field: Field, value: Any) -> Any:
    """What of one value counts: what fits, or the text that does not; None where the provider gives none."""
    column, misfits = packed(field, [value])
    misfit = misfits.get(0, {})
    fitted = column[0].as_py()
    if field.type in IN_ANY_ORDER and not misfit:
        return sorted(fitted or ())
    return None if "reason" in misfit else (fitted or None if isinstance(fitted, list) else fitted, misfit.get("text"))


def shown_of(found: Tables, id: str) -> dict[str, str]:
    position = found.open("things").ids.to_pylist().index(id)
    facts = (fact for group in details(found.open("things"), position, "UTC") for fact in group.facts)
    return {fact.field.label: fact.text for fact in facts}


def expected(schema: Schema, before: Rows, after: Rows) -> dict[tuple[str, str], set[str]]:
    """What has become of each row, and which of its fields are different, row by row."""
    found: dict[tuple[str, str], set[str]] = {(id, "removed"): set() for id in before.keys() - after.keys()}
    found |= {(id, "new"): set() for id in after.keys() - before.keys()}
    for id in before.keys() & after.keys():
        fields = {"name"} if before[id][0] != after[id][0] else set()
        for field in schema.collections[0].fields:
            old, new = (what_is_there(field, each[id][1].get(field.id)) for each in (before, after))
            fields |= {field.id} if old is not None and new is not None and old != new else set()
        if fields:
            found[id, "changed"] = fields
    return found


@settings(max_examples=100, deadline=None)
@given(loads=two_loads(), order=st.randoms(use_true_random=False))
def test_a_difference_is_what_rows_compared_one_by_one_differ_in(
    loads: tuple[Schema, Rows, Rows], order: random.Random
) -> None:
    schema, before, after = loads
    old, new = tables(schema, before, order), tables(schema, after, order)
    found = difference(old, new, Compared(whole=True, since=NOW))

    whats: dict[tuple[str, str], set[str]] = {(row["id"], row["what"]): set() for row in found.rows.to_pylist()}
    for value in found.values.to_pylist():
        whats[value["id"], "changed"].add(value["field"])
    assert whats == expected(schema, before, after) and len(whats) == found.rows.num_rows

    frame = lines(together([(NOW, found)]), {}, "UTC")
    for line in frame[frame["field"].notna()].fillna("").itertuples():
        assert line.before == shown_of(old, line.id)[line.field] and line.after == shown_of(new, line.id)[line.field]


def changed(item: Item, **properties: Any) -> Item:
    return replace(item, properties={**item.properties, **properties})


def loaded(found: list[Item], schema: Schema = SALES) -> Tables:
    return Tables([pack(found, schema)], schema)


def told(found: Changed, zone: str = "UTC") -> list[tuple[Any, ...]]:
    frame = lines(found, {}, zone).fillna("")
    return [tuple(row) for row in frame[["name", "what", "field", "before", "after"]].to_numpy()]


SOME = list(sales(3))
FIRST = "Umbrella 0 – Renewal"


def between(old: list[Item], new: list[Item], before: Schema = SALES, after: Schema = SALES) -> list[tuple[Any, ...]]:
    return told(together([(NOW, difference(loaded(old, before), loaded(new, after)))]))


def test_values_are_told_as_people_read_them_names_as_they_were() -> None:
    renamed = [replace(each, name="Umbrella Ltd") if each.id == "c0" else each for each in SOME[1:]]
    new = changed(SOME[0], amount=-5, code="GBP", rep="u2", company=["c1"], tags=["legal", "risk"], close=None)
    assert between(SOME, [new, *renamed]) == [
        (FIRST, "changed", "Amount", "EUR 1,000.50", "-GBP 5.00"),
        (FIRST, "changed", "Currency", "EUR", "GBP"),
        (FIRST, "changed", "Close date", "1 Jan 2026", ""),
        (FIRST, "changed", "Deal owner", "Ada Smith", "Bo Müller"),
        (FIRST, "changed", "Company", "Umbrella", "Wayne"),
        (FIRST, "changed", "Tags", "", "Legal, At risk"),
        ("Umbrella Ltd", "changed", "Company name", "Umbrella", "Umbrella Ltd"),
    ]


def test_a_time_is_told_in_the_viewers_zone() -> None:
    moved = [changed(SOME[0], seen=NOW), *SOME[1:]]
    found = together([(NOW, difference(loaded(SOME), loaded(moved)))])
    assert told(found, "Europe/Berlin")[0][3:] == ("15 May 2026 14:00", "26 Nov 2026 13:00")


def test_what_is_the_time_of_an_edit_is_no_change_of_its_own() -> None:
    edited = [replace(changed(each, seen=NOW), last_modified_time=NOW) for each in SOME[:3]]
    assert between(SOME, [*edited, *SOME[3:]]) == []


def fields_with(schema: Schema, **changes: Field | None) -> Schema:
    [deals, *others] = schema.collections
    fields = [changes.get(each.id, each) for each in deals.fields]
    return replace(schema, collections=(replace(deals, fields=tuple(filter(None, fields))), *others))


def test_labels_and_fields_that_come_or_go_are_no_change_of_the_rows() -> None:
    [stage] = [each for each in SALES.collections[0].fields if each.id == "stage"]
    options = tuple(replace(each, label=each.label.upper()) for each in stage.options)
    after = fields_with(SALES, stage=replace(stage, label="Phase", options=options), seats=None)
    assert between(SOME, SOME, SALES, after) == [] == between(SOME, SOME, after, SALES)


def test_an_option_that_is_known_by_its_name_alone_and_renamed_is_no_change() -> None:
    [stage] = [each for each in SALES.collections[0].fields if each.id == "stage"]
    options = tuple(Option("s1 new", "Fit") if each.value == "s1" else each for each in stage.options)
    after, rows = fields_with(SALES, stage=replace(stage, options=options)), list(sales(12))
    renamed = [changed(each, stage="s1 new") if each.properties.get("stage") == "s1" else each for each in rows]
    assert between(rows, renamed, SALES, after) == []
    moved = [changed(renamed[0], stage="s1 new"), *renamed[1:]]
    assert [line[2:] for line in between(rows, moved, SALES, after)] == [("Stage", "Appointment", "Fit")]


def test_a_field_of_another_type_is_not_compared() -> None:
    [seats] = [each for each in SALES.collections[0].fields if each.id == "seats"]
    after = fields_with(SALES, seats=replace(seats, type=FieldType.TEXT))
    texts = [changed(each, seats="many") if each.collection == "deals" else each for each in SOME]
    assert between(SOME, texts, SALES, after) == []


def test_rows_without_a_schema_are_compared_by_what_they_hold() -> None:
    old = [Item("1", "note", "One", properties={"a": 1, "b": "x"}), Item("2", "note", "Two", properties={"a": 2})]
    new = [Item("1", "note", "One", properties={"a": 1, "c": True}), Item("2", "note", "Two", properties={"a": "two"})]
    assert between(old, new, Schema(), Schema()) == [
        ("One", "changed", "b", "x", ""), ("One", "changed", "c", "", "Yes"), ("Two", "changed", "a", "2", "two"),
    ]  # fmt: skip


def test_only_what_is_named_as_removed_is_when_less_was_read() -> None:
    old, new = loaded(SOME), loaded(SOME[:1])
    gone = frozenset({("deals", "1"), ("deals", "0"), ("companies", "no such")})
    found = difference(old, new, Compared(whole=False, removed=gone))
    assert [(row["id"], row["what"]) for row in found.rows.to_pylist()] == [("1", "removed")]


@pytest.mark.parametrize(("complete", "ids"), [(True, ["0", "1"]), (False, ["0"])])
def test_after_a_load_that_had_not_read_everything_only_what_was_created_since_is_new(
    complete: bool, ids: list[str]
) -> None:
    new = [replace(SOME[0], creation_time=NOW), *SOME[1:]]
    found = difference(loaded(SOME[2:]), loaded(new), Compared(True, complete=complete, since=NOW - timedelta(1)))
    assert [row["id"] for row in found.rows.to_pylist()] == ids


def test_a_table_that_was_not_read_before_is_not_new_as_a_whole() -> None:
    found = difference(loaded(SOME[3:]), loaded(SOME), Compared(True, since=NOW))
    assert found.rows.num_rows == 0


def test_values_that_take_too_much_are_left_out_then_rows_and_counts_stay() -> None:
    many = list(sales(2_000))
    new = [changed(each, seats=n, mail=f"new{n}@example.com") for n, each in enumerate(many[:1_500])] + many[1_600:]
    old, new_tables, by = loaded(many), loaded(new), Compared(True)
    whole = pack_difference(old, new_tables, by, PLENTY)
    rows_only = pack_difference(old, new_tables, by, len(whole.content) * 2 // 3)
    nothing = pack_difference(old, new_tables, by, 500)
    assert whole.values and not rows_only.values and not nothing.content
    kept = unpack_difference(rows_only.content)
    assert kept.values.num_rows == 0 and kept.rows.num_rows == 1_600
    assert nothing.uncounted == Counts(0, 1_500, 100) and rows_only.uncounted == whole.uncounted == Counts()
    assert told(together([(NOW, kept)]))[-1][1:] == ("changed", "", "", "")


def test_of_a_long_text_the_part_that_differs_is_kept() -> None:
    start = "Once upon a time. " * 500
    [line] = between([changed(deal(0), mail=start + "Old end")], [changed(deal(0), mail=start + "New end")])
    assert line[3].startswith("…") and line[3].endswith("Old end") and line[4].endswith("New end")
    assert len(line[3]) < 200


def test_several_loads_come_to_one_change_from_the_first_value_to_the_last() -> None:
    second = [changed(SOME[0], seats=7, won=True), *SOME[1:], deal(8)]
    third = [changed(SOME[0], seats=9), *SOME[2:]]
    found = [difference(loaded(SOME), loaded(second)), difference(loaded(second), loaded(third))]
    both = together([(NOW + timedelta(days), each) for days, each in enumerate(found)])
    assert told(both) == [
        (FIRST, "changed", "Seats", "0", "9"), ("Wayne 1 – Renewal", "removed", "", "", ""),
    ], "what came and went is left out, and so is what is as it was"  # fmt: skip
    assert both.counts == {"deals": Counts(0, 1, 1)}
    assert (
        told(
            together([(NOW, difference(loaded(SOME), loaded(second))), (NOW, difference(loaded(second), loaded(SOME)))])
        )
        == []
    )


def test_what_was_removed_and_came_back_has_changed() -> None:
    found = [difference(loaded(SOME), loaded(SOME[1:])), difference(loaded(SOME[1:]), loaded(SOME))]
    assert told(together([(NOW, each) for each in found])) == [(FIRST, "changed", "", "", "")]


def test_the_history_of_a_row_has_each_change_the_latest_first() -> None:
    second, third = [changed(SOME[0], seats=7), *SOME[1:]], SOME[1:]
    steps = [(SOME[1:], SOME), (SOME, second), (second, third)]
    dated = [(NOW + timedelta(n), difference(loaded(old), loaded(new))) for n, (old, new) in enumerate(steps)]
    assert told(history(dated, "deals", "0")) == [
        (FIRST, "removed", "", "", ""), (FIRST, "changed", "Seats", "0", "7"), (FIRST, "new", "", "", ""),
    ]  # fmt: skip
    assert told(history(dated, "companies", "0")) == []


def test_a_field_has_the_label_that_it_has_now() -> None:
    found = together([(NOW, difference(loaded(SOME), loaded([changed(SOME[0], seats=7), *SOME[1:]])))])
    assert lines(found, {BETWEEN.join(("deals", "seats")): "Licences"})["field"].tolist() == ["Licences"]
