"""What changed in a table is asked for by a formula, and everything where a table takes none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from queries import narrowing

from integrations import frames
from integrations.airtable import PROVIDER
from integrations.http.reading import CUT, read_json
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
        fields = b'{"Title": "Row %d", "Odd": %s, "Other": "kept"}' % (number, self.VALUES[number])
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
