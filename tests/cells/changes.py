"""What happens to the accounts of the sandbox between two loads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sandbox import airtable_schema, hubspot_schema, notion_schema
from sandbox.airtable_world import Table, choice_id, field_id
from sandbox.notion_schema import SOURCES, Column, property_id
from sandbox.notion_values import text

Change = Callable[[Any, int, pytest.MonkeyPatch], None]


def _table(world: Any, name: str) -> Table:
    return next(table for tables in world.tables.values() for table in tables.values() if table.name == name)


def edit_airtable(world: Any, now: int, patch: pytest.MonkeyPatch) -> None:
    """Records of three tables, one of which names others."""
    tasks, products, authors = (_table(world, name) for name in ("Tasks", "Products", "Authors"))
    world.change(tasks, 3, now, Name="=1+1", Done=True, Estimate=5_400, Mood=None)
    world.change(tasks, 5, now, Status=None, Notes="Nobody answered.\r\nTwice; =2+2", Tags=None)
    world.change(products, 1, now, Price=123_456_789_012.5, Weight=0.00000012)
    world.change(products, 2, now, Price=0.00000012)
    world.change(authors, 0, now, Name="Renamed since", Fee=-3)


def edit_hubspot(world: Any, now: int, patch: pytest.MonkeyPatch) -> None:
    """Records of several objects, one of which names others; a machine is deleted."""
    world.change("companies", 0, now, name="Renamed since", annualrevenue="123456789012345", oven_count="12")
    world.change("contacts", 3, now, firstname="Ada", lastname="=1+1", birthday=None, open_rate="0.07")
    world.change("deals", 2, now, amount="1,800.50", deal_currency_code="GBP", seats="1e21", closedate=None)
    world.change("tickets", 4, now, hs_ticket_category="BILLING_ISSUE;FEATURE_REQUEST", time_to_close="5400000")
    world.delete("machines", 1, now)


def edit_notion(world: Any, now: int, patch: pytest.MonkeyPatch) -> None:
    """Rows of several data sources, one of which names others; one goes to the trash."""
    now = now // 60 * 60
    tasks, _, projects, books, suppliers, _ = world.rows
    world.change(projects[0].id, now, "Renamed since")
    world.change(tasks[3].id, now, Estimate=0.1 + 0.2, Priority=None, Cost=123_456_789_012.5)
    world.change(books[1].id, now, "", Author=text("=1+1"), Read=True)
    world.discard(suppliers[2].id, now)


def redefine_airtable(world: Any, now: int, patch: pytest.MonkeyPatch) -> None:
    """A field and an option get other names, a field goes, and four have another type."""
    tables = ("Tasks", "Products", "Stock moves", "Suppliers")
    tasks, products, moves, suppliers = (_table(world, name) for name in tables)
    patch.setitem(airtable_schema.RENAMED, field_id(tasks.id, "Notes"), "Remarks")
    patch.setitem(airtable_schema.RENAMED, choice_id("In progress"), "Under way")
    del tasks.fields["Mood"]
    _retype(world, suppliers, "Rating", "singleLineText", str)
    _retype(world, products, "Code", "number", int)
    _retype(world, moves, "At", "date", lambda value: value.date())
    _retype(world, tasks, "Status", "multipleSelects", lambda value: [value])


def _retype(world: Any, table: Table, name: str, kind: str, convert: Callable[[Any], Any]) -> None:
    held = [world.value(table, n, name) for n in range(len(table.times))]
    table.fields[name] = replace(table.fields[name], type=kind, options={})
    for n, value in enumerate(held):
        world.changed[table.id, n, name] = None if value is None else convert(value)


def redefine_hubspot(world: Any, now: int, patch: pytest.MonkeyPatch) -> None:
    """A property and an option get other names, a property goes, and four have another type."""
    _redefine(patch, "contacts", "jobtitle", label="Role")
    _redefine(patch, "contacts", "lifecyclestage", options={**hubspot_schema.LIFECYCLE, "lead": "Prospect"})
    _redefine(patch, "contacts", "birthday", gone=True)
    _redefine(patch, "contacts", "hs_lead_status", type_="string", field="text")
    _redefine(patch, "companies", "numberofemployees", type_="string", field="text")
    _redefine(patch, "companies", "contract_end", type_="string", field="text")
    _redefine(patch, "deals", "seats", numberDisplayHint="percentage")


def _redefine(
    patch: pytest.MonkeyPatch, kind: str, name: str, label: str = "", type_: str = "", field: str = "",
    gone: bool = False, **more: Any,
) -> None:  # fmt: skip
    def redefined(row: hubspot_schema.Row) -> hubspot_schema.Row:
        return row[0], label or row[1], type_ or row[2], field or row[3], row[4], {**row[5], **more}

    rows = hubspot_schema.PROPERTIES[kind]
    found = tuple(redefined(row) if row[0] == name else row for row in rows if not gone or row[0] != name)
    patch.setitem(hubspot_schema.PROPERTIES, kind, found)


def redefine_notion(world: Any, now: int, patch: pytest.MonkeyPatch) -> None:
    """A property and two options get other names, a property goes, and three have another type or unit."""
    suppliers: Any = SOURCES[4].columns
    patch.setitem(notion_schema.RENAMED, property_id(3, "Score"), "Rating")
    patch.setitem(notion_schema.RENAMED, notion_schema.option("High")["id"], "Urgent")
    patch.setitem(notion_schema.RENAMED, notion_schema.option("Live")["id"], "Running")
    patch.delitem(suppliers, "Website")
    patch.setitem(suppliers, "Volume", Column("number", {"format": "dollar"}, "money"))
    _rewrite(world, patch, 5, "Votes", lambda number: f"{number:g}")
    _rewrite(world, patch, 3, "Format", lambda option: option["name"])
    for page in [*world.sources, *world.rows[0][:40]]:  # whoever reads these again meets the new names
        world.change(page.id, now // 60 * 60)


def _rewrite(world: Any, patch: pytest.MonkeyPatch, source: int, name: str, convert: Callable[[Any], str]) -> None:
    """Make a property one of texts."""
    for page in world.rows[source]:
        content = world.values.content(page, name)
        world.changed[page.id, name] = [] if content is None else text(convert(content))
    patch.setitem(SOURCES[source].columns, name, Column("rich_text"))


EDITS: dict[str, Change] = {"airtable": edit_airtable, "hubspot": edit_hubspot, "notion": edit_notion}
REDEFINITIONS: dict[str, Change] = {
    "airtable": redefine_airtable, "hubspot": redefine_hubspot, "notion": redefine_notion,
}  # fmt: skip
