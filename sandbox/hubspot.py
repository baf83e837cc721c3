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
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from . import sample_text
from .faults import Gate
from .hubspot_records import OWNERS, Entry, World, properties
from .hubspot_schema import OBJECTS, ONE, OWN, OWN_NAME, PORTAL, STAGES, definitions, key, modified, schema
from .oauth import OAuth
from .rules import Answer, Lazy, Limit, Refusal, Rules, json_object, whole

__all__ = ["ONE", "RULES", "HubSpot", "World"]

SEARCH_CAP, SEARCH_BODY = 10_000, 3_000
ASSOCIATIONS_PAGE = 50  # of one record in one answer
MAX_ADDRESS = 12_000  # characters; a longer one is refused
SCOPES = {name: f"crm.objects.{name}.read" for name in ("contacts", "companies", "deals", "products", "line_items")}
SCOPES |= {"owners": "crm.objects.owners.read", "tickets": "tickets", OWN: "crm.objects.custom.read"}
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
    "products": ("createdate", "description", "hs_lastmodifieddate", "hs_object_id", "name", "price"),
    "line_items": ("createdate", "hs_lastmodifieddate", "hs_object_id", "hs_product_id", "name", "quantity"),
    "machines": ("createdate", "hs_lastmodifieddate", "hs_object_id", "machine_name"),
}
NAMES = {
    "contacts": ("firstname", "lastname", "email"),
    "companies": ("name", "domain"),
    "deals": ("dealname",),
    "tickets": ("subject",),
    "products": ("name",),
    "line_items": ("name",),
    "machines": ("machine_name",),
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
    **{scope: _READ.format(name.replace("_", " ")) for name, scope in SCOPES.items()},
    "e-commerce": _READ.format("products and line items"),
    "crm.schemas.custom.read": _READ.format("the objects of its own"),
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
            route("/crm/associations/2026-09/{type}/{other}/batch/read", self.associations, "POST"),
            route("/crm-object-schemas/2026-09/schemas", self.schemas),
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
        if len(str(request.url)) > MAX_ADDRESS:
            raise Refusal(414, {})
        archived, world = asked.get("archived") == "true", await self.world.get()
        entries = world.gone(kind) if archived else entries
        start = bisect_left(entries, after, key=lambda entry: entry.id)
        page, more = entries[start : start + size], entries[start + size : start + size + 1]
        wanted = [name for part in asked.getlist("properties") for name in part.split(",")]
        linked = [name for part in asked.getlist("associations") for name in part.split(",") if name in OBJECTS]
        results = [
            {**self._record(world, kind, entry, wanted, archived), **_inline(world, kind, entry, linked)}
            for entry in page
        ]
        return Answer(200, {"results": results, **_paging(more[0].id if more else 0, bool(more))})

    async def search(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Records by filter and sort: 200 a page, the first 10,000 of all."""
        kind, _ = await self._entries(request, grant)
        body = await _json(request)
        size = whole(body.get("limit"), 10, invalid("limit must be between 1 and 200"), 1, 200)
        start = whole(body.get("after"), 0, invalid("after must be an integer"), 0, 10**9)
        if start + size > SEARCH_CAP:
            raise invalid(f"The maximum number of search results is {SEARCH_CAP}; after + limit went beyond it.")
        wanted = json.dumps([body.get("filterGroups"), body.get("sorts"), body.get("query")])
        if len(await request.body()) > SEARCH_BODY:
            raise invalid(f"The body of a search may have {SEARCH_BODY} characters.")
        _checked(body)
        world = await self.world.get()
        found = await asyncio.to_thread(self._selected, world, kind, wanted)
        names = body.get("properties") or ()
        results = [self._record(world, kind, entry, names) for entry in found[start : start + size]]
        more = start + size < len(found)
        return Answer(200, {"total": len(found), "results": results, **_paging(start + size, more)})

    async def batch(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Records by id, 100 at most; unknown ones are left out."""
        kind, entries = await self._entries(request, grant)
        body = await _json(request)
        ids = [str(part.get("id")) for part in body.get("inputs") or ()]
        if len(ids) > 100:
            raise invalid("The maximum batch size is 100")
        wanted, world = set(ids), await self.world.get()
        found = {str(entry.id): entry for entry in entries if str(entry.id) in wanted}
        names = body.get("properties") or ()
        results = [self._record(world, kind, found[id], names) for id in dict.fromkeys(ids) if id in found]
        now = sample_text.iso(sample_text.midnight())
        missing = [_not_found(id) for id in dict.fromkeys(ids) if id not in found]
        return _batch(results, missing, now)

    async def associations(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """What records are associated with, 1,000 of them at most; those without any are errors that are none."""
        kind, _ = await self._entries(request, grant)
        other = _kind(request, "other")
        _need(grant, SCOPES[other])
        inputs = (await _json(request)).get("inputs") or []
        if not isinstance(inputs, list) or len(inputs) > 1000:
            raise invalid("The maximum batch size is 1000")
        links = await asyncio.to_thread((await self.world.get()).links, kind, other)
        results, errors = [], []
        for each in inputs:
            id, start = str(each.get("id")), whole(each.get("after"), 0, invalid("after is not valid"), 0, 10**9)
            found = links.get(int(id) if id.isdigit() else -1, [])
            if found:
                results.append(_linked(kind, other, id, found, start))
            else:
                errors.append(_no_association(kind, other, id))
        return _batch(results, errors, sample_text.iso(sample_text.midnight()))

    async def schemas(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The objects that the account has made for itself."""
        _need(grant, "crm.schemas.custom.read", SCOPES[OWN])
        return Answer(200, {"results": [] if request.query_params.get("archived") == "true" else [schema()]})

    async def properties(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The definitions of a type's properties."""
        kind = _kind(request)
        _need(grant, *SCOPES.values(), *(scope for scope in RULES.scopes if "schemas" in scope))
        return Answer(200, {"results": definitions(kind, request.query_params.get("archived") == "true")})

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
        world = await self.world.get()
        entry = next((e for e in world.entries[kind] if e.id == int(found[2])), None)
        values = properties(kind, entry, world) if entry else {}
        name = " ".join(filter(None, (values.get(name) for name in NAMES[kind][:2] if name != "domain")))
        return (name or values.get("email") or "", ONE[kind]) if entry else None

    async def _entries(self, request: Request, grant: Mapping[str, Any]) -> tuple[str, list[Entry]]:
        kind = _kind(request)
        _need(grant, SCOPES[kind])
        return kind, (await self.world.get()).entries[kind]

    def _record(self, world: World, kind: str, entry: Entry, wanted: Any, archived: bool = False) -> dict[str, Any]:
        values = properties(kind, entry, world)
        names = dict.fromkeys([*(wanted or DEFAULTS[kind]), "createdate", "hs_object_id", modified(kind)])
        return {
            "id": str(entry.id),
            "properties": {name: values[name] for name in names if name in values},
            "createdAt": values["createdate"],
            "updatedAt": values[modified(kind)],
            "archived": archived,
            **({"archivedAt": values[modified(kind)]} if archived else {}),
            "url": f"{self.web_url}/contacts/{PORTAL}/record/{OBJECTS[kind]}/{entry.id}",
        }


def _kind(request: Request, part: str = "type") -> str:
    name = request.path_params[part]
    kind: str = {**{number: name for name, number in OBJECTS.items()}, OWN_NAME: OWN}.get(name, name)
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
        "id": key(label),
        "label": label,
        "displayOrder": n,
        "archived": False,
        "createdAt": "2024-02-01T09:00:00.000Z",
        "updatedAt": "2024-02-01T09:00:00.000Z",
    }


def _batch(results: list[dict[str, Any]], errors: list[dict[str, Any]], now: str) -> Answer:
    """The answer to a batch; 207 where it has errors, be they none to worry about."""
    more = {"numErrors": len(errors), "errors": errors} if errors else {}
    body = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now, **more}
    return Answer(207 if errors else 200, body)


def _not_found(id: str) -> dict[str, Any]:
    message = "Could not get some objects, they may be deleted or not exist. Check that ids are valid."
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": [id]}}


def _no_association(kind: str, other: str, id: str) -> dict[str, Any]:
    context = {"fromObjectId": [id], "fromObjectType": [ONE[kind]], "toObjectType": [ONE[other]]}
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {ONE[other]} is associated with {ONE[kind]} {id}.",
        "context": context,
    }


PRIMARY = {
    ("contacts", "companies"): 1, ("companies", "contacts"): 2, ("deals", "companies"): 5, ("companies", "deals"): 6,
    ("tickets", "companies"): 26, ("companies", "tickets"): 25,
}  # fmt: skip


def _linked(kind: str, other: str, id: str, found: list[Any], start: int) -> dict[str, Any]:
    """The associations of one record from a place on; a page of them, the rest with `after`."""
    plain = {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}
    first = {"category": "HUBSPOT_DEFINED", "typeId": PRIMARY.get((kind, other), 279), "label": "Primary"}
    page = found[start : start + ASSOCIATIONS_PAGE]
    return {
        "from": {"id": id},
        "to": [
            {"toObjectId": str(link.id), "associationTypes": [plain, *([first] if link.primary else [])]}
            for link in page
        ],
        **_paging(start + ASSOCIATIONS_PAGE, start + ASSOCIATIONS_PAGE < len(found)),
    }


def _inline(world: World, kind: str, entry: Entry, linked: list[str]) -> dict[str, Any]:
    """The associations that a list has with its records."""
    found = {}
    for name in linked:
        if links := world.links(kind, name).get(entry.id, []):
            found[name] = {"results": [{"id": str(link.id), "type": f"{ONE[kind]}_to_{ONE[name]}"} for link in links]}
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


def _reading(world: World, kind: str, name: str) -> Callable[[Entry], str | None]:
    """How to get a property without writing out all the others, where that is possible."""
    direct: dict[str, Callable[[Entry], str | None]] = {
        "hs_object_id": lambda entry: str(entry.id),
        "createdate": lambda entry: str(entry.created * 1000 + 123),
        modified(kind): lambda entry: str(entry.modified * 1000 + 456),
    }
    return direct.get(name, lambda entry: properties(kind, entry, world).get(name))


def _select(world: World, kind: str, asked: str) -> list[Entry]:
    """What a search finds, in its order; the last few are remembered."""
    groups, sorts, query = json.loads(asked)
    found = world.entries[kind]
    if groups:
        tests = [[_test(world, kind, wanted) for wanted in group.get("filters", ())] for group in groups]
        found = [entry for entry in found if any(all(test(entry) for test in group) for group in tests)]
    if query:
        found = [
            entry
            for entry in found
            if any(
                str(query).lower() in (properties(kind, entry, world).get(name) or "").lower() for name in NAMES[kind]
            )
        ]
    for sort in sorts or ():
        name, order = (sort, "") if isinstance(sort, str) else (sort.get("propertyName", ""), sort.get("direction"))
        read = _reading(world, kind, name)
        found = sorted(found, key=lambda entry: _comparable(read(entry) or "~"), reverse=order == "DESCENDING")
    return found


def _test(world: World, kind: str, wanted: Mapping[str, Any]) -> Callable[[Entry], bool]:
    read, compare = _reading(world, kind, wanted.get("propertyName", "")), OPERATORS[wanted["operator"]]
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
