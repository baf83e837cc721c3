"""A collection has the columns that its schema says, and each value of a column its type."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.frames import Tables, merge, pack
from integrations.frames.columns import COLUMN_TYPES, EXACT, arrow_type, packed
from integrations.model import Collection, Field, FieldType, Item, NoValue, Schema

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=9).filter(bool)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-EXACT, EXACT)
TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC))
FILES = st.fixed_dictionaries({"name": TEXTS, "size": st.none() | st.integers(0, 2**60), "type": st.none() | TEXTS})
VALUES = {
    **dict.fromkeys(FieldType, TEXTS),
    **dict.fromkeys((FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION), FLOATS),
    FieldType.RATING: st.integers(0, 10),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates(),
    FieldType.DATETIME: TIMES,
    FieldType.DATE_RANGE: st.tuples(st.dates() | TIMES, st.none() | st.dates() | TIMES),
    **dict.fromkeys((FieldType.MULTI_SELECT, FieldType.PEOPLE, FieldType.RELATION), st.lists(TEXTS, min_size=1)),
    FieldType.FILES: st.lists(FILES, min_size=1, max_size=2),
    FieldType.IDENTIFIER: st.integers(-(2**63), 2**63 - 1),
}


def stored(kind, value):
    """What a column gives for a value."""
    if kind is not FieldType.DATE_RANGE:
        return value
    timed = any(isinstance(each, datetime) for each in value)
    ends = [datetime.combine(each, datetime.min.time(), UTC) if type(each) is date else each for each in value]
    return {"start": ends[0], "end": ends[1], "timed": timed}


def described(*fields, **collection):
    return Schema((Collection("c", "Rows", "row", fields, **collection),))


def items(values, id="f"):
    return [Item(str(n), "row", str(n), collection="c", properties={id: value}) for n, value in enumerate(values)]


@pytest.mark.parametrize("kind", FieldType)
def test_every_type_has_a_column(kind):
    assert COLUMN_TYPES[kind].operators and arrow_type(Field("f", "F", kind)) == COLUMN_TYPES[kind].arrow


@pytest.mark.parametrize("kind", FieldType)
@given(data=st.data())
def test_values_of_every_type_come_back_as_they_were(kind, data):
    field = Field("f", "F", kind)
    values = data.draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=5))
    table = Tables([pack(items(values), described(field))], described(field)).open("c")
    assert table.values("f").type == arrow_type(field) and table.misfits("f") == {}
    assert table.values("f").to_pylist() == [None if each is None else stored(kind, each) for each in values]


@pytest.mark.parametrize("kind", FieldType)
@given(data=st.data())
def test_lists_of_every_type_come_back_as_they_were(kind, data):
    field = Field("f", "F", kind, many=True)
    values = data.draw(st.lists(st.none() | st.lists(VALUES[kind], min_size=1, max_size=3), min_size=1, max_size=4))
    found, misfits = packed(field, values)
    flat = pa.types.is_list(COLUMN_TYPES[kind].arrow)
    expected = [
        each and ([one for part in each for one in part] if flat else [stored(kind, one) for one in each])
        for each in values
    ]
    assert misfits == {} and found.type == arrow_type(field) and found.to_pylist() == expected


ANYTHING = st.none() | st.booleans() | FLOATS | TEXTS | st.dates() | TIMES | st.lists(TEXTS) | st.just({"a": [1]})


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("kind", FieldType)
@given(values=st.lists(ANYTHING, min_size=1, max_size=6), number=st.integers(2**64, 2**70))
def test_a_value_of_another_type_never_changes_the_column_and_is_kept_as_text(kind, many, values, number):
    field = Field("f", "F", kind, many=many)
    table = Tables([pack(items([*values, number]), described(field))], described(field)).open("c")
    column, misfits = table.values("f"), table.misfits("f")
    assert column.type == arrow_type(field) and len(column) == len(values) + 1
    for place, value in enumerate([*values, number]):
        if value not in (None, "", []):
            assert (column[place].as_py() is not None) != bool(misfits.get(place, {}).get("text"))


def test_one_odd_value_leaves_the_others_numbers(one_field):
    table = one_field(Field("f", "F", FieldType.NUMBER), [1, "n/a", 2.5, float("nan"), 2**60, True])
    assert table.values("f").to_pylist() == [1, None, 2.5, None, None, None]
    assert {place: misfit["text"] for place, misfit in table.misfits("f").items()} == {
        1: "n/a", 4: str(2**60), 5: "TRUE",
    }  # fmt: skip


def test_a_value_that_is_withheld_keeps_its_reason(one_field):
    table = one_field(Field("f", "F", FieldType.DATE), [NoValue("Too deep."), date(2026, 1, 1)])
    assert table.values("f").to_pylist() == [None, date(2026, 1, 1)] and table.misfits("f")[0] == {
        "reason": "Too deep."
    }


@pytest.mark.parametrize(
    ("before", "value", "after", "expected"),
    [
        (FieldType.NUMBER, 5, FieldType.TEXT, "5"),
        (FieldType.NUMBER, 0.5, FieldType.TEXT, "0.5"),
        (FieldType.NUMBER, "n/a", FieldType.TEXT, "n/a"),
        (FieldType.NUMBER, "n/a", FieldType.SELECT, "n/a"),
        (FieldType.TEXT, "5.5", FieldType.NUMBER, 5.5),
        (FieldType.NUMBER, 7, FieldType.IDENTIFIER, 7),
        (FieldType.IDENTIFIER, 7, FieldType.NUMBER, 7),
        (FieldType.TEXT, "2026-11-26", FieldType.DATE, date(2026, 11, 26)),
        (FieldType.DATE, date(2026, 11, 26), FieldType.TEXT, "2026-11-26"),
        (FieldType.DATETIME, datetime(2026, 11, 26, 9, tzinfo=UTC), FieldType.DATE, date(2026, 11, 26)),
        (FieldType.DATE, date(2026, 11, 26), FieldType.DATETIME, datetime(2026, 11, 26, tzinfo=UTC)),
        (FieldType.DATE_RANGE, (date(2026, 1, 2), None), FieldType.DATE, date(2026, 1, 2)),
        (FieldType.DATE_RANGE, (date(2026, 1, 2), date(2026, 2, 3)), FieldType.TEXT, "2026-01-02 → 2026-02-03"),
        (FieldType.SELECT, "a", FieldType.MULTI_SELECT, ["a"]),
        (FieldType.MULTI_SELECT, ["a", "b"], FieldType.TEXT, "a, b"),
        (FieldType.FILES, [{"name": "a.pdf", "size": 1, "type": None}], FieldType.TEXT, "a.pdf"),
        (FieldType.BOOLEAN, True, FieldType.TEXT, "TRUE"),
        (FieldType.PEOPLE, ["u1"], FieldType.PERSON, "u1"),
        (FieldType.TEXT, "TRUE", FieldType.BOOLEAN, True),
    ],
)
def test_a_field_of_another_type_than_it_was_stored_with_is_converted(before, value, after, expected):
    old, new = described(Field("f", "F", before)), described(Field("f", "F", after))
    chunks = [pack(items([value]), old)]
    table = Tables(chunks, new).open("c")
    assert (table.values("f").to_pylist(), table.misfits("f")) == ([expected], {})
    other = Item("new", "row", "new", collection="c", properties={"f": None})
    merged = Tables(merge(chunks, [pack([other], new)]), new).open("c")
    assert (merged.values("f").to_pylist(), merged.misfits("f")) == ([expected, None], {})


@pytest.mark.parametrize("kind", FieldType)
@given(data=st.data())
def test_loads_of_two_schemas_merge_and_what_cannot_be_converted_is_told(kind, data):
    """Whatever a field was and became: no row is lost, and no value disappears."""
    other = data.draw(st.sampled_from(FieldType))
    old, new = described(Field("f", "F", kind)), described(Field("f", "F", other))
    value, fresh = data.draw(VALUES[kind]), data.draw(VALUES[other])
    fresh_item = Item("new", "row", "new", collection="c", properties={"f": fresh})
    merged = list(merge([pack(items([value]), old)], [pack([fresh_item], new)]))
    table = Tables(merged, new).open("c")
    assert table.ids.to_pylist() == ["0", "new"] and table.values("f")[1].as_py() == stored(other, fresh)
    assert table.values("f")[0].as_py() is not None or table.misfits("f")[0]["text"]


def test_a_field_that_the_schema_has_no_longer_disappears():
    chunks = [pack(items(["x"]), described(Field("f", "F")))]
    assert Tables(chunks, described(Field("g", "G"))).open("c").own_fields == (Field("g", "G"),)


def test_a_field_that_had_two_types_before_it_was_removed_disappears_too():
    number, text = described(Field("f", "F", FieldType.NUMBER)), described(Field("f", "F"))
    merged = list(merge([pack(items([5]), number)], [pack(items([None, "x"]), text)]))
    assert Tables(merged, text).open("c").values("f").to_pylist() == [None, "x"]
    assert Tables(merged, described(Field("g", "G"))).open("c").own_fields == (Field("g", "G"),)


def test_texts_beside_those_of_another_type_come_back_without_quotes():
    number, text = described(Field("f", "F", FieldType.NUMBER)), described(Field("f", "F"))
    three = items([None, "old", 3])
    mixed = list(merge([pack(three[2:], number)], [pack(three[1:2], text)]))
    merged = merge([pack(three[:1], text), *mixed], [pack(items(["new"]), text)])
    assert Tables(merged, text).open("c").values("f").to_pylist() == ["new", "3", "old"]


def test_fields_without_a_schema_have_the_type_that_all_their_values_fit():
    values = {
        "n": [1, 2.5],
        "b": [True, None],
        "t": ["a", 1],
        "l": [["a", "b"], []],
        "big": [2**60, 1],
        "e": [None, ""],
    }
    rows = [Item(str(n), "row", "", properties={name: each[n] for name, each in values.items()}) for n in range(2)]
    table = Tables([pack(rows[:1]), pack(rows[1:])]).open("row")
    assert {each.id: (each.type.value, table.values(each.id).to_pylist()) for each in table.own_fields} == {
        "n": ("number", [1, 2.5]), "b": ("boolean", [True, None]), "t": ("text", ["a", "1"]),
        "l": ("text", ["a, b", None]), "big": ("text", [str(2**60), "1"]), "e": ("text", [None, None]),
    }  # fmt: skip


def test_collections_come_in_the_order_of_the_schema_then_of_the_rows():
    schema = described(Field("f", "F"))
    tables = Tables([pack([Item("1", "data_source", "A"), *items([1, 2])])], schema)
    assert [(each.id, each.label, tables.counts[each.id]) for each in tables.collections] == [
        ("c", "Rows", 2), ("data_source", "Data source", 1),
    ]  # fmt: skip
    assert tables.total == 3 and tables.open().num_rows == 3
    with pytest.raises(KeyError):
        tables.open("nowhere")


def test_a_collection_without_rows_has_its_columns(one_field):
    table = one_field(Field("f", "F", FieldType.DATE), [])
    assert table.num_rows == 0 and [each.label for each in table.fields] == ["Name", "F"]
    assert table.values("f").type == pa.date32() and table.main_fields == ("name",)


def test_important_fields_come_first_and_those_without_values_last():
    fields = (Field("note", "Note"), Field("stage", "Stage", FieldType.SELECT), Field("none", "None", FieldType.SELECT),
              Field("when", "When", FieldType.DATE))  # fmt: skip
    row = Item("1", "row", "", collection="c", last_modified_time=datetime(2026, 1, 1, tzinfo=UTC),
               properties={"note": "x", "stage": "a", "when": date(2026, 1, 1)})  # fmt: skip
    table = Tables([pack([row], described(*fields))], described(*fields)).open("c")
    assert [each.id for each in table.fields] == ["name", "stage", "when", "note", "none", "updated"]
    assert table.main_fields == ("name", "stage", "when", "note", "updated")
    assert [each.id for each in table.own_fields] == ["note", "stage", "none", "when"]
    schema = described(*fields, first=("when", "note"))
    assert Tables([pack([row], schema)], schema).open("c").main_fields[:3] == ("name", "when", "note")


def test_a_field_whose_values_all_do_not_fit_is_one_with_values(one_field):
    assert one_field(Field("f", "F", FieldType.NUMBER), ["n/a"]).main_fields == ("name", "f")
    assert one_field(Field("f", "F", FieldType.NUMBER), [NoValue("Too deep.")]).main_fields == ("name",)


def test_labels_and_ids_of_fields_are_different_from_each_other_and_from_the_standard_ones():
    fields = (Field("updated", "Updated"), Field("a", "Stage"), Field("b", "Stage"), Field("c", " "), Field(".x", "X"))
    row = Item("1", "row", "", collection="c", last_modified_time=datetime(2026, 1, 1, tzinfo=UTC),
               properties={"updated": "mine", "a": "1", "b": "2", "c": "3", ".x": "4"})  # fmt: skip
    table = Tables([pack([row], described(*fields))], described(*fields)).open("c")
    assert len({each.label for each in table.fields}) == len({each.id for each in table.fields}) == len(table.fields)
    assert {each.id: table.values(each.id)[0].as_py() for each in table.own_fields} == {
        ".updated": "mine", "a": "1", "b": "2", "c": "3", "..x": "4",
    }  # fmt: skip
    assert table.values("updated")[0].as_py().year == 2026
    for unknown in (".a", "x", ".name", ""):
        with pytest.raises(KeyError):
            table.values(unknown)


def test_prefetching_gives_the_same_values(one_field):
    fields = (Field("a", "A"), Field("b", "B", FieldType.NUMBER))
    one = one_field(fields[0], [{"a": "x", "b": 1}, {"b": "odd"}], fields=fields[1:])
    one.prefetch(each for each in ("a", "b", "name", "updated", "unknown"))
    two = one_field(fields[0], [{"a": "x", "b": 1}, {"b": "odd"}], fields=fields[1:])
    for name in ("a", "b", "name", "updated"):
        assert one.values(name).equals(two.values(name)) and one.misfits(name) == two.misfits(name)


def test_the_latest_row_of_an_item_brings_its_values_and_its_misfits():
    field = Field("f", "F", FieldType.NUMBER)
    schema = described(field)
    old = pack(items([1, "odd", 3]), schema)
    table = Tables([old, pack(items(["new"]), schema)], schema).open("c")
    assert table.values("f").to_pylist() == [None, None, 3]
    assert {place: each["text"] for place, each in table.misfits("f").items()} == {0: "new", 1: "odd"}


def test_a_parent_known_by_its_id_is_named_by_its_row_wherever_that_is(item, opened):
    rows = [item("1", parent_id="9"), item("2", parent_id="gone"), item("9", "deal", name="Top"),
            item("3", parent_id="9", parent_path_or_name="Given")]  # fmt: skip
    assert opened(rows, "page").values("parent").to_pylist() == ["Top", None, "Given"]


def test_a_parent_is_named_by_the_collection_that_parents_are_in(item):
    schema = Schema((Collection("a", "A", "a", parents="b"), Collection("b", "B", "b")))
    rows = [item("1", "a", parent_id="2"), item("2", "a", name="Not it"), item("2", "b", name="Parent")]
    assert Tables([pack(rows, schema)], schema).open("a").values("parent").to_pylist() == ["Parent", None]


def test_an_owner_is_a_name_or_somebody_known_by_id(deals):
    assert deals.values("owner").to_pylist() == ["Mina Okoro", "Łukasz", None]
    assert deals.standard("owner").to_pylist() == ["u1", "u2", None]


@pytest.mark.parametrize(
    ("url", "link"),
    [("http://a.example", 1), ("HTTPS://a.example/x", 1), ("javascript:alert(1)", 0), (" https://a.example", 0),
     ("https://", 0), ("//a.example", 0), ("ftp://a", 0), ("", 0), (None, 0)],
)  # fmt: skip
def test_only_web_addresses_are_links(item, opened, url, link):
    assert opened([item(url=url)], "page").values("link").to_pylist() == [url if link else None]


def test_everything_has_the_rows_of_all_and_leads_back_to_them(deals):
    everything = deals.tables.open()
    assert everything.values("name").to_pylist() == ["Solar", "Wind", "Empty", "Acme"]
    assert everything.values("type").to_pylist() == ["Deal", "Deal", "Deal", "Company"]
    assert everything.place(3) == ("companies", 0) and everything.place(1) == ("deals", 1)
    assert [each.id for each in everything.fields] == [
        "name", "type", "parent", "owner", "updated", "created", "link",
    ]  # fmt: skip
    for wrong in (-1, 4):
        with pytest.raises(IndexError):
            everything.place(wrong)


def test_an_item_is_found_by_its_id_in_its_collection_or_anywhere(deals):
    tables = deals.tables
    assert tables.find("deals", "d2") == ("deals", 1) and tables.find("", "c1") == ("companies", 0)
    assert tables.find("deals", "c1") is None and tables.find("nowhere", "d1") is None and tables.find("", "x") is None


@given(st.integers(-12, 12), st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)))
def test_a_time_of_any_zone_is_the_same_moment(hours, moment):
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    found, misfits = packed(Field("f", "F", FieldType.DATETIME), [aware])
    assert found.to_pylist() == [aware] and not misfits
