"""What changed in a table is asked for by a formula; cells are read as Airtable shows them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from integrations.airtable import PROVIDER
from integrations.http.reading import CUT, read_json
from integrations.listing.values import log_unknown_type
from integrations.model import Collection, Field, FieldType, Item, NoValue, Option, Page
from integrations.model.errors import Forbidden, ProviderError, Unavailable
from integrations.service.runtime import run

SINCE = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Base:
    """One base with one table of three records; what it says to a formula."""

    web_url = "https://airtable.com"

    def __init__(self, to_a_formula: Exception | None = None) -> None:
        self.cache: dict[str, str] = {}
        self.to_a_formula = to_a_formula
        self.formulas: list[str | None] = []

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        if path == "/v0/meta/bases":
            return {"bases": [{"id": "appOne", "name": "One", "permissionLevel": "read"}]}
        if path.endswith("/tables"):
            return {"tables": [{"id": "tblOne", "name": "Things", "primaryFieldId": "f", "fields": []}]}
        self.formulas.append(params.get("filterByFormula"))
        if self.to_a_formula and self.formulas[-1]:
            raise self.to_a_formula
        records = [{"id": f"rec{n}", "createdTime": "2026-01-01T00:00:00.000Z", "fields": {}} for n in range(3)]
        return {"records": records[:1] if self.formulas[-1] else records}


def changed(base: Base) -> list[str]:
    async def everything() -> list[str]:
        stream = next(stream for stream in (await PROVIDER.catalog(base)).streams if stream.item_type == "record")
        return [item.id async for page in PROVIDER.changes(base, stream, SINCE) for item in page.items]

    return run(everything())


def test_only_what_changed_since_is_asked_for() -> None:
    base = Base()
    assert changed(base) == ["rec0"]
    assert base.formulas == ["IS_AFTER(LAST_MODIFIED_TIME(), DATETIME_PARSE('2026-11-22T12:00:00.000Z'))"]


def test_a_table_that_takes_no_such_formula_is_read_whole() -> None:
    base = Base(ProviderError("not understood"))
    assert changed(base) == ["rec0", "rec1", "rec2"] and base.formulas[1:] == [None]


@pytest.mark.parametrize("fault", [Unavailable("down"), Forbidden("no")])
def test_any_other_fault_stays_one(fault: ProviderError) -> None:
    with pytest.raises(type(fault)):
        changed(Base(fault))


class TwoBases(Base):
    """One of them cannot say which tables it has."""

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        if path == "/v0/meta/bases":
            return {"bases": [{"id": "appOne", "name": "One"}, {"id": "appTwo", "name": "Two"}]}
        if path == "/v0/meta/bases/appTwo/tables":
            raise Unavailable("Two is down.")
        return await super().get(path, params, bucket=bucket)


def test_a_base_whose_tables_cannot_be_listed_costs_no_other_base() -> None:
    async def everything() -> tuple[list[str], list[str]]:
        api = TwoBases()
        streams = {stream.title: stream for stream in (await PROVIDER.catalog(api)).streams}
        with pytest.raises(Unavailable, match="Two is down"):
            _ = [page async for page in PROVIDER.read(api, streams["Two"])]
        outline = [item.id async for page in PROVIDER.read(api, streams["Bases and tables"]) for item in page.items]
        return outline, [item.id async for page in PROVIDER.read(api, streams["Things"]) for item in page.items]

    assert run(everything()) == (["appOne", "appTwo", "appOne/tblOne"], ["rec0", "rec1", "rec2"])


class Odd(Base):
    """A table with a field of values that strict JSON refuses, or that are nested deeper than Python goes."""

    VALUES = (rb'"cut \ud83d"', b"NaN", b"9" * 400, b"9" * 5_000, b"[" * 900 + b"7" + b"]" * 900, b'"tab \x09, \x00"',
              b'{"a":' * 900 + b"1" + b"}" * 900, b'[1, "=cmd", [2, NaN]]')  # fmt: skip

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        if path.endswith("/tables"):
            fields = [{"id": f"fld{name}", "name": name, "type": "multilineText"} for name in ("Title", "Odd", "Other")]
            return {"tables": [{"id": "tblOne", "name": "Things", "primaryFieldId": "fldTitle", "fields": fields}]}
        if path.endswith("/tblOne"):
            return read_json(b'{"records": [%s]}' % b",".join(map(self.record, range(len(self.VALUES)))))
        return await super().get(path, params, bucket=bucket)

    def record(self, number: int) -> bytes:
        fields = b'{"fldTitle": "Row %d", "fldOdd": %s, "fldOther": "kept"}' % (number, self.VALUES[number])
        return b'{"id": "rec%d", "createdTime": "2026-01-01T00:00:00.000Z", "fields": %s}' % (number, fields)


def test_a_value_that_is_odd_or_deep_costs_neither_its_row_nor_another_field() -> None:
    records = arrived(Odd())[-len(Odd.VALUES) :]
    odd = [item.properties.get("fldOdd") for item in records]
    assert [item.name for item in records] == [f"Row {number}" for number in range(len(Odd.VALUES))]
    assert {item.properties["fldOther"] for item in records} == {"kept"}
    assert odd[:4] == ["cut \ufffd", None, "9" * 400, "9" * 5_000]
    assert odd[5] == "tab \t, \0" and odd[7] == "1, =cmd, [2, None]"
    assert CUT in str(odd[4]) and CUT in str(odd[6])


class Garden(Base):
    """Bases as they are given, answering by field name or by field id as it is asked."""

    def __init__(self, *tables: dict[str, Any], bases: dict[str, list[dict[str, Any]]] | None = None) -> None:
        super().__init__()
        self.bases = bases or {"appGarden": list(tables)}
        self.calls: list[str] = []

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        self.calls.append(path)
        if path == "/v0/meta/bases":
            return {"bases": [{"id": base, "name": base[3:], "permissionLevel": "edit"} for base in self.bases]}
        if path.endswith("/tables"):
            return {"tables": self.bases[path.split("/")[-2]]}
        base, table_id = path.split("/")[-2:]
        table = next(table for table in self.bases[base] if table["id"] == table_id)
        by_id = params.get("returnFieldsByFieldId") == "true"
        return {"records": [self.record(table, *record, by_id) for record in table["records"].items()]}

    def record(self, table: dict[str, Any], record_id: str, cells: dict[str, Any], by_id: bool) -> dict[str, Any]:
        fields = [field for field in table["fields"] if isinstance(field["name"], str)]
        keys = {field["name"]: field["id"] if by_id else field["name"] for field in fields}
        return {
            "id": record_id,
            "createdTime": "2026-03-01T08:00:00.000Z",
            "fields": {keys[name]: cell for name, cell in cells.items()},
        }


def a_table(name: str, fields: dict[str, Any], records: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A table whose first field is the primary one; a field is its type, or its type and options."""
    made = [
        {"id": f"fld{name}{n}", "name": each, "type": kind if isinstance(kind, str) else kind[0]}
        | ({} if isinstance(kind, str) else {"options": kind[1]})
        for n, (each, kind) in enumerate(fields.items())
    ]
    return {"id": f"tbl{name}", "name": name, "primaryFieldId": f"fld{name}0", "fields": made, "records": records}


def plants(fields: dict[str, Any], *cells: dict[str, Any]) -> Garden:
    """One table of plants with these fields, and a record for each set of cells."""
    names = ("Oak", "Fern", "Rose")
    records = {f"rec{name}": {"Name": name, **each} for name, each in zip(names, cells, strict=False)}
    return Garden(a_table("Plants", {"Name": "singleLineText", **fields}, records))


def pages(api: Base) -> list[Page]:
    """Every page of every stream."""

    async def everything() -> list[Page]:
        streams = sorted((await PROVIDER.catalog(api)).streams, key=lambda stream: stream.calls)  # the outline first
        return [page for stream in streams async for page in PROVIDER.read(api, stream)]

    return run(everything())


def arrived(api: Base) -> list[Item]:
    """Every item in the order of its first page, as it came last."""
    items = {(item.place, item.id): item for page in pages(api) for item in page.items}
    return list(items.values())


def collection(api: Base) -> Collection:
    """The last collection of records."""
    return [each for page in pages(api) for each in page.collections if each.item_type == "record"][-1]


def columns(api: Base) -> dict[str, Field]:
    """The fields of the last collection by label."""
    return {field.label: field for field in collection(api).fields}


def rows(api: Base) -> list[dict[str, Any]]:
    """The values of records by label."""
    found = pages(api)
    labels = {field.id: field.label for page in found for each in page.collections for field in each.fields}
    records = [item for page in found for item in page.items if item.type == "record"]
    return [{labels[id]: value for id, value in item.properties.items()} for item in records]


def of(kind: str, **options: Any) -> Any:
    """A computed field with this type of result."""
    return kind, {
        "isValid": True,
        "result": {"type": options.pop("result"), **({"options": options} if options else {})},
    }


def test_text_made_by_ai_is_empty_and_says_why_until_there_is_some() -> None:
    kinds = dict.fromkeys(("Attachment Summary", "Care", "Advice", "Story"), "aiText")
    cells = {
        "Attachment Summary": {"state": "error", "errorType": "emptyDependency", "value": None, "isStale": False},
        "Care": {"state": "empty", "value": None, "isStale": True},
        "Advice": {"state": "loading", "value": None, "isStale": True},
        "Story": {"state": "generated", "value": "Old and broad.", "isStale": False},
    }
    garden = plants(kinds, cells)
    assert rows(garden) == [{
        "Attachment Summary": NoValue("The fields that this text is made from are empty."),
        "Care": NoValue("This text has not been generated yet."),
        "Advice": NoValue("Airtable is generating this text."),
        "Story": "Old and broad.",
    }]  # fmt: skip
    assert {(field.type, field.computed) for field in columns(garden).values()} == {(FieldType.LONG_TEXT, True)}


def test_a_duration_is_in_seconds_with_its_format_and_a_percentage_a_fraction_with_its_digits() -> None:
    kinds = {"Effort": ("duration", {"durationFormat": "h:mm"}), "Share": ("percent", {"precision": 0})}
    garden = plants(kinds, {"Effort": 5400, "Share": 0.29999999999999877})
    assert rows(garden) == [{"Effort": 5400, "Share": 0.29999999999999877}]
    effort, share = columns(garden).values()
    assert (effort.type, effort.format) == (FieldType.DURATION, "h:mm")
    assert (share.type, share.precision) == (FieldType.PERCENT, 0)


def test_a_large_number_with_cents_keeps_them() -> None:
    garden = plants({"Budget": ("number", {"precision": 2})}, {"Budget": 123123871234.33})
    assert rows(garden) == [{"Budget": 123123871234.33}]
    assert columns(garden)["Budget"].precision == 2


WATCHING_ALL = ("lastModifiedTime", {"isValid": True, "referencedFieldIds": [], "result": {"type": "dateTime"}})
WATCHING_ONE = ("lastModifiedTime", {"isValid": True, "referencedFieldIds": ["fld9"], "result": {"type": "dateTime"}})


def test_only_a_time_that_watches_all_fields_says_when_a_record_was_updated() -> None:
    cells = {"Status changed": "2024-01-01T00:00:00.000Z", "Last modified": "2026-11-01T00:00:00.000Z"}
    garden = plants({"Status changed": WATCHING_ONE, "Last modified": WATCHING_ALL}, cells)
    one = arrived(plants({"Status changed": WATCHING_ONE}, {"Status changed": cells["Status changed"]}))[-1]
    assert arrived(garden)[-1].last_modified_time == datetime(2026, 11, 1, tzinfo=UTC)
    assert one.last_modified_time is None
    assert rows(garden)[0]["Status changed"] == datetime(2024, 1, 1, tzinfo=UTC)


def test_a_link_leads_to_records_of_the_linked_table_of_its_base() -> None:
    beds = a_table(
        "Beds",
        {
            "Bed": "singleLineText",
            "Plants": ("multipleRecordLinks", {"linkedTableId": "tblPlants"}),
            "Sisters": of("multipleLookupValues", result="multipleRecordLinks", linkedTableId="tblBeds"),
        },
        {"recBed1": {"Bed": "North", "Plants": ["recOak", "recFern"], "Sisters": ["recBed2"]}},
    )
    trees = a_table("Plants", {"Plant": "singleLineText"}, {"recOak": {"Plant": "Oak"}, "recFern": {"Plant": "Fern"}})
    garden = Garden(beds, trees)
    fields = {field.label: field for page in pages(garden) for each in page.collections for field in each.fields}
    assert [(fields[name].type, fields[name].many, fields[name].relates_to) for name in ("Plants", "Sisters")] == [
        (FieldType.RELATION, False, "appGarden/tblPlants"), (FieldType.RELATION, False, "appGarden/tblBeds"),
    ]  # fmt: skip
    assert rows(garden)[0] == {"Plants": ["recOak", "recFern"], "Sisters": ["recBed2"]}
    linked = {item.id for item in arrived(garden) if item.collection == "appGarden/tblPlants"}
    assert linked == {"recOak", "recFern"}


def test_a_lookup_is_a_list_of_typed_values() -> None:
    kinds = {
        "Bed size": of("multipleLookupValues", result="number", precision=0),
        "Watered": of("multipleLookupValues", result="checkbox"),
        "Planted": of("multipleLookupValues", result="date"),
    }
    cells = (
        {"Bed size": [62], "Watered": [True], "Planted": ["2026-04-01"]},
        {"Bed size": [9], "Watered": [None]},
        {"Bed size": [100, 1], "Planted": [None]},
    )
    garden = plants(kinds, *cells)
    assert rows(garden) == [
        {"Bed size": [62], "Watered": [True], "Planted": [date(2026, 4, 1)]},
        {"Bed size": [9], "Watered": [False]},
        {"Bed size": [100, 1]},
    ]
    assert [(field.type, field.many) for field in columns(garden).values()] == [
        (FieldType.NUMBER, True), (FieldType.BOOLEAN, True), (FieldType.DATE, True),
    ]  # fmt: skip


def test_a_lookup_of_choices_people_or_files_is_one_list_of_them() -> None:
    status = {"choices": [{"id": "selDone", "name": "Done", "color": "greenBright"}]}
    kinds = {
        "Status": of("multipleLookupValues", result="singleSelect", **status),
        "Gardener": of("multipleLookupValues", result="singleCollaborator"),
        "Photos": of("multipleLookupValues", result="multipleAttachments"),
    }
    photo = {"id": "att1", "url": "https://example.com/x", "filename": "oak.jpg", "size": 9, "type": "image/jpeg"}
    garden = plants(kinds, {"Status": ["Done"], "Gardener": [{"id": "usr1", "name": "Ada"}], "Photos": [photo]})
    assert rows(garden) == [{
        "Status": ["selDone"], "Gardener": ["usr1"], "Photos": [{"name": "oak.jpg", "size": 9, "type": "image/jpeg"}],
    }]  # fmt: skip
    assert [(field.type, field.many) for field in columns(garden).values()] == [
        (FieldType.MULTI_SELECT, False), (FieldType.PEOPLE, False), (FieldType.FILES, False),
    ]  # fmt: skip
    assert columns(garden)["Status"].options == (Option("selDone", "Done", "green"),)


def test_a_computed_box_is_read_like_a_box_and_its_error_says_what_it_is() -> None:
    kinds = {"All done": of("rollup", result="checkbox")}
    found = rows(plants(kinds, {"All done": True}, {"All done": {"error": "#ERROR!"}}, {}))
    assert [each["All done"] for each in found] == [True, NoValue("Airtable could not compute this: #ERROR!."), False]


def test_what_a_formula_cannot_give_is_no_value_with_the_reason() -> None:
    garden = plants(
        {"Ratio": of("formula", result="number", precision=2), "Share": of("formula", result="percent", precision=1)},
        {"Ratio": {"specialValue": "NaN"}, "Share": 0.125},
        {"Ratio": {"specialValue": "Infinity"}, "Share": {"error": "#ERROR!"}},
    )
    assert [each["Ratio"] for each in rows(garden)] == [
        NoValue("The result is not a number."), NoValue("The result is infinite."),
    ]  # fmt: skip
    ratio, share = columns(garden).values()
    assert (ratio.type, ratio.precision, ratio.computed) == (FieldType.NUMBER, 2, True)
    assert (share.type, share.precision) == (FieldType.PERCENT, 1)


def test_two_bases_with_the_same_ids_keep_all_their_tables_and_records() -> None:
    def copy(phase: str) -> list[dict[str, Any]]:
        records = {f"rec{n}": {"Name": f"Plant {n}", "Phase": phase} for n in range(3)}
        return [a_table("Plants", {"Name": "singleLineText", "Phase": "singleLineText"}, records)]

    garden = Garden(bases={"appGarden": copy("live"), "appGardenDev": copy("test")})
    items = arrived(garden)
    assert len(items) == 10 and len({(item.place, item.id) for item in items}) == 10
    assert sum(row["Phase"] == "live" for row in rows(garden) if "Phase" in row) == 3
    for item in items:
        if item.type == "record":
            parent = next(each for each in items if each.type == "table" and each.id == item.parent_id)
            assert item.collection == parent.id and parent.parent_id in (item.url or "").split("/")
            assert parent.id in next(each.children or () for each in items if each.id == parent.parent_id)


def test_a_field_of_the_same_name_in_two_tables_has_a_type_in_each() -> None:
    sales = a_table("Sales", {"Name": "singleLineText", "Amount": ("number", {"precision": 1})}, {
        "rec0": {"Name": "Sale 0", "Amount": 9}, "rec1": {"Name": "Sale 1", "Amount": 10},
        "rec2": {"Name": "Sale 2", "Amount": 100.5}})  # fmt: skip
    offers = a_table("Offers", {"Name": "singleLineText", "Amount": "singleLineText"}, {
        "recX": {"Name": "Offer", "Amount": "on request"}})  # fmt: skip
    garden = Garden(sales, offers)
    found = [each for page in pages(garden) for each in page.collections if each.item_type == "record"]
    assert [each.fields[0].type for each in found] == [FieldType.NUMBER, FieldType.TEXT]
    assert [row["Amount"] for row in rows(garden)] == [9, 10, 100.5, "on request"]


class Renamed(Garden):
    """A table with an internal field, and a field that was renamed after the schema was read."""

    def record(self, table: dict[str, Any], record_id: str, cells: dict[str, Any], by_id: bool) -> dict[str, Any]:
        fields = cells if by_id else {"Renamed": cells["fldPlants1"]}
        return {"id": record_id, "createdTime": "2026-03-01T08:00:00.000Z", "fields": fields}


def test_values_are_found_by_field_id_so_that_a_new_name_loses_none() -> None:
    cells = {"fldPlants0": "Oak", "fldPlants1": "tall", "fldSort": "a0"}
    table = a_table("Plants", {"Name": "singleLineText", "Shape": "singleLineText"}, {"recOak": cells})
    table["fields"] += [{"id": "fldSort", "name": "manualSort (internal)", "type": "manualSort"}]
    items = {item.type: item for item in arrived(Renamed(table))}
    assert items["record"].properties == {"fldPlants1": "tall"}
    assert items["table"].properties["Fields"] == ["Name", "Shape"]


def test_a_table_is_a_collection_of_its_base_with_its_fields_but_for_the_one_that_names_a_record() -> None:
    garden = plants({"Height": ("number", {"precision": 1}), "Price": ("currency", {"precision": 2, "symbol": "€"})})
    found = collection(garden)
    assert (found.id, found.label, found.group, found.name_label, found.item_type) == (
        "appGarden/tblPlants", "Plants", "Garden", "Name", "record",
    )  # fmt: skip
    assert [field.label for field in found.fields] == ["Height", "Price"]
    assert (found.fields[1].type, found.fields[1].currency, found.fields[1].precision) == (FieldType.CURRENCY, "€", 2)
    assert all(item.collection for item in arrived(garden)) and arrived(plants({})) != []


def test_every_stream_gives_its_collections_with_its_first_page_and_with_no_other() -> None:
    found = pages(Garden(a_table("Plants", {"Name": "singleLineText"}, {})))
    assert [[each.id for each in page.collections] for page in found] == [["base", "table"], ["appGarden/tblPlants"]]


@pytest.mark.parametrize(
    ("field", "cell", "name"),
    [
        ("singleLineText", "Oak", "Oak"),
        ("autoNumber", 7, "7"),
        ("date", "2026-04-01", "2026-04-01"),
        ("dateTime", "2026-04-01T10:30:00.000Z", "2026-04-01 10:30:00Z"),
        (("number", {"precision": 2}), 1234.5, "1234.50"),
        (("currency", {"precision": 2, "symbol": "€"}), 1234.5, "€1,234.50"),
        (("percent", {"precision": 0}), 0.29999999999999877, "30%"),
        (("duration", {"durationFormat": "h:mm"}), 5400, "1:30"),
        ("barcode", {"text": "4006381", "type": "ean13"}, "4006381"),
        (of("formula", result="singleLineText"), {"error": "#ERROR!"}, "Untitled"),
        (of("formula", result="number", precision=0), 4, "4"),
        ("checkbox", True, "Yes"),
        (("singleSelect", {"choices": [{"id": "sel1", "name": "Tall"}]}), "Tall", "Tall"),
        ("createdBy", {"id": "usr1", "email": "ada@example.org", "name": "Ada"}, "Ada"),
        (of("multipleLookupValues", result="number", precision=1), [1, 2.25], "1.0, 2.2"),
        ("multipleAttachments", [{"id": "att1", "filename": "oak.jpg"}], "oak.jpg"),
        ("singleLineText", None, "Untitled"),
    ],
)
def test_a_primary_field_of_any_type_names_the_record_as_airtable_shows_it(field: Any, cell: Any, name: str) -> None:
    table = a_table("Plants", {"Name": field}, {"recOak": {"Name": cell}})
    assert arrived(Garden(table))[-1].name == name


def test_whoever_created_a_record_owns_it_and_people_are_ids_with_names() -> None:
    kinds = {"Made by": "createdBy", "Team": "multipleCollaborators", "Checked by": "lastModifiedBy"}
    ada = {"id": "usr1", "email": "ada@example.org", "name": "Ada Lovelace"}
    garden = plants(kinds, {"Made by": ada, "Team": [ada, {"id": "usr2", "email": "bo@example.org"}]})
    assert arrived(garden)[-1].owner == "usr1"
    assert rows(garden) == [{"Made by": "usr1", "Team": ["usr1", "usr2"]}]
    people = {id: name for page in pages(garden) for id, name in page.people.items()}
    assert people == {"usr1": "Ada Lovelace", "usr2": "bo@example.org"}


def test_a_button_is_its_address_or_its_label() -> None:
    garden = plants({"Go": "button"}, {"Go": {"label": "Open", "url": "https://example.com"}}, {"Go": {"label": "Run"}})
    assert [row["Go"] for row in rows(garden)] == ["https://example.com", "Run"]


def test_choices_have_the_providers_order_and_its_nearest_colours_and_cells_name_them_by_id() -> None:
    choices = [
        {"id": "sel1", "name": "Sun", "color": "yellowBright"}, {"id": "sel2", "name": "Shade", "color": "cyanDark1"},
        {"name": "Frost"}, {"id": "sel4", "name": ["odd"]}, None,
    ]  # fmt: skip
    garden = plants(
        {"Likes": ("multipleSelects", {"choices": choices}), "Source": ("externalSyncSource", {"choices": choices})},
        {"Likes": ["Shade", "Frost", "Added since"], "Source": "Sun"},
    )
    options = (Option("sel1", "Sun", "yellow"), Option("sel2", "Shade", "blue"), Option("Frost", "Frost"))
    assert [field.options for field in columns(garden).values()] == [options, options]
    assert rows(garden) == [{"Likes": ["sel2", "Frost", "Added since"], "Source": "sel1"}]


def test_a_field_whose_type_is_no_text_is_shown_as_text() -> None:
    odd = ("multipleLookupValues", {"result": {"type": ["number"]}})
    table = a_table("Plants", {"Name": "singleLineText", "Size": odd, "Shape": "singleLineText"}, {"recOak": {
        "Name": "Oak", "Size": [62], "Shape": "tall"}})  # fmt: skip
    table["fields"][2]["type"] = {"of": "text"}
    assert rows(Garden(table)) == [{"Size": ["62"], "Shape": "tall"}]


def test_a_type_that_is_not_known_is_shown_as_text_and_logged_once_by_name(caplog: pytest.LogCaptureFixture) -> None:
    log_unknown_type.cache_clear()
    garden = plants({"Scent": "hologram", "Sound": "hologram"}, {"Scent": {"name": "Sweet"}, "Sound": 3})
    assert rows(garden) == [{"Scent": "Sweet", "Sound": "3"}]
    assert {field.type for field in columns(garden).values()} == {FieldType.TEXT}
    assert caplog.text.count("'hologram'") == 1


ODD: tuple[Any, ...] = (None, 5, True, "", "odd", [], ["odd"], {}, {"en": "odd"})


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_primary_field_that_is_no_id_costs_nothing_but_the_name(odd: Any) -> None:
    table = a_table("Plants", {"Name": "singleLineText", "Size": "number"}, {"recOak": {"Name": "Oak", "Size": 62}})
    garden = Garden({**table, "primaryFieldId": odd})
    assert arrived(garden)[-1].name == "Untitled" and collection(garden).name_label == "Name"
    assert rows(garden) == [{"Name": "Oak", "Size": 62}]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("kind", ["number", "singleSelect", "multipleRecordLinks", "currency", "duration", "rollup"])
def test_a_schema_that_is_odd_costs_no_value(kind: str, odd: Any) -> None:
    names = ("precision", "choices", "linkedTableId", "symbol", "durationFormat", "result", "referencedFieldIds")
    table = a_table("Plants", {"Name": "singleLineText", "Odd": (kind, dict.fromkeys(names, odd)), "Size": "number"}, {
        "recOak": {"Name": "Oak", "Odd": 5, "Size": 62}})  # fmt: skip
    table["fields"] += [{"id": odd, "name": odd, "type": odd, "options": odd}]
    found = Garden({**table, "name": odd, "description": odd})
    assert rows(found)[0]["Size"] == 62 and rows(found)[0]["Odd"] in (5, "5", [5])


def test_a_field_whose_name_is_no_text_is_named_by_its_id() -> None:
    class Odd(Garden):
        async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
            answer = await super().get(path, params, bucket=bucket)
            fields = [{**field, "name": {"en": field["name"]}} for field in self.bases["appGarden"][0]["fields"]]
            return {"tables": [{**answer["tables"][0], "fields": fields}]} if path.endswith("/tables") else answer

    table = a_table("Plants", {"Name": "singleLineText", "Size": "number"}, {"recOak": {"Name": "Oak", "Size": 62}})
    assert rows(Odd(table)) == [{table["fields"][1]["id"]: 62}]
