"""HubSpot: contacts, companies, deals and tickets, with owners and stages by name.

https://developers.hubspot.com/docs/api-reference/2026-09/overview (paths and versions),
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth (OAuth)

Tokens, from that page: access tokens live for 30 minutes; a refresh token works until the app is uninstalled or the
token is revoked, and a refresh returns the same one, so that it may be sent again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .listing import Lookup, PriorityLock, cursor_pages, read_by_id, records_in, with_id
from .listing.both_ends import ListPage, SearchPage, read_from_both_ends
from .listing.values import joined, local_day, mapping, number_of
from .model import Account, Api, Catalog, Fault, Item, ItemType, Page, Provider, RateLimit, Stream, moment
from .model.errors import NotConfigured, QuotaSpent, RateLimited, ReconnectNeeded, Unavailable

VERSION = "2026-09"
OAUTH_URL = f"https://api.hubapi.com/oauth/{VERSION}/token"
PAGE_SIZE, SEARCH_SIZE = 100, 200
MAX_SKIP = 10_000 - SEARCH_SIZE  # how far into its results a search can be asked
SEARCH_LAG = timedelta(minutes=15)  # until the search surely knows a record; clocks differ by up to ten


@dataclass(frozen=True)
class CrmObject:
    """A CRM object: its path, type id in addresses, the scope that reads it, and the properties to read.

    `name`: the properties that make up its name. `parent`: the one with its parent's name.
    `modified`: the property to search for changes. `stages`: those that hold the id of a pipeline or a stage.
    """

    path: str
    type_id: str
    scope: str
    name: tuple[str, ...]
    properties: tuple[str, ...]
    parent: str = ""
    modified: str = "hs_lastmodifieddate"
    stages: tuple[str, ...] = ()


OBJECTS = {
    "contact": CrmObject(
        "contacts", "0-1", "crm.objects.contacts.read", ("firstname", "lastname"), (
            "firstname", "lastname", "email", "phone", "company", "jobtitle", "lifecyclestage", "hs_lead_status",
            "city", "country", "website",
        ), parent="company", modified="lastmodifieddate",
    ),
    "company": CrmObject(
        "companies", "0-2", "crm.objects.companies.read", ("name",), (
            "name", "domain", "industry", "phone", "city", "country", "numberofemployees", "annualrevenue",
            "lifecyclestage",
        ),
    ),
    "deal": CrmObject(
        "deals", "0-3", "crm.objects.deals.read", ("dealname",), (
            "dealname", "amount", "deal_currency_code", "dealstage", "pipeline", "closedate", "dealtype",
        ), parent="pipeline", stages=("dealstage", "pipeline"),
    ),
    "ticket": CrmObject(
        "tickets", "0-5", "tickets", ("subject",), (
            "subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "hs_ticket_category",
        ), parent="hs_pipeline", stages=("hs_pipeline", "hs_pipeline_stage"),
    ),
}  # fmt: skip
LABELS = {
    "firstname": "First name", "lastname": "Last name", "email": "Email", "phone": "Phone", "company": "Company",
    "jobtitle": "Job title", "lifecyclestage": "Lifecycle stage", "hs_lead_status": "Lead status", "city": "City",
    "country": "Country", "website": "Website", "name": "Name", "domain": "Domain", "industry": "Industry",
    "numberofemployees": "Employees", "annualrevenue": "Annual revenue", "dealname": "Deal name", "amount": "Amount",
    "deal_currency_code": "Currency", "dealstage": "Stage", "pipeline": "Pipeline", "closedate": "Close date",
    "dealtype": "Deal type", "subject": "Subject", "content": "Description", "hs_pipeline": "Pipeline",
    "hs_pipeline_stage": "Status", "hs_ticket_priority": "Priority", "hs_ticket_category": "Category",
}  # fmt: skip
OWNER = "hubspot_owner_id"
NUMBERS, DAYS = ("amount", "annualrevenue", "numberofemployees"), ("closedate",)


class HubSpot(Provider):
    """The standard objects of a CRM account."""

    slug = "hubspot"
    title = "HubSpot"
    icon = ":material/hub:"
    summary = "Contacts, companies, deals and tickets"
    item_types = tuple(ItemType(slug, crm.path.capitalize()) for slug, crm in OBJECTS.items())
    authorize_url = "https://app.hubspot.com/oauth/authorize"
    token_url = OAUTH_URL
    revoke_url = f"{OAUTH_URL}/revoke"
    introspect_url = f"{OAUTH_URL}/introspect"
    api_url = "https://api.hubapi.com"
    web_url = "https://app.hubspot.com"
    console_url = "https://developers.hubspot.com"
    scopes = ("oauth",)
    optional_scopes = (*(crm.scope for crm in OBJECTS.values()), "crm.objects.owners.read")
    client_auth = "body"
    token_errors = {
        "bad_auth_code": ReconnectNeeded, "bad_refresh_token": ReconnectNeeded, "bad_hub": ReconnectNeeded,
        "bad_client_id": NotConfigured, "bad_client_secret": NotConfigured,
    }  # fmt: skip
    access_token_seconds = 1800
    refresh_reuse = "harmless"
    rate_limits = {"": RateLimit(105, 10), "search": RateLimit(5, 1.05, strict=True)}  # of 110 in 10 s and 5 in 1 s
    rate_limit_wait = 10
    faults = (
        Fault(429, '"DAILY"', QuotaSpent, "This HubSpot account has used up its calls for today. Come back tomorrow."),
        Fault(429, "secondly limit", RateLimited, "HubSpot asks for a pause. Try again in a minute.", retry_after=1),
        Fault(488, "", ReconnectNeeded, "HubSpot has moved this account to another data centre. Reconnect to go on."),
        Fault(477, "", Unavailable, "HubSpot is moving this account to another data centre. Come back in a few hours."),
    )
    if_empty = "Once there are contacts, companies, deals or tickets in HubSpot, press Refresh."

    def is_error(self, answer: Mapping[str, Any]) -> bool:
        """https://developers.hubspot.com/docs/api-reference/error-handling."""
        return answer.get("status") == "error" or "correlationId" in answer

    async def identify(self, api: Api, answer: Mapping[str, Any]) -> Account:
        """Returns the HubSpot account (portal); where the token endpoint leaves it out, from token introspection."""
        hub = answer.get("hub_id") or (await api.get(f"/account-info/{VERSION}/details"))["portalId"]
        return Account(str(hub), f"HubSpot account {hub}")

    async def catalog(self, api: Api) -> Catalog:
        """Returns a stream for each object, and one for each list of names, which the objects do not wait for."""
        names = _Names(api)
        streams = [Stream(each.slug, each.title, each.slug, context=names) for each in self.item_types]
        lookups = [Stream(what, f"Names of {what}", "", calls=0, context=names) for what in names.current]
        return Catalog((*streams, *lookups))

    async def read(self, api: Api, stream: Stream, cursor: str = "") -> AsyncIterator[Page]:
        """Yields every record of one object, listed from the lowest ids and searched from the highest until they meet.

        A list takes 100 a page and a search 200, each within its own rate limit. The cursor is that of the list.
        """
        names: _Names = stream.context
        if not stream.item_type:
            await names.current[stream.id].wait()
            return
        for each in names.current.values():
            each.start()
        async for records, reached in read_from_both_ends(_Records(api, stream.item_type), cursor, names.searches):
            yield Page(await names.items(stream.item_type, records), reached)

    async def changes(self, api: Api, stream: Stream, since: datetime) -> AsyncIterator[Page]:
        """Yields what was created or changed since, by ascending id: many records can share a moment, none an id."""
        crm, names = _Records(api, stream.item_type), stream.context
        changed = _filter(OBJECTS[stream.item_type].modified, "GTE", int(since.timestamp() * 1000))

        async def fetch_after(last: int) -> list[dict[str, Any]]:
            answer = await crm.search("ASCENDING", changed, _filter("hs_object_id", "GT", last))
            return records_in(answer, "results")

        async for records in read_by_id(fetch_after, crm.id_of, SEARCH_SIZE):
            yield Page(await names.items(stream.item_type, records))


class _Records:
    """The records of one object, implementing `listing.TwoEndedSource`."""

    search_size = SEARCH_SIZE
    max_skip = MAX_SKIP

    def __init__(self, api: Api, object_type: str) -> None:
        crm = OBJECTS[object_type]
        self._api = api
        self._path = f"/crm/objects/{VERSION}/{crm.path}"
        self._properties = [*crm.properties, OWNER, "createdate", "lastmodifieddate", "hs_lastmodifieddate"]

    async def list_from(self, cursor: str) -> AsyncGenerator[ListPage[dict[str, Any]], None]:
        query = {"limit": PAGE_SIZE, "properties": ",".join(self._properties), "archived": "false"}
        async for answer in _answers(self._api, self._path, {**query, **({"after": cursor} if cursor else {})}):
            yield ListPage(records_in(answer, "results"), _after(answer) or "")

    async def search_below(self, limit: int | None, skip: int) -> SearchPage[dict[str, Any]]:
        below = [] if limit is None else [_filter("hs_object_id", "LT", limit)]
        answer = await self.search("DESCENDING", *below, skip=skip)
        total = answer.get("total")
        return SearchPage(records_in(answer, "results"), total if isinstance(total, int) else None)

    async def search(self, direction: str, *filters: Mapping[str, str], skip: int = 0) -> Any:
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [{"propertyName": "hs_object_id", "direction": direction}],
            "properties": self._properties,
            "limit": SEARCH_SIZE,
            **({"after": str(skip)} if skip else {}),
        }
        return await self._api.post(f"{self._path}/search", body, bucket="search")

    def id_of(self, record: dict[str, Any]) -> int | None:
        return int(record["id"]) if str(record["id"]).isdigit() else None

    def is_settled(self, record: dict[str, Any]) -> bool:
        created = moment(record.get("createdAt"))
        return created is not None and created < datetime.now(UTC) - SEARCH_LAG


def _filter(name: str, operator: str, value: int) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


class _Names:
    """The names that ids stand for in one account, and the lock of its searches."""

    def __init__(self, api: Api) -> None:
        self.searches = PriorityLock()
        self.current = {"owners": Lookup("owners", api.cache, lambda: _owners(api, archived=False))}
        for path in (crm.path for crm in OBJECTS.values() if crm.stages):
            name = f"{path.removesuffix('s')} stages"
            self.current[name] = Lookup(name, api.cache, lambda path=path: _stages(api, path))  # type: ignore[misc]
        self._former = Lookup("former owners", api.cache, lambda: _owners(api, archived=True))
        self._account = Lookup("account", api.cache, lambda: _account(api))

    async def items(self, object_type: str, records: Sequence[dict[str, Any]]) -> list[Item]:
        """Returns the items of some records."""
        crm, account = OBJECTS[object_type], await self._account.resolve(["records", "zone"])
        values = [_values(record.get("properties"), account.get("zone", "")) for record in records]
        ids = {each.get(OWNER) for each in values}
        owners = await self.current["owners"].resolve(ids)
        owners |= await self._former.resolve(ids - owners.keys())
        named = {OWNER: owners}
        if crm.stages:
            stages = self.current[f"{object_type} stages"]
            named |= dict.fromkeys(crm.stages, await stages.resolve(v.get(name) for v in values for name in crm.stages))
        for each in values:
            each.update({name: names.get(id_, id_) for name, names in named.items() if (id_ := each.get(name))})
        base = account.get("records", "")
        return [_item(object_type, record, each, base) for record, each in zip(records, values, strict=True)]


async def _account(api: Api) -> dict[str, str]:
    """Returns the address below which the account opens its records (Europe has another host), and its time zone."""
    account = await api.get(f"/account-info/{VERSION}/details")
    domain, portal = account.get("uiDomain"), account.get("portalId")
    host = f"https://{domain}" if domain and api.web_url == HubSpot.web_url else api.web_url
    records = f"{host}/contacts/{portal}/record" if portal else ""
    return {"records": records, "zone": str(account.get("timeZone") or "UTC")}


async def _owners(api: Api, archived: bool) -> dict[str, str]:
    owners: dict[str, str] = {}
    query = {"limit": PAGE_SIZE, "archived": str(archived).lower()}
    async for answer in _answers(api, f"/crm/owners/{VERSION}", query):
        for owner in records_in(answer, "results"):
            name = joined((owner.get("firstName"), owner.get("lastName")))
            owners[owner["id"]] = name or owner.get("email") or f"Owner {owner['id']}"
    return owners


async def _stages(api: Api, path: str) -> dict[str, str]:
    """Returns pipelines and their stages by id: an id can mean a pipeline or a stage, never both."""
    pipelines = records_in(await api.get(f"/crm/pipelines/{VERSION}/{path}"), "results")
    named = [*pipelines, *(stage for pipeline in pipelines for stage in with_id(pipeline.get("stages")))]
    return {each["id"]: each.get("label") or each["id"] for each in named}


def _answers(api: Api, path: str, query: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    """`paging.next.link` may name another API version, so only its `after` is followed."""

    def fetch(cursor: str | None) -> Any:
        return api.get(path, {**query, **({"after": cursor} if cursor else {})})

    return cursor_pages(fetch, "results", _after)


def _after(answer: Mapping[str, Any]) -> str | None:
    return mapping(mapping(answer.get("paging")).get("next")).get("after")


def _item(object_type: str, record: Mapping[str, Any], values: Mapping[str, Any], base: str) -> Item:
    crm = OBJECTS[object_type]
    return Item(
        id=record["id"],
        type=object_type,
        name=joined(map(values.get, crm.name)) or values.get("email") or f"{object_type.capitalize()} {record['id']}",
        parent_path_or_name=values.get(crm.parent),
        creation_time=moment(record.get("createdAt") or values.get("createdate")),
        last_modified_time=moment(record.get("updatedAt")),
        url=record.get("url") or (base and f"{base}/{crm.type_id}/{record['id']}") or None,
        owner=values.get(OWNER),
        visibility=not record.get("archived", False),
        properties={LABELS[name]: values.get(name) for name in crm.properties if name not in crm.name},
    )


def _values(properties: Any, zone: str) -> dict[str, Any]:
    """Returns properties as plain data: each is text or null on the wire, as documented; an empty text is none."""
    texts = {name: str(value) for name, value in mapping(properties).items() if value not in (None, "")}
    days = {name: local_day(texts[name], zone) for name in DAYS if name in texts}
    return {**texts, **{name: number_of(texts[name]) for name in NUMBERS if name in texts}, **days}


PROVIDER = HubSpot()
