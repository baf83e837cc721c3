"""Stand-in for Airtable: https://airtable.com/developers/web/api/oauth-reference."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.routing import BaseRoute

from . import sample_text
from .airtable_schema import RENAMED, Field
from .airtable_world import Table, World, choice_id, field_id, record_id, wire
from .faults import Gate
from .oauth import OAuth
from .rules import Answer, Lazy, Limit, Refusal, Rules, json_object, whole
from .sample_text import ident

ITERATOR_SECONDS = 600
ACCOUNT = ident("usr", "airtable owner")


def problem(status: int, kind: str, message: str = "") -> Refusal:
    """An error of the data API."""
    return Refusal(status, {"error": {"type": kind, **({"message": message} if message else {})}})


FORBIDDEN = (
    "Invalid permissions, or the requested model was not found. Check that both your user and your token have the "
    "required permissions, and that the model names and/or ids are correct."
)


def forbidden() -> Refusal:
    """403, also for what does not exist."""
    return problem(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", FORBIDDEN)


TOO_MANY = "RateLimit limit exceeded. Please try again later"


def _limits(path: str, grant: Mapping[str, Any]) -> tuple[Limit, ...]:
    """Each base has its own, whoever asks."""
    base = re.search(r"/(app[A-Za-z0-9]{14})", path)
    return (Limit(f"airtable {base[1] if base else grant['grant']}", 5, 1, rolling=True, lockout=30),)


def _token_answer(grant: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "token_type": "Bearer ",
        "scope": grant["scope"],
        "expires_in": max(1, int(grant["seconds"])),
        "refresh_expires_in": 5_184_000,
    }


def _token_error(error: str, description: str, form: Mapping[str, str]) -> dict[str, Any]:
    return {"error": error, "error_description": description or "Token has been expired or revoked."}


def _unauthorized(reason: str) -> Answer:
    if reason == "missing":
        return problem(401, "AUTHENTICATION_REQUIRED", "Authentication required").answer
    return problem(401, "UNAUTHORIZED", "Invalid authentication token").answer


RULES = Rules(
    slug="airtable",
    title="Airtable",
    authorize="/oauth2/v1/authorize",
    token="/oauth2/v1/token",
    client_auth="client_secret_basic",
    state=r"[A-Za-z0-9._-]{16,1024}",
    pkce="required",
    scopes={
        "data.records:read": "See the records in the sample bases",
        "schema.bases:read": "See the structure of the bases: tables and fields",
        "user.email:read": "See the e-mail address of the sample account",
    },
    describes_denial=True,
    echoes=("code_challenge", "code_challenge_method"),
    lifetime=3600,
    rotates=True,
    burns_codes=True,
    conflict_seconds=10,
    access_prefix="oaa",
    refresh_prefix="oar",
    token_answer=_token_answer,
    token_error=_token_error,
    unauthorized=_unauthorized,
    broken=lambda status: problem(status, "SERVER_ERROR", "Something went wrong on our side.").answer,
    limited=lambda limit, wait: problem(429, "RATE_LIMIT_REACHED", TOO_MANY).answer,
    limits=_limits,
)


class Airtable:
    """Data endpoints and item pages."""

    def __init__(self, gate: Gate, oauth: OAuth, items: int, web_url: str) -> None:
        self.gate, self.web_url = gate, web_url
        self.world = Lazy(lambda: World(items))
        self._selected = lru_cache(64)(_select)

    def routes(self) -> list[BaseRoute]:
        """All but the OAuth routes."""
        route = self.gate.route
        return [
            route("/v0/meta/whoami", self.whoami),
            route("/v0/meta/bases", self.bases),
            route("/v0/meta/bases/{base}/tables", self.tables),
            route("/v0/{base}/{table}", self.records),
            route("/v0/{base}/{table}/listRecords", self.records, "POST"),
            route("/v0/{rest:path}", self.unknown, "GET", "POST", "PATCH", "PUT", "DELETE"),
        ]

    async def whoami(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Account and scopes."""
        scopes = grant["scope"].split()
        email = {"email": "robin@example.com"} if "user.email:read" in scopes else {}
        return Answer(200, {"id": ACCOUNT, "scopes": scopes, **email})

    async def bases(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The bases that were granted."""
        _need(grant, "schema.bases:read")
        bases = (await self.world.get()).bases
        return Answer(200, {"bases": [{"id": k, "name": name, "permissionLevel": "read"} for k, name in bases.items()]})

    async def tables(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The schema of one base."""
        _need(grant, "schema.bases:read")
        tables = (await self.world.get()).tables.get(request.path_params["base"])
        if tables is None:
            raise forbidden()
        return Answer(200, {"tables": [_schema(table, tables) for table in tables.values()]})

    async def records(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """A page of records, in creation order unless sorted."""
        _need(grant, "data.records:read")
        world = await self.world.get()
        table = world.table(request.path_params["base"], request.path_params["table"])
        if table is None:
            raise forbidden()
        asked = await _parameters(request)
        fields = asked.get("fields") or list(table.fields)
        names = {**{field_id(table.id, name): name for name in table.fields}, **{name: name for name in table.fields}}
        for name in [*fields, *(sort.get("field") for sort in asked.get("sort") or ())]:
            if name not in names:
                raise problem(422, "UNKNOWN_FIELD_NAME", f'Unknown field name: "{name}"')
        size = whole(asked.get("pageSize"), 100, problem(422, "INVALID_PAGE_SIZE", "pageSize is 1 to 100."), 1, 100)
        key = repr([asked.get(name) for name in ("filterByFormula", "sort", "maxRecords", "view")])
        found = self._selected(world, table, str(asked.get("filterByFormula") or ""), _sorts(asked, names))
        found = found[: whole(asked.get("maxRecords"), len(found), problem(422, "INVALID_REQUEST_UNKNOWN"), 0, 10**9)]
        start = _decoded(asked.get("offset"), table.id + key)
        keyed = asked.get("returnFieldsByFieldId") in (True, "true", "1")
        shown = [(names[name], field_id(table.id, names[name]) if keyed else names[name]) for name in fields]
        page = {"records": [_record(world, table, n, shown) for n in found[start : start + size]]}
        more = {"offset": _encoded(start + size, table.id + key)} if start + size < len(found) else {}
        return Answer(200, {**page, **more})

    async def unknown(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Any other path of the API: here `error` is a string."""
        raise Refusal(404, {"error": "NOT_FOUND"})

    async def item(self, path: str) -> tuple[str, str] | None:
        """Name and kind behind a link to a base, a table or a record."""
        base, table_id, record = [*path.split("/"), "", ""][:3] if path.count("/") < 3 else ["", "", ""]
        world = await self.world.get()
        table = world.table(base, table_id)
        if not table_id:
            return (world.bases[base], "base") if base in world.bases else None
        if table is None or not record:
            return (table.name, "table") if table else None
        n = next((n for n in range(len(table.times)) if record_id(table.id, n) == record), None)
        name = None if n is None else world.value(table, n, next(iter(table.fields)))
        return None if n is None else (str(name or "Unnamed record"), f"record in {table.name}")


def _need(grant: Mapping[str, Any], scope: str) -> None:
    if scope not in grant["scope"].split():
        raise forbidden()


def _schema(table: Table, tables: Mapping[str, Table]) -> dict[str, Any]:
    by_name = {other.name: other for other in tables.values()}
    fields = [
        {"id": id, "name": RENAMED.get(id, name), **_typed(table, each, by_name)}
        for name, each in table.fields.items()
        for id in [field_id(table.id, name)]
    ]
    view = {"id": ident("viw", table.id), "name": "Grid view", "type": "grid"}
    return {"id": table.id, "name": table.name, "primaryFieldId": fields[0]["id"], "fields": fields, "views": [view]}


def _typed(table: Table, field: Field, tables: Mapping[str, Table]) -> dict[str, Any]:
    """Type and options of a field."""
    options = dict(field.options)
    if field.choices:
        options["choices"] = [
            {"id": id, "name": RENAMED.get(id, name), "color": color}
            for name, color in field.choices.items()
            for id in [choice_id(name)]
        ]
    if field.to:
        linked = {"linkedTableId": tables[field.to].id, "isReversed": False, "prefersSingleRecordLink": False}
        back = field.mirrors or next((f.name for f in tables[field.to].fields.values() if f.mirrors == field.name), "")
        options |= {**linked, **({"inverseLinkFieldId": field_id(linked["linkedTableId"], back)} if back else {})}
    if field.type == "lastModifiedTime" and field.of:
        options["referencedFieldIds"] = [field_id(table.id, field.of)]
    if field.result:
        options |= {"isValid": True, "referencedFieldIds": [], "result": dict(field.result)}
    if field.by:
        options |= _through(table, field, tables)
    return {"type": field.type, **({"options": options} if options else {})}


def _through(table: Table, field: Field, tables: Mapping[str, Table]) -> dict[str, Any]:
    """Options of a field that is computed from linked records."""
    found: dict[str, Any] = {"isValid": True, "recordLinkFieldId": field_id(table.id, field.by)}
    if field.of:
        target = tables[table.fields[field.by].to]
        found["fieldIdInLinkedTable"] = field_id(target.id, field.of)
        if field.type == "multipleLookupValues":
            found["result"] = _typed(target, target.fields[field.of], tables)
    return found


def _record(world: World, table: Table, n: int, shown: list[tuple[str, str]]) -> dict[str, Any]:
    values = ((key, wire(table.fields[name], world.value(table, n, name))) for name, key in shown)
    kept = {key: value for key, value in values if value not in (None, "", []) and value is not False}
    return {"id": record_id(table.id, n), "createdTime": sample_text.iso(table.times[n][0]), "fields": kept}


async def _parameters(request: Request) -> dict[str, Any]:
    if request.method == "POST":
        return await json_object(request, problem(422, "INVALID_REQUEST_UNKNOWN", "Could not parse request body"))
    pairs = parse_qsl(request.url.query)
    asked: dict[str, Any] = {key: value for key, value in pairs if "[" not in key}
    asked["fields"] = [value for key, value in pairs if key == "fields[]"]
    sorts: dict[str, dict[str, str]] = {}
    for key, value in pairs:
        if found := re.fullmatch(r"sort\[(\d+)\]\[(field|direction)\]", key):
            sorts.setdefault(found[1], {})[found[2]] = value
    return {**asked, "sort": list(sorts.values())}


def _sorts(asked: Mapping[str, Any], names: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    return tuple((names[sort["field"]], sort.get("direction") == "desc") for sort in asked.get("sort") or ())


COMPARISON = re.compile(
    r"IS_(AFTER|BEFORE|SAME)\(\s*(LAST_MODIFIED|CREATED)_TIME\(\)\s*,\s*(?:DATETIME_PARSE\(\s*)?(['\"])(.*?)\3\s*\)?\s*\)"
)


def _select(world: World, table: Table, formula: str, sorts: tuple[tuple[str, bool], ...]) -> list[int]:
    """The records that a formula lets pass, in order; the last few answers are remembered."""
    rows = [n for n, times in enumerate(table.times) if not formula or _passes(times, formula)]
    for name, descending in reversed(sorts):
        rows.sort(key=lambda n: _sortable(world.value(table, n, name)), reverse=descending)
    return rows


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, (int, float)):
        return 1, value, ""
    return (0, 0, "") if value is None else (2, 0, str(value))


def _passes(times: tuple[int, int], formula: str) -> bool:
    tests = _tests(formula)
    compare = {"AFTER": lambda a, b: a > b, "BEFORE": lambda a, b: a < b, "SAME": lambda a, b: a == b}
    results = (compare[how](times[which], than) for how, which, than in tests[1])
    return any(results) if tests[0] == "OR" else all(results)


@lru_cache(256)
def _tests(formula: str) -> tuple[str, tuple[tuple[str, int, float], ...]]:
    rest = re.sub(r"\s", "", COMPARISON.sub("T", formula))
    joined = re.fullmatch(r"T|(AND|OR)\(T(?:,T)*\)", rest)
    try:
        if joined:
            found = COMPARISON.findall(formula)
            tests = ((how, int(what != "CREATED"), sample_text.seconds(at)) for how, what, _, at in found)
            return joined[1] or "AND", tuple(tests)
    except ValueError:
        pass
    message = "The formula for filtering records is invalid: the sandbox knows IS_AFTER(LAST_MODIFIED_TIME(), '…')."
    raise problem(422, "INVALID_FILTER_BY_FORMULA", message)


def _encoded(start: int, key: str) -> str:
    return f"itr{sample_text.digest(key, 6)}{int(time.time()):x}/rec{start}"


def _decoded(offset: Any, key: str) -> int:
    if offset in (None, ""):
        return 0
    found = re.fullmatch(r"itr([0-9a-f]{12})([0-9a-f]+)/rec(\d+)", str(offset))
    if not found or found[1] != sample_text.digest(key, 6) or time.time() - int(found[2], 16) > ITERATOR_SECONDS:
        raise problem(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
    return int(found[3])
