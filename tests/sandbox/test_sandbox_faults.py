"""RateLimit limits, latency and planted faults."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

import httpx
import pytest
import uvicorn
from memory import Memory
from sandbox_helpers import PUBLIC_URL, Visit
from starlette.applications import Starlette

from integrations.config import Settings
from integrations.model.errors import NotConfigured
from sandbox import routes
from sandbox.rules import Lazy

Play = Callable[..., None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("sandbox.faults.clock", lambda: now[0])
    return now


def test_notion_counts_180_calls_a_fixed_minute_for_each_connection(play: Play, clock: list[float]) -> None:
    async def scene(visit: Visit) -> None:
        token, other = [(await visit.connect())["access_token"] for _ in "ab"]
        statuses = Counter([(await visit.call(token)).status_code for _ in range(181)])
        assert statuses == {200: 180, 429: 1}
        clock[0] += 20
        refused = await visit.call(token)
        assert refused.headers["retry-after"] == "40" and refused.json()["code"] == "rate_limited"
        assert (await visit.call(other)).status_code == 200
        clock[0] += 41
        assert Counter([(await visit.call(token)).status_code for _ in range(181)]) == {200: 180, 429: 1}

    play("notion", scene, SANDBOX_RATE_LIMITS="on")


def test_airtable_locks_one_base_for_thirty_seconds_after_the_sixth_call_in_a_second(
    play: Play, clock: list[float]
) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        bases = [base["id"] for base in (await visit.call(token, "/v0/meta/bases")).json()["bases"]]

        async def status(base: str) -> int:
            return (await visit.call(token, f"/v0/meta/bases/{base}/tables")).status_code

        assert [await status(bases[0]) for _ in range(6)] == [200] * 5 + [429]
        assert await status(bases[1]) == 200
        clock[0] += 29
        assert await status(bases[0]) == 429
        clock[0] += 1.1
        assert await status(bases[0]) == 200

    play("airtable", scene, SANDBOX_RATE_LIMITS="on")


def test_hubspot_counts_searches_by_the_second_and_the_rest_by_ten(play: Play, clock: list[float]) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]

        async def search() -> httpx.Response:
            return await visit.call(token, "/crm/objects/2026-09/contacts/search", "POST", json={})

        answers = [await search() for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[-1].json()["policyName"] == "SECONDLY"
        clock[0] += 1.1
        assert (await search()).status_code == 200
        answers = [await visit.call(token) for _ in range(111)]
        assert Counter(answer.status_code for answer in answers) == {200: 110, 429: 1}
        assert answers[-1].json()["policyName"] == "TEN_SECONDLY_ROLLING" and "retry-after" not in answers[-1].headers
        assert answers[9].headers["x-hubspot-ratelimit-remaining"] == "100"

    play("hubspot", scene, SANDBOX_RATE_LIMITS="on")


def test_without_the_setting_nothing_is_limited(play: Play, slug: str, clock: list[float]) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        assert {(await visit.call(token)).status_code for _ in range(200)} == {200}

    play(slug, scene)


def test_planted_faults_come_in_their_share_and_the_same_each_time(play: Play, slug: str) -> None:
    runs: list[list[int]] = []

    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        answers = [await visit.call(token) for _ in range(400)]
        runs.append([answer.status_code for answer in answers])
        counts = Counter(runs[-1])
        assert 20 < counts[429] < 60 and 20 < counts[500] + counts[502] + counts[503] < 60
        malformed = [answer for answer in answers if answer.status_code == 200 and not whole(answer)]
        assert 15 < len(malformed) < 60

    for _ in range(2):
        play(slug, scene, SANDBOX_FAULTS="429=0.1, 5xx=0.1, malformed=0.1")
    assert runs[0] == runs[1]


def whole(answer: httpx.Response) -> bool:
    try:
        return isinstance(answer.json(), dict)
    except json.JSONDecodeError:
        return False


def test_an_expired_token_stays_expired_until_it_is_refreshed(play: Play, slug: str) -> None:
    async def scene(visit: Visit) -> None:
        token = await visit.connect()
        statuses = [(await visit.call(token["access_token"])).status_code for _ in range(60)]
        first = statuses.index(401)
        assert first > 0 and set(statuses[:first]) == {200} and set(statuses[first:]) == {401}
        assert (await visit.refresh(token["refresh_token"])).status_code == 200

    play(slug, scene, SANDBOX_FAULTS="expired=0.08")


@pytest.mark.parametrize("kind", ["reset", "truncated"])
def test_a_cut_connection_gives_no_whole_answer(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        values = {"SANDBOX_FAULTS": f"{kind}=1", "SANDBOX_ITEMS": "50", "SANDBOX_LATENCY_MS": "0"}
        app = Starlette(routes=routes(Memory(), Settings(values)))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()

        async def scene() -> None:
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=base) as http:
                token = (await Visit(http, "airtable", Memory()).connect())["access_token"]
                with pytest.raises(httpx.RemoteProtocolError):
                    await Visit(http, "airtable", Memory()).call(token)

        try:
            asyncio.run(scene())
        finally:
            server.should_exit = True
            thread.join(5)


def test_latency_is_waited_without_holding_others_up(play: Play) -> None:
    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        began = time.monotonic()
        await asyncio.gather(*(visit.call(token) for _ in range(20)))
        assert 0.1 <= time.monotonic() - began < 1.5, "one after the other it would be two"

    play("hubspot", scene, SANDBOX_LATENCY_MS="100")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_FAULTS", "429"),
        ("SANDBOX_FAULTS", "storm=0.1"),
        ("SANDBOX_FAULTS", "429=0.8,5xx=0.8"),
        ("SANDBOX_ITEMS", "many"),
        ("SANDBOX_LATENCY_MS", "-1"),
        ("SANDBOX_TOKEN_SECONDS", "soon"),
    ],
)
def test_an_unusable_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(NotConfigured, match=name):
        routes(Memory(), Settings({"PUBLIC_URL": PUBLIC_URL, name: value}))


def test_thousands_of_items_are_built_beside_the_loop(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    make, built_in = Lazy._make, []

    def noted(lazy: Lazy[object]) -> None:
        built_in.append(threading.get_ident())
        make(lazy)

    monkeypatch.setattr(Lazy, "_make", noted)

    async def scene(visit: Visit) -> None:
        token = (await visit.connect())["access_token"]
        assert (await visit.call(token, "/v1/search", "POST", json={})).status_code == 200
        assert built_in and threading.get_ident() not in built_in

    play("notion", scene, SANDBOX_ITEMS="20000")
