"""Loading everything a connection may read: what a worker does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from .. import providers
from ..http import ApiClient
from ..model import Connection, Load, LoadState, Part, Plan, Provider
from ..model.errors import CursorExpired, DashboardError, Forbidden
from ..oauth import ConnectionTokens, endpoints_of
from ..store import connections, keys, records
from ..store.keys import Choice, Outline
from .run import Run, Superseded

log = logging.getLogger(__name__)
CANCELLED = "You cancelled it; these are the items that had arrived."


async def load(owner: str, slug: str, connection_id: str) -> None:
    """The job: load one connection, if a load of it is wanted.

    It may start again on another worker at any time; only the newest start goes on.
    """
    connection = await connections.find(owner, slug, connection_id)
    wanted = await records.get(keys.LOAD, (owner, slug, connection_id))
    if connection is None or wanted is None or not wanted.active:
        return
    run = Run(connection, wanted)
    try:
        await _load(run, providers()[slug])
    except Superseded:
        return


async def _load(run: Run, provider: Provider) -> None:
    before = await records.get(keys.SNAPSHOT, run.connection.path)
    await run.begin()
    reporting = asyncio.create_task(run.report())
    try:
        state = await _read_everything(run, provider)
    except asyncio.CancelledError:
        if not await cancel_wanted(run.connection, run.load):
            raise  # the worker is going away: another one takes this up again
        run.notes.append(CANCELLED)
        state = "partial"
    finally:
        reporting.cancel()
    await run.finish(state, before)


async def _read_everything(run: Run, provider: Provider) -> LoadState:
    try:
        plan = await _planned(run, provider)
    except DashboardError as error:
        run.notes.append(str(error))
        return "failed"
    choice = await records.get(keys.CHOICE, run.connection.path[:2]) or Choice()
    wanted = [part for part in plan.parts if not is_left_out(part, choice)]
    run.skipped.extend(plan.skipped)
    gate = asyncio.Semaphore(provider.concurrency)
    spent = await asyncio.gather(*(_read_part(run, provider, part, gate) for part in wanted))
    await save_outline(run.connection, plan, {part.id: calls for part, calls in zip(wanted, spent, strict=True)})
    if not run.notes:
        return "complete"
    return "partial" if run.load.total else "failed"


async def _planned(run: Run, provider: Provider) -> Plan:
    def count() -> None:
        run.calls += 1

    return await provider.plan(client(provider, run.connection, count))


async def _read_part(run: Run, provider: Provider, part: Part, gate: asyncio.Semaphore) -> int:
    """Read one part to its end, or note why it has none; returns how many calls that took."""
    calls = 0

    def count() -> None:
        nonlocal calls
        calls, run.calls = calls + 1, run.calls + 1

    async with gate:
        try:
            async for items in provider.read(client(provider, run.connection, count), part):
                await run.add(items)
        except Forbidden as error:
            run.skipped.append(f"{_named(part)}: {error}.")
        except CursorExpired:
            run.notes.append(f"{_named(part)}: {provider.title} ended the listing early. Refresh to try again.")
        except DashboardError as error:
            run.notes.append(f"{_named(part)}: {error}")
        except Exception as error:  # a shape nobody has seen yet must not cost the other parts
            log.error("reading %s of %s failed: %s", part.id, provider.slug, type(error).__name__)
            run.notes.append(f"{_named(part)}: {provider.title} sent something this version does not understand.")
    return calls


def client(provider: Provider, connection: Connection, on_call: Callable[[], None] = lambda: None) -> ApiClient:
    """Calls to the provider in the name of this connection; raises ReconnectNeeded if it has moved."""
    return ApiClient(
        provider, endpoints_of(provider, connection), ConnectionTokens(provider, connection), on_call
    )


def is_left_out(part: Part, choice: Choice) -> bool:
    """Whether the person left out this part, its group or its kind."""
    return not {part.id, part.group, part.kind}.isdisjoint(choice.left_out)


async def save_outline(connection: Connection, plan: Plan, calls: dict[str, int]) -> Outline:
    """Remember the parts for choosing among them, with what reading each has cost."""
    parts = tuple(replace(part, facts=None, calls=calls.get(part.id) or part.calls) for part in plan.parts)
    outline = Outline(parts, plan.skipped, datetime.now(UTC))
    await records.put(keys.OUTLINE, connection.path, outline)
    return outline


async def cancel_wanted(connection: Connection, load: Load) -> bool:
    """Whether the person has asked to stop this very load."""
    return await records.get(keys.CANCEL, connection.path) == load.id


def _named(part: Part) -> str:
    return f"{part.group_title} / {part.title}" if part.group_title else part.title
