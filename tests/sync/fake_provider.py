"""A provider that does what a test tells it, in this process and in worker processes started with `work`.

A script is a JSON file: the steps of each stream by its name. A step is a number of items to yield, seconds to wait
(a float), an error to raise (its name), the facts of an item, or {"page": …} with those of a page; `catalog` holds the
steps before the streams are known, `on_request` the streams that are left out unless chosen.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from made_up import made_up

import integrations
from integrations.model import Account, Catalog, Collection, Field, FieldType, Item, ItemType, Page, Stream, errors
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


async def catalog(api: Any) -> Catalog:
    note("catalog")
    for step in script().get("catalog", []):
        await act(step)
    streams = [name for name in script() if name not in ("catalog", "skipped", "changed", "on_request")]
    on_request = script().get("on_request", ())
    found = tuple(Stream(name, name.title(), name, on_request=name in on_request) for name in streams)
    return Catalog(found, tuple(script().get("skipped", ())))


async def read(api: Any, stream: Stream, cursor: str = "") -> AsyncIterator[Page]:
    """The steps of the script from the cursor on, which is a number of steps; streams named "marked…" have cursors."""
    STILL_READING.add(stream.id)
    note(f"read {stream.id} from {cursor or 0}")
    try:
        steps, start = script()[stream.id], int(cursor or 0)
        done = sum(step for step in steps[:start] if isinstance(step, int))
        for number, step in enumerate(steps[start:], start + 1):
            to = str(number) if stream.id.startswith("marked") else ""
            if isinstance(step, int):
                numbers = range(done, done + step)
                yield Page([Item(f"{stream.id}-{n}", stream.id, f"{stream.title} {n}") for n in numbers], to)
                done += step
            elif step == "call":
                api._on_call()  # as if one had gone out
            elif isinstance(step, dict) and "page" in step:
                note(f"chosen {sorted(api.chosen)}")
                yield page_of(stream, step["page"], to)
            elif isinstance(step, dict):
                yield Page([Item(**{"id": "odd", "type": stream.id, "name": "odd", **step})], to)
            else:
                await act(step)
    finally:
        STILL_READING.discard(stream.id)


async def changes(api: Any, stream: Stream, since: datetime) -> AsyncIterator[Page]:
    """The steps of `changed`, for the stream of that name; everything, where a script has none."""
    if "changed" not in script():
        async for page in read(api, stream):
            yield page
        return
    note(f"changes {stream.id}")
    for step in script().get("changed", {}).get(stream.id, []):
        if isinstance(step, str | float):
            await act(step)
        elif "page" in step:
            yield page_of(stream, step["page"])
        else:
            yield Page([Item(**{"type": stream.id, "name": "changed", **step})])


def page_of(stream: Stream, facts: dict[str, Any], cursor: str = "") -> Page:
    """A page: `fields` are those of the stream's only collection, label by id; `items` are properties by item id."""
    fields = tuple(Field(field_id, label, FieldType.NUMBER) for field_id, label in facts.get("fields", {}).items())
    described = [Collection(stream.id, stream.title, stream.id, fields)] if fields else []
    items = [
        Item(item_id, stream.id, item_id, collection=stream.id, owner="7", properties=properties)
        for item_id, properties in facts.get("items", {}).items()
    ]
    removed = [(stream.id, item_id) for item_id in facts.get("removed", ())]
    return Page(items, cursor, described, facts.get("people", {}), removed)


async def act(step: float | str) -> None:
    if step == "kill":
        os._exit(9)  # as a fault of the interpreter ends a process
    if isinstance(step, str):
        raise FAULTS[step]
    await asyncio.sleep(step)


async def identify(api: Any, answer: Any) -> Account:
    return Account("1", "Somebody")


PROVIDER = made_up(
    slug="fake", title="Fake", icon=":material/science:", summary="Made up.",
    item_types=(ItemType("people", "People"),), authorize_url="https://fake.example/authorize", token_url="https://fake.example/token",
    api_url="https://api.fake.example", web_url="https://fake.example", console_url="https://fake.example/apps",
    identify=identify, catalog=catalog, read=read, changes=changes,
)  # fmt: skip


def work(environment: Mapping[str, str] | None = None, with_parent: bool = False) -> None:
    """A worker process that knows this provider."""
    os.environ.update(environment or {})
    integrations.providers()["fake"] = PROVIDER
    main(with_parent=with_parent)
