"""Stand-in for HubSpot 2026-09: https://developers.hubspot.com/docs/api-reference."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from . import sample_text
from .faults import Gate
from .oauth import OAuth
from .rules import Answer, Lazy, Limit, Refusal, Rules, json_object, whole
from .sample_text import mix, pick

PORTAL = 24_601_337
SEARCH_CAP = 10_000
OBJECTS = {"contacts": "0-1", "companies": "0-2", "deals": "0-3", "tickets": "0-5"}
ONE = {"contacts": "contact", "companies": "company", "deals": "deal", "tickets": "ticket"}
SHARES = {"contacts": 50, "companies": 18, "deals": 20, "tickets": 12}
SCOPES = {name: f"crm.objects.{name}.read" for name in ("contacts", "companies", "deals", "owners")}
SCOPES["tickets"] = "tickets"
OWNERS = [(str(70_001 + n), *sample_text.person(n + 40), n == 7) for n in range(8)]  # The last one has left.
STAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "deals": {
        "Sales pipeline": ("Appointment scheduled", "Proposal sent", "Contract sent", "Closed won", "Closed lost"),
        "Renewals": ("Renewal due", "In talks", "Renewed", "Churned"),
    },
    "tickets": {"Support pipeline": ("New", "Waiting on contact", "Waiting on us", "Closed")},
}
DEFAULTS = {
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
    "deals": (
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    "tickets": (
        "content",
        "createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
    ),
}
NAMES = {
    "contacts": ("firstname", "lastname", "email"),
    "companies": ("name", "domain"),
    "deals": ("dealname",),
    "tickets": ("subject",),
}


class Entry(NamedTuple):
    """One record before its properties are written out."""

    n: int
    id: int
    created: int
    modified: int


class World:
    """All records by type, in ascending order of id and creation."""

    def __init__(self, items: int) -> None:
        end, rest, left = sample_text.midnight(), items, sum(SHARES.values())
        self.entries: dict[str, list[Entry]] = {}
        for name, share in SHARES.items():
            size = rest * share // left
            rest, left = rest - size, left - share
            times = sample_text.moments(size, 200 + share, end)
            self.entries[name] = [Entry(n, _id(n, size), *times[n]) for n in range(size)]


def _id(n: int, size: int) -> int:
    """Old ids are small and dense, new ones huge and far apart, as in accounts of some age."""
    old = size * 2 // 5
    return 51 + 50 * n if n < old else 90_000_000_000 + (n - old) * 104_729


def _stage(kind: str, n: int) -> tuple[str, str]:
    pipeline = pick(list(STAGES[kind]), n, 60)
    stage = pick(STAGES[kind][pipeline], n, 61)
    return _key(pipeline), _key(stage)


def _key(label: str) -> str:
    return re.sub(r"\W", "", label).lower()


def _contact(entry: Entry, x: int) -> dict[str, str | None]:
    first, last = sample_text.person(entry.n)
    odd = sample_text.awkward(entry.n)
    nameless = odd == "" or entry.n % 37 == 36
    return {
        "firstname": None if nameless else odd or first,
        "lastname": None if nameless or odd else last,
        "email": None if entry.n % 74 == 73 else f"{first}.{last}.{entry.n}@example.com".lower(),
        "phone": f"+1 555 01{x % 100:02}" if x % 3 else None,
        "company": pick(sample_text.COMPANIES, x),
        "jobtitle": pick(("Buyer", "Engineer", "Head of Sales", None), x),
        "city": pick(sample_text.CITIES, x),
        "lifecyclestage": pick(("lead", "customer", "opportunity", "subscriber"), x),
        "country": "Sampleland",
        "hs_lead_status": pick(("NEW", "OPEN", "IN_PROGRESS", None), x),
        "website": None,
    }


def _company(entry: Entry, x: int) -> dict[str, str | None]:
    odd = sample_text.awkward(entry.n)
    name = f"{pick(sample_text.COMPANIES, entry.n, 62)} {pick(sample_text.CITIES, entry.n, 63)}"
    return {
        "name": (odd or None) if odd is not None else name,
        "domain": f"{_key(name)}{entry.n}.example.com",
        "industry": pick(("RETAIL", "ENERGY", "SOFTWARE", None), x),
        "city": pick(sample_text.CITIES, x),
        "country": "Sampleland",
        "phone": None,
        "lifecyclestage": pick(("lead", "customer"), x),
        "numberofemployees": str(x % 900),
        "annualrevenue": str(x % 9_000_000),
        "website": f"https://{_key(name)}.example.com",
    }


def _deal(entry: Entry, x: int) -> dict[str, str | None]:
    odd, (pipeline, stage) = sample_text.awkward(entry.n), _stage("deals", entry.n)
    name = f"{pick(sample_text.COMPANIES, entry.n, 64)} \N{EN DASH} {pick(sample_text.THINGS, entry.n, 65)}"
    return {
        "dealname": (odd or None) if odd is not None else name,
        "amount": f"{x % 9_000_000 / 100:.2f}" if x % 5 else None,
        "deal_currency_code": "EUR",
        "pipeline": pipeline,
        "dealstage": stage,
        "closedate": sample_text.iso(entry.created + x % 9_000_000),
        "dealtype": pick(("newbusiness", "existingbusiness", None), x),
        "hs_is_closed": str(x % 2 == 0).lower(),
    }


def _ticket(entry: Entry, x: int) -> dict[str, str | None]:
    odd, (pipeline, stage) = sample_text.awkward(entry.n), _stage("tickets", entry.n)
    return {
        "subject": (odd or None) if odd is not None else sample_text.task(entry.n),
        "content": f"Please {sample_text.task(x).lower()}.",
        "hs_pipeline": pipeline,
        "hs_pipeline_stage": stage,
        "hs_ticket_priority": pick(("LOW", "MEDIUM", "HIGH", None), x),
        "hs_ticket_category": pick(("PRODUCT_ISSUE;BILLING_ISSUE", "GENERAL_INQUIRY", None), x),
    }


MAKERS: dict[str, Callable[[Entry, int], dict[str, str | None]]] = {
    "contacts": _contact,
    "companies": _company,
    "deals": _deal,
    "tickets": _ticket,
}
TYPES = {"hs_is_closed": "bool"}
TYPES |= dict.fromkeys(("amount", "numberofemployees", "annualrevenue", "hs_object_id"), "number")
TYPES |= dict.fromkeys(("createdate", "closedate", "lastmodifieddate", "hs_lastmodifieddate"), "datetime")
TYPES |= dict.fromkeys(
    (
        "dealstage",
        "pipeline",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hubspot_owner_id",
        "industry",
        "hs_lead_status",
        "hs_ticket_priority",
        "hs_ticket_category",
        "lifecyclestage",
    ),
    "enumeration",
)
LABELS = {
    "createdate": "Create date",
    "hs_object_id": "Record ID",
    "lastmodifieddate": "Last modified date",
    "hs_lastmodifieddate": "Last modified date",
    "hubspot_owner_id": "Owner",
    "firstname": "First name",
    "lastname": "Last name",
    "dealname": "Deal name",
    "dealstage": "Deal stage",
    "closedate": "Close date",
}


def _modified(kind: str) -> str:
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def properties(kind: str, entry: Entry) -> dict[str, str | None]:
    """All properties of a record, as HubSpot writes them: strings or null."""
    owner = pick(OWNERS, entry.n, 66)[0] if mix(entry.n, 67) % 5 else None
    return {
        **MAKERS[kind](entry, mix(entry.n, 68) >> 2),
        "hubspot_owner_id": owner,
        "hs_object_id": str(entry.id),
        "createdate": sample_text.iso(entry.created, ".123"),
        _modified(kind): sample_text.iso(entry.modified, ".456"),
    }


def problem(status: int, category: str, message: str, **more: Any) -> Refusal:
    """An error of the data API."""
    body = {"status": "error", "message": message, "correlationId": str(uuid.uuid4()), "category": category, **more}
    return Refusal(status, body)


def invalid(message: str) -> Refusal:
    """400 VALIDATION_ERROR."""
    return problem(400, "VALIDATION_ERROR", message)


def _need(grant: Mapping[str, Any], *scopes: str) -> None:
    if not set(scopes) & set(grant["scope"].split()):
        error = {
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": list(scopes)},
        }
        message = "This app hasn't been granted all required scopes to make this call."
        raise problem(403, "MISSING_SCOPES", message, errors=[error])


def _limits(path: str, grant: Mapping[str, Any]) -> tuple[Limit, ...]:
    if path.endswith("/search"):
        return (Limit(f"hubspot search {PORTAL}", 5, 1, rolling=True),)
    return (Limit(f"hubspot {PORTAL}", 110, 10, rolling=True),)


def _limited(limit: Limit, wait: float) -> Answer:
    secondly = limit.seconds == 1
    name = "secondly" if secondly else "ten_secondly_rolling"
    return Answer(
        429,
        {
            "status": "error",
            "message": f"You have reached your {name} limit.",
            "errorType": "RATE_LIMIT",
            "correlationId": str(uuid.uuid4()),
            "policyName": name.upper(),
        },
    )


def _counts(limit: Limit, left: int) -> dict[str, str]:
    if limit.seconds == 1:
        return {}
    values = {"Max": limit.calls, "Remaining": left, "Interval-Milliseconds": int(limit.seconds * 1000)}
    return {f"X-HubSpot-RateLimit-{name}": str(value) for name, value in values.items()}


def _token_answer(grant: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "token_type": "bearer",
        "expires_in": max(1, int(grant["seconds"])),
        "hub_id": PORTAL,
        "user_id": 4711,
        "scopes": grant["scope"].split(),
        "token_use": "access_token",
    }


def _of_access(access: Mapping[str, Any]) -> dict[str, Any]:
    """What introspection adds for an access token (PublicAccessTokenInfoResponse in HubSpot's specification)."""
    signed = {
        "appId": 1, "appInstallId": 1, "audience": "", "expiresAt": int(access["expires_at"] * 1000), "hubId": PORTAL,
        "hublet": "na1", "installingUserId": 4711, "isPrivateDistribution": False, "isServiceAccount": False,
        "isUserLevel": False, "newSignature": "", "scopes": "", "scopeToScopeGroupPks": "", "signature": "",
        "trialScopes": "", "trialScopeToScopeGroupPks": "", "userId": 4711,
    }  # fmt: skip
    left = max(0, int(access["expires_at"] - time.time()))
    return {"expires_in": left, "is_private_distribution": False, "signed_access_token": signed}


def _token_error(error: str, description: str, form: Mapping[str, str]) -> dict[str, Any]:
    refresh = form.get("grant_type") == "refresh_token"
    status = {
        "invalid_client": "BAD_CLIENT_SECRET" if form.get("client_id") == "sandbox" else "BAD_CLIENT_ID",
        "invalid_grant": "BAD_REFRESH_TOKEN" if refresh else "BAD_AUTH_CODE",
        "invalid_scope": "BAD_SCOPES",
    }.get(error, "BAD_REQUEST")
    if "redirect_uri" in description:
        status = "BAD_REDIRECT_URI"
    elif "code_verifier" in description or "challenge" in description:
        status = "BAD_CODE_VERIFIER"
    kind = "refresh token" if refresh else "authorization code"
    message = description or f"{kind} is invalid, expired or revoked"
    return {"error": error, "error_description": message, "status": status, "message": message}


def _unauthorized(reason: str) -> Answer:
    category = "INVALID_AUTHENTICATION" if reason == "missing" else "EXPIRED_AUTHENTICATION"
    return problem(401, category, "The OAuth token used to make this call is missing or expired.").answer


_READ = "Read {} of the sample account"
_WORDS = {
    "oauth": "See which sample account this is",
    **{scope: _READ.format(name) for name, scope in SCOPES.items()},
    **{f"crm.schemas.{name}.read": _READ.format(f"the properties of {name}") for name in list(OBJECTS)[:3]},
}
RULES = Rules(
    slug="hubspot",
    title="HubSpot",
    authorize="/oauth/authorize",
    token="/oauth/2026-09/token",
    client_auth="client_secret_post",
    implied_scope="oauth",
    returns_errors=False,
    lifetime=1800,
    rotates=False,
    scopes=_WORDS,
    pkce="optional",
    refresh_prefix="na1-",
    access_prefix="C",
    token_bytes=150,
    token_answer=_token_answer,
    token_error=_token_error,
    limits=_limits,
    limited=_limited,
    counts=_counts,
    unauthorized=_unauthorized,
    broken=lambda status: problem(status, "INTERNAL_ERROR", "There was a problem with the request.").answer,
)


class HubSpot:
    """Data endpoints and item pages."""

    def __init__(self, gate: Gate, oauth: OAuth, items: int, web_url: str) -> None:
        self.gate, self.oauth, self.web_url = gate, oauth, web_url
        self.world = Lazy(lambda: World(items))
        self._selected = lru_cache(64)(_select)

    def routes(self) -> list[BaseRoute]:
        """All but the consent and token routes."""
        route = self.gate.route
        return [
            Route(RULES.token + "/introspect", self.introspect, methods=["POST"]),
            Route(RULES.token + "/revoke", self.revoke, methods=["POST"]),
            route("/account-info/2026-09/details", self.account),
            route("/crm/owners/2026-09", self.owners),
            route("/crm/objects/2026-09/{type}", self.listed),
            route("/crm/objects/2026-09/{type}/search", self.search, "POST"),
            route("/crm/objects/2026-09/{type}/batch/read", self.batch, "POST"),
            route("/crm/properties/2026-09/{type}", self.properties),
            route("/crm/pipelines/2026-09/{type}", self.pipelines),
            route("/crm/{rest:path}", self.unknown, "GET", "POST", "PATCH", "DELETE"),
        ]

    async def introspect(self, request: Request) -> Response:
        """What a token is good for; an unknown one is {"active": false}."""
        pairs = await self.oauth.form(request) or []
        if error := self.oauth.client_error(request, pairs):
            return error
        token, grants = dict(pairs).get("token", ""), self.oauth.grants
        access = await grants.check(token)
        grant = access or await grants.find("refresh", token)
        if grant is None:
            return JSONResponse({"active": False})
        return JSONResponse(
            {
                "active": True,
                "token": token,
                "hub_id": PORTAL,
                "user_id": 4711,
                "client_id": "sandbox",
                "app_id": 1,
                "user": "robin@example.com",
                "hub_domain": "sample.example.com",
                "scopes": grant["scope"].split(),
                "token_use": "access_token" if access else "refresh_token",
                "token_type": "Bearer",
                **(_of_access(access) if access else {}),
            }
        )

    async def revoke(self, request: Request) -> Response:
        """Ends a refresh token; access tokens live on until they expire."""
        pairs = await self.oauth.form(request) or []
        if error := self.oauth.client_error(request, pairs):
            return error
        await self.oauth.grants.revoke(dict(pairs).get("token", ""))
        return JSONResponse({})

    async def account(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The account behind the token."""
        _need(grant, "oauth")
        return Answer(
            200,
            {
                "portalId": PORTAL,
                "accountType": "DEVELOPER_TEST",
                "timeZone": "Europe/Dublin",
                "companyCurrency": "EUR",
                "additionalCurrencies": [],
                "utcOffset": "+00:00",
                "utcOffsetMilliseconds": 0,
                "uiDomain": "app.hubspot.com",
                "dataHostingLocation": "na1",
            },
        )

    async def owners(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Owners; those who left only with archived=true."""
        _need(grant, SCOPES["owners"])
        archived = request.query_params.get("archived") == "true"
        found = [_owner(*owner) for owner in OWNERS if owner[3] == archived]
        size = whole(request.query_params.get("limit"), 100, invalid("limit must be 1 to 500"), 1, 500)
        start = whole(request.query_params.get("after"), 0, invalid("after is not valid"), 0, 10**9)
        return Answer(200, {"results": found[start : start + size], **_paging(start + size, start + size < len(found))})

    async def listed(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Records in ascending order of id."""
        kind, entries = await self._entries(request, grant)
        asked = request.query_params
        size = whole(asked.get("limit"), 10, invalid("limit must be between 1 and 100"), 1, 100)
        after = whole(asked.get("after"), 0, invalid("after is not a record id"), 0, 10**18)
        if asked.get("archived") == "true":
            entries = []
        start = bisect_left(entries, after, key=lambda entry: entry.id)
        page, more = entries[start : start + size], entries[start + size : start + size + 1]
        wanted = [name for part in asked.getlist("properties") for name in part.split(",")]
        linked = [name for part in asked.getlist("associations") for name in part.split(",") if name in OBJECTS]
        world = await self.world.get()
        results = [{**self._record(kind, entry, wanted), **_associations(world, kind, entry, linked)} for entry in page]
        return Answer(200, {"results": results, **_paging(more[0].id if more else 0, bool(more))})

    async def search(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Records by filter and sort: 200 a page, the first 10,000 of all."""
        kind, _ = await self._entries(request, grant)
        body = await _json(request)
        size = whole(body.get("limit"), 10, invalid("limit must be between 1 and 200"), 1, 200)
        start = whole(body.get("after"), 0, invalid("after must be an integer"), 0, 10**9)
        if start + size > SEARCH_CAP:
            raise invalid(f"The maximum number of search results is {SEARCH_CAP}; after + limit went beyond it.")
        key = json.dumps([body.get("filterGroups"), body.get("sorts"), body.get("query")])
        _checked(body)
        found = await asyncio.to_thread(self._selected, await self.world.get(), kind, key)
        results = [self._record(kind, entry, body.get("properties") or ()) for entry in found[start : start + size]]
        more = start + size < len(found)
        return Answer(200, {"total": len(found), "results": results, **_paging(start + size, more)})

    async def batch(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Records by id, 100 at most; unknown ones are left out."""
        kind, entries = await self._entries(request, grant)
        body = await _json(request)
        ids = [str(part.get("id")) for part in body.get("inputs") or ()]
        if len(ids) > 100:
            raise invalid("The maximum batch size is 100")
        found = {str(entry.id): entry for entry in entries if str(entry.id) in set(ids)}
        results = [self._record(kind, found[key], body.get("properties") or ()) for key in ids if key in found]
        now = sample_text.iso(sample_text.midnight())
        return Answer(200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now})

    async def properties(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The definitions of a type's properties."""
        kind = _kind(request)
        _need(grant, *SCOPES.values(), *(scope for scope in RULES.scopes if "schemas" in scope))
        names = properties(kind, Entry(0, 51, 0, 0))
        return Answer(200, {"results": [_definition(kind, name) for name in names]})

    async def pipelines(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Pipelines and stages of deals or tickets."""
        kind = _kind(request)
        _need(grant, *SCOPES.values(), *(scope for scope in RULES.scopes if "schemas" in scope))
        fixed = {"metadata": {}, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT"}
        return Answer(
            200,
            {
                "results": [
                    {
                        **_stamped(label, n),
                        "stages": [{**_stamped(stage, i), **fixed} for i, stage in enumerate(stages)],
                    }
                    for n, (label, stages) in enumerate(STAGES.get(kind, {}).items())
                ]
            },
        )

    async def unknown(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Any other path of the API."""
        raise problem(404, "OBJECT_NOT_FOUND", "resource not found")

    async def item(self, path: str) -> tuple[str, str] | None:
        """Name and kind behind a link."""
        found = re.fullmatch(rf"contacts/{PORTAL}/record/([0-9-]+)/(\d+)", path)
        kind = next((name for name, number in OBJECTS.items() if found and number == found[1]), None)
        if not found or not kind:
            return None
        entry = next((e for e in (await self.world.get()).entries[kind] if e.id == int(found[2])), None)
        values = properties(kind, entry) if entry else {}
        name = " ".join(filter(None, (values.get(name) for name in NAMES[kind][:2] if name != "domain")))
        return (name or values.get("email") or "", ONE[kind]) if entry else None

    async def _entries(self, request: Request, grant: Mapping[str, Any]) -> tuple[str, list[Entry]]:
        kind = _kind(request)
        _need(grant, SCOPES[kind])
        return kind, (await self.world.get()).entries[kind]

    def _record(self, kind: str, entry: Entry, wanted: Any) -> dict[str, Any]:
        values = properties(kind, entry)
        names = dict.fromkeys([*(wanted or DEFAULTS[kind]), "createdate", "hs_object_id", _modified(kind)])
        return {
            "id": str(entry.id),
            "properties": {name: values[name] for name in names if name in values},
            "createdAt": values["createdate"],
            "updatedAt": values[_modified(kind)],
            "archived": False,
            "url": f"{self.web_url}/contacts/{PORTAL}/record/{OBJECTS[kind]}/{entry.id}",
        }


def _kind(request: Request) -> str:
    name = request.path_params["type"]
    kind: str = {number: name for name, number in OBJECTS.items()}.get(name, name)
    if kind not in OBJECTS:
        raise invalid(f"Unable to infer object type from: {name}")
    return kind


async def _json(request: Request) -> dict[str, Any]:
    return await json_object(request, invalid("Invalid input JSON on line 1, column 1"))


def _paging(after: int, more: bool) -> dict[str, Any]:
    # As the real one, the link names another version of the API: nobody should follow it.
    link = f"https://api.hubapi.com/crm/v3/objects?after={after}"
    return {"paging": {"next": {"after": str(after), "link": link}}} if more else {}


def _owner(key: str, first: str, last: str, archived: bool) -> dict[str, Any]:
    return {
        "id": key,
        "email": f"{first}.{last}@example.com".lower(),
        "type": "PERSON",
        "firstName": first,
        "lastName": last,
        "userId": None if archived else int(key) + 9,
        "userIdIncludingInactive": int(key) + 9,
        "createdAt": "2024-02-01T09:00:00.000Z",
        "updatedAt": "2025-02-01T09:00:00.000Z",
        "archived": archived,
        "teams": [],
    }


def _stamped(label: str, n: int) -> dict[str, Any]:
    return {
        "id": _key(label),
        "label": label,
        "displayOrder": n,
        "archived": False,
        "createdAt": "2024-02-01T09:00:00.000Z",
        "updatedAt": "2024-02-01T09:00:00.000Z",
    }


def _definition(kind: str, name: str) -> dict[str, Any]:
    of = TYPES.get(name, "string")
    found = {(_key(stage), stage) for pipeline in STAGES.get(kind, {}).values() for stage in pipeline}
    options = sorted(found) if name.endswith("stage") and kind in STAGES else []
    fields = {"string": "text", "enumeration": "select", "bool": "booleancheckbox", "datetime": "date"}
    return {
        "name": name,
        "label": LABELS.get(name, name.removeprefix("hs_").replace("_", " ").capitalize()),
        "type": of,
        "fieldType": fields.get(of, of),
        "description": "",
        "groupName": f"{ONE[kind]}information",
        "hubspotDefined": True,
        "archived": False,
        "hidden": False,
        "options": [
            {"value": value, "label": label, "hidden": False, "displayOrder": n}
            for n, (value, label) in enumerate(options)
        ],
    }


def _associations(world: World, kind: str, entry: Entry, linked: list[str]) -> dict[str, Any]:
    found = {}
    for name in linked:
        others = world.entries[name]
        if others and name != kind:
            key = str(others[mix(entry.n, len(name)) % len(others)].id)
            found[name] = {"results": [{"id": key, "type": f"{ONE[kind]}_to_{ONE[name]}"}]}
    return {"associations": found} if found else {}


def _checked(body: Mapping[str, Any]) -> None:
    groups, sorts = body.get("filterGroups") or [], body.get("sorts") or []
    sizes = [len(group.get("filters", ())) for group in groups]
    if len(groups) > 5 or any(size > 6 for size in sizes) or sum(sizes) > 18 or len(sorts) > 1:
        raise invalid("Too many filterGroups, filters or sorts")
    for group in groups:
        for wanted in group.get("filters", ()):
            if wanted.get("operator") not in OPERATORS:
                raise invalid(f"Invalid operator: {wanted.get('operator')}")


def _comparable(text: object) -> tuple[int, float, str]:
    """Numbers and dates by value, dates in milliseconds as filters give them; other texts after them, in lower case."""
    try:
        return 0, float(str(text)), ""
    except ValueError:
        pass
    try:
        return 0, sample_text.seconds(str(text)) * 1000, ""
    except ValueError:
        return 1, 0, str(text).lower()


OPERATORS: dict[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "EQ": lambda have, f: _comparable(have) == f["value"],
    "NEQ": lambda have, f: _comparable(have) != f["value"],
    "LT": lambda have, f: _comparable(have) < f["value"],
    "LTE": lambda have, f: _comparable(have) <= f["value"],
    "GT": lambda have, f: _comparable(have) > f["value"],
    "GTE": lambda have, f: _comparable(have) >= f["value"],
    "BETWEEN": lambda have, f: f["value"] <= _comparable(have) <= f["highValue"],
    "IN": lambda have, f: _comparable(have) in f["values"],
    "NOT_IN": lambda have, f: _comparable(have) not in f["values"],
    "HAS_PROPERTY": lambda have, f: True,
    "NOT_HAS_PROPERTY": lambda have, f: False,
    "CONTAINS_TOKEN": lambda have, f: f["text"] in str(have).lower(),
    "NOT_CONTAINS_TOKEN": lambda have, f: f["text"] not in str(have).lower(),
}


def _reading(kind: str, name: str) -> Callable[[Entry], str | None]:
    """How to get a property without writing out all the others, where that is possible."""
    direct: dict[str, Callable[[Entry], str | None]] = {
        "hs_object_id": lambda entry: str(entry.id),
        "createdate": lambda entry: str(entry.created * 1000 + 123),
        _modified(kind): lambda entry: str(entry.modified * 1000 + 456),
    }
    return direct.get(name, lambda entry: properties(kind, entry).get(name))


def _select(world: World, kind: str, key: str) -> list[Entry]:
    """What a search finds, in its order; the last few are remembered."""
    groups, sorts, query = json.loads(key)
    found = world.entries[kind]
    if groups:
        tests = [[_test(kind, wanted) for wanted in group.get("filters", ())] for group in groups]
        found = [entry for entry in found if any(all(test(entry) for test in group) for group in tests)]
    if query:
        found = [
            entry
            for entry in found
            if any(str(query).lower() in (properties(kind, entry).get(name) or "").lower() for name in NAMES[kind])
        ]
    for sort in sorts or ():
        name, order = (sort, "") if isinstance(sort, str) else (sort.get("propertyName", ""), sort.get("direction"))
        read = _reading(kind, name)
        found = sorted(found, key=lambda entry: _comparable(read(entry) or "~"), reverse=order == "DESCENDING")
    return found


def _test(kind: str, wanted: Mapping[str, Any]) -> Callable[[Entry], bool]:
    read, compare = _reading(kind, wanted.get("propertyName", "")), OPERATORS[wanted["operator"]]
    ready = {
        "value": _comparable(wanted.get("value", "")),
        "highValue": _comparable(wanted.get("highValue", "")),
        "values": {_comparable(value) for value in wanted.get("values") or ()},
        "text": str(wanted.get("value", "")).strip("*").lower(),
    }
    absent = wanted["operator"] in ("NEQ", "NOT_IN", "NOT_HAS_PROPERTY", "NOT_CONTAINS_TOKEN")

    def test(entry: Entry) -> bool:
        have = read(entry)
        return absent if have is None else compare(have, ready)

    return test
