"""HubSpot is listed from the low ids and searched from the high ones, and every record comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from own_time import in_own_time

from integrations.http.answers import decoded
from integrations.hubspot import PROVIDER
from integrations.model import Item, Page
from integrations.model.errors import Forbidden, ProviderError, Unavailable
from integrations.model.schema import Collection, FieldType
from integrations.service.runtime import run


class Portal:
    """Contacts only, by id; what the search does not know (yet), and how else it differs from the list."""

    web_url = "https://app.hubspot.com"

    def __init__(self, *ids: int) -> None:
        self.cache: dict[str, str] = {}
        self.given: set[str] = set()
        self.ids = sorted(ids)
        self.unknown: set[int] = set()
        self.young: set[int] = set()
        self.total: Callable[[int], Any] = lambda known: known
        self.name: Callable[[int], str] = str
        self.order: Callable[[list[int]], list[int]] = list
        self.refused_after = 10**9
        self.modified: dict[int, int] = {}
        self.lists: list[int] = []
        self.searches: list[Any] = []
        self.others = 0
        self.list_takes = self.search_takes = 0.0
        self.takes_any_cursor = True
        self.withheld: set[int] = set()
        self.clock = timedelta()
        self.at_search: Callable[[int], None] = lambda number: None

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        if not path.startswith("/crm/objects/") or not path.endswith("/contacts") or params["archived"] == "true":
            self.others += 1
            return {"results": []}
        order = self.order(self.ids)
        at = str(params.get("after", ""))
        names = [self.name(n) for n in order]
        start = (
            0
            if not at
            else next(
                (
                    i
                    for i, n in enumerate(order)
                    if self.name(n) == at
                    or (at.isdigit() and self.name(n).isdigit() and order == self.ids and n >= int(at))
                ),
                len(order),
            )
        )
        if not self.takes_any_cursor and at and at not in self.given:
            start = 0
        self.lists.append(start)
        await asyncio.sleep(self.list_takes)
        page = order[start : start + 100]
        more = {"next": {"after": names[start + 100]}} if start + 100 < len(order) else None
        self.given.update(names[start + 100 : start + 101])
        return {"results": [self.record(n) for n in page], "paging": more}

    async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
        if path.startswith("/crm/associations/"):
            return {"results": []}
        await asyncio.sleep(self.search_takes)
        assert bucket == "search"
        if len(self.searches) >= self.refused_after:
            raise Unavailable("HubSpot is having trouble right now.")
        self.searches.append(json)
        if not path.endswith("/contacts/search"):
            return {"total": 0, "results": []}
        known = [n for n in self.ids if n not in self.unknown]
        for group in json["filterGroups"]:
            for each in group["filters"]:
                value = int(each["value"])
                test = {"LT": int.__lt__, "GT": int.__gt__, "GTE": int.__ge__}[each["operator"]]
                of = (lambda n: n) if each["propertyName"] == "hs_object_id" else (lambda n: self.modified.get(n, 0))
                known = [n for n in known if test(of(n), value)]
        if json["sorts"][0]["direction"] == "DESCENDING":
            known = known[::-1]
        self.at_search(len(self.searches))
        start = int(json.get("after", 0))
        told = [n for n in known if n not in self.withheld][start : start + 200]
        return {"total": self.total(len(known)), "results": [self.record(n) for n in told]}

    def record(self, n: int) -> dict[str, Any]:
        born = datetime.now(UTC) + self.clock - (timedelta(seconds=20) if n in self.young else timedelta(days=9))
        return {"id": self.name(n), "createdAt": born.isoformat(), "properties": {}}


def read(portal: Portal, cursor: str = "") -> list[tuple[list[str], str]]:
    """The pages of the contacts: ids, cursor."""

    async def everything() -> None:
        stream = (await PROVIDER.catalog(portal)).streams[0]
        async for page in PROVIDER.read(portal, stream, cursor):
            pages.append(([item.id for item in page.items], page.cursor))

    pages: list[tuple[list[str], str]] = []
    in_own_time(asyncio.wait_for(everything(), 20))
    return pages


def ids(pages: list[tuple[list[str], str]]) -> set[str]:
    return {name for names, _ in pages for name in names}


def everyone(portal: Portal) -> set[str]:
    return {portal.name(n) for n in portal.ids}


def test_list_and_search_share_the_work() -> None:
    portal = Portal(*range(10, 30_010, 10))
    portal.list_takes = portal.search_takes = 0.01
    assert ids(read(portal)) == everyone(portal)
    assert len(portal.lists) <= 19 and len(portal.searches) <= 10


def test_holes_between_ids_are_no_missing_records() -> None:
    portal = Portal(*range(1, 900), *range(50_000, 50_450), *range(10**11, 10**11 + 777, 3))
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("young", [1, 30, 250])
def test_records_too_young_for_the_search_are_listed(young: int) -> None:
    portal = Portal(*range(1, 3001))
    portal.young = portal.unknown = set(portal.ids[-young:])
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("minutes", [-10, 0, 10])
def test_where_all_that_was_found_first_is_young_the_list_goes_on_to_its_end(minutes: int) -> None:
    portal = Portal(*range(1, 3001))
    portal.clock = timedelta(minutes=minutes)
    portal.young, portal.unknown = set(portal.ids[-1000:]), set(portal.ids[-900::7])
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_search_that_is_refused_leaves_all_to_the_list(after: int) -> None:
    portal = Portal(*range(1, 2501))
    portal.refused_after = after
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("total", [lambda n: 0, lambda n: n - 500, lambda n: n + 1, lambda n: 10**6, lambda n: None])
def test_a_total_that_is_wrong_costs_requests_and_no_record(total: Callable[[int], Any]) -> None:
    portal = Portal(*range(1, 2501))
    portal.total = total
    assert ids(read(portal)) == everyone(portal)


def test_a_list_in_another_order_is_read_to_its_end() -> None:
    portal = Portal(*range(1, 2501))
    portal.unknown, portal.order = set(range(1, 2501, 9)), lambda found: sorted(found, key=lambda n: n % 10)
    assert ids(read(portal)) == everyone(portal)


def test_a_list_that_jumps_ahead_and_comes_back_is_read_to_its_end() -> None:
    portal = Portal(*range(1, 2501))
    portal.order = lambda found: [*found[:300], *found[2000:2300], *found[300:2000], *found[2300:]]
    portal.unknown, portal.search_takes = set(range(301, 2001, 9)), 0.01
    assert ids(read(portal)) == everyone(portal)


def test_a_list_that_starts_nowhere_but_where_it_says_is_left_after_a_page_or_two() -> None:
    portal = Portal(*range(1, 4001))
    portal.takes_any_cursor, portal.list_takes, portal.search_takes = False, 0.002, 0.002
    assert ids(read(portal)) == everyone(portal)
    assert len(portal.lists) < 60, "and not three times all"


def test_new_records_do_not_count_for_old_ones_that_the_search_withheld() -> None:
    portal = Portal(*range(1, 2501))
    portal.withheld, new = {1500, 1600, 1700}, [3001, 3002, 3003]
    portal.at_search = lambda number: portal.ids.extend(new) if number == 1 else None
    portal.list_takes = 0.01
    assert ids(read(portal)) >= everyone(portal) - {str(n) for n in new}


@pytest.mark.parametrize("records", [1, 200, 201, 1400, 3000])
def test_where_lists_are_slow_the_search_reads_all_and_ends(records: int) -> None:
    portal = Portal(*range(1, records + 1))
    portal.list_takes = 0.2
    assert ids(read(portal)) == everyone(portal)
    assert len(portal.searches) <= records // 200 + 3


def test_ids_that_are_no_numbers_are_listed() -> None:
    portal = Portal(*range(1, 701))
    portal.name = lambda n: f"x{n:05}"
    assert ids(read(portal)) == everyone(portal)


@pytest.mark.parametrize("resumed_after", [1, 4, 9])
def test_a_mark_continues_after_all_that_came_before_it(resumed_after: int) -> None:
    portal = Portal(*range(1, 2501))
    portal.list_takes = 0.001
    before = read(portal)[:resumed_after]
    cursor = next((cursor for _, cursor in reversed(before) if cursor), "")
    portal.lists.clear()
    assert ids(before) | ids(read(portal, cursor)) == everyone(portal)
    assert not cursor or 0 not in portal.lists


def changed(portal: Portal, since: datetime) -> set[str]:
    async def everything() -> set[str]:
        stream = (await PROVIDER.catalog(portal)).streams[0]
        return {item.id async for page in PROVIDER.changes(portal, stream, since) for item in page.items}

    return in_own_time(asyncio.wait_for(everything(), 20))


def test_what_changed_in_one_moment_comes_in_whole() -> None:
    portal = Portal(*range(1, 2501))
    portal.modified = dict.fromkeys(range(1, 1001), 5_000)
    assert changed(portal, datetime.fromtimestamp(5, UTC)) == {str(n) for n in range(1, 1001)}
    assert not portal.lists and len(portal.searches) == 6


def test_a_search_that_repeats_itself_is_an_error_and_no_endless_loop() -> None:
    portal = Portal(*range(1, 201))
    portal.modified = dict.fromkeys(range(1, 201), 5_000)
    post = portal.post
    portal.post = lambda path, json, bucket="": post(path, {**json, "filterGroups": []}, bucket=bucket)
    with pytest.raises(ProviderError, match="without end"):
        changed(portal, datetime.fromtimestamp(5, UTC))


class Crm:
    """An account by its objects: records and property definitions by path, and how long an address it takes."""

    web_url = PROVIDER.web_url

    def __init__(self, objects: dict[str, list[Any]], properties: dict[str, list[Any]] | None = None) -> None:
        self.cache: dict[str, str] = {}
        self.chosen: frozenset[str] = frozenset()
        self.objects, self.properties = objects, properties or {}
        self.pipelines: dict[str, list[Any]] = {}
        self.links: dict[tuple[str, str], dict[str, list[Any]]] = {}
        self.errors: dict[str, ProviderError] = {}
        self.archived: dict[str, list[Any]] = {}
        self.account = {"portalId": 1, "timeZone": "America/Phoenix", "companyCurrency": "USD"}
        self.longest_address = 10**9
        self.schemas: list[Any] = []
        self.asked: list[tuple[str, Any]] = []

    async def get(self, path: str, params: Any = None, *, bucket: str = "") -> Any:
        self._note(path, params)
        what, _, name = path.removeprefix("/crm/").partition("/2026-09/")
        archived = (params or {}).get("archived") == "true"
        if what == "/account-info":
            return self.account
        if what == "objects":
            if len(params["properties"].replace(",", "%2C")) > self.longest_address:
                raise ProviderError("HubSpot refused a request (status 414). Refresh to try again.")
            return self._listed(name, params, archived)
        if what == "properties":
            found = self.properties.get(name, [])
            return {"results": [each for each in found if each.get("archived", False) == archived]}
        held = {"pipelines": self.pipelines.get(name, []), "crm-object-schemas": self.schemas}
        return {"results": self.schemas if path.startswith("/crm-object-schemas") else held.get(what, [])}

    def _listed(self, name: str, params: Any, archived: bool) -> Any:
        rows = (self.archived if archived else self.objects).get(name, [])
        start = int(params.get("after", 0))
        more = {"paging": {"next": {"after": str(start + 100)}}} if start + 100 < len(rows) else {}
        return {"results": [part(row, params["properties"].split(",")) for row in rows[start : start + 100]], **more}

    async def post(self, path: str, json: Any, *, bucket: str = "") -> Any:
        self._note(path, json)
        parts = path.split("/")
        if parts[2] == "associations":
            links = self.links.get((parts[4], parts[5]), {})
            found = [each["id"] for each in json["inputs"] if each["id"] in links]
            return {"results": [{"from": {"id": id}, "to": links[id]} for id in found]}
        rows = self.objects.get(parts[4], [])
        if parts[5] == "batch":
            by_id = {row["id"]: row for row in rows}
            assert len(json["inputs"]) <= 100
            return {"results": [part(by_id[each["id"]], json["properties"]) for each in json["inputs"]]}
        assert bucket == "search" and len(httpx.Request("POST", "https://x", json=json).content) <= 3_000
        known = [row for row in rows if not json["filterGroups"] or int(row["id"]) > 0]
        after = [int(f["value"]) for g in json["filterGroups"] for f in g["filters"] if f["operator"] == "GT"]
        known = [row for row in known if not after or int(row["id"]) > after[0]][:200]
        if json["sorts"][0]["direction"] == "DESCENDING":
            raise Unavailable("HubSpot is having trouble right now.")
        return {"total": len(known), "results": [part(row, json["properties"]) for row in known]}

    def _note(self, path: str, what: Any) -> None:
        self.asked.append((path, what))
        if error := next((error for start, error in self.errors.items() if path.startswith(start)), None):
            raise error


def part(row: dict[str, Any], names: Any) -> dict[str, Any]:
    """A record with these properties."""
    held = row.get("properties")
    if not isinstance(held, dict):
        return row
    return {**row, "properties": {name: held.get(name) for name in names}}


class Table(NamedTuple):
    """What a stream has given: items by id, its collection, people, and what was removed."""

    items: dict[str, Item]
    collection: Collection
    people: dict[str, str]
    removed: list[tuple[str, str]]

    def shown(self, id: str, label: str) -> Any:
        """What a person sees in a cell: the label of an option, else the value."""
        field = next(each for each in self.collection.fields if each.label == label)
        value = self.items[id].properties.get(field.id)
        return next((each.label for each in field.options if each.value == value), value)


def table(crm: Crm, type_: str, since: datetime | None = None) -> Table:
    """Everything of one object, or what has changed since."""

    async def everything() -> Table:
        stream = next(stream for stream in (await PROVIDER.catalog(crm)).streams if stream.id == type_)
        pages = PROVIDER.changes(crm, stream, since) if since else PROVIDER.read(crm, stream)
        seen: list[Page] = [page async for page in pages]
        return Table(
            {item.id: item for page in seen for item in page.items},
            [each for page in seen for each in page.collections][-1],
            {id: name for page in seen for id, name in page.people.items()},
            [each for page in seen for each in page.removed],
        )

    return in_own_time(asyncio.wait_for(everything(), 20))


def record(id: int | str, **properties: Any) -> dict[str, Any]:
    return {"id": str(id), "properties": properties, "createdAt": "2026-01-05T08:00:00Z",
            "updatedAt": "2026-02-05T08:00:00Z", "archived": False}  # fmt: skip


def test_a_property_that_is_no_text_costs_neither_its_record_nor_the_page() -> None:
    odd = {"amount": 12, "dealstage": {"id": [1]}, "dealname": ["Big", "one"], "hubspot_owner_id": [7], "x": True}
    large = {"amount": "12345678901234567890123", "dealname": "Larger"}
    rows = [{"id": "1", "properties": odd}, {"id": "2", "properties": large}, {"id": "3", "properties": "none"}]
    first, second, third = table(Crm({"deals": rows}), "deal").items.values()
    assert (first.name, first.properties["amount"]) == ("['Big', 'one']", 12)
    assert second.properties["amount"] == 12345678901234567890123
    assert (third.id, third.name) == ("3", "Deal 3")


def test_amounts_with_commas_are_numbers_and_what_is_none_stays_text() -> None:
    amounts = {"301": "1500", "302": "1,800.00", "303": "99.5", "304": "n/a"}
    deals = table(Crm({"deals": [record(n, amount=each) for n, each in amounts.items()]}), "deal")
    assert [each.properties["amount"] for each in deals.items.values()] == [1500, 1800, 99.5, "n/a"]
    field = deals.collection.field("amount")
    assert field is not None and (field.type, field.currency) == (FieldType.CURRENCY, "USD")


def test_a_close_date_is_the_day_in_the_accounts_time_zone() -> None:
    closes = {"301": "2026-04-01T01:09:44.123Z", "302": "2026-12-31T00:00:00Z", "303": "soon"}
    deals = table(Crm({"deals": [record(n, closedate=each) for n, each in closes.items()]}), "deal")
    days = [each.properties["closedate"] for each in deals.items.values()]
    assert days == [date(2026, 3, 31), date(2026, 12, 30), "soon"]


def test_the_parent_of_a_contact_is_its_associated_company() -> None:
    lena = record(101, firstname="Lena", company=None, associatedcompanyid="201")
    bo = record(102, firstname="Bo", company="Birch Bakery Ltd.")
    people = table(Crm({"contacts": [lena, bo], "companies": [record(201, name="Birch Bakery")]}), "contact").items
    assert (people["101"].parent_id, people["101"].parent_path_or_name) == ("201", None)
    assert (people["102"].parent_id, people["102"].parent_path_or_name) == (None, "Birch Bakery Ltd.")


def choice(name: str, **options: str) -> dict[str, Any]:
    return {"name": name, "label": name, "type": "enumeration", "fieldType": "select",
            "options": [{"value": value.strip("_"), "label": label} for value, label in options.items()]}  # fmt: skip


def test_enumerations_are_shown_by_the_labels_of_the_account() -> None:
    crm = Crm(
        {"contacts": [record(101, lifecyclestage="marketingqualifiedlead", hs_lead_status="OPEN_DEAL"),
                      record(102, lifecyclestage="1188542393")],
         "companies": [record(201, industry="INFORMATION_TECHNOLOGY_AND_SERVICES")],
         "deals": [record(301, dealtype="existingbusiness", dealstage="closedwon", pipeline="default")]},
        {"contacts": [choice("lifecyclestage", marketingqualifiedlead="Marketing Qualified Lead",
                             _1188542393="Nurture"), choice("hs_lead_status", OPEN_DEAL="Open Deal")],
         "companies": [choice("industry", INFORMATION_TECHNOLOGY_AND_SERVICES="Information Technology and Services")],
         "deals": [choice("dealtype", existingbusiness="Existing Business")]},
    )  # fmt: skip
    stages = [{"id": "appointment", "label": "Appointment", "displayOrder": 0},
              {"id": "closedwon", "label": "Closed won", "displayOrder": 1}]  # fmt: skip
    crm.pipelines["deals"] = [{"id": "default", "label": "Sales", "displayOrder": 0, "stages": stages[::-1]}]
    contacts, deals = table(crm, "contact"), table(crm, "deal")
    assert contacts.shown("101", "lifecyclestage") == "Marketing Qualified Lead"
    assert contacts.shown("102", "lifecyclestage") == "Nurture"
    assert contacts.shown("101", "hs_lead_status") == "Open Deal"
    assert table(crm, "company").shown("201", "industry") == "Information Technology and Services"
    assert deals.shown("301", "dealtype") == "Existing Business"
    assert (deals.shown("301", "Stage"), deals.shown("301", "Pipeline")) == ("Closed won", "Sales")
    assert deals.items["301"].parent_path_or_name == "Sales"
    stage = deals.collection.field("dealstage")
    assert stage and [each.label for each in stage.options] == ["Appointment", "Closed won"]


def test_an_accounts_own_properties_are_columns_of_their_own_types() -> None:
    birch = record(201, name="Birch Bakery", website="https://birch.example", state="CA", oven_count="12",
                   contract_end="2027-01-31")  # fmt: skip
    own = [{"name": "oven_count", "label": "Ovens", "type": "number"},
           {"name": "contract_end", "label": "Contract end", "type": "date"},
           {"name": "website", "label": "Website URL", "type": "string"},
           {"name": "state", "label": "State/Region", "type": "string"}]  # fmt: skip
    companies = table(Crm({"companies": [birch]}, {"companies": own}), "company")
    labels = ("Ovens", "Contract end", "Website URL", "State/Region")
    assert companies.items["201"].name == "Birch Bakery"
    assert [companies.shown("201", label) for label in labels] == [
        12, date(2027, 1, 31), "https://birch.example", "CA",
    ]  # fmt: skip


def wide(count: int) -> Crm:
    names = [f"own_property_number_{n:04}" for n in range(count)]
    rows = [record(n, firstname=f"P{n}", **{name: f"{n} {name}" for name in names}) for n in range(1, 251)]
    own = [{"name": name, "label": name, "type": "string"} for name in ("firstname", *names)]
    return Crm({"contacts": rows}, {"contacts": own})


@pytest.mark.parametrize(("count", "longest"), [(50, 10**9), (200, 10**9), (600, 10**9), (600, 3_000), (100, 1_000)])
def test_all_properties_come_however_many_there_are(count: int, longest: int) -> None:
    crm = wide(count)
    crm.longest_address = longest
    people = table(crm, "contact").items
    names = {row["id"]: row["properties"] for row in crm.objects["contacts"]}
    assert {id: dict(item.properties) for id, item in people.items()} == names
    lists = [params for path, params in crm.asked if path == "/crm/objects/2026-09/contacts"]
    assert len(lists) <= 3 + 4, "a list a page, and a few to learn how long an address may be"
    assert all(len(params["properties"].replace(",", "%2C")) <= 8_000 for params in lists)


@pytest.mark.parametrize("count", [20, 300])
def test_changes_come_with_all_properties_however_many_there_are(count: int) -> None:
    crm = wide(count)
    people = table(crm, "contact", datetime(2026, 1, 1, tzinfo=UTC)).items
    names = {row["id"]: row["properties"] for row in crm.objects["contacts"]}
    assert {id: dict(item.properties) for id, item in people.items()} == names
    assert len([path for path, _ in crm.asked if path.endswith("/search")]) == 2


def test_a_record_that_was_deleted_is_removed_by_the_next_refresh_if_that_is_cheap_to_tell() -> None:
    crm, since = wide(1), datetime(2026, 5, 1, tzinfo=UTC)
    crm.archived["contacts"] = [{**record(n), "archived": True, "archivedAt": f"2026-0{4 + n % 2}-09T00:00:00Z"}
                                for n in (501, 502, 503)]  # fmt: skip
    assert table(crm, "contact", since).removed == [("contact", "501"), ("contact", "503")]
    crm.archived["contacts"] = [{**record(n), "archivedAt": "2026-06-01T00:00:00Z"} for n in range(1, 1_002)]
    assert table(crm, "contact", since).removed == [], "more than ten calls"


def test_records_that_were_merged_are_one_row() -> None:
    crm = Crm({"contacts": [record(101, firstname="Lena", hs_merged_object_ids="99;100")]})
    since = datetime(2026, 1, 1, tzinfo=UTC)
    assert table(crm, "contact", since).removed == [("contact", "99"), ("contact", "100")]


def link(id: int, *types: int) -> dict[str, Any]:
    """Type 1 is the primary company of a contact."""
    return {"toObjectId": id, "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": n} for n in types]}


def test_associated_companies_are_listed_with_the_primary_one_first() -> None:
    crm = Crm({"contacts": [record(101, firstname="Lena"), record(102, firstname="Bo")]})
    crm.links["contacts", "companies"] = {"101": [link(5, 279), link(7, 279, 1), link(5, 12)]}
    contacts = table(crm, "contact")
    assert contacts.items["101"].properties["associations.company"] == ["7", "5"]
    assert "associations.company" not in contacts.items["102"].properties
    asked = [what["inputs"] for path, what in crm.asked if path.endswith("/contacts/companies/batch/read")]
    assert asked == [[{"id": "101"}, {"id": "102"}]], "one call for up to a thousand records"


def test_associations_that_may_not_be_read_are_no_columns() -> None:
    crm = Crm({"contacts": [record(101, firstname="Lena")]})
    crm.errors["/crm/associations/2026-09/contacts/deals"] = Forbidden("this HubSpot account may not read it")
    ids = {field.id for field in table(crm, "contact").collection.fields if field.id.startswith("associations.")}
    assert ids == {"associations.company", "associations.ticket"}


def test_definitions_that_may_not_be_read_leave_the_standard_properties_and_that_is_said() -> None:
    crm = Crm({"companies": [record(201, name="Birch", annualrevenue="5")]})
    crm.errors["/crm/properties/2026-09/companies"] = Forbidden("this HubSpot account may not read it")
    assert table(crm, "company").items["201"].properties == {"annualrevenue": 5}
    assert run(PROVIDER.catalog(crm)).skipped == ("Properties of companies: only the standard ones may be read.",)


def test_a_batch_that_is_answered_in_part_is_an_answer() -> None:
    """HubSpot answers 207 where a record of a batch has no associations."""
    assert decoded(PROVIDER, httpx.Response(207, json={"results": [], "numErrors": 1})) == {
        "results": [], "numErrors": 1,
    }  # fmt: skip
