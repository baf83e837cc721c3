"""HubSpot: contacts, companies, deals and tickets, with owners and stages by name.

https://developers.hubspot.com/docs/api-reference/2026-09/overview (paths and versions),
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth (OAuth)

Tokens, from that page: access tokens live for 30 minutes; a refresh token works until the app is uninstalled or the
token is revoked, and a refresh returns the same one, so that it may be sent again.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .http import Chains, MostFirst, Names, cursor_pages, listed, objects
from .model import Account, Api, Fault, Item, Kind, Page, Part, Plan, Provider, Rate, moment
from .model.errors import ProviderError, QuotaSpent, RateLimited, Unavailable

VERSION = "2026-09"
PAGE_SIZE, SEARCH_SIZE = 100, 200
SEARCHABLE = 10_000 - SEARCH_SIZE  # how far into its results a search can be asked
MANY = 1_000  # records that are worth a second list
LAG = timedelta(minutes=15)  # what is older is surely known to the search, though clocks differ by ten


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
    """Every record of one object: listed from the low ids, searched from the high ids, until they meet.

    A list takes 100 a page and a search 200, each within its own rate. The search leaves out some
    on its way for a second list. It may lag a few moments behind, fail, or be refused: the list goes
    on to its end unless all that the search promised has come, and what is too young for the search
    to know is listed as well. The mark is where the first list goes on.
    """
    account: _Account = part.facts
    if not part.kind:
        await account.names[part.id].be_there()
        return
    account.start()
    reading = _Reading(mark)
    async with Chains(_listed(api, part, reading.first), _searched(api, part, reading)) as chains:
        async for batch in chains:
            for gap in reading.take(batch):
                chains.add(_listed(api, part, gap))
            yield Page(await account.items(part.kind, batch.records), reading.first.after)
            if reading.complete:
                break


async def changes(api: Api, part: Part, since: datetime) -> AsyncIterator[Page]:
    """What was created or changed since, in the order of ids: many records can share a moment, none an id."""
    account: _Account = part.facts
    modified = "lastmodifieddate" if part.kind == "contact" else "hs_lastmodifieddate"
    since_then = {"propertyName": modified, "operator": "GTE", "value": str(int(since.timestamp() * 1000))}
    last, full = 0, True
    while full:
        answer = await _search(api, part, "ASCENDING", since_then, _id_is("GT", last))
        records = listed(answer, "results")
        yield Page(await account.items(part.kind, records))
        before, last, full = last, max([last, *_ids(records)]), len(records) == SEARCH_SIZE
        if full and last == before:
            raise ProviderError("HubSpot repeats a page without end. Refresh to try again.")


@dataclass
class _Gap:
    """Ids that are not read yet: a list works up from `low`, by its cursor `after`; from `high` on they are searched.

    `asked`: how far down the search has asked, which is known before those records are taken.
    """

    after: str = ""
    low: float = 0
    high: float = math.inf
    asked: float = math.inf

    @property
    def closed(self) -> bool:
        return self.low >= self.high


@dataclass(frozen=True)
class _Batch:
    """Records of a gap: from its list, with where that goes on ("" at its end), or from the search, which has then
    come down to `high`, perhaps with some `skipped`."""

    gap: _Gap
    records: list[dict[str, Any]]
    after: str | None = None
    high: float = 0
    skipped: bool = False


class _Reading:
    """How far lists and search have come, and whether together they have read everything.

    `total`: how many records the search promised, up to the id `top`.
    `trusted`: whether lists go by ascending numbers and the search knows the old records; else nobody meets.
    """

    def __init__(self, mark: str) -> None:
        self.first = _Gap(mark, int(mark) if mark.isdigit() else 0)
        self.gaps = [self.first]
        self.total: int | None = None
        self.top = math.inf
        self.trusted = True
        self._seen: set[int] = set()

    @property
    def left(self) -> float:
        """How many records have not come yet; as many as have come, where one can't know."""
        return len(self._seen) if self.total is None else self.total - len(self._seen)

    @property
    def complete(self) -> bool:
        """Whether the first list has come to its end, or all has been read between the others."""
        return self.first.low == math.inf or (self._met and self._sure)

    @property
    def _met(self) -> bool:
        return all(gap.closed for gap in self.gaps)

    @property
    def _sure(self) -> bool:
        return self.trusted and self.total is not None and self.left <= 0

    def take(self, batch: _Batch) -> list[_Gap]:
        """Count a batch; returns the gaps to list besides those that are being listed."""
        ids = _ids(batch.records)
        self._seen.update(number for number in ids if number <= self.top)
        new = self._searched(batch, ids) if batch.after is None else self._listed(batch, ids)
        self.gaps += new
        if self._met and not self.complete:  # the first list goes on; whoever still reads its old gap ends
            self.first = self.gaps[0] = replace(self.first, high=math.inf)
            new = [self.first]
        return new

    def _listed(self, batch: _Batch, ids: list[int]) -> list[_Gap]:
        gap, after = batch.gap, batch.after or ""
        way = [gap.low, *ids, *_ids([{"id": after}])]
        in_order = len(ids) == len(batch.records) and way == sorted(way)
        self.trusted = self.trusted and in_order
        gap.after = after
        if not after or (gap is not self.first and not in_order):
            gap.low = math.inf
        elif in_order and after.isdigit():
            gap.low = int(after)
        return []

    def _searched(self, batch: _Batch, ids: list[int]) -> list[_Gap]:
        high, batch.gap.high = batch.gap.high, batch.high
        if high == math.inf:
            self.top = max(ids, default=0)
            settled = _settled(batch.records)
            self.trusted = self.trusted and settled is not None
            return [_Gap(str(settled), settled, asked=0)] if settled else []
        return [_Gap(str(max(ids)), max(ids), high, asked=high)] if batch.skipped else []


async def _listed(api: Api, part: Part, gap: _Gap) -> AsyncGenerator[_Batch, None]:
    crm = OBJECTS[part.kind]
    query = {"limit": PAGE_SIZE, "properties": ",".join(_wanted(crm)), "archived": "false"}
    if gap.after:
        query["after"] = gap.after
    async for answer in _answers(api, f"/crm/objects/{VERSION}/{crm.path}", query):
        yield _Batch(gap, listed(answer, "results"), after=_after(answer) or "")
        if gap.closed:
            return


async def _searched(api: Api, part: Part, reading: _Reading) -> AsyncGenerator[_Batch, None]:
    """From the highest id down, as long as that helps: it is the lists that must reach the other end."""
    skipped = False
    while gap := next((gap for gap in reading.gaps if gap.low < gap.asked), None):
        async with part.facts.searches.turn(lambda: reading.left):
            skip = 0 if skipped or reading.total is None else _worth_skipping(reading.left)
            below = [_id_is("LT", int(gap.asked))] if gap.asked < math.inf else []
            try:
                answer = await _search(api, part, "DESCENDING", *below, skip=skip)
                records, total = listed(answer, "results"), answer.get("total")
            except ProviderError:
                return
            ids = _ids(records)
            known = isinstance(total, int) and len(ids) == len(records)
            if not known or max(ids, default=0) >= gap.asked or (skip and not ids):
                return
            reading.total = total if reading.total is None else reading.total
        gap.asked = min(ids) if len(records) == SEARCH_SIZE else 0
        skipped = skipped or skip > 0
        yield _Batch(gap, records, high=gap.asked, skipped=skip > 0)


def _worth_skipping(left: float) -> int:
    """How many records the search leaves to a second list: a quarter, as it takes twice as many as each list."""
    return min(int(left / 4), SEARCHABLE) if left >= MANY else 0


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


def _settled(records: list[dict[str, Any]]) -> int | None:
    """The highest id of a record that is no longer young; None if they all are."""
    until = datetime.now(UTC) - LAG
    times = [(record, moment(record.get("createdAt"))) for record in records]
    return max(_ids([record for record, time in times if time and time < until]), default=None)


class _Account:
    """What ids stand for in an account, where its records are opened, and whose turn it is to search."""

    def __init__(self, api: Api) -> None:
        self.searches = MostFirst()
        self.names = {
            "owners": Names("owners", api.known, lambda: _owners(api, archived=False)),
            "deal stages": Names("deal stages", api.known, lambda: _stages(api, "deals")),
            "ticket stages": Names("ticket stages", api.known, lambda: _stages(api, "tickets")),
        }
        self._former = Names("former owners", api.known, lambda: _owners(api, archived=True))
        self._addresses = Names("addresses", api.known, lambda: _addresses(api))

    def start(self) -> None:
        """Begin to fetch the names that records nearly always need."""
        for names in self.names.values():
            names.start()

    async def items(self, kind: str, records: list[dict[str, Any]]) -> list[Item]:
        """The items of some records."""
        values = [record.get("properties") or {} for record in records]
        ids = {each.get("hubspot_owner_id") for each in values}
        owners = await self.names["owners"].of(ids)
        owners |= await self._former.of(ids - owners.keys())
        stages = {}
        if kind in STAGED:
            stages = await self.names[STAGED[kind]].of(each.get(name) for each in values for name in STAGES)
        linked = all(record.get("url") for record in records)
        addresses = {} if linked else await self._addresses.of(["records"])
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
        owners.update({owner["id"]: _owner_name(owner) for owner in listed(answer, "results")})
    return owners


async def _stages(api: Api, path: str) -> dict[str, str]:
    """Pipelines and their stages by id: an id can mean a pipeline or a stage, never both."""
    answer = await api.get(f"/crm/pipelines/{VERSION}/{path}")
    pipelines = listed(answer, "results")
    named = [*pipelines, *(stage for pipeline in pipelines for stage in objects(pipeline.get("stages")))]
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
        Fault(477, "", Unavailable, "HubSpot is moving this account to another data centre. Come back in a few hours."),
    ),
    if_empty="Once there are contacts, companies, deals or tickets in HubSpot, press Refresh.",
    identify=identify,
    plan=plan,
    read=read,
    changes=changes,
)  # fmt: skip
