"""A provider that does what a test tells it, in this process and in worker processes started with `work`.

A script is a JSON file: the steps of each part by its name. A step is a number of items to yield, seconds to wait
(a float), or an error to raise (its name); `plan` holds the steps before the parts are known.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import integrations
from integrations.model import Account, Item, Kind, Page, Part, Plan, Provider, errors
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
    parts = [name for name in script() if name not in ("plan", "skipped", "changed")]
    return Plan(tuple(Part(name, name.title(), name) for name in parts), tuple(script().get("skipped", ())))


async def read(api: Any, part: Part, mark: str = "") -> AsyncIterator[Page]:
    """The script's steps, from the mark on, which is a number of steps; only if its name says so a part has marks."""
    STILL_READING.add(part.id)
    note(f"read {part.id} from {mark or 0}")
    try:
        steps, start = script()[part.id], int(mark or 0)
        done = sum(step for step in steps[:start] if isinstance(step, int))
        for number, step in enumerate(steps[start:], start + 1):
            to = str(number) if part.id.startswith("marked") else ""
            if isinstance(step, int):
                numbers = range(done, done + step)
                yield Page([Item(f"{part.id}-{n}", part.id, f"{part.title} {n}") for n in numbers], to)
                done += step
            elif step == "call":
                api._on_call()  # as if one had gone out
            elif isinstance(step, dict):
                yield Page([Item(**{"id": "odd", "type": part.id, "name": "odd", **step})], to)
            else:
                await act(step)
    finally:
        STILL_READING.discard(part.id)


async def changes(api: Any, part: Part, since: datetime) -> AsyncIterator[Page]:
    """The steps of `changed`, for the part of that name; everything, where a script has none."""
    if "changed" not in script():
        async for page in read(api, part):
            yield page
        return
    note(f"changes {part.id}")
    for step in script().get("changed", {}).get(part.id, []):
        if isinstance(step, str | float):
            await act(step)
        else:
            yield Page([Item(**{"type": part.id, "name": "changed", **step})])


async def act(step: float | str) -> None:
    if step == "kill":
        os._exit(9)  # as a fault of the interpreter ends a process
    if isinstance(step, str):
        raise FAULTS[step]
    await asyncio.sleep(step)


async def identify(api: Any, answer: Any) -> Account:
    return Account("1", "Somebody")


PROVIDER = Provider(
    slug="fake", title="Fake", icon=":material/science:", summary="Made up.", kinds=(Kind("people", "People"),),
    authorize_url="https://fake.example/authorize", token_url="https://fake.example/token",
    api_url="https://api.fake.example", web_url="https://fake.example", console_url="https://fake.example/apps",
    identify=identify, plan=plan, read=read, changes=changes,
)  # fmt: skip


def work(environment: Mapping[str, str] | None = None, with_parent: bool = False) -> None:
    """A worker process that knows this provider."""
    os.environ.update(environment or {})
    integrations.providers()["fake"] = PROVIDER
    main(with_parent=with_parent)
