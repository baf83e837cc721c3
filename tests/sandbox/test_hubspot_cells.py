"""Every cell of the sample HubSpot account, as the provider gives it, beside what the sandbox holds."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sandbox_helpers import Visit

from integrations.http.answers import decoded
from integrations.hubspot import PROVIDER
from integrations.model import Item, Page
from integrations.model.errors import Forbidden
from integrations.model.schema import Collection, Field, FieldType
from sandbox import hubspot_schema
from sandbox.hubspot_records import World, properties
from sandbox.sample_text import midnight

Play = Callable[..., None]

ITEMS = 700
ZONE = ZoneInfo("Europe/Dublin")
KINDS = {"machines": hubspot_schema.OWN_NAME}  # the others are called as their items
STANDARD = {
    "hubspot_owner_id",
    "createdate",
    "lastmodifieddate",
    "hs_lastmodifieddate",
}  # shown as Owner, Created, Updated
NAMED = {"companies": "name", "deals": "dealname", "tickets": "subject", "products": "name", "line_items": "name",
         "machines": "machine_name"}  # fmt: skip
RELATED = {
    "contacts": ("companies", "deals", "tickets"), "companies": ("contacts", "deals", "tickets"),
    "deals": ("contacts", "companies", "tickets", "line_items"), "tickets": ("contacts", "companies", "deals"),
    "products": (), "line_items": ("deals",), "machines": ("companies",),
}  # fmt: skip


class SandboxApi:
    """Calls to the sandbox in memory, counted."""

    web_url = "http://localhost:8501/sandbox/hubspot"

    def __init__(self, visit: Visit, token: str, chosen: frozenset[str] = frozenset()) -> None:
        self.visit, self.token, self.chosen = visit, token, chosen
        self.cache: dict[str, str] = {}
        self.calls: list[str] = []

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        return await self._call("GET", path, params=params)

    async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
        return await self._call("POST", path, json=json)

    async def _call(self, method: str, path: str, **more: Any) -> Any:
        self.calls.append(f"{method} {path}")
        return decoded(PROVIDER, await self.visit.call(self.token, path, method, **more))


class Seen:
    """What the provider gave: the last item of each id, the collections, and people."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.collections: dict[str, Collection] = {}
        self.people: dict[str, str] = {}
        self.removed: set[tuple[str, str]] = set()

    async def take(self, pages: AsyncGenerator[Page, None]) -> None:
        async for page in pages:
            self.items |= {(item.place, item.id): item for item in page.items}
            self.collections |= {each.id: each for each in page.collections}
            self.people |= page.people
            self.removed |= set(page.removed)


async def read(api: SandboxApi, since: datetime | None = None) -> Seen:
    seen = Seen()
    for stream in (await PROVIDER.catalog(api)).streams:
        if since and not stream.item_type:
            continue
        await seen.take(PROVIDER.changes(api, stream, since) if since else PROVIDER.read(api, stream))
    return seen


def place(kind: str) -> str:
    return KINDS.get(kind, hubspot_schema.ONE[kind])


def expected(text: str, name: str, type_: str, field: str, more: Mapping[str, Any]) -> Any:
    """What a person reads in HubSpot, from its own definition of the property."""
    if name == "closedate":
        return datetime.fromisoformat(text).astimezone(ZONE).date()
    kind = "bool" if field == "booleancheckbox" else field if field in ("checkbox", "file") else type_
    duration = more.get("numberDisplayHint") == "duration"
    return READ.get(kind, str)(text) if not duration else float(text) / 1000


def number(text: str) -> float | str:
    return text if text == "n/a" else float(text.replace(",", ""))


READ: dict[str, Callable[[str], Any]] = {
    "number": number,
    "bool": lambda text: text == "true",
    "checkbox": lambda text: text.split(";"),
    "file": lambda text: [{"name": each.rpartition("/")[2].replace("%20", " "), "size": None, "type": None}
                          for each in text.split(";")],
    "date": date.fromisoformat,
    "datetime": lambda text: datetime.fromisoformat(text).astimezone(UTC),
    "json": json.loads,
}  # fmt: skip


def assert_cells(seen: Seen, world: World, hidden: bool = False, since: float = 0) -> int:
    """Compare all cells of the records changed since; returns how many there were."""
    cells = 0
    for kind, entries in world.entries.items():
        rows = [row for row in hubspot_schema.rows(kind) if hidden or not row[5].get("hidden")]
        for entry in [each for each in entries if each.modified >= since]:
            item, texts = seen.items[place(kind), str(entry.id)], properties(kind, entry, world)
            values = {
                name: expected(text, name, type_, field, more)
                for name, _, type_, field, _, more in rows
                if name not in STANDARD | {NAMED.get(kind)} and (text := texts[name])
            }
            values |= linked(world, kind, entry.id)
            assert item.properties == values, (kind, entry.id)
            assert item.owner == texts["hubspot_owner_id"] and (item.owner is None or item.owner in seen.people)
            assert item.creation_time == datetime.fromisoformat(texts["createdate"] or "")
            cells += len(values) + 2
    return cells


def linked(world: World, kind: str, id: int) -> dict[str, list[str]]:
    links = {other: world.links(kind, other).get(id) for other in RELATED[kind]}
    return {
        f"associations.{place(other)}": [str(link.id) for link in sorted(found, key=lambda link: not link.primary)]
        for other, found in links.items()
        if found
    }


def ids(world: World, since: float = 0) -> set[tuple[str, str]]:
    return {(place(kind), str(e.id)) for kind, found in world.entries.items() for e in found if e.modified >= since}


@pytest.mark.parametrize("hidden", [False, True])
def test_every_cell_is_what_the_account_holds_after_a_load(play: Play, hidden: bool) -> None:
    async def scene(visit: Visit) -> None:
        api = SandboxApi(visit, (await visit.connect())["access_token"], frozenset({"hidden"} if hidden else ()))
        seen, world = await read(api), World(ITEMS)
        assert set(seen.items) == ids(world)
        assert assert_cells(seen, world, hidden) > 8_000
        assert ("old_segment" in fields(seen, "contact")) == hidden
        assert ("hs_updated_by_user_id" in fields(seen, "deal")) == hidden

    play("hubspot", scene, SANDBOX_ITEMS=str(ITEMS))


def test_every_cell_of_a_changed_record_is_what_the_account_holds_after_a_refresh(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        api, world = SandboxApi(visit, (await visit.connect())["access_token"]), World(ITEMS)
        since = float(midnight() - 60 * 86_400)
        seen = await read(api, datetime.fromtimestamp(since, UTC))
        assert set(seen.items) == ids(world, since) and len(seen.items) < ITEMS
        assert assert_cells(seen, world, since=since) > 2_000
        gone = {(place(kind), str(e.id)) for kind in world.entries for e in world.gone(kind) if e.modified >= since}
        assert gone and gone <= seen.removed

    play("hubspot", scene, SANDBOX_ITEMS=str(ITEMS))


def fields(seen: Seen, id: str) -> dict[str, Field]:
    return {field.id: field for field in seen.collections[id].fields}


def test_columns_have_the_accounts_own_names_types_and_choices(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        seen = await read(SandboxApi(visit, (await visit.connect())["access_token"]))
        contact, deal, own = (fields(seen, each) for each in ("contact", "deal", hubspot_schema.OWN_NAME))
        assert {each.id: each.label for each in seen.collections.values()} == {
            "contact": "Contacts", "company": "Companies", "deal": "Deals", "ticket": "Tickets", "product": "Products",
            "line_item": "Line items", hubspot_schema.OWN_NAME: "Machines",
        }  # fmt: skip
        assert [each.label for each in contact["lifecyclestage"].options] == list(hubspot_schema.LIFECYCLE.values())
        assert [each.label for each in deal["dealstage"].options][:4] == list(
            hubspot_schema.STAGES["deals"]["Sales pipeline"]
        )[:4]
        types = {name: field.type for name, field in {**own, **deal, **contact}.items()}
        assert {each: types[each] for each in TYPES} == TYPES
        assert (deal["amount"].currency, deal["amount"].currency_field) == ("EUR", "deal_currency_code")
        assert (deal["amount_in_home_currency"].currency_field, own["value"].currency) == ("", "EUR")
        assert deal["hs_is_closed"].computed and not deal["amount"].computed
        assert contact["associations.company"].computed and contact["associations.company"].relates_to == "company"
        assert seen.collections["contact"].first[:3] == ("email", "associations.company", "lifecyclestage")
        assert seen.collections[hubspot_schema.OWN_NAME].name_label == "Machine"
        assert contact["email"].group == "Contact information"

    play("hubspot", scene)


TYPES = {
    "email": FieldType.EMAIL, "phone": FieldType.PHONE, "about": FieldType.LONG_TEXT,
    "interests": FieldType.MULTI_SELECT, "newsletter": FieldType.BOOLEAN, "birthday": FieldType.DATE,
    "next_visit": FieldType.DATETIME,
    "reply_time": FieldType.DURATION, "open_rate": FieldType.PERCENT, "success_manager": FieldType.PERSON,
    "hs_object_id": FieldType.IDENTIFIER, "amount": FieldType.CURRENCY, "dealstage": FieldType.SELECT,
    "closedate": FieldType.DATE, "seats": FieldType.NUMBER, "readings": FieldType.JSON,
    "associations.company": FieldType.RELATION,
}  # fmt: skip


def test_a_small_account_takes_few_calls_more_than_its_lists(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        api = SandboxApi(visit, (await visit.connect())["access_token"])
        await read(api)
        lists = [call for call in api.calls if call.startswith("GET /crm/objects/")]
        associations = [call for call in api.calls if "/associations/" in call]
        searches = [call for call in api.calls if call.endswith("/search")]
        others = len(api.calls) - len(lists) - len(associations) - len(searches)
        assert len(lists) <= 9 and len(associations) <= 2 * 15 and others == 12, api.calls

    play("hubspot", scene)


def test_what_is_not_granted_is_named_and_costs_nothing_else(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect(scope="oauth crm.objects.contacts.read", optional_scope=None))["access_token"]
        api, seen, skipped = SandboxApi(visit, token), Seen(), []
        catalog = await PROVIDER.catalog(api)
        for stream in catalog.streams:
            try:
                await seen.take(PROVIDER.read(api, stream))
            except Forbidden:
                skipped.append(stream.title)
        assert {item.type for item in seen.items.values()} == {"contact"}
        assert skipped == ["Companies", "Deals", "Tickets", "Products", "Line items", "Names of owners"]
        assert any(sentence.startswith("Custom objects: ") for sentence in catalog.skipped)
        assert not [name for name in fields(seen, "contact") if name.startswith("associations.")]

    play("hubspot", scene)
