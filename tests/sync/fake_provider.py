"""A provider that does what a test tells it, in this process and in worker processes started with `work`.

A script is a JSON file: the steps of each part by its name. A step is a number of items to yield, seconds to wait
(a float), or an error to raise (its name); `plan` holds the steps before the parts are known.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import integrations
from integrations.model import Account, Item, Kind, Part, Plan, Provider, errors
from integrations.sync.worker import main

FAULTS: dict[str, Exception] = {
    "Forbidden": errors.Forbidden("this Fake account may not read it"),
    "Unavailable": errors.Unavailable("Fake is having trouble right now. Try again in a few minutes."),
    "ReconnectNeeded": errors.ReconnectNeeded("Fake no longer accepts this connection. Reconnect to go on."),
    "CursorExpired": errors.CursorExpired("too old"),
    "unseen": KeyError("a field that was always there"),
}
STILL_READING: set[str] = set()


def script() -> dict[str, list[Any]]:
    return json.loads(Path(os.environ["FAKE_SCRIPT"]).read_text())


def note(line: str) -> None:
    with Path(os.environ["FAKE_SCRIPT"]).with_suffix(".log").open("a") as log:
        log.write(line + "\n")


async def plan(api: Any) -> Plan:
    note("plan")
    for step in script().get("plan", []):
        await act(step)
    parts = [name for name in script() if name not in ("plan", "skipped")]
    return Plan(tuple(Part(name, name.title(), name) for name in parts), tuple(script().get("skipped", ())))


async def read(api: Any, part: Part) -> AsyncIterator[list[Item]]:
    STILL_READING.add(part.id)
    try:
        done = 0
        for step in script()[part.id]:
            if isinstance(step, int):
                numbers = range(done, done + step)
                yield [Item(f"{part.id}-{number}", part.id, f"{part.title} {number}") for number in numbers]
                done += step
            elif isinstance(step, dict):
                yield [Item(**{"id": "odd", "type": part.id, "name": "odd", **step})]
            else:
                await act(step)
    finally:
        STILL_READING.discard(part.id)


async def act(step: float | str) -> None:
    if isinstance(step, str):
        raise FAULTS[step]
    await asyncio.sleep(step)


async def identify(api: Any, answer: Any) -> Account:
    return Account("1", "Somebody")


PROVIDER = Provider(
    slug="fake", title="Fake", icon=":material/science:", summary="Made up.", kinds=(Kind("people", "People"),),
    authorize_url="https://fake.example/authorize", token_url="https://fake.example/token",
    api_url="https://api.fake.example", web_url="https://fake.example", console_url="https://fake.example/apps",
    identify=identify, plan=plan, read=read,
)  # fmt: skip


def work(environment: Mapping[str, str] | None = None, with_parent: bool = False) -> None:
    """A worker process that knows this provider."""
    os.environ.update(environment or {})
    integrations.providers()["fake"] = PROVIDER
    main(with_parent=with_parent)
