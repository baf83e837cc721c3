"""HubSpot: contacts, companies, deals and tickets, with owners and stages by name.

https://developers.hubspot.com/docs/api-reference/2026-09/overview (paths and versions),
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth (OAuth)
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .http import cursor_pages, listed
from .model import Account, Api, Fault, Item, Kind, Part, Plan, Provider, moment
from .model.errors import Forbidden, QuotaSpent, RateLimited, Unavailable

VERSION = "2026-09"
PAGE_SIZE = 100


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
class Names:
    """What ids stand for in this account, and where its records are opened."""

    web_url: str
    owners: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)


async def identify(api: Api, answer: Mapping[str, Any]) -> Account:
    """The HubSpot account (portal); the token endpoint may leave its number out."""
    hub = answer.get("hub_id") or (await api.get(f"/account-info/{VERSION}/details"))["portalId"]
    return Account(str(hub), f"HubSpot account {hub}")


async def plan(api: Api) -> Plan:
    """One part an object, with the names of owners, pipelines and stages."""
    skipped: list[str] = []
    web_url, owners, former, deals, tickets = await asyncio.gather(
        _web_url(api),
        _optional(_owners(api, archived=False), "Names of owners", skipped),
        _optional(_owners(api, archived=True), "Names of former owners", skipped),
        _optional(_stages(api, "deals"), "Names of deal stages", skipped),
        _optional(_stages(api, "tickets"), "Names of ticket stages", skipped),
    )
    names = Names(web_url, owners={**former, **owners}, stages={**tickets, **deals})
    return Plan(tuple(Part(kind.slug, kind.title, kind.slug, facts=names) for kind in PROVIDER.kinds), tuple(skipped))


async def read(api: Api, part: Part) -> AsyncIterator[list[Item]]:
    """Every record of one object, in the order of their ids."""
    crm = OBJECTS[part.kind]
    wanted = [*crm.labels, "hubspot_owner_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate"]
    query = {"limit": PAGE_SIZE, "properties": ",".join(wanted), "archived": "false"}
    async for answer in _answers(api, f"/crm/objects/{VERSION}/{crm.path}", query):
        yield [_item(part.kind, record, part.facts) for record in listed(answer, "results")]


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


async def _optional(names: Any, what: str, skipped: list[str]) -> Any:
    try:
        return await names
    except Forbidden:
        skipped.append(f"{what}: this account may not read them.")
        return {}


def _answers(api: Api, path: str, query: Mapping[str, Any]) -> AsyncIterator[Any]:
    """`paging.next.link` may name another API version, so only its `after` is followed."""

    def fetch(cursor: str | None) -> Any:
        return api.get(path, {**query, **({"after": cursor} if cursor else {})})

    return cursor_pages(fetch, lambda answer: ((answer.get("paging") or {}).get("next") or {}).get("after"))


def _item(kind: str, record: Mapping[str, Any], names: Names) -> Item:
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


def _value(objects: str, name: str, text: str | None, names: Names) -> Any:
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
    interval=0.095,
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
)  # fmt: skip
