"""An answer without an end costs little memory and little time, whichever call it is the answer to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import stamina
from heaviest import RateLimits, Tokens, acme, call
from hostile import Hostile, serving

from integrations.http import ApiClient, bounded, shared_client, within
from integrations.http.bounds import DATA, MB, SHORT, Limits, _Bounded
from integrations.model.errors import DashboardError, Unavailable
from integrations.oauth import client as oauth_client
from integrations.service.runtime import run

HEAVIEST = Path(__file__).with_name("heaviest.py")
HURRIED = Limits(MB, 0.5)
AT_LAST = 20  # seconds; the answer would take a minute
MOST = {"data": 160, "token": 30, "revoke": 30}  # MB; the answer is 700


@pytest.fixture(scope="module")
def hostile() -> Hostile:
    return Hostile()


@pytest.fixture(scope="module")
def address(hostile: Hostile) -> Iterator[str]:
    with serving(hostile) as found:
        yield found


@pytest.fixture
def once() -> Iterator[None]:
    """Nothing is tried again."""
    with stamina.set_testing(True, attempts=1, cap=True):
        yield


def got(address: str, path: str, limits: Limits) -> dict[str, object]:
    provider, endpoints = acme(address, path)
    return run(ApiClient(provider, endpoints, Tokens(), RateLimits(), limits=limits).get(path))


@pytest.mark.parametrize("path", ["/bomb", "/twice", "/endless", "/after", "/headers"])
@pytest.mark.parametrize("what", ["data", "token", "revoke"])
def test_an_answer_of_700_megabytes_ends_early_in_little_memory(what: str, path: str, address: str) -> None:
    ran = subprocess.run(
        [sys.executable, HEAVIEST, what, address, path],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
        env={**os.environ, "PYTHONPATH": str(HEAVIEST.parents[1])},
    )
    taken, _, said = ran.stdout.partition(" ")
    assert said.startswith("Acme ") and "Try again in a few minutes." in said
    assert "larger than" in said or path in ("/twice", "/headers")
    assert float(taken) < MOST[what], f"{taken} MB"


def test_an_answer_that_is_too_large_is_not_asked_for_again(address: str, hostile: Hostile) -> None:
    hostile.asked.clear()
    with pytest.raises(Unavailable, match="Acme sent an answer larger than 1 MB"):
        got(address, "/bomb", HURRIED)
    assert hostile.asked == ["/bomb"]


@pytest.mark.parametrize("path", ["/drip", "/head", "/hints"])
@pytest.mark.parametrize("what", ["data", "token", "revoke"])
def test_an_answer_that_drips_is_given_up_in_all_not_by_the_byte(
    what: str, path: str, address: str, once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth_client, "SHORT", HURRIED)
    monkeypatch.setattr("integrations.http.client.DATA", HURRIED)
    started = time.monotonic()
    if what == "data":
        with pytest.raises(Unavailable) as raised:
            got(address, path, HURRIED)
        said = str(raised.value)
    else:
        said = run(call(what, address, path))
    assert said == "Acme took longer than 0.5 seconds to answer. Try again in a few minutes."
    assert time.monotonic() - started < AT_LAST


def test_what_a_page_waits_for_ends_in_time_whatever_is_tried_again(address: str) -> None:
    async def waiting() -> None:
        provider, endpoints = acme(address, "/drip")
        async with within(provider, 0.5):
            await ApiClient(provider, endpoints, Tokens(), RateLimits()).get("/drip")

    started = time.monotonic()
    with pytest.raises(DashboardError, match="Acme took longer than"):
        run(waiting())
    assert time.monotonic() - started < AT_LAST


def test_an_ordinary_compressed_answer_arrives_whole(address: str) -> None:
    assert got(address, "/fine", SHORT) == {"fine": True, "text": "abc" * 100_000}


def test_every_way_out_is_bounded_also_through_a_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost")

    monkeypatch.setattr("integrations.http.client._clients", {})

    async def clients() -> list[httpx.AsyncClient]:
        provider, endpoints = acme("http://127.0.0.1:9", "/")
        return [shared_client(), oauth_client._client(provider, endpoints), bounded(httpx.AsyncClient(), DATA)]

    for client in run(clients()):
        ways = [client._transport, *filter(None, client._mounts.values())]
        assert len(ways) == 2 and all(isinstance(way, _Bounded) for way in ways)
