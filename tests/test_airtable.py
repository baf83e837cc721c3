"""What changed in a table is asked for by a formula, and everything where a table takes none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.airtable import PROVIDER
from integrations.model.errors import Forbidden, ProviderError, Unavailable
from integrations.store.loop import run

SINCE = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Base:
    """One base with one table of three records; what it says to a formula."""

    web_url = "https://airtable.com"

    def __init__(self, to_a_formula: Exception | None = None) -> None:
        self.known: dict[str, str] = {}
        self.to_a_formula = to_a_formula
        self.formulas: list[str | None] = []

    async def get(self, path: str, params: Any = None, *, lane: str = "") -> Any:
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
        part = next(part for part in (await PROVIDER.plan(base)).parts if part.kind == "record")
        return [item.id async for page in PROVIDER.changes(base, part, SINCE) for item in page.items]

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

    async def get(self, path: str, params: Any = None, *, lane: str = "") -> Any:
        if path == "/v0/meta/bases":
            return {"bases": [{"id": "appOne", "name": "One"}, {"id": "appTwo", "name": "Two"}]}
        if path == "/v0/meta/bases/appTwo/tables":
            raise Unavailable("Two is down.")
        return await super().get(path, params, lane=lane)


def test_a_base_whose_tables_cannot_be_listed_costs_no_other_base() -> None:
    async def everything() -> tuple[list[str], list[str]]:
        api = TwoBases()
        parts = {part.title: part for part in (await PROVIDER.plan(api)).parts}
        with pytest.raises(Unavailable, match="Two is down"):
            _ = [page async for page in PROVIDER.read(api, parts["Two"])]
        outline = [item.id async for page in PROVIDER.read(api, parts["Bases and tables"]) for item in page.items]
        return outline, [item.id async for page in PROVIDER.read(api, parts["Things"]) for item in page.items]

    assert run(everything()) == (["appOne", "appTwo", "tblOne"], ["rec0", "rec1", "rec2"])
