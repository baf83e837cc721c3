"""What the stand-ins hold, and how it is paged, filtered and refused."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from odd_names import ODD_NAMES
from sandbox_helpers import Visit

from sandbox import sample_text

Play = Callable[..., None]
OBJECTS = "/crm/objects/2026-09/"
HUBSPOT_KINDS = ("contacts", "companies", "deals", "tickets", "products", "line_items", "machines")


async def notion_pages(visit: Visit, token: str, path: str, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    cursor = None
    while True:
        answer = await visit.call(token, path, "POST", json={**body, **({"start_cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        yield answer.json()
        cursor = answer.json()["next_cursor"]
        assert bool(cursor) == answer.json()["has_more"]
        if not cursor:
            return


async def notion(visit: Visit, token: str, path: str = "/v1/search", **body: Any) -> list[dict[str, Any]]:
    return [found async for page in notion_pages(visit, token, path, body) for found in page["results"]]


async def airtable(visit: Visit, token: str, path: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    offset: dict[str, str] = {}
    while True:
        answer = await visit.call(token, path, params={**params, **offset})
        assert answer.status_code == 200, answer.text
        found += answer.json()["records"]
        if "offset" not in answer.json():
            return found
        offset = {"offset": answer.json()["offset"]}


async def hubspot(visit: Visit, token: str, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = "0"
    while True:
        answer = (await visit.call(token, OBJECTS + kind, params={"limit": "100", "after": after})).json()
        found += answer["results"]
        if "paging" not in answer:
            return found
        after = answer["paging"]["next"]["after"]


async def tables(visit: Visit, token: str) -> list[tuple[str, dict[str, Any]]]:
    bases = (await visit.call(token, "/v0/meta/bases")).json()["bases"]
    schemas = [(base["id"], await visit.call(token, f"/v0/meta/bases/{base['id']}/tables")) for base in bases]
    return [(base, table) for base, schema in schemas for table in schema.json()["tables"]]


def test_notion_pages_through_every_object_once_in_both_directions(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        for direction in ("ascending", "descending"):
            sort = {"timestamp": "last_edited_time", "direction": direction}
            for size in (100, 23):  # the last page is full, and holds one
                pages = [
                    page["results"]
                    async for page in notion_pages(visit, token, "/v1/search", {"sort": sort, "page_size": size})
                ]
                assert [len(page) for page in pages] == [size] * (300 // size) + [300 % size] * (300 % size > 0)
            found = [one for page in pages for one in page]
            assert len({one["id"] for one in found}) == 300
            times = [one["last_edited_time"] for one in found]
            assert times == sorted(times, reverse=direction == "descending")
            assert all(time.endswith(":00.000Z") for time in times)
        kinds = [await notion(visit, token, filter={"property": "object", "value": k}) for k in ("page", "data_source")]
        assert sum(map(len, kinds)) == 300 and {one["object"] for one in kinds[1]} == {"data_source"}

    play("notion", scene)


def test_notion_rows_come_from_their_data_source_with_its_own_title_property(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        pages = await notion(visit, token, filter={"property": "object", "value": "page"})
        people = {user["id"] for user in (await visit.call(token, "/v1/users")).json()["results"]}
        assert {page["created_by"]["id"] for page in pages} <= people
        assert {page["parent"]["type"] for page in pages} == {"data_source_id", "page_id", "block_id", "workspace"}
        sources = await notion(visit, token, filter={"property": "object", "value": "data_source"})
        titles, kinds = set(), set()
        for source in sources:
            rows = await notion(visit, token, f"/v1/data_sources/{source['id']}/query")
            assert {row["id"] for row in rows} == {
                page["id"] for page in pages if page["parent"].get("data_source_id") == source["id"]
            }
            title = next(name for name, value in source["properties"].items() if value["type"] == "title")
            titles.add(title)
            assert all(row["properties"][title]["type"] == "title" for row in rows)
            kinds |= {value["type"] for row in rows for value in row["properties"].values()}
            assert (await visit.call(token, f"/v1/data_sources/{source['id']}")).json()["id"] == source["id"]
            database = (await visit.call(token, f"/v1/databases/{source['parent']['database_id']}")).json()
            assert database["data_sources"][0]["id"] == source["id"]
        assert len(titles) == len(sources) == 6
        assert kinds >= {"formula", "rollup", "relation", "people", "files", "status", "place", "button", "unique_id"}

    play("notion", scene)


def test_notion_filters_rows_by_time_and_chosen_properties(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        source = (await notion(visit, token, filter={"property": "object", "value": "data_source"}))[0]
        path = f"/v1/data_sources/{source['id']}/query"
        rows = await notion(visit, token, path, sorts=[{"timestamp": "created_time", "direction": "ascending"}])
        middle = rows[len(rows) // 2]["created_time"]
        wanted = {"timestamp": "created_time", "created_time": {"on_or_after": middle}}
        late = await notion(visit, token, path, filter=wanted)
        assert {row["id"] for row in late} == {row["id"] for row in rows if row["created_time"] >= middle}
        assert 0 < len(late) < len(rows)
        few = await notion(visit, token, path + "?filter_properties[]=title")
        assert all([value["id"] for value in row["properties"].values()] == ["title"] for row in few)

    play("notion", scene)


def test_notion_says_when_a_query_hits_its_cap(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.notion.CAP", 20)

    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        source = next(s for s in await notion(visit, token, query="Tasks") if s["object"] == "data_source")
        pages = [page async for page in notion_pages(visit, token, f"/v1/data_sources/{source['id']}/query", {})]
        assert sum(len(page["results"]) for page in pages) == 20
        assert pages[-1]["request_status"]["incomplete_reason"] == "query_result_limit_reached"

    play("notion", scene)


def test_notion_refuses_in_its_own_words(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        bare = await visit.http.get(visit.base + "/v1/users/me", headers={"Authorization": f"Bearer {token}"})
        cases = [
            (bare, 400, "missing_version"),
            (await visit.call("wrong"), 401, "unauthorized"),
            (await visit.call(token, "/v1/search", "POST", json={"page_size": 101}), 400, "validation_error"),
            (await visit.call(token, "/v1/search", "POST", json={"start_cursor": "x"}), 400, "validation_error"),
            (await visit.call(token, "/v1/search", "POST", content=b"{"), 400, "invalid_json"),
            (await visit.call(token, "/v1/pages/" + "0" * 32), 404, "object_not_found"),
            (await visit.call(token, "/v1/pages/zero"), 400, "validation_error"),
            (await visit.call(token, "/v1/nothing"), 400, "invalid_request_url"),
        ]
        for answer, status, code in cases:
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert answer.json()["object"] == "error" and answer.json()["status"] == status

    play("notion", scene)


def test_airtable_pages_through_every_record_once_and_leaves_empty_fields_out(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token, found, primaries = (await visit.connect())["access_token"], set(), set()
        for base, table in await tables(visit, token):
            records = await airtable(visit, token, f"/v0/{base}/{table['id']}", pageSize=7)
            found |= {record["id"] for record in records}
            types = {field["id"]: field["type"] for field in table["fields"]}
            primaries.add(types[table["primaryFieldId"]])
            names = {field["name"] for field in table["fields"]}
            assert all(set(record["fields"]) <= names for record in records)
            assert all(v not in ("", [], None) and v is not False for r in records for v in r["fields"].values())
        assert len(found) == 300 and primaries == {"singleLineText", "formula", "autoNumber", "date"}

    play("airtable", scene)


def test_airtable_links_lead_to_records_that_exist(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        known, linked = set(), set()
        for base, table in await tables(visit, token):
            links = [field["name"] for field in table["fields"] if field["type"] == "multipleRecordLinks"]
            for record in await airtable(visit, token, f"/v0/{base}/{table['id']}"):
                known.add(record["id"])
                linked |= {other for name in links for other in record["fields"].get(name, ())}
        assert linked and linked <= known

    play("airtable", scene)


def test_airtable_filters_sorts_and_chooses_the_same_by_get_and_post(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        base, table = (await tables(visit, token))[0]
        path, since = f"/v0/{base}/{table['id']}", (datetime.now(UTC) - timedelta(days=60)).isoformat()
        formula = f"IS_AFTER(LAST_MODIFIED_TIME(), DATETIME_PARSE('{since}'))"
        everything = await airtable(visit, token, path)
        late = await airtable(visit, token, path, filterByFormula=formula)
        want = {one["id"] for one in everything if one["fields"]["Changed"] > since}
        assert {one["id"] for one in late} == want and 0 < len(want) < len(everything)
        body = {"filterByFormula": formula, "fields": ["Name"], "sort": [{"field": "Changed", "direction": "desc"}]}
        posted = (await visit.call(token, path + "/listRecords", "POST", json=body)).json()["records"]
        assert {one["id"] for one in posted} == want and all(set(one["fields"]) <= {"Name"} for one in posted)
        times = {one["id"]: one["fields"]["Changed"] for one in everything}
        assert [times[one["id"]] for one in posted] == sorted((times[key] for key in want), reverse=True)

    play("airtable", scene)


def test_airtable_names_fields_by_id_when_asked_to(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        for base, table in await tables(visit, token):
            ids = {field["name"]: field["id"] for field in table["fields"]}
            path = f"/v0/{base}/{table['id']}"
            by_name = await airtable(visit, token, path)
            by_id = await airtable(visit, token, path, returnFieldsByFieldId="true")
            assert by_id == [
                {**one, "fields": {ids[name]: value for name, value in one["fields"].items()}} for one in by_name
            ]

    play("airtable", scene)


def test_airtable_refuses_in_its_own_words(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        base, table = (await tables(visit, token))[0]
        path = f"/v0/{base}/{table['id']}"
        offset = (await visit.call(token, path, params={"pageSize": 5})).json()["offset"]
        cases = [
            (await visit.call("wrong"), 401, "UNAUTHORIZED"),
            (await visit.call(token, "/v0/appNotThere00000/tblX"), 403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
            (await visit.call(token, path, params={"fields[]": "Nope"}), 422, "UNKNOWN_FIELD_NAME"),
            (await visit.call(token, path, params={"filterByFormula": "{Name}"}), 422, "INVALID_FILTER_BY_FORMULA"),
            (await visit.call(token, path, params={"offset": "itrX/recY"}), 422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"),
        ]
        now = time.time()
        monkeypatch.setattr("sandbox.airtable.time.time", lambda: now + 900)
        stale = await visit.call(token, path, params={"pageSize": 5, "offset": offset})
        cases.append((stale, 422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"))
        for answer, status, kind in cases:
            assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)
        unknown = await visit.call(token, "/v0/meta/nothing/at/all")
        assert (unknown.status_code, unknown.json()) == (404, {"error": "NOT_FOUND"})
        narrow = (await visit.connect(scope="data.records:read"))["access_token"]
        assert (await visit.call(narrow, "/v0/meta/bases")).status_code == 403
        assert "email" not in (await visit.call(narrow)).json()

    play("airtable", scene)


def test_hubspot_lists_every_record_once_from_the_lowest_id(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token, total = (await visit.connect())["access_token"], 0
        for kind in HUBSPOT_KINDS:
            found = await hubspot(visit, token, kind)
            ids = [int(one["id"]) for one in found]
            assert ids == sorted(set(ids))
            assert all(v is None or isinstance(v, str) for one in found for v in one["properties"].values())
            total += len(ids)
        assert total == 300

    play("hubspot", scene)


def test_hubspot_search_meets_the_list_from_the_other_end(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token, found, after = (await visit.connect())["access_token"], [], 0
        while after is not None:
            body = {"limit": 40, "after": after, "sorts": [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]}
            page = (await visit.call(token, OBJECTS + "contacts/search", "POST", json=body)).json()
            found += [one["id"] for one in page["results"]]
            after = int(page["paging"]["next"]["after"]) if "paging" in page else None
        assert page["total"] == len(found)
        assert found == [one["id"] for one in await hubspot(visit, token, "contacts")][::-1]

    play("hubspot", scene)


@pytest.mark.parametrize(
    ("filters", "keep"),
    [
        ([("createdate", "GTE", {"value": "{ms}"})], lambda p, c: p["createdate"] >= c),
        ([("lastmodifieddate", "LT", {"value": "{ms}"})], lambda p, c: p["lastmodifieddate"] < c),
        (
            [("hs_object_id", "BETWEEN", {"value": "51", "highValue": "951"})],
            lambda p, c: int(p["hs_object_id"]) < 1000,
        ),
        ([("city", "IN", {"values": ["graz", "porto"]})], lambda p, c: p["city"] in ("Graz", "Porto")),
        ([("city", "NOT_IN", {"values": ["graz"]})], lambda p, c: p["city"] != "Graz"),
        ([("email", "NOT_HAS_PROPERTY", {})], lambda p, c: p["email"] is None),
        (
            [("jobtitle", "EQ", {"value": "Buyer"}), ("city", "NEQ", {"value": "Graz"})],
            lambda p, c: p["jobtitle"] == "Buyer" and p["city"] != "Graz",
        ),
        ([("jobtitle", "CONTAINS_TOKEN", {"value": "sales"})], lambda p, c: "Sales" in (p["jobtitle"] or "")),
    ],
)
def test_hubspot_search_filters_like_the_records_say(play: Play, filters: list[Any], keep: Callable[..., bool]) -> None:
    cut = datetime.now(UTC) - timedelta(days=120)

    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        names = "createdate,lastmodifieddate,hs_object_id,city,jobtitle,email"
        inputs = [{"id": one["id"]} for one in await hubspot(visit, token, "contacts")][:100]
        batch = {"inputs": inputs, "properties": names.split(",")}
        everything = (await visit.call(token, OBJECTS + "contacts/batch/read", "POST", json=batch)).json()["results"]
        wanted = [
            {
                "propertyName": name,
                "operator": how,
                **json.loads(json.dumps(more).replace("{ms}", str(int(cut.timestamp() * 1000)))),
            }
            for name, how, more in filters
        ]
        body = {"limit": 200, "filterGroups": [{"filters": wanted}]}
        answer = await visit.call(token, OBJECTS + "contacts/search", "POST", json=body)
        want = {one["id"] for one in everything if keep(one["properties"], cut.strftime("%Y-%m-%dT%H:%M:%S"))}
        assert {one["id"] for one in answer.json()["results"]} == want and 0 < len(want) < len(everything) == 90

    play("hubspot", scene, SANDBOX_ITEMS="200")


def test_hubspot_names_owners_stages_and_properties(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        owners = [await visit.call(token, "/crm/owners/2026-09?archived=" + archived) for archived in ("false", "true")]
        ids = {owner["id"] for part in owners for owner in part.json()["results"]}
        assert [one["userId"] for one in owners[1].json()["results"]] == [None] and len(ids) == 8
        pipelines = (await visit.call(token, "/crm/pipelines/2026-09/deals")).json()["results"]
        stages = {stage["id"] for pipeline in pipelines for stage in pipeline["stages"]}
        names = {one["name"] for one in (await visit.call(token, "/crm/properties/2026-09/deals")).json()["results"]}
        params = {"limit": 60, "properties": ",".join(names), "associations": "companies"}
        deals = (await visit.call(token, OBJECTS + "deals", params=params)).json()["results"]
        assert {d["properties"]["dealstage"] for d in deals} <= stages and set(deals[0]["properties"]) == names
        assert {d["properties"]["hubspot_owner_id"] for d in deals} - {None} <= ids
        assert deals[0]["associations"]["companies"]["results"][0]["type"] == "deal_to_company"

    play("hubspot", scene)


def test_hubspot_refuses_in_its_own_words(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect(scope="oauth crm.objects.contacts.read", optional_scope=None))["access_token"]
        search = OBJECTS + "contacts/search"
        cases = [
            (await visit.call("wrong"), 401, "EXPIRED_AUTHENTICATION"),
            (await visit.call(token, OBJECTS + "deals"), 403, "MISSING_SCOPES"),
            (await visit.call(token, OBJECTS + "unicorns"), 400, "VALIDATION_ERROR"),
            (await visit.call(token, OBJECTS + "contacts", params={"limit": 101}), 400, "VALIDATION_ERROR"),
            (await visit.call(token, search, "POST", json={"limit": 200, "after": "9801"}), 400, "VALIDATION_ERROR"),
            (await visit.call(token, search, "POST", json={"filterGroups": [{}] * 6}), 400, "VALIDATION_ERROR"),
            (await visit.call(token, "/crm/nothing"), 404, "OBJECT_NOT_FOUND"),
        ]
        for answer, status, category in cases:
            assert (answer.status_code, answer.json()["category"]) == (status, category)
        assert (await visit.call(token, search, "POST", json={"limit": 200, "after": "9800"})).status_code == 200

    play("hubspot", scene)


def test_every_item_has_a_link_that_opens_a_page_saying_sample(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        if slug == "notion":
            links = [one["url"] for one in await notion(visit, token)]
        elif slug == "hubspot":
            links = [one["url"] for kind in HUBSPOT_KINDS for one in await hubspot(visit, token, kind)]
        else:
            links = []
            for base, table in await tables(visit, token):
                place = f"{visit.base}/{base}/{table['id']}"
                records = await airtable(visit, token, f"/v0/{base}/{table['id']}")
                links += [f"{visit.base}/{base}", place, *(f"{place}/{one['id']}" for one in records)]
        assert len(links) >= 300
        for link in links:
            page = await visit.http.get(link)
            assert page.status_code == 200 and "This is sample data" in page.text
            assert "<img" not in page.text and "<script" not in page.text
        nothing = await visit.http.get(visit.base + "/p/nothing-here")
        assert nothing.status_code == 404 and "nothing at this address" in nothing.text

    play(slug, scene)


@pytest.mark.parametrize("slug", ["notion", "hubspot"])
@pytest.mark.parametrize("odd_names", [ODD_NAMES, ()])
def test_names_are_odd_only_where_tests_ask_for_it(
    play: Play, slug: str, odd_names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        read = notion(visit, token) if slug == "notion" else hubspot(visit, token, "contacts")
        found = json.dumps(await read, ensure_ascii=False)
        quoted = {name: json.dumps(name, ensure_ascii=False) for name in ODD_NAMES if name}
        assert [name for name, text in quoted.items() if text in found] == [name for name in odd_names if name]

    if odd_names:
        monkeypatch.setattr(sample_text, "ODD_NAMES", odd_names)
    play(slug, scene)


def test_the_same_day_gives_the_same_data_and_size_is_a_setting(play: Play) -> None:
    seen: list[Any] = []

    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        seen.append(await notion(visit, token))

    for items in ("40", "40", "0", "3"):
        play("notion", scene, SANDBOX_ITEMS=items)
    assert seen[0] == seen[1] and [len(part) for part in seen] == [40, 40, 0, 3]


def test_times_lie_within_eighteen_months_and_never_in_the_future(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token, now = (await visit.connect())["access_token"], datetime.now(UTC)
        found = await notion(visit, token)
        times = [tuple(datetime.fromisoformat(one[k]) for k in ("created_time", "last_edited_time")) for one in found]
        assert all(now - timedelta(days=560) < created <= edited <= now for created, edited in times)
        assert sum(created.weekday() < 5 for created, _ in times) > 0.85 * len(times)
        assert sum(created > now - timedelta(days=183) for created, _ in times) > len(times) / 3

    play("notion", scene, SANDBOX_ITEMS="1000")
