"""HubSpot: contacts, companies, deals and tickets, with owners and stages by name.

https://developers.hubspot.com/docs/api-reference/2026-09/overview (paths and versions),
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth (OAuth)
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .http import MostFirst, Once, cursor_pages, listed, together
from .model import Account, Api, Fault, Item, Kind, Page, Part, Plan, Provider, Rate, moment
from .model.errors import Forbidden, ProviderError, QuotaSpent, RateLimited, Unavailable

VERSION = "2026-09"
PAGE_SIZE, SEARCH_SIZE = 100, 200
LAG = timedelta(minutes=5)  # what is older is surely known to the search


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


@dataclass(frozen=True)
class Known:
    """What ids stand for in this account, and where its records are opened."""

    web_url: str
    owners: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)


async def identify(api: Api, answer: Mapping[str, Any]) -> Account:
    """The HubSpot account (portal); the token endpoint may leave its number out."""
    hub = answer.get("hub_id") or (await api.get(f"/account-info/{VERSION}/details"))["portalId"]
    return Account(str(hub), f"HubSpot account {hub}")


async def plan(api: Api) -> Plan:
    """One part an object, and the names in the account, which the objects do not wait for."""
    names = Names(api)
    parts = [Part(kind.slug, kind.title, kind.slug, facts=names) for kind in PROVIDER.kinds]
    named = [Part(what, f"Names of {what}", "", calls=0, facts=once) for what, once in names.fetched.items()]
    return Plan((*parts, *named))


async def read(api: Api, part: Part, mark: str = "") -> AsyncIterator[Page]:
    """Every record of one object: listed from the low ids, searched from the high ids, until they meet.

    A list takes 100 a page and a search 200, each within its own rate. A search may lag a few
    moments behind, fail, or be refused: the list goes on to its end unless all that the search
    promised has come, and what is too young for the search to know is listed. The mark is where the
    list goes on.
    """
    if not part.kind:
        await part.facts
        return
    meeting = _Meeting(after=mark)
    async with aclosing(together(_listed(api, part, mark), _searched(api, part, meeting))) as batches:
        async for batch in batches:
            reached = meeting.take(batch)
            yield Page(await part.facts.items(part.kind, batch.records), reached)
            if meeting.complete:
                break
    if meeting.met:
        async for batch in _listed(api, part, str(meeting.settled)):
            yield Page(await part.facts.items(part.kind, batch.records))


async def changes(api: Api, part: Part, since: datetime) -> AsyncIterator[Page]:
    """What was created or changed since, in the order of ids: many records can share a moment, none an id."""
    if not part.kind:
        await part.facts
        return
    modified = "lastmodifieddate" if part.kind == "contact" else "hs_lastmodifieddate"
    since_then = {"propertyName": modified, "operator": "GTE", "value": str(int(since.timestamp() * 1000))}
    last, full = 0, True
    while full:
        answer = await _search(api, part, "ASCENDING", since_then, _id_is("GT", last))
        records = listed(answer, "results")
        yield Page(await part.facts.items(part.kind, records))
        before, last, full = last, max([last, *_ids(records)]), len(records) == SEARCH_SIZE
        if full and last == before:
            raise ProviderError("the search never ends: HubSpot repeats a page")


@dataclass(frozen=True)
class _Batch:
    """Records from the list, with where it goes on ("" at its end), or from the search, with how many there are."""

    records: list[dict[str, Any]]
    after: str | None = None
    total: int | None = None


@dataclass
class _Meeting:
    """How far list and search have come: ids below `after` are read, and those from `low` on.

    `settled`: the highest id that is old enough for the search to know all below it.
    `ordered`: whether the list goes by ascending numbers, without which there is no meeting.
    """

    after: str = ""
    low: int | None = None
    total: int | None = None
    settled: int | None = None
    ordered: bool = True
    listed: int = 0
    seen: set[str] = field(default_factory=set)
    ended: bool = False

    def take(self, batch: _Batch) -> str:
        """Count a batch; returns the mark to go on from after it."""
        self.seen.update(record["id"] for record in batch.records)
        ids = _ids(batch.records)
        if batch.after is not None:
            self.ordered = self.ordered and len(ids) == len(batch.records) and [self.listed, *ids] == sorted(
                [self.listed, *ids]
            )
            self.after, self.ended = batch.after, not batch.after
            self.listed = max(ids, default=self.listed)
        elif self.low is None or min(ids, default=self.low) < self.low:
            self.total = batch.total if self.total is None else self.total
            self.settled = _settled(batch.records) if self.settled is None else self.settled
            self.low = min(ids, default=self.low)
        return self.after

    @property
    def complete(self) -> bool:
        """Whether everything is read, or was when the search began (`met`)."""
        return self.ended or self.met

    @property
    def left(self) -> float:
        """How many records have not come yet, as far as one knows."""
        return math.inf if self.total is None else self.total - len(self.seen)

    @property
    def met(self) -> bool:
        """Whether the list has reached what was searched, and all that the search promised has come."""
        reached = self.low is not None and self.after.isdigit() and int(self.after) >= self.low
        return not self.ended and reached and self.ordered and self.settled is not None and self.left <= 0


async def _listed(api: Api, part: Part, start: str) -> AsyncGenerator[_Batch, None]:
    crm = OBJECTS[part.kind]
    query = {"limit": PAGE_SIZE, "properties": ",".join(_wanted(crm)), "archived": "false"}
    if start:
        query["after"] = start
    async for answer in _answers(api, f"/crm/objects/{VERSION}/{crm.path}", query):
        yield _Batch(listed(answer, "results"), after=_after(answer) or "")


async def _searched(api: Api, part: Part, meeting: _Meeting) -> AsyncGenerator[_Batch, None]:
    """From the highest id down, as long as that helps: it is the list that must reach its end."""
    low: list[dict[str, str]] = []
    lowest, full = math.inf, True
    while full and meeting.left > 0:
        async with part.facts.searches.turn(meeting.left):
            try:
                answer = await _search(api, part, "DESCENDING", *low)
            except ProviderError:
                return
        records, total = listed(answer, "results"), answer.get("total")
        ids = _ids(records)
        if not isinstance(total, int) or len(ids) < len(records) or max(ids, default=0) >= lowest:
            return
        yield _Batch(records, total=total)
        full, lowest = len(records) == SEARCH_SIZE, min(ids, default=0)
        low = [_id_is("LT", lowest)]


async def _search(api: Api, part: Part, direction: str, *filters: Mapping[str, str]) -> Any:
    crm = OBJECTS[part.kind]
    body = {
        "filterGroups": [{"filters": list(filters)}] if filters else [],
        "sorts": [{"propertyName": "hs_object_id", "direction": direction}],
        "properties": _wanted(crm),
        "limit": SEARCH_SIZE,
    }
    return await api.post(f"/crm/objects/{VERSION}/{crm.path}/search", body, lane="search")


def _wanted(crm: Object) -> list[str]:
    return [*crm.labels, "hubspot_owner_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate"]


def _id_is(operator: str, record_id: int) -> dict[str, str]:
    return {"propertyName": "hs_object_id", "operator": operator, "value": str(record_id)}


def _ids(records: list[dict[str, Any]]) -> list[int]:
    return [int(record["id"]) for record in records if str(record["id"]).isdigit()]


def _settled(records: list[dict[str, Any]]) -> int | None:
    """The highest id of a record that is no longer young; None if they all are."""
    until = datetime.now(UTC) - LAG
    times = [(record, moment(record.get("createdAt"))) for record in records]
    return max(_ids([record for record, time in times if time and time < until]), default=None)


class Names:
    """What ids stand for in this account, and where its records are opened; fetched when first needed."""

    def __init__(self, api: Api) -> None:
        self.searches = MostFirst()
        self.fetched: dict[str, Once[dict[str, str]]] = {
            "owners": Once(lambda: _owners(api, archived=False)),
            "former owners": Once(lambda: _owners(api, archived=True)),
            "deal stages": Once(lambda: _stages(api, "deals")),
            "ticket stages": Once(lambda: _stages(api, "tickets")),
        }
        self._known = Once(lambda: self._fetch(api))

    async def items(self, kind: str, records: list[dict[str, Any]]) -> list[Item]:
        """The items of some records."""
        known = await self._known if records else Known("")
        return [_item(kind, record, known) for record in records]

    async def _fetch(self, api: Api) -> Known:
        """What could be fetched; what couldn't is named by the part that reads it alone."""
        web_url, *found = await asyncio.gather(_web_url(api), *self.fetched.values(), return_exceptions=True)
        owners, former, deals, tickets = (each if isinstance(each, dict) else {} for each in found)
        return Known(web_url if isinstance(web_url, str) else "", {**former, **owners}, {**tickets, **deals})


async def _web_url(api: Api) -> str:
    """Where this account opens its records: European accounts have another host."""
    try:
        account = await api.get(f"/account-info/{VERSION}/details")
    except Forbidden:
        return ""
    domain, portal = account.get("uiDomain"), account.get("portalId")
    host = f"https://{domain}" if domain and api.web_url == PROVIDER.web_url else api.web_url
    return f"{host}/contacts/{portal}/record" if portal else ""


async def _owners(api: Api, archived: bool) -> dict[str, str]:
    query = {"limit": PAGE_SIZE, "archived": str(archived).lower()}
    owners: dict[str, str] = {}
    async for answer in _answers(api, f"/crm/owners/{VERSION}", query):
        owners.update({owner["id"]: _owner_name(owner) for owner in listed(answer, "results")})
    return owners


async def _stages(api: Api, objects: str) -> dict[str, str]:
    """Pipelines and their stages by id: an id can mean a pipeline or a stage, never both."""
    answer = await api.get(f"/crm/pipelines/{VERSION}/{objects}")
    pipelines = listed(answer, "results")
    named = [*pipelines, *(stage for pipeline in pipelines for stage in listed(pipeline, "stages"))]
    return {f"{objects} {each['id']}": each.get("label") or each["id"] for each in named}


def _answers(api: Api, path: str, query: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    """`paging.next.link` may name another API version, so only its `after` is followed."""

    def fetch(cursor: str | None) -> Any:
        return api.get(path, {**query, **({"after": cursor} if cursor else {})})

    return cursor_pages(fetch, _after)


def _after(answer: Mapping[str, Any]) -> str | None:
    return ((answer.get("paging") or {}).get("next") or {}).get("after")


def _item(kind: str, record: Mapping[str, Any], names: Known) -> Item:
    crm, values = OBJECTS[kind], record.get("properties") or {}
    shown = {name: _value(crm.path, name, values.get(name), names) for name in crm.labels}
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


def _name(kind: str, record_id: str, values: Mapping[str, str | None]) -> str:
    words = (values.get(name) for name in OBJECTS[kind].name)
    return " ".join(word for word in words if word) or values.get("email") or f"{kind.capitalize()} {record_id}"


def _value(objects: str, name: str, text: str | None, names: Known) -> Any:
    """Every value is text or null on the wire: numbers become numbers, stage ids their labels."""
    if not text:
        return None
    if name in NUMBERS:
        return _number(text)
    return names.stages.get(f"{objects} {text}", text) if name in STAGES else text


def _number(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


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
    api_url="https://api.hubapi.com",
    web_url="https://app.hubspot.com",
    console_url="https://developers.hubspot.com",
    scopes=("oauth",),
    optional_scopes=(
        "crm.objects.contacts.read", "crm.objects.companies.read", "crm.objects.deals.read", "tickets",
        "crm.objects.owners.read",
    ),
    client_auth="body",
    rates={"": Rate(105, 10), "search": Rate(1, 0.21)},  # of 110 in 10 s and 5 in 1 s
    rate_limit_wait=10,
    faults=(
        Fault(429, '"DAILY"', QuotaSpent, "This HubSpot account has used up its calls for today. Come back tomorrow."),
        Fault(429, "secondly limit", RateLimited, "HubSpot asks for a pause. Try again in a minute.", retry_after=1),
        Fault(477, "", Unavailable, "HubSpot is moving this account to another data centre. Come back in a few hours."),
    ),
    if_empty="Once there are contacts, companies, deals or tickets in HubSpot, press Refresh.",
    identify=identify,
    plan=plan,
    read=read,
    changes=changes,
)  # fmt: skip
