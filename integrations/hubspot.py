"""HubSpot: the records of a CRM with all properties that an account has, its own objects, and associations.

https://developers.hubspot.com/docs/api-reference/2026-09/overview (paths and versions),
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth (OAuth)

Tokens, from that page: access tokens live for 30 minutes; a refresh token works until the app is uninstalled or the
token is revoked, and a refresh returns the same one, so that it may be sent again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Any

from .listing import collected, converted, cursor_pages, records_in
from .listing.crm import CREATED, OWNER, RELATION, CrmAccount, CrmObject, CrmRecords, Table, objects_in
from .listing.values import joined, mapping, text_at
from .model import Account, Api, Catalog, Fault, Item, ItemType, Page, Provider, RateLimit, Stream, moment
from .model.answers import ReadyAnswer
from .model.errors import NotConfigured, QuotaSpent, RateLimited, ReconnectNeeded, Unavailable
from .model.query import Condition, Function, Grouping, Measure, Operator, Query, Sort

VERSION = "2026-09"
OAUTH_URL = f"https://api.hubapi.com/oauth/{VERSION}/token"
OBJECTS = {
    "contact": CrmObject(
        "contacts", "0-1", "crm.objects.contacts.read", ("firstname", "lastname"), (
            "email", f"{RELATION}company", "lifecyclestage", "phone", "hs_lead_status", "jobtitle", "company", "city",
            "country", "website",
        ), parent="company", parent_id="associatedcompanyid", parents="company", modified="lastmodifieddate",
        related=("company", "deal", "ticket"),
    ),
    "company": CrmObject(
        "companies", "0-2", "crm.objects.companies.read", ("name",), (
            "domain", "industry", "lifecyclestage", "phone", "city", "country", "numberofemployees", "annualrevenue",
        ), related=("contact", "deal", "ticket"),
    ),
    "deal": CrmObject(
        "deals", "0-3", "crm.objects.deals.read", ("dealname",), (
            "amount", "dealstage", "closedate", "pipeline", f"{RELATION}company", f"{RELATION}contact", "dealtype",
            "deal_currency_code",
        ), parent="pipeline", stages=("pipeline", "dealstage"), related=("contact", "company", "ticket", "line_item"),
    ),
    "ticket": CrmObject(
        "tickets", "0-5", "tickets", ("subject",), (
            "hs_pipeline_stage", "hs_ticket_priority", "hs_pipeline", f"{RELATION}contact", f"{RELATION}company",
            "hs_ticket_category", "content",
        ), parent="hs_pipeline", stages=("hs_pipeline", "hs_pipeline_stage"), related=("contact", "company", "deal"),
    ),
    "product": CrmObject(
        "products", "0-7", "crm.objects.products.read", ("name",), ("price", "hs_sku", "description"),
    ),
    "line_item": CrmObject(
        "line_items", "", "crm.objects.line_items.read", ("name",), (
            "quantity", "price", "amount", f"{RELATION}deal", "hs_product_id",
        ), related=("deal",),
    ),
}  # fmt: skip
OPEN = Condition("hs_is_closed", Operator.NOT, "yes")
CUSTOM, HIDDEN = "custom_object", "hidden"
SCOPES = ("e-commerce", "crm.objects.custom.read", "crm.schemas.custom.read", "crm.objects.owners.read")


class HubSpot(Provider):
    """The standard objects of a CRM account, and those of its own."""

    slug = "hubspot"
    title = "HubSpot"
    icon = ":material/hub:"
    summary = "Contacts, companies, deals and tickets"
    item_types = (
        *(ItemType(slug, crm.title) for slug, crm in OBJECTS.items()),
        ItemType(CUSTOM, "Custom objects"),
    )
    authorize_url = "https://app.hubspot.com/oauth/authorize"
    token_url = OAUTH_URL
    revoke_url = f"{OAUTH_URL}/revoke"
    introspect_url = f"{OAUTH_URL}/introspect"
    api_url = "https://api.hubapi.com"
    web_url = "https://app.hubspot.com"
    console_url = "https://developers.hubspot.com"
    scopes = ("oauth",)
    optional_scopes = (*(crm.scope for crm in OBJECTS.values()), *SCOPES)
    client_auth = "body"
    token_errors = {
        "bad_auth_code": ReconnectNeeded, "bad_refresh_token": ReconnectNeeded, "bad_hub": ReconnectNeeded,
        "bad_client_id": NotConfigured, "bad_client_secret": NotConfigured,
    }  # fmt: skip
    access_token_seconds = 1800
    refresh_reuse = "harmless"
    rate_limits = {"": RateLimit(110, 10.1, strict=True), "search": RateLimit(5, 1.05, strict=True)}  # of 10 s, 1 s
    rate_limit_wait = 10
    partial_answers = True  # of a batch
    concurrency = 12  # objects wait for their own lists, and together for one rate limit
    faults = (
        Fault(429, '"DAILY"', QuotaSpent, "This HubSpot account has used up its calls for today. Come back tomorrow."),
        Fault(429, "secondly limit", RateLimited, "HubSpot asks for a pause. Try again in a minute.", retry_after=1),
        Fault(488, "", ReconnectNeeded, "HubSpot has moved this account to another data centre. Reconnect to go on."),
        Fault(477, "", Unavailable, "HubSpot is moving this account to another data centre. Come back in a few hours."),
    )
    if_empty = "Once there are contacts, companies, deals or tickets in HubSpot, press Refresh."
    answers = (
        ReadyAnswer("Open deals this quarter by stage", Query(
            "deal", (OPEN, Condition("closedate", Operator.PERIOD, "this-quarter")), groups=(Grouping("dealstage"),),
            measure=Measure(Function.SUM, "amount"),
        )),
        ReadyAnswer("Deals closing in the next 30 days", Query(
            "deal", (OPEN, Condition("closedate", Operator.PERIOD, "next-30-days")), sort=(Sort("closedate"),),
        )),
        ReadyAnswer("Contacts without owner", Query("contact", (Condition("owner", Operator.EMPTY),))),
        ReadyAnswer("Companies without deals", Query("company", (Condition(f"{RELATION}deal", Operator.EMPTY),))),
    )  # fmt: skip

    def is_error(self, answer: Mapping[str, Any]) -> bool:
        """https://developers.hubspot.com/docs/api-reference/error-handling."""
        return answer.get("status") == "error" or "correlationId" in answer

    async def identify(self, api: Api, answer: Mapping[str, Any]) -> Account:
        """Returns the HubSpot account (portal); where the token endpoint leaves it out, from token introspection."""
        hub = answer.get("hub_id") or (await api.get(f"/account-info/{VERSION}/details"))["portalId"]
        return Account(str(hub), f"HubSpot account {hub}")

    async def catalog(self, api: Api) -> Catalog:
        """Returns a stream for each object, and one for each list of names, which the objects do not wait for."""
        hidden = HIDDEN in getattr(api, "chosen", ())
        account = CrmAccount(_Calls(api), api.cache, OBJECTS, CUSTOM, hidden)
        skipped = await account.discover()
        found = [Stream(id, crm.title, crm.item_type or id, context=account) for id, crm in account.objects.items()]
        unread = [Stream(CUSTOM, self.type_title(CUSTOM), CUSTOM, context=account)] if account.own_unread else []
        lookups = [Stream(what, f"Names of {what}", "", calls=0, context=account) for what in account.names]
        more = Stream(HIDDEN, "Hidden and archived properties", "", on_request=True, context=account)
        return Catalog((*found, *unread, *lookups, more), skipped)

    async def read(self, api: Api, stream: Stream, cursor: str = "") -> AsyncGenerator[Page, None]:
        """Yields every record of one object, listed from the lowest ids and searched from the highest until they meet.

        A list takes 100 a page and a search 200, each within its own rate limit. The cursor is that of the list.
        """
        if records := await self._records(api, stream):
            async with aclosing(records.all(cursor)) as pages:
                async for page in pages:
                    yield page

    async def changes(self, api: Api, stream: Stream, since: datetime) -> AsyncGenerator[Page, None]:
        """Yields what was created, changed or deleted since, by ascending id: many records can share a moment."""
        if records := await self._records(api, stream):
            async with aclosing(records.changes(since)) as pages:
                async for page in pages:
                    yield page

    async def _records(self, api: Api, stream: Stream) -> CrmRecords | None:
        """Returns the records of a stream; for one that only fetches names, None once they have arrived."""
        account: CrmAccount = stream.context
        if stream.id in account.objects:
            return CrmRecords(_Calls(api), account, stream.id, partial(_item, account.objects[stream.id]))
        await account.wait(stream.id)
        return None


class _Calls:
    """The calls to one account; implements `listing.crm.CrmCalls`."""

    page_size, search_size, batch_size, max_search_body = 100, 200, 100, 3_000
    max_skip = 10_000 - search_size  # how far into its results a search can be asked
    primary = frozenset({1, 2, 5, 6, 25, 26})  # types of association: to and from the primary company

    def __init__(self, api: Api) -> None:
        self._api = api

    def listed(
        self, path: str, names: Sequence[str], cursor: str = "", archived: bool = False
    ) -> AsyncGenerator[tuple[list[dict[str, Any]], str], None]:
        query = {"limit": self.page_size, "properties": ",".join(names), "archived": str(archived).lower()}
        answers = self._answers(f"/crm/objects/{VERSION}/{path}", query, cursor)
        return converted(answers, lambda answer: (records_in(answer, "results"), _after(answer) or ""))

    async def search(self, path: str, body: Mapping[str, Any]) -> Any:
        return await self._api.post(f"/crm/objects/{VERSION}/{path}/search", body, bucket="search")

    async def batch(self, path: str, ids: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
        body = {"inputs": [{"id": each} for each in ids], "properties": list(names), "propertiesWithHistory": []}
        return records_in(await self._api.post(f"/crm/objects/{VERSION}/{path}/batch/read", body), "results")

    async def associations(self, path: str, to_path: str, body: Mapping[str, Any]) -> Any:
        return await self._api.post(f"/crm/associations/{VERSION}/{path}/{to_path}/batch/read", body)

    async def definitions(self, path: str, archived: bool) -> Any:
        return await self._api.get(f"/crm/properties/{VERSION}/{path}", {"archived": str(archived).lower()})

    async def pipelines(self, path: str) -> Any:
        return await self._api.get(f"/crm/pipelines/{VERSION}/{path}")

    async def schemas(self) -> list[dict[str, Any]]:
        return objects_in(await self._api.get(f"/crm-object-schemas/{VERSION}/schemas", {"archived": "false"}))

    async def owners(self, archived: bool) -> dict[str, str]:
        owners: dict[str, str] = {}
        query = {"limit": self.page_size, "archived": str(archived).lower()}
        for answer in await collected(self._answers(f"/crm/owners/{VERSION}", query)):
            for owner in records_in(answer, "results"):
                name = joined((owner.get("firstName"), owner.get("lastName")))
                owners[owner["id"]] = name or owner.get("email") or f"Owner {owner['id']}"
        return owners

    async def account(self) -> dict[str, str]:
        """Its records have an address that it names: accounts in Europe have another host."""
        account = await self._api.get(f"/account-info/{VERSION}/details")
        domain, portal, web_url = account.get("uiDomain"), account.get("portalId"), self._api.web_url
        host = f"https://{domain}" if domain and web_url == HubSpot.web_url else web_url
        records = f"{host}/contacts/{portal}/record" if portal else ""
        zone, currency = text_at(account, "timeZone"), text_at(account, "companyCurrency")
        return {"records": records, "zone": zone or "UTC", "currency": currency}

    def is_too_long(self, error: Exception) -> bool:
        return "(status 414)" in str(error)

    def _answers(self, path: str, query: Mapping[str, Any], start: str = "") -> AsyncGenerator[Any, None]:
        """`paging.next.link` may name another API version, so only its `after` is followed."""

        def fetch(cursor: str | None) -> Any:
            after = cursor or start
            return self._api.get(path, {**query, **({"after": after} if after else {})})

        return cursor_pages(fetch, "results", _after)


def _after(answer: Mapping[str, Any]) -> str | None:
    return mapping(mapping(answer.get("paging")).get("next")).get("after")


def _item(
    crm: CrmObject, record: dict[str, Any], texts: Mapping[str, str], values: Mapping[str, Any], table: Table, base: str
) -> Item:
    """`texts`: the properties of the record as they came; `values`: its fields; `base`: the address of records."""
    parent_id = texts.get(crm.parent_id)
    one = crm.singular or table.collection.id.replace("_", " ").capitalize()
    page = f"{base}/{crm.type_id}/{record['id']}" if base and crm.type_id else None
    return Item(
        id=record["id"],
        type=table.collection.item_type,
        name=joined(map(texts.get, crm.name)) or texts.get("email") or f"{one} {record['id']}",
        parent_path_or_name=None if parent_id else table.label(crm.parent, texts.get(crm.parent)),
        parent_id=parent_id,
        creation_time=moment(record.get("createdAt") or texts.get(CREATED)),
        last_modified_time=moment(record.get("updatedAt")),
        url=record.get("url") or page,
        owner=texts.get(OWNER),
        visibility=not record.get("archived", False),
        collection=table.collection.id,
        properties=values,
    )


PROVIDER = HubSpot()
