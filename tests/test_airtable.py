"""What changed in a table is asked for by a formula; cells are read as Airtable shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from queries import narrowing

from integrations import frames
from integrations.airtable import PROVIDER
from integrations.http.reading import CUT, read_json
from integrations.model import Item
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

    assert run(everything()) == (["appOne", "appTwo", "tblOne"], ["rec0", "rec1", "rec2"])


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


def test_a_value_that_is_odd_or_deep_costs_neither_its_row_nor_another_field_down_to_the_file() -> None:
    async def records() -> list[Any]:
        api = Odd()
        stream = next(stream for stream in (await PROVIDER.catalog(api)).streams if stream.item_type == "record")
        return [item async for page in PROVIDER.read(api, stream) for item in page.items]

    table = frames.unpack([frames.pack(run(records()))])
    frame = frames.frame(table, ("Odd", "Other"))
    odd = dict(zip(frame["Name"], frame["Odd"], strict=True))
    assert len(frame) == len(Odd.VALUES) and set(frame["Other"]) == {"kept"}
    assert odd["Row 0"] == "cut \ufffd" and pd.isna(odd["Row 1"])
    assert (odd["Row 2"], odd["Row 3"]) == ("9" * 400, "9" * 5_000)
    assert odd["Row 4"] == CUT and CUT in odd["Row 6"] and odd["Row 7"] == "1, =cmd, 2"
    file = b"".join(frames.csv_rows(frame)).decode("utf-8-sig")
    assert "9" * 400 in file and "cut \ufffd" in file and file.count('"kept"') == len(Odd.VALUES)
    for search, row in (("9" * 200, "Row 2"), (CUT, "Row 4"), ("\ufffd", "Row 0"), ("=cmd", "Row 7")):
        assert row in set(frames.apply(frame, narrowing(search=search), frames.search_texts(table))["Name"])
    for number in range(len(Odd.VALUES)):
        assert frames.details(table, "record", f"rec{number}")["properties"]["Other"] == "kept"


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
        keys = {field["name"]: field["id"] if by_id else field["name"] for field in table["fields"]}
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


def arrived(api: Garden) -> list[Item]:
    """Every item in the order of its first page, as it came last."""

    async def everything() -> dict[tuple[str, str], Item]:
        streams = (await PROVIDER.catalog(api)).streams
        pages = [page for stream in streams async for page in PROVIDER.read(api, stream)]
        return {(item.type, item.id): item for page in pages for item in page.items}

    return list(run(everything()).values())


def properties(api: Garden) -> list[Any]:
    return [item.properties for item in arrived(api) if item.type == "record"]


def test_text_made_by_ai_is_empty_until_there_is_some() -> None:
    kinds = dict.fromkeys(("Attachment Summary", "Care", "Advice", "Story"), "aiText")
    cells = {
        "Attachment Summary": {"state": "error", "errorType": "emptyDependency", "value": None, "isStale": False},
        "Care": {"state": "empty", "value": None, "isStale": True},
        "Advice": {"state": "loading", "value": None, "isStale": True},
        "Story": {"state": "generated", "value": "Old and broad.", "isStale": False},
    }
    assert properties(plants(kinds, cells)) == [
        {"Attachment Summary": None, "Care": None, "Advice": None, "Story": "Old and broad."}
    ]


WATCHING_ALL = ("lastModifiedTime", {"isValid": True, "referencedFieldIds": [], "result": {"type": "dateTime"}})
WATCHING_ONE = ("lastModifiedTime", {"isValid": True, "referencedFieldIds": ["fld9"], "result": {"type": "dateTime"}})


def test_only_a_time_that_watches_all_fields_says_when_a_record_was_updated() -> None:
    cells = {"Status changed": "2024-01-01T00:00:00.000Z", "Last modified": "2026-11-01T00:00:00.000Z"}
    both = arrived(plants({"Status changed": WATCHING_ONE, "Last modified": WATCHING_ALL}, cells))[-1]
    one = arrived(plants({"Status changed": WATCHING_ONE}, {"Status changed": cells["Status changed"]}))[-1]
    assert both.last_modified_time == datetime(2026, 11, 1, tzinfo=UTC)
    assert one.last_modified_time is None


def test_a_lookup_of_one_number_or_box_is_that_value_and_one_of_more_is_a_list() -> None:
    def lookup(kind: str) -> Any:
        return "multipleLookupValues", {"isValid": True, "result": {"type": kind}}

    kinds = {"Bed size": lookup("number"), "Watered": lookup("checkbox")}
    cells = {"Bed size": [62], "Watered": [True]}, {"Bed size": [9], "Watered": [None]}, {"Bed size": [100, 1]}
    found = properties(plants(kinds, *cells))
    assert [each["Bed size"] for each in found] == [62, 9, [100, 1]]
    assert [each["Watered"] for each in found] == [True, False, None]


def test_a_computed_box_is_read_like_a_box_and_its_error_is_empty() -> None:
    kinds = {"All done": ("rollup", {"isValid": True, "result": {"type": "checkbox"}})}
    found = properties(plants(kinds, {"All done": True}, {"All done": {"error": "#ERROR!"}}, {}))
    assert [each["All done"] for each in found] == [True, None, False]


def test_two_bases_with_the_same_ids_keep_all_their_tables_and_records() -> None:
    def copy(phase: str) -> list[dict[str, Any]]:
        records = {f"rec{n}": {"Name": f"Plant {n}", "Phase": phase} for n in range(3)}
        return [a_table("Plants", {"Name": "singleLineText", "Phase": "singleLineText"}, records)]

    items = arrived(Garden(bases={"appGarden": copy("live"), "appGardenDev": copy("test")}))
    assert len(items) == 10
    assert sum(item.properties.get("Phase") == "live" for item in items) == 3
    for item in items:
        if item.type == "record":
            parent = next(each for each in items if each.type == "table" and each.id == item.parent_id)
            assert parent.parent_id in (item.url or "") and parent.id in next(
                each.children or () for each in items if each.id == parent.parent_id
            )


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
    assert items["record"].properties == {"Shape": "tall"}
    assert items["table"].properties["Fields"] == ["Name", "Shape"]


def test_a_field_whose_type_is_no_text_is_shown_as_it_comes() -> None:
    odd = ("multipleLookupValues", {"result": {"type": ["number"]}})
    table = a_table("Plants", {"Name": "singleLineText", "Size": odd, "Shape": "singleLineText"}, {"recOak": {
        "Name": "Oak", "Size": [62], "Shape": "tall"}})  # fmt: skip
    table["fields"][2]["type"] = {"of": "text"}
    assert properties(Garden(table)) == [{"Size": [62], "Shape": "tall"}]


def test_a_field_whose_name_is_no_text_is_named_by_its_id() -> None:
    class Odd(Garden):
        async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
            answer = await super().get(path, params, bucket=bucket)
            fields = [{**field, "name": {"en": field["name"]}} for field in self.bases["appGarden"][0]["fields"]]
            return {"tables": [{**answer["tables"][0], "fields": fields}]} if path.endswith("/tables") else answer

    table = a_table("Plants", {"Name": "singleLineText", "Size": "number"}, {"recOak": {"Name": "Oak", "Size": 62}})
    assert properties(Odd(table)) == [{table["fields"][1]["id"]: 62}]
