"""How much memory one call takes: `python heaviest.py what address`; prints megabytes above what it had before.

A process of its own, since a process's highest use never goes down again.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path
from typing import Any

import stamina

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from made_up import made_up

from integrations.http import ApiClient
from integrations.model import Bucket, Endpoints, Provider
from integrations.model.errors import DashboardError
from integrations.oauth.client import request_token, revoke_token


class RateLimits:
    """Nobody waits."""

    async def reserve(self, bucket: Bucket) -> float:
        return 0

    async def close(self, bucket: Bucket, seconds: float) -> None:
        """Nobody waits."""


class Tokens:
    """One token."""

    async def current(self) -> str:
        return "token"


def acme(address: str, path: str) -> tuple[Provider, Endpoints]:
    """A provider whose every endpoint is this one."""
    provider = made_up(
        api_url=address,
    )  # fmt: skip
    url = address + path
    return provider, Endpoints("real", url, url, url, address, address, "http://localhost/acme", "id", "secret", ())


async def call(what: str, address: str, path: str) -> Any:
    """One call of a kind; its error is its answer."""
    provider, endpoints = acme(address, path)
    try:
        match what:
            case "data":
                return await ApiClient(provider, endpoints, Tokens(), RateLimits()).get(path)
            case "token":
                return await request_token(provider, endpoints, "refresh_token", refresh_token="spent")
            case "revoke":
                return await revoke_token(provider, endpoints, "spent", "refresh_token")
    except DashboardError as error:
        return str(error)


def highest() -> float:
    """Megabytes that this process has had at most."""
    unit = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    kind, at, where = sys.argv[1:]
    stamina.set_testing(True, attempts=1, cap=True)
    asyncio.run(call(kind, at, "/fine"))
    before = highest()
    said = asyncio.run(call(kind, at, where))
    print(f"{highest() - before:.0f} {said}"[:300])
