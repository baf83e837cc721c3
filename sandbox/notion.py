"""Stand-in for Notion, version 2026-03-11: https://developers.notion.com/reference."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from . import sample_text
from .faults import Gate
from .notion_schema import BOOKS, MEETINGS, PROJECTS, SOURCES, TASKS, id_of, property_id, schema
from .notion_values import PEOPLE, Page, Values, person, project_of, text, user
from .oauth import OAuth
from .rules import Answer, Lazy, Limit, Refusal, Rules, json_object, whole
from .sample_text import digest, mix, pick

CAP = 10_000
WORKSPACE = str(uuid.UUID(digest("notion workspace")))
BOT = str(uuid.UUID(digest("notion bot")))
SHARES = (35, 52, 60, 68, 76, 84)  # Of 100 items, up to which belong to which source; the rest are plain pages.
IN_COLUMNS = range(6, 9)  # which plain pages lie in a column of the first one
COLUMN, COLUMN_LIST = id_of("block", 0), id_of("block", 1)
WHOLE_WORKSPACE = {"type": "workspace", "workspace": True}


class World:
    """All objects, oldest first, and the orders in which they are asked for."""

    def __init__(self, items: int) -> None:
        end = sample_text.midnight()
        times = [(a // 60 * 60, b // 60 * 60) for a, b in sample_text.moments(items, 100, end)]
        count = min(len(SOURCES), items // 8)
        self.sources = [
            Page(n, id_of("ds", n), SOURCES[n].title, "data_source", n, "", *times[n]) for n in range(count)
        ]
        self.pages: list[Page] = []
        self.rows: list[list[Page]] = [[] for _ in range(count)]
        self._plain: list[str] = []
        for n in range(items - count):
            self._add(n, times[count + n])
        self.all: list[Page] = sorted([*self.pages, *self.sources], key=lambda page: (page.edited, page.id))
        self.by_id = {page.id: page for page in self.all}
        self.databases = {id_of("db", source.n): source for source in self.sources}
        self.trash: list[Page] = []
        self.tasks = self._tasks() if count > PROJECTS and self.rows[PROJECTS] else {}
        self.changed: dict[tuple[str, str], Any] = {}
        self.values = Values(self)

    def change(self, id: str, time: float, title: str | None = None, **contents: Any) -> None:
        """Change the title of a page, or what some of its properties hold."""
        before = self.by_id[id]
        page = before._replace(edited=time, title=before.title if title is None else title)
        for pages in (self.all, self.pages, self.sources, *self.rows):
            pages[:] = [page if each.id == id else each for each in pages]
        self.by_id[id] = page
        self.all.sort(key=lambda each: (each.edited, each.id))
        self.changed |= {(id, name): content for name, content in contents.items()}

    def discard(self, id: str, time: float) -> None:
        """Move a page to the trash."""
        page = self.by_id[id]._replace(in_trash=True, edited=time)
        self.by_id[id] = page
        self.all.remove(next(each for each in self.all if each.id == id))
        for rows in self.rows:
            rows[:] = [page if each.id == id else each for each in rows]
        self.trash.append(page)

    def _tasks(self) -> dict[int, list[int]]:
        """The tasks of each project, by their places."""
        found = defaultdict(list)
        for task in self.rows[TASKS]:
            project = project_of(task, len(self.rows[PROJECTS]))
            if project is not None:
                found[project].append(task.place)
        return found

    def _add(self, n: int, times: tuple[float, float]) -> None:
        spot = mix(n, 5) % 100
        source = next((i for i, top in enumerate(SHARES[: len(self.rows)]) if spot < top), -1)
        rows = self.rows[source] if source >= 0 else self.pages
        parent = self._place(n) if source < 0 else ""
        place = len(rows)
        page = Page(n, id_of("page", n), _title(place, n, source), "page", source, parent, *times, place)
        self.pages.append(page)
        if source >= 0:
            rows.append(page)
        else:
            self._plain.append(page.id)

    def _place(self, n: int) -> str:
        """Where the next plain page lies: in an earlier one, in a column of the first, or in none."""
        count = len(self._plain)
        if count < IN_COLUMNS.start:
            return ""
        return COLUMN if count in IN_COLUMNS else pick(self._plain[: 40 + count // 8], n, 6)

    def home(self) -> dict[str, Any]:
        """The first plain page as a parent, else the workspace."""
        return {"type": "page_id", "page_id": self._plain[0]} if self._plain else WHOLE_WORKSPACE

    def parent(self, page: Page) -> dict[str, Any]:
        """The parent of a page or data source."""
        if page.kind == "data_source":
            return {"type": "database_id", "database_id": id_of("db", page.n)}
        if page.source >= 0:
            ids = {"data_source_id": id_of("ds", page.source), "database_id": id_of("db", page.source)}
            return {"type": "data_source_id", **ids}
        if page.parent == COLUMN:
            return {"type": "block_id", "block_id": COLUMN}
        return {"type": "page_id", "page_id": page.parent} if page.parent else WHOLE_WORKSPACE

    def database_parent(self, source: Page) -> dict[str, Any]:
        """What the database of a data source lies in."""
        if source.n in (TASKS, MEETINGS):
            return WHOLE_WORKSPACE
        return {"type": "block_id", "block_id": COLUMN_LIST} if source.n == BOOKS and self._plain else self.home()


def _title(position: int, n: int, source: int) -> str:
    odd = sample_text.odd_name(position) if source >= 0 else sample_text.odd_name(n)
    if odd is not None:
        return odd
    return (
        sample_text.task(n),
        f"{pick(sample_text.TOPICS, n, 7)} \N{MIDDLE DOT} {pick(sample_text.COMPANIES, n, 8)}",
        f"{pick(sample_text.COMPANIES, n, 9)} {pick(sample_text.THINGS, n, 10)}",
        pick(sample_text.BOOKS, n, 11),
        pick(sample_text.COMPANIES, n, 12),
        f"What if we {sample_text.task(n).lower()}?",
        f"{pick(sample_text.THINGS, n, 13).capitalize()} notes" if mix(n, 14) % 12 else "",
    )[source]


def _bot() -> dict[str, Any]:
    limits = {"max_file_upload_size_in_bytes": 5_242_880}
    bot = {
        "owner": {"type": "user", "user": person(0)},
        "workspace_id": WORKSPACE,
        "workspace_name": "Sample workspace",
        "workspace_limits": limits,
    }
    return {"object": "user", "id": BOT, "name": "Dashboard", "avatar_url": None, "type": "bot", "bot": bot}


def problem(status: int, code: str, message: str, extra: Mapping[str, Any] | None = None) -> Refusal:
    """An error of the data API."""
    body = {"object": "error", "status": status, "code": code, "message": message, "request_id": str(uuid.uuid4())}
    return Refusal(status, {**body, **({"additional_data": extra} if extra else {})})


def invalid(message: str) -> Refusal:
    """400 validation_error."""
    return problem(400, "validation_error", message)


def _unversioned(headers: Mapping[str, str]) -> Answer | None:
    version = headers.get("notion-version")
    if version in ("2022-06-28", "2025-09-03", "2026-03-11"):
        return None
    code = "validation_error" if version else "missing_version"
    return problem(400, code, "Notion-Version header should be defined, e.g. 2026-03-11.").answer


def _limited(limit: Limit, wait: float) -> Answer:
    after = str(max(1, -int(-wait // 1)))
    extra = {"rate_limit_reason": "public_api_request_rate_limit", "retry_after": after}
    refusal = problem(429, "rate_limited", "You have been rate limited. Please try again later.", extra)
    return Answer(429, refusal.answer.body, {"Retry-After": after})


def _token_answer(grant: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "token_type": "bearer",
        "bot_id": BOT,
        "workspace_id": WORKSPACE,
        "workspace_name": "Sample workspace",
        "workspace_icon": None,
        "owner": {"type": "user", "user": person(0)},
        "duplicated_template_id": None,
        "request_id": str(uuid.uuid4()),
    }


def _token_error(error: str, description: str, form: Mapping[str, str]) -> dict[str, Any]:
    message = description or "The request is not valid."
    return {"error": error, "error_description": message, "request_id": str(uuid.uuid4())}


BROKEN = {500: "internal_server_error", 503: "service_unavailable"}
RULES = Rules(
    slug="notion",
    title="Notion",
    authorize="/v1/oauth/authorize",
    token="/v1/oauth/token",
    client_auth="client_secret_basic",
    json_body=True,
    headers_missing=_unversioned,
    allows=("Read the pages and data sources of the sample workspace", "See names and e-mail addresses of its people"),
    requires={"owner": "user"},
    pkce="unknown",
    lifetime=None,
    rotates=True,
    access_prefix="ntn_",
    refresh_prefix="nrt_",
    token_answer=_token_answer,
    token_error=_token_error,
    unauthorized=lambda reason: problem(401, "unauthorized", "API token is invalid.").answer,
    broken=lambda status: problem(status, BROKEN[status], "Unexpected error occurred.").answer,
    limited=_limited,
    limits=lambda path, grant: (Limit(f"notion {grant['grant']}", 180, 60),),
)


class Notion:
    """Data endpoints and item pages."""

    def __init__(self, gate: Gate, oauth: OAuth, items: int, web_url: str) -> None:
        self.gate, self.oauth, self.web_url = gate, oauth, web_url
        self.world = Lazy(lambda: World(items))
        self._selected = lru_cache(64)(self._select)

    def routes(self) -> list[BaseRoute]:
        """All but the consent and token routes."""
        route = self.gate.route
        return [
            Route("/v1/oauth/revoke", self.revoke, methods=["POST"]),
            Route("/v1/oauth/introspect", self.introspect, methods=["POST"]),
            route("/v1/users/me", self.me),
            route("/v1/users", self.users),
            route("/v1/search", self.search, "POST"),
            route("/v1/data_sources/{id}", self.data_source),
            route("/v1/data_sources/{id}/query", self.query, "POST"),
            route("/v1/databases/{id}", self.database),
            route("/v1/blocks/{id}", self.block),
            route("/v1/pages/{id}/properties/{property}", self.property),
            route("/v1/pages/{id}", self.page),
            route("/v1/{rest:path}", self.unknown, "GET", "POST", "PATCH", "DELETE"),
        ]

    async def revoke(self, request: Request) -> Response:
        """RFC 7009, with a request id for an answer."""
        return await self._about_token(request, revoke=True)

    async def introspect(self, request: Request) -> Response:
        """Whether a token works."""
        return await self._about_token(request, revoke=False)

    async def _about_token(self, request: Request, *, revoke: bool) -> Response:
        pairs = await self.oauth.form(request)
        if error := self.oauth.client_error(request, pairs or []):
            return error
        token = dict(pairs or []).get("token", "")
        answer: dict[str, Any] = {"request_id": str(uuid.uuid4())}
        if revoke:
            await self.oauth.grants.revoke(token)
        else:
            grant = await self.oauth.grants.check(token)
            answer |= {"active": True, "iat": int(grant["issued_at"])} if grant else {"active": False}
        return JSONResponse(answer)

    async def me(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The bot user."""
        return Answer(200, {**_bot(), "request_id": str(uuid.uuid4())})

    async def users(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The people of the workspace, then the bot."""
        found = [*(person(n) for n in range(len(PEOPLE))), _bot()]
        return self._listed(found, dict(request.query_params), "user", "users", lambda user: user)

    async def search(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Pages and data sources by title, filtered by kind, in order of their last edit."""
        body, world = await self._body(request), await self.world.get()
        wanted = {"property": "object", **(body.get("filter") or {})}
        if wanted.get("property", "object") != "object" or wanted.get("value") not in (None, "page", "data_source"):
            raise invalid('body failed validation: body.filter.value should be `"page"` or `"data_source"`.')
        key = json.dumps([wanted.get("value"), wanted.get("in_trash"), body.get("query"), body.get("sort")])
        found = self._selected(world, "search", key)
        return self._listed(found, body, "page_or_data_source", key, partial(self._object, world))

    async def query(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Rows of a data source; timestamp filters and sorts, at most 10,000 in one query."""
        body, world = await self._body(request), await self.world.get()
        source = self._found(world, request, "data_source")
        key = json.dumps([source.n, body.get("filter"), body.get("sorts"), bool(body.get("is_archived"))])
        only = {unquote(v) for k, v in parse_qsl(request.url.query) if k.startswith("filter_properties")}
        rows = self._selected(world, "query", key)
        answer = self._listed(rows[:CAP], body, "page_or_data_source", key, lambda row: self._object(world, row, only))
        if len(rows) > CAP and not answer.body["has_more"]:
            reason = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
            answer.body["request_status"] = reason
        return answer

    async def data_source(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """One data source with its schema."""
        world = await self.world.get()
        return Answer(200, self._object(world, self._found(world, request, "data_source")))

    async def page(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """One page."""
        world = await self.world.get()
        return Answer(200, self._object(world, self._found(world, request, "page")))

    async def property(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """One property of a page, in full; https://developers.notion.com/reference/property-item-object."""
        world = await self.world.get()
        page = self._found(world, request, "page")
        id = request.path_params["property"]
        ids = {name: property_id(page.source, name) for name in world.values.names(page)}
        name = next((name for name, each in ids.items() if id in (each, unquote(each))), None)
        if name is None:
            raise problem(404, "object_not_found", f"Could not find property with ID: {id}.")
        paged = world.values.items(page, name) if page.source >= 0 else None
        if paged is None:
            return Answer(200, {"object": "property_item", **world.values.whole(page, name)})
        answer = self._listed(paged[0], dict(request.query_params), "property_item", page.id + name, lambda item: item)
        shape = paged[1] | (
            {"rollup": self._rollup(world, page, name, answer.body)} if "rollup" in paged[1]["type"] else {}
        )
        return Answer(200, {**answer.body, "property_item": {**shape, "next_url": None}})

    def _rollup(self, world: World, page: Page, name: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        """What a rollup comes to: known with its last item; the values that it shows are the items."""
        whole: dict[str, Any] = world.values.content(page, name)
        function = {"function": whole["function"]}
        if answer["has_more"]:
            return {"type": "incomplete", "incomplete": {}, **function}
        return {"type": "array", "array": [], **function} if whole["type"] == "array" else whole

    async def block(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The column that a few pages lie in, and the list around it."""
        world, id = await self.world.get(), _dashed(request.path_params["id"])
        parents = {COLUMN: {"type": "block_id", "block_id": COLUMN_LIST}, COLUMN_LIST: world.home()}
        if id not in parents:
            raise _missing("block", request.path_params["id"])
        kind = "column" if id == COLUMN else "column_list"
        shape = {"object": "block", "id": id, "parent": parents[id], "type": kind, kind: {}, "has_children": True}
        return Answer(200, {**shape, "in_trash": False})

    async def database(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """The database around a data source; its times are written another way."""
        world = await self.world.get()
        source = world.databases.get(_dashed(request.path_params["id"]))
        if source is None:
            raise _missing("database", request.path_params["id"])
        shape = {k: v for k, v in self._object(world, source).items() if k not in ("properties", "database_parent")}
        times = {
            k: sample_text.iso(t, ".607").replace("Z", "+00:00")
            for k, t in zip(("created_time", "last_edited_time"), (source.created, source.edited), strict=True)
        }
        return Answer(
            200,
            {
                **shape,
                **times,
                "object": "database",
                "id": id_of("db", source.n),
                "parent": world.database_parent(source),
                "data_sources": [{"id": source.id, "name": source.title}],
            },
        )

    async def unknown(self, request: Request, grant: Mapping[str, Any]) -> Answer:
        """Any other path of the API."""
        raise problem(400, "invalid_request_url", "Invalid request URL.")

    async def item(self, path: str) -> tuple[str, str] | None:
        """Name and kind behind a link."""
        found = re.fullmatch(r"p/(?:.*-)?([0-9a-f]{32})", path)
        if not found:
            return None
        world, key = await self.world.get(), str(uuid.UUID(found[1]))
        page = world.by_id.get(key) or world.databases.get(key)
        return (page.title, "page" if page.kind == "page" else "data source") if page else None

    async def _body(self, request: Request) -> dict[str, Any]:
        return await json_object(request, problem(400, "invalid_json", "Error parsing JSON body."))

    def _found(self, world: World, request: Request, kind: str) -> Page:
        page = world.by_id.get(_dashed(request.path_params["id"]))
        if page is None or page.kind != kind:
            raise _missing(kind, request.path_params["id"])
        return page

    def _select(self, world: World, what: str, key: str) -> list[Page]:
        """The objects that a search or query asks for, in its order; the last few are remembered."""
        if what == "query":
            number, wanted, sorts, archived = json.loads(key)
            rows = [] if archived else [row for row in world.rows[number] if _matches(row, wanted) and not row.in_trash]
            for sort in reversed(sorts or [{"timestamp": "created_time", "direction": "descending"}]):
                name = _timestamp(sort.get("timestamp"))
                rows.sort(key=lambda row: (getattr(row, name), row.id), reverse=sort.get("direction") == "descending")
            return rows
        kind, in_trash, text, sort = json.loads(key)
        all_of = sorted(world.trash, key=lambda page: (page.edited, page.id)) if in_trash else world.all
        found = [page for page in all_of if kind in (None, page.kind)]
        if text:
            found = [page for page in found if str(text).lower() in page.title.lower()]
        return found if (sort or {}).get("direction") == "ascending" else found[::-1]

    def _listed(
        self, found: list[Any], asked: Mapping[str, Any], kind: str, key: str, shape: Callable[[Any], dict[str, Any]]
    ) -> Answer:
        size = whole(
            asked.get("page_size"),
            100,
            invalid("body failed validation: body.page_size should be a number between 1 and `100`."),
            1,
            100,
        )
        start = _decoded(asked.get("start_cursor"), key)
        more = start + size < len(found)
        return Answer(
            200,
            {
                "object": "list",
                "results": [shape(thing) for thing in found[start : start + size]],
                "next_cursor": _encoded(start + size, key) if more else None,
                "has_more": more,
                "type": kind,
                kind: {},
                "request_id": str(uuid.uuid4()),
            },
        )

    def _object(self, world: World, page: Page, only: set[str] | None = None) -> dict[str, Any]:
        if page.kind == "data_source":
            return self._shape(world, page) | {
                "title": text(page.title),
                "description": [],
                "is_inline": page.n == BOOKS,
                "database_parent": world.database_parent(page),
                "properties": schema(page.source),
            }
        properties = world.values.properties(page)
        if only:
            properties = {k: v for k, v in properties.items() if k in only or unquote(v["id"]) in only}
        return self._shape(world, page) | {"properties": properties}

    def _shape(self, world: World, page: Page) -> dict[str, Any]:
        """What pages and data sources have in common."""
        return {
            "object": page.kind,
            "id": page.id,
            "created_time": sample_text.iso(page.created),
            "last_edited_time": sample_text.iso(page.edited),
            "created_by": user(page.n),
            "last_edited_by": user(page.n // 3),
            "cover": None,
            "icon": self._icon(page),
            "in_trash": page.in_trash,
            "archived": page.in_trash,
            "is_archived": False,
            "is_locked": False,
            "public_url": None,
            "url": self._url(page),
            "parent": world.parent(page),
        }

    def _icon(self, page: Page) -> dict[str, str] | None:
        if page.kind == "data_source":
            return {"type": "emoji", "emoji": SOURCES[page.source].emoji}
        return {"type": "emoji", "emoji": pick(sample_text.EMOJI, page.n, 15)} if mix(page.n, 16) % 3 == 0 else None

    def _url(self, page: Page) -> str:
        if page.kind == "data_source":
            return f"{self.web_url}/p/{id_of('db', page.n).replace('-', '')}"
        slug = re.sub(r"[^A-Za-z0-9]+", "-", page.title)[:60].strip("-")
        return f"{self.web_url}/p/{slug + '-' if slug else ''}{page.id.replace('-', '')}"


def _dashed(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise invalid("path failed validation: path.id should be a valid uuid.") from None


def _missing(kind: str, found: str) -> Refusal:
    words_ = f"Could not find {kind} with ID: {found}. Make sure the relevant pages and databases are shared."
    return problem(404, "object_not_found", words_)


def _timestamp(name: object) -> str:
    if name not in ("created_time", "last_edited_time"):
        raise invalid("The sandbox knows filters and sorts by created_time and last_edited_time only.")
    return "created" if name == "created_time" else "edited"


def _matches(page: Page, wanted: Mapping[str, Any] | None) -> bool:
    if not wanted:
        return True
    if "and" in wanted or "or" in wanted:
        join = all if "and" in wanted else any
        return join(_matches(page, part) for part in wanted.get("and", wanted.get("or")) or ())
    value = getattr(page, _timestamp(wanted.get("timestamp")))
    return all(_compared(value, operator, text) for operator, text in wanted[wanted["timestamp"]].items())


def _compared(value: float, operator: str, text: str) -> bool:
    try:
        than = sample_text.seconds(text)
        return bool(
            {
                "equals": value == than,
                "before": value < than,
                "after": value > than,
                "on_or_before": value <= than,
                "on_or_after": value >= than,
            }[operator]
        )
    except (KeyError, ValueError, TypeError):
        raise invalid(f"body failed validation: body.filter operator {operator} is not valid.") from None


def _encoded(start: int, key: str) -> str:
    return base64.urlsafe_b64encode(f"{start}.{digest(key, 6)}".encode()).decode().rstrip("=")


def _decoded(cursor: Any, key: str) -> int:
    if cursor in (None, ""):
        return 0
    try:
        start, _, check = base64.urlsafe_b64decode(str(cursor) + "==").decode().partition(".")
        if check == digest(key, 6):
            return int(start)
    except ValueError:
        pass
    raise invalid(f"The start_cursor provided is invalid: {cursor}")
