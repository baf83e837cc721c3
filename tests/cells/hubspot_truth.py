"""What the sample account of HubSpot holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from truth import Column, Held, Row, Sheet

from sandbox import hubspot_schema
from sandbox.hubspot_records import OWNERS, Entry, World, properties

ZONE, CURRENCY = ZoneInfo("Europe/Dublin"), "EUR"
PEOPLE = {id: f"{first} {last}" for id, first, last, _ in OWNERS}
TITLES = {
    "contacts": "Contacts", "companies": "Companies", "deals": "Deals", "tickets": "Tickets", "products": "Products",
    "line_items": "Line items", "machines": "Machines",
}  # fmt: skip
NAMES = {
    "companies": "name", "deals": "dealname", "tickets": "subject", "products": "name", "line_items": "name",
    "machines": "machine_name",
}  # fmt: skip
RELATED = {
    "contacts": ("companies", "deals", "tickets"), "companies": ("contacts", "deals", "tickets"),
    "deals": ("contacts", "companies", "tickets", "line_items"), "tickets": ("contacts", "companies", "deals"),
    "products": (), "line_items": ("deals",), "machines": ("companies",),
}  # fmt: skip
ELSEWHERE = {"hubspot_owner_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate"}  # Owner, Created, Updated
PIPELINES = {"deals": "pipeline", "tickets": "hs_pipeline"}
CODES = ("deal_currency_code", "hs_line_item_currency_code")
HINTS = {"currency": "currency", "percentage": "percent", "duration": "hours", "unformatted": "whole"}


def held(world: World, web_url: str) -> Held:
    return {place(kind): _sheet(world, kind, entries, web_url) for kind, entries in world.entries.items()}


def place(kind: str) -> str:
    return hubspot_schema.OWN_NAME if kind == "machines" else hubspot_schema.ONE[kind]


def _sheet(world: World, kind: str, entries: list[Entry], web_url: str) -> Sheet:
    rows = {row[0]: row for row in hubspot_schema.rows(kind) if not row[5].get("hidden")}
    own = [name for name in rows if name not in ELSEWHERE and name != NAMES.get(kind)]
    code = next((name for name in CODES if name in rows), "")
    columns = [_column(rows[name], code) for name in own]
    columns += [Column(other, TITLES[other], "relation", to=place(other)) for other in RELATED[kind]]
    records = {str(entry.id): _row(world, kind, entry, [rows[name] for name in own], web_url) for entry in entries}
    heading = rows[NAMES[kind]][1] if kind in NAMES else "Name"
    return Sheet(heading, tuple(columns), records)


def _kind(row: hubspot_schema.Row) -> str:
    name, _, type_, field, _, more = row
    if name == "closedate":
        return "day"
    if type_ == "enumeration":
        owner = more.get("referencedObjectType") == "OWNER"
        return "person" if owner else {"booleancheckbox": "truth", "checkbox": "choices"}.get(field, "choice")
    if type_ == "number":
        return HINTS.get(more.get("numberDisplayHint", ""), "number")
    return {"bool": "truth", "datetime": "time", "json": "json", "date": "date"}.get(type_, field)


def _column(row: hubspot_schema.Row, code: str) -> Column:
    name, label, *_, more = row
    kind = _kind(row)
    shown = {"day": "date", "choices": "choice", "whole": "number"}.get(kind, kind)
    if kind == "currency":
        return Column(name, label, kind, CURRENCY, "" if "home_currency" in name else code)
    known = shown in ("number", "percent", "hours", "truth", "date", "time", "choice", "json")
    return Column(name, label, shown if known else "text", labels=more.get("options", {}))


def _row(world: World, kind: str, entry: Entry, columns: list[hubspot_schema.Row], web_url: str) -> Row:
    texts = properties(kind, entry, world)
    values = {row[0]: _value(_kind(row), text) for row in columns if (text := texts[row[0]])}
    for other in RELATED[kind]:
        links = world.links(kind, other).get(entry.id, [])
        values[other] = [str(link.id) for link in sorted(links, key=lambda link: not link.primary)] or None
    full = " ".join(filter(None, map(texts.get, ("firstname", "lastname"))))
    one = "Machine" if kind == "machines" else hubspot_schema.ONE[kind].replace("_", " ").capitalize()
    return Row(
        name=(texts[NAMES[kind]] if kind in NAMES else full or texts["email"]) or f"{one} {entry.id}",
        values=values,
        parent=_parent(kind, texts),
        owner=PEOPLE.get(texts["hubspot_owner_id"] or ""),
        updated=datetime.fromtimestamp(entry.modified, UTC),
        created=datetime.fromtimestamp(entry.created, UTC),
        link=f"{web_url}/contacts/{hubspot_schema.PORTAL}/record/{hubspot_schema.OBJECTS[kind]}/{entry.id}",
        edited=entry.modified,
    )


def _parent(kind: str, texts: Mapping[str, str | None]) -> str | tuple[str, str] | None:
    if kind in PIPELINES:
        pipelines = {hubspot_schema.key(each): each for each in hubspot_schema.STAGES[kind]}
        return pipelines[texts[PIPELINES[kind]] or ""]
    company = texts.get("associatedcompanyid") if kind == "contacts" else None
    return ("company", company) if company else None


def _value(kind: str, text: str) -> Any:
    return VALUES.get(kind, str)(text)


def _number(text: str) -> float | str:
    return text if text == "n/a" else float(text.replace(",", ""))


def _files(text: str) -> list[str]:
    return [each.rpartition("/")[2].replace("%20", " ") for each in text.split(";")]


VALUES: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("number", "currency", "percent"), _number),
    "whole": int,
    "hours": lambda text: int(text) / 1000,
    "truth": lambda text: text == "true",
    "choices": lambda text: text.split(";"),
    "person": PEOPLE.__getitem__,
    "date": date.fromisoformat,
    "day": lambda text: datetime.fromisoformat(text).astimezone(ZONE).date(),
    "time": datetime.fromisoformat,
    "file": _files,
    "json": json.loads,
}
