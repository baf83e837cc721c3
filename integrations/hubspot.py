"""HubSpot: contacts, companies, deals and tickets, with owners and stages by name.

https://developers.hubspot.com/docs/api-reference/2026-09/overview (paths and versions),
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth (OAuth)

Tokens, from that page: access tokens live for 30 minutes; a refresh token works until the app is uninstalled or the
token is revoked, and a refresh returns the same one, so that it may be sent again.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .listing import (
    ListPage,
    Lookup,
    PriorityLock,
    SearchPage,
    cursor_pages,
    read_from_both_ends,
    records_in,
    with_id,
)
from .model import Account, Api, Fault, Item, Kind, Page, Part, Plan, Provider, Rate, moment
from .model.errors import ProviderError, QuotaSpent, RateLimited, ReconnectNeeded, Unavailable

VERSION = "2026-09"
PAGE_SIZE, SEARCH_SIZE = 100, 200
SEARCHABLE = 10_000 - SEARCH_SIZE  # how far into its results a search can be asked
LAG = timedelta(minutes=15)  # until the search surely knows a record; clocks differ by up to ten


@dataclass(frozen=True)
class Object:
    """A CRM object: its path, its type id in addresses, and its standard properties by label."""

    path: str
    type_id: str
    labels: Mapping[str, str]
    name: tuple[str, ...]
    parent: str | None = None


OBJECTS = {
    "contact": Object(
        "contacts", "0-1", name=("firstname", "lastname"), parent="company",
        labels={
            "firstname": "First name", "lastname": "Last name", "email": "Email", "phone": "Phone",
            "company": "Company", "jobtitle": "Job title", "lifecyclestage": "Lifecycle stage",
            "hs_lead_status": "Lead status", "city": "City", "country": "Country", "website": "Website",
        },
    ),
    "company": Object(
        "companies", "0-2", name=("name",),
        labels={
            "name": "Name", "domain": "Domain", "industry": "Industry", "phone": "Phone", "city": "City",
            "country": "Country", "numberofemployees": "Employees", "annualrevenue": "Annual revenue",
            "lifecyclestage": "Lifecycle stage",
        },
    ),
    "deal": Object(
        "deals", "0-3", name=("dealname",), parent="pipeline",
        labels={
            "dealname": "Deal name", "amount": "Amount", "deal_currency_code": "Currency", "dealstage": "Stage",
            "pipeline": "Pipeline", "closedate": "Close date", "dealtype": "Deal type",
        },
    ),
    "ticket": Object(
        "tickets", "0-5", name=("subject",), parent="hs_pipeline",
        labels={
            "subject": "Subject", "content": "Description", "hs_pipeline": "Pipeline",
            "hs_pipeline_stage": "Status", "hs_ticket_priority": "Priority", "hs_ticket_category": "Category",
        },
    ),
}  # fmt: skip
NUMBERS = {"amount", "annualrevenue", "numberofemployees"}
STAGES = {"dealstage", "pipeline", "hs_pipeline", "hs_pipeline_stage"}
STAGED = {"deal": "deal stages", "ticket": "ticket stages"}


@dataclass(frozen=True)
class Known:
    """What ids of some records stand for, and where they are opened."""

    web_url: str
    owners: Mapping[str, str]
    stages: Mapping[str, str]


async def identify(api: Api, answer: Mapping[str, Any]) -> Account:
    """The HubSpot account (portal).

    The token endpoint may leave its number out, and account information needs a scope; `answer` then holds what token
    introspection says (Provider.introspect_url).
    """
    hub = answer.get("hub_id") or (await api.get(f"/account-info/{VERSION}/details"))["portalId"]
    return Account(str(hub), f"HubSpot account {hub}")


async def plan(api: Api) -> Plan:
    """One part an object, and the names in the account, which the objects do not wait for."""
    account = _Account(api)
    parts = [Part(kind.slug, kind.title, kind.slug, facts=account) for kind in PROVIDER.kinds]
    named = [Part(what, f"Names of {what}", "", calls=0, facts=account) for what in account.names]
    return Plan((*parts, *named))


async def read(api: Api, part: Part, mark: str = "") -> AsyncIterator[Page]:
    """Yields every record of one object, listed from the lowest ids and searched from the highest until they meet.

    A list takes 100 a page and a search 200, each within its own rate. The mark is the cursor of the list.
    """
    account: _Account = part.facts
    if not part.kind:
        await account.names[part.id].wait()
        return
    account.start()
    async for records, cursor in read_from_both_ends(_Records(api, part), mark, account.searches):
        yield Page(await account.items(part.kind, records), cursor)


async def changes(api: Api, part: Part, since: datetime) -> AsyncIterator[Page]:
    """What was created or changed since, in the order of ids: many records can share a moment, none an id."""
    account: _Account = part.facts
    modified = "lastmodifieddate" if part.kind == "contact" else "hs_lastmodifieddate"
    since_then = {"propertyName": modified, "operator": "GTE", "value": str(int(since.timestamp() * 1000))}
    last, full = 0, True
    while full:
        answer = await _search(api, part, "ASCENDING", since_then, _id_is("GT", last))
        records = records_in(answer, "results")
        yield Page(await account.items(part.kind, records))
        before, last, full = last, max([last, *_ids(records)]), len(records) == SEARCH_SIZE
        if full and last == before:
            raise ProviderError("HubSpot repeats a page without end. Refresh to try again.")


class _Records:
    """The records of one object, implementing `listing.TwoEndedSource`."""

    search_size = SEARCH_SIZE
    max_skip = SEARCHABLE

    def __init__(self, api: Api, part: Part) -> None:
        self._api = api
        self._part = part

    async def list_from(self, cursor: str) -> AsyncGenerator[ListPage[dict[str, Any]], None]:
        crm = OBJECTS[self._part.kind]
        query = {"limit": PAGE_SIZE, "properties": ",".join(_wanted(crm)), "archived": "false"}
        start = {"after": cursor} if cursor else {}
        async for answer in _answers(self._api, f"/crm/objects/{VERSION}/{crm.path}", {**query, **start}):
            yield ListPage(records_in(answer, "results"), _after(answer) or "")

    async def search_below(self, limit: int | None, skip: int) -> SearchPage[dict[str, Any]]:
        below = [] if limit is None else [_id_is("LT", limit)]
        answer = await _search(self._api, self._part, "DESCENDING", *below, skip=skip)
        total = answer.get("total")
        return SearchPage(records_in(answer, "results"), total if isinstance(total, int) else None)

    def id_of(self, record: dict[str, Any]) -> int | None:
        return int(record["id"]) if str(record["id"]).isdigit() else None

    def is_settled(self, record: dict[str, Any]) -> bool:
        created = moment(record.get("createdAt"))
        return created is not None and created < datetime.now(UTC) - LAG


async def _search(api: Api, part: Part, direction: str, *filters: Mapping[str, str], skip: int = 0) -> Any:
    crm = OBJECTS[part.kind]
    body = {
        "filterGroups": [{"filters": list(filters)}] if filters else [],
        "sorts": [{"propertyName": "hs_object_id", "direction": direction}],
        "properties": _wanted(crm),
        "limit": SEARCH_SIZE,
        **({"after": str(skip)} if skip else {}),
    }
    return await api.post(f"/crm/objects/{VERSION}/{crm.path}/search", body, lane="search")


def _wanted(crm: Object) -> list[str]:
    return [*crm.labels, "hubspot_owner_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate"]


def _id_is(operator: str, record_id: int) -> dict[str, str]:
    return {"propertyName": "hs_object_id", "operator": operator, "value": str(record_id)}


def _ids(records: list[dict[str, Any]]) -> list[int]:
    return [int(record["id"]) for record in records if str(record["id"]).isdigit()]


class _Account:
    """What ids stand for in an account, where its records are opened, and whose turn it is to search."""

    def __init__(self, api: Api) -> None:
        self.searches = PriorityLock()
        self.names = {
            "owners": Lookup("owners", api.known, lambda: _owners(api, archived=False)),
            "deal stages": Lookup("deal stages", api.known, lambda: _stages(api, "deals")),
            "ticket stages": Lookup("ticket stages", api.known, lambda: _stages(api, "tickets")),
        }
        self._former = Lookup("former owners", api.known, lambda: _owners(api, archived=True))
        self._addresses = Lookup("addresses", api.known, lambda: _addresses(api))

    def start(self) -> None:
        """Begin to fetch the names that records nearly always need."""
        for names in self.names.values():
            names.start()

    async def items(self, kind: str, records: Sequence[dict[str, Any]]) -> list[Item]:
        """The items of some records."""
        records = [{**record, "properties": _texts(record.get("properties"))} for record in records]
        values = [record["properties"] for record in records]
        ids = {each.get("hubspot_owner_id") for each in values}
        owners = await self.names["owners"].resolve(ids)
        owners |= await self._former.resolve(ids - owners.keys())
        stages = {}
        if kind in STAGED:
            stages = await self.names[STAGED[kind]].resolve(each.get(name) for each in values for name in STAGES)
        linked = all(record.get("url") for record in records)
        addresses = {} if linked else await self._addresses.resolve(["records"])
        return [_item(kind, record, Known(addresses.get("records", ""), owners, stages)) for record in records]


async def _addresses(api: Api) -> dict[str, str]:
    """Where this account opens its records: European accounts have another host."""
    account = await api.get(f"/account-info/{VERSION}/details")
    domain, portal = account.get("uiDomain"), account.get("portalId")
    host = f"https://{domain}" if domain and api.web_url == PROVIDER.web_url else api.web_url
    return {"records": f"{host}/contacts/{portal}/record"} if portal else {}


async def _owners(api: Api, archived: bool) -> dict[str, str]:
    query = {"limit": PAGE_SIZE, "archived": str(archived).lower()}
    owners: dict[str, str] = {}
    async for answer in _answers(api, f"/crm/owners/{VERSION}", query):
        owners.update({owner["id"]: _owner_name(owner) for owner in records_in(answer, "results")})
    return owners


async def _stages(api: Api, path: str) -> dict[str, str]:
    """Pipelines and their stages by id: an id can mean a pipeline or a stage, never both."""
    answer = await api.get(f"/crm/pipelines/{VERSION}/{path}")
    pipelines = records_in(answer, "results")
    named = [*pipelines, *(stage for pipeline in pipelines for stage in with_id(pipeline.get("stages")))]
    return {each["id"]: each.get("label") or each["id"] for each in named}


def _answers(api: Api, path: str, query: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    """`paging.next.link` may name another API version, so only its `after` is followed."""

    def fetch(cursor: str | None) -> Any:
        return api.get(path, {**query, **({"after": cursor} if cursor else {})})

    return cursor_pages(fetch, "results", _after)


def _after(answer: Mapping[str, Any]) -> str | None:
    return ((answer.get("paging") or {}).get("next") or {}).get("after")


def _item(kind: str, record: Mapping[str, Any], names: Known) -> Item:
    crm, values = OBJECTS[kind], record.get("properties") or {}
    shown = {name: _value(name, values.get(name), names) for name in crm.labels}
    owner = values.get("hubspot_owner_id")
    return Item(
        id=record["id"],
        type=kind,
        name=_name(kind, record["id"], values),
        parent_path_or_name=shown.get(crm.parent) if crm.parent else None,
        creation_time=moment(record.get("createdAt") or values.get("createdate")),
        last_modified_time=moment(record.get("updatedAt")),
        url=record.get("url") or (names.web_url and f"{names.web_url}/{crm.type_id}/{record['id']}") or None,
        owner=names.owners.get(owner, owner) if owner else None,
        visibility=not record.get("archived", False),
        properties={label: shown[name] for name, label in crm.labels.items() if name not in crm.name},
    )


def _texts(properties: Any) -> dict[str, str | None]:
    """The properties as documented, text or null; what is something else becomes its text."""
    found = properties.items() if isinstance(properties, dict) else ()
    return {name: value if value is None or isinstance(value, str) else str(value) for name, value in found}


def _name(kind: str, record_id: str, values: Mapping[str, str | None]) -> str:
    words = (values.get(name) for name in OBJECTS[kind].name)
    return " ".join(word for word in words if word) or values.get("email") or f"{kind.capitalize()} {record_id}"


def _value(name: str, text: str | None, names: Known) -> Any:
    """Every value is text or null on the wire: numbers become numbers, stage ids their labels."""
    if not text:
        return None
    if name in NUMBERS:
        return _number(text)
    return names.stages.get(text, text) if name in STAGES else text


def _number(text: str) -> float | str:
    with suppress(ValueError):
        return int(text)  # exactly, however long
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def _owner_name(owner: Mapping[str, Any]) -> str:
    name = " ".join(word for word in (owner.get("firstName"), owner.get("lastName")) if word)
    return name or owner.get("email") or f"Owner {owner['id']}"


PROVIDER = Provider(
    slug="hubspot",
    title="HubSpot",
    icon=":material/hub:",
    summary="Contacts, companies, deals and tickets",
    kinds=(Kind("contact", "Contacts"), Kind("company", "Companies"), Kind("deal", "Deals"), Kind("ticket", "Tickets")),
    authorize_url="https://app.hubspot.com/oauth/authorize",
    token_url=f"https://api.hubapi.com/oauth/{VERSION}/token",
    revoke_url=f"https://api.hubapi.com/oauth/{VERSION}/token/revoke",
    introspect_url=f"https://api.hubapi.com/oauth/{VERSION}/token/introspect",
    api_url="https://api.hubapi.com",
    web_url="https://app.hubspot.com",
    console_url="https://developers.hubspot.com",
    scopes=("oauth",),
    optional_scopes=(
        "crm.objects.contacts.read", "crm.objects.companies.read", "crm.objects.deals.read", "tickets",
        "crm.objects.owners.read",
    ),
    client_auth="body",
    access_token_seconds=1800,
    refresh_reuse="harmless",
    rates={"": Rate(105, 10), "search": Rate(5, 1.05, strict=True)},  # of 110 in 10 s and 5 in 1 s
    rate_limit_wait=10,
    faults=(
        Fault(429, '"DAILY"', QuotaSpent, "This HubSpot account has used up its calls for today. Come back tomorrow."),
        Fault(429, "secondly limit", RateLimited, "HubSpot asks for a pause. Try again in a minute.", retry_after=1),
        Fault(488, "", ReconnectNeeded, "HubSpot has moved this account to another data centre. Reconnect to go on."),
        Fault(477, "", Unavailable, "HubSpot is moving this account to another data centre. Come back in a few hours."),
    ),
    is_error=lambda answer: answer.get("status") == "error" or "correlationId" in answer,
    if_empty="Once there are contacts, companies, deals or tickets in HubSpot, press Refresh.",
    identify=identify,
    plan=plan,
    read=read,
    changes=changes,
)  # fmt: skip
