"""Stand-in for Airtable: https://airtable.com/developers/web/api/oauth-reference."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.routing import BaseRoute

from . import sample_text
from .faults import Gate
from .oauth import OAuth
from .rules import Answer, Lazy, Limit, Refusal, Rules, json_object, whole
from .sample_text import ident, mix, pick

ITERATOR_SECONDS = 600
ACCOUNT = ident("usr", "airtable owner")
SCHEMA: dict[str, dict[str, dict[str, str]]] = {  # Base -> table -> field -> type; the first field is the primary one.
    "Product launches": {
        "Tasks": {
            "Name": "singleLineText",
            "Notes": "multilineText",
            "Status": "singleSelect",
            "Done": "checkbox",
            "Due": "date",
            "Owner": "singleCollaborator",
            "Launch": "link:Launches",
            "Estimate": "duration",
            "Changed": "lastModifiedTime",
            "Tags": "multipleSelects",
            "Mood": "rating",
        },
        "Launches": {
            "Label": "formula:text",
            "Product": "singleLineText",
            "Starts": "dateTime",
            "Budget": "currency",
            "Progress": "percent",
            "Team": "multipleCollaborators",
            "Tasks": "link:Tasks",
            "Task count": "count",
            "Task status": "multipleLookupValues",
            "Total": "rollup",
            "Brief": "multipleAttachments",
            "Open": "button",
        },
        "Bugs": {
            "Number": "autoNumber",
            "Title": "singleLineText",
            "Details": "richText",
            "Severity": "singleSelect",
            "Reported by": "createdBy",
            "Reported": "createdTime",
            "Ratio": "formula:number",
        },
    },
    "Content calendar": {
        "Articles": {
            "Headline": "singleLineText",
            "Teaser": "aiText",
            "Author": "link:Authors",
            "Channel": "multipleSelects",
            "Published": "checkbox",
            "Link": "url",
            "Views": "number",
            "Edited by": "lastModifiedBy",
        },
        "Authors": {"Name": "singleLineText", "E-mail": "email", "Phone": "phoneNumber", "Articles": "link:Articles"},
        "Slots": {"Day": "date", "Channel": "singleSelect", "Article": "link:Articles", "Booked": "checkbox"},
    },
    "Inventory": {
        "Products": {
            "Product": "singleLineText",
            "Code": "barcode",
            "Price": "currency",
            "In stock": "number",
            "Photos": "multipleAttachments",
            "Supplier": "link:Suppliers",
            "Kept in": "multipleSelects",
        },
        "Suppliers": {"Company": "singleLineText", "Website": "url", "E-mail": "email", "Products": "link:Products"},
        "Stock moves": {"Move": "autoNumber", "Product": "link:Products", "Amount": "number", "At": "dateTime"},
    },
}
WEIGHTS = {
    "Tasks": 24,
    "Launches": 6,
    "Bugs": 14,
    "Articles": 16,
    "Authors": 4,
    "Slots": 8,
    "Products": 12,
    "Suppliers": 4,
    "Stock moves": 12,
}
CHOICES = {"singleSelect": ("To do", "In progress", "Waiting", "Done"), "multipleSelects": sample_text.TAGS}
OPTIONS: dict[str, dict[str, Any]] = {
    "number": {"precision": 0},
    "percent": {"precision": 0},
    "currency": {"precision": 2, "symbol": "€"},
    "rating": {"icon": "star", "max": 5, "color": "yellowBright"},
    "checkbox": {"icon": "check", "color": "greenBright"},
    "duration": {"durationFormat": "h:mm"},
    "date": {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}},
    "multipleAttachments": {"isReversed": False},
    "count": {"isValid": True},
    "formula:text": {"isValid": True, "formula": "{Product}", "result": {"type": "singleLineText"}},
    "formula:number": {"isValid": True, "formula": "1/{x}", "result": {"type": "number", "options": {"precision": 2}}},
    "rollup": {"isValid": True, "result": {"type": "number", "options": {"precision": 0}}},
    "multipleLookupValues": {"isValid": True, "result": {"type": "singleSelect"}},
}


@dataclass(frozen=True, eq=False)
class Table:
    """One table: its records are numbers, `times` their creation and change, in seconds."""

    base: str
    id: str
    name: str
    fields: Mapping[str, str]
    times: list[tuple[int, int]]


class World:
    """All bases, tables and records; a record's fields are made when they are asked for."""

    def __init__(self, items: int) -> None:
        end = sample_text.midnight()
        self.bases = {ident("app", base): base for base in SCHEMA}
        self.tables: dict[str, dict[str, Table]] = {}
        rest, left = items, sum(WEIGHTS.values())
        for base_id, base in self.bases.items():
            self.tables[base_id] = {}
            for name, fields in SCHEMA[base].items():
                size = rest * WEIGHTS[name] // left
                rest, left = rest - size, left - WEIGHTS[name]
                times = sample_text.moments(size, len(base + name), end)
                table = Table(base_id, ident("tbl", base + name), name, fields, times)
                self.tables[base_id][table.id] = table

    def table(self, base: str, key: str) -> Table | None:
        """A table by its id or name."""
        tables = self.tables.get(base, {})
        return tables.get(key) or next((table for table in tables.values() if table.name == key), None)


@lru_cache(200_000)
def record_id(table: str, n: int) -> str:
    """The id of a table's n-th record."""
    return ident("rec", f"{table} {n}")


@lru_cache(1024)
def field_id(table: str, name: str) -> str:
    """The id of a field."""
    return ident("fld", table + name)


def _someone(n: int) -> dict[str, str]:
    first, last = sample_text.person(n % 9)
    return {"id": ident("usr", f"{n % 9}"), "email": f"{first}.{last}@example.com".lower(), "name": f"{first} {last}"}


def _attachment(x: int) -> dict[str, Any]:
    return {
        "id": ident("att", str(x)),
        "url": "https://example.com/file.pdf",
        "filename": "file.pdf",
        "size": x % 90_000,
        "type": "application/pdf",
    }


def _ratio(x: int) -> Any:
    return pick(({"specialValue": "NaN"}, {"error": "#ERROR!"}, x % 400 / 100, x % 1000 / 100), x)


VALUES: dict[str, Callable[[Table, int, int], Any]] = {
    "singleLineText": lambda table, n, x: _name(table, n),
    "formula:text": lambda table, n, x: _name(table, n),
    "multilineText": lambda table, n, x: f"{sample_text.task(x)}.\n{sample_text.task(x >> 4)}.",
    "richText": lambda table, n, x: f"**{sample_text.task(x)}** and [more](https://example.com)\n",
    "singleSelect": lambda table, n, x: pick(CHOICES["singleSelect"], x),
    "multipleSelects": lambda table, n, x: [tag for tag in sample_text.TAGS if mix(x, len(tag)) % 3 == 0],
    "checkbox": lambda table, n, x: x % 2 == 0,
    "date": lambda table, n, x: sample_text.iso(table.times[n][0] + x % 6_000_000)[:10],
    "dateTime": lambda table, n, x: sample_text.iso(table.times[n][0] + x % 6_000_000),
    "createdTime": lambda table, n, x: sample_text.iso(table.times[n][0]),
    "lastModifiedTime": lambda table, n, x: sample_text.iso(table.times[n][1]),
    "singleCollaborator": lambda table, n, x: _someone(x),
    "createdBy": lambda table, n, x: _someone(x),
    "lastModifiedBy": lambda table, n, x: _someone(x),
    "multipleCollaborators": lambda table, n, x: [_someone(x), _someone(x + 1)],
    "duration": lambda table, n, x: x % 200 * 60,
    "rating": lambda table, n, x: x % 6,
    "currency": lambda table, n, x: x % 1_000_000 / 100,
    "percent": lambda table, n, x: x % 101 / 100,
    "number": lambda table, n, x: x % 5000,
    "count": lambda table, n, x: x % 9,
    "rollup": lambda table, n, x: x % 900,
    "autoNumber": lambda table, n, x: n + 1,
    "formula:number": lambda table, n, x: _ratio(x),
    "multipleLookupValues": lambda table, n, x: [pick(CHOICES["singleSelect"], x)],
    "multipleAttachments": lambda table, n, x: [_attachment(x)] if x % 3 == 0 else [],
    "barcode": lambda table, n, x: {"text": f"40{x % 10**11:011}", "type": "ean13"},
    "button": lambda table, n, x: {"label": "Open", "url": "https://example.com/open"},
    "aiText": lambda table, n, x: {"state": "generated", "value": sample_text.task(x), "isStale": False},
    "email": lambda table, n, x: f"{pick(sample_text.FIRST, x).lower()}@example.com",
    "phoneNumber": lambda table, n, x: f"+1 555 01{x % 100:02}",
    "url": lambda table, n, x: f"https://example.com/{x % 9999}",
}
ALWAYS = ("autoNumber", "created", "lastModified", "count", "rollup", "formula", "button")


def _name(table: Table, n: int) -> str:
    odd = sample_text.awkward(n)
    if odd is not None:
        return odd
    if table.name == "Authors":
        return " ".join(sample_text.person(n))
    company = table.name in ("Suppliers", "Launches")
    n += 1000 * len(table.name)
    return f"{pick(sample_text.COMPANIES, n, 40)} {pick(sample_text.THINGS, n, 41)}" if company else sample_text.task(n)


def _links(world: World, table: Table, name: str, x: int) -> list[str]:
    target = world.table(table.base, name)
    size = len(target.times) if target else 0
    return [record_id(target.id, mix(x, i) % size) for i in range(x % 3)] if target and size else []


def _value(world: World, table: Table, n: int, name: str) -> Any:
    kind = table.fields[name]
    x = mix(n, 50 + len(name) + ord(name[0]))
    primary = name == next(iter(table.fields))
    if x % 6 == 0 and not primary and not kind.startswith(ALWAYS):
        return None
    return _links(world, table, kind[5:], x >> 3) if kind.startswith("link:") else VALUES[kind](table, n, x >> 3)


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
        name = None if n is None else _value(world, table, n, next(iter(table.fields)))
        return None if n is None else (str(name), f"record in {table.name}")


def _need(grant: Mapping[str, Any], scope: str) -> None:
    if scope not in grant["scope"].split():
        raise forbidden()


def _schema(table: Table, tables: Mapping[str, Table]) -> dict[str, Any]:
    ids = {other.name: other.id for other in tables.values()}
    fields = [
        {"id": field_id(table.id, name), "name": name, **_typed(kind, ids)} for name, kind in table.fields.items()
    ]
    view = {"id": ident("viw", table.id), "name": "Grid view", "type": "grid"}
    return {"id": table.id, "name": table.name, "primaryFieldId": fields[0]["id"], "fields": fields, "views": [view]}


def _typed(kind: str, ids: Mapping[str, str]) -> dict[str, Any]:
    if kind.startswith("link:"):
        linked = {"linkedTableId": ids[kind[5:]], "isReversed": False, "prefersSingleRecordLink": False}
        return {"type": "multipleRecordLinks", "options": linked}
    options = OPTIONS.get(kind)
    if kind in CHOICES:
        options = {"choices": [{"id": ident("sel", c), "name": c, "color": "blueLight2"} for c in CHOICES[kind]]}
    return {"type": kind.partition(":")[0], **({"options": options} if options else {})}


def _record(world: World, table: Table, n: int, shown: list[tuple[str, str]]) -> dict[str, Any]:
    values = ((key, _value(world, table, n, name)) for name, key in shown)
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
        rows.sort(key=lambda n: _sortable(_value(world, table, n, name)), reverse=descending)
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
