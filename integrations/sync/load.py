"""Loading everything a connection may read: what a worker does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from .. import providers
from ..config import settings
from ..http import ApiClient, Tokens
from ..model import Api, Connection, Load, LoadState, Page, Part, Plan, Provider
from ..model.errors import CursorExpired, DashboardError, Forbidden, ProviderError, ReconnectNeeded, StoreUnavailable
from ..oauth import ConnectionTokens, endpoints_of
from ..store import budget, connections, keys, records
from ..store.keys import Choice, Outline
from .run import Run, Superseded, patiently

log = logging.getLogger(__name__)
DONE = "done"
OVERLAP = timedelta(minutes=15)  # clocks differ by up to ten, searches lag, and a provider dates to the minute
PATIENCE = 600  # seconds that a load waits for Redis to come back
MAX_STARTS = 2  # from the same point, whose workers all died
ENDS_ITS_WORKER = (
    "Loading stopped unexpectedly, twice at the same point, and was given up. Refresh to try again; if it happens "
    "again, tell whoever runs this dashboard."
)
CANCELLED = "You cancelled it; these are the items that had arrived."
UNEXPECTED = "Something unexpected stopped this load. Refresh to try again; updating the dashboard may help."


async def load(owner: str, slug: str, connection_id: str, load_id: str) -> None:
    """The job: do one load of one connection, if it is still wanted.

    It may start again on another worker at any time; only the newest start goes on.
    """
    path = (owner, slug, connection_id)
    wanted = await patiently(PATIENCE, records.get, keys.LOAD, path)
    if wanted is None or wanted.id != load_id or not wanted.active:
        return
    connection = await patiently(PATIENCE, connections.find, *path)
    if connection is None:
        return await patiently(PATIENCE, records.delete, keys.LOAD, path)
    run = Run(connection, wanted, PATIENCE)
    try:
        if await _kills_its_worker(wanted, path):
            return await _set_aside(run)
        await _load(run, providers()[slug])
    except* Superseded:
        pass
    except* StoreUnavailable:
        raise  # asked for again when somebody looks
    except* Exception as errors:  # a load that fails in any way must end
        log.error("loading from %s failed: %s", slug, ", ".join(type(error).__name__ for error in errors.exceptions))
        run.notes.append(UNEXPECTED)
        with contextlib.suppress(Superseded):
            await run.finish("failed")
    finally:  # however it ended, the worker lives
        with contextlib.suppress(StoreUnavailable):
            await records.delete(keys.STARTS, path)


async def _kills_its_worker(load: Load, path: tuple[str, str, str]) -> bool:
    """Count this start; returns whether those before have each ended their worker without getting any further."""
    before = await patiently(PATIENCE, records.get, keys.STARTS, path)
    stuck = before and (before.load, before.marks) == (load.id, load.marks) and load.total <= before.items
    count = before.count + 1 if before and stuck else 1
    await patiently(PATIENCE, records.put, keys.STARTS, path, keys.Starts(load.id, load.total, load.marks, count))
    return count > MAX_STARTS


async def _set_aside(run: Run) -> None:
    """End a load that no worker survives, with the rows that it has saved."""
    log.error("a load from %s was given up: it has ended its worker %d times", run.connection.slug, MAX_STARTS)
    await run.adopt()
    run.notes.append(ENDS_ITS_WORKER)
    await run.finish("partial" if run.total else "failed")


async def _load(run: Run, provider: Provider) -> None:
    await run.begin()
    try:
        async with asyncio.TaskGroup() as tasks:  # whatever ends the reporting ends the reading
            reporting = tasks.create_task(run.report())
            state = await _read_everything(run, provider)
            reporting.cancel()
    except asyncio.CancelledError:
        if not await run.ask(cancel_wanted, run.connection, run.load):
            raise  # the worker is going away: another one takes this up again
        run.notes.append(CANCELLED)
        state = "partial"
    await run.finish(state)


async def _read_everything(run: Run, provider: Provider) -> LoadState:
    try:
        plan = await _planned(run, provider)
    except Forbidden:
        run.notes.append(f"{provider.title} lets this connection read nothing. Press Reconnect to approve it again.")
        return "failed"
    except DashboardError as error:
        run.notes.append(str(error))
        return "failed"
    choice = await run.ask(records.get, keys.CHOICE, run.connection.path[:2]) or Choice()
    await run.ask(records.renew, keys.CHOICE, run.connection.path[:2])
    wanted = [part for part in plan.parts if not is_left_out(part, choice)]
    run.skipped.extend(plan.skipped)
    since = await _since(run, provider, wanted)
    gate = asyncio.Semaphore(provider.concurrency)
    async with asyncio.TaskGroup() as tasks:
        reading = {part.id: tasks.create_task(_read_part(run, provider, part, since, gate)) for part in wanted}
    known = await run.ask(records.get, keys.OUTLINE, run.connection.path)
    spent = {part.id: part.calls for part in known.parts} if known else {}
    spent |= {part: calls for part, task in reading.items() if (calls := task.result()) is not None}
    path = run.connection.path
    await run.write((keys.OUTLINE, path, _outline(plan, spent)), (keys.NAMES, path, run.known))
    await run.flush()
    if not run.notes:
        return "complete"
    return "partial" if run.total else "failed"


async def _planned(run: Run, provider: Provider) -> Plan:
    def count() -> None:
        run.calls += 1

    try:
        return await provider.plan(client(provider, run.connection, count, PATIENCE, run.known))
    except DashboardError:
        raise
    except Exception as error:
        log.error("planning for %s failed: %s", provider.slug, type(error).__name__)
        raise ProviderError(_not_understood(provider)) from None


async def _since(run: Run, provider: Provider, wanted: list[Part]) -> dict[str, datetime]:
    """Since when reading the changes is enough, for the parts where it is: those that the snapshot has in whole."""
    before = await run.ask(records.get, keys.SNAPSHOT, run.connection.path)
    parts = tuple(part.id for part in wanted)
    if before and before.started_at and provider.changes and not run.load.full and _serves(before, parts):
        await run.note(parts=parts, full_at=before.full_at)
        names: dict[str, str] | None = await run.ask(records.get, keys.NAMES, run.connection.path)
        run.known.update(names or {})
        return {part: before.started_at - OVERLAP for part in parts if before.marks.get(part) == DONE}
    marks = run.load.marks if run.load.full else {}  # an earlier attempt's, which read changes, say nothing now
    await run.note(full=True, parts=parts, full_at=run.load.started_at, marks=marks)
    return {}


def _serves(before: Load, parts: tuple[str, ...]) -> bool:
    """Whether a snapshot and what has changed since make a complete one."""
    recent = before.full_at is not None and datetime.now(UTC) - before.full_at < settings().full_every
    return recent and before.state == "complete" and set(before.parts) == set(parts)


async def _read_part(
    run: Run, provider: Provider, part: Part, since: dict[str, datetime], gate: asyncio.Semaphore
) -> int | None:
    """Read one part to its end, or note why it has none; returns how many calls that took if it was read whole."""
    calls, mark = 0, run.load.marks.get(part.id, "")

    def count() -> None:
        nonlocal calls
        calls, run.calls = calls + 1, run.calls + 1

    if mark != DONE:
        async with gate, _faults_told(run, provider, part):
            api = client(provider, run.connection, count, PATIENCE, run.known)
            async with aclosing(_pages(provider, part, since.get(part.id), mark, api)) as pages:
                await _take_in(run, part, pages)
            run.reach(part.id, DONE)
    return None if mark or part.id in since else calls


async def _take_in(run: Run, part: Part, pages: AsyncGenerator[Page, None]) -> None:
    arrived = False
    try:
        async for page in pages:
            await run.add(part.id, page)
            arrived = arrived or bool(page.items)
    except Forbidden:
        if not arrived:
            raise
        raise ProviderError("Reading it was refused in the middle. Refresh to try again.") from None


@contextlib.asynccontextmanager
async def _faults_told(run: Run, provider: Provider, part: Part) -> AsyncGenerator[None, None]:
    """What keeps a part from being read to its end is noted, and costs no other part."""
    try:
        yield
    except (Superseded, StoreUnavailable):
        raise
    except Forbidden as error:
        run.skipped.append(f"{_named(part)}: {error}.")
    except CursorExpired:
        run.notes.append(f"{_named(part)}: {provider.title} ended the listing early. Refresh to try again.")
    except ReconnectNeeded as error:  # about the account, not about this part
        run.notes.append(str(error))
    except DashboardError as error:
        run.notes.append(f"{_named(part)}: {error}")
    except Exception as error:  # a shape nobody has seen yet must not cost the other parts
        log.error("reading %s of %s failed: %s", part.id, provider.slug, type(error).__name__)
        run.notes.append(f"{_named(part)}: {_not_understood(provider)}")


def _pages(provider: Provider, part: Part, since: datetime | None, mark: str, api: Api) -> AsyncGenerator[Page, None]:
    if since and part.kind and provider.changes:  # names, which are of no kind, are read either way
        pages = provider.changes(api, part, since)
    else:
        pages = provider.read(api, part, mark)
    return cast(AsyncGenerator[Page, None], pages)  # generators, which can be closed


def client(
    provider: Provider,
    connection: Connection,
    on_call: Callable[[], None] = lambda: None,
    patience: float = 1,
    known: dict[str, str] | None = None,
) -> ApiClient:
    """Calls to the provider in the name of this connection; raises ReconnectNeeded if it has moved."""
    endpoints, tokens = endpoints_of(provider, connection), ConnectionTokens(provider, connection)
    own = PatientTokens(tokens, patience)
    return ApiClient(provider, endpoints, own, budget, on_call, connection.account.id, known)


class PatientTokens:
    """Implements `http.Tokens` for a load that goes on when Redis comes back."""

    def __init__(self, tokens: Tokens, patience: float) -> None:
        self._tokens = tokens
        self._patience = patience

    async def current(self) -> str:
        """The access token."""
        return await patiently(self._patience, self._tokens.current)

    async def renewed(self, refused: str) -> str:
        """Another one than the refused one."""
        return await patiently(self._patience, self._tokens.renewed, refused)

    async def given_up(self, refused: str, sentence: str) -> None:
        """Only approving again helps."""
        await patiently(self._patience, self._tokens.given_up, refused, sentence)


def is_left_out(part: Part, choice: Choice) -> bool:
    """Whether the person left out this part, its group or its kind."""
    return not {part.id, part.group, part.kind}.isdisjoint(choice.left_out)


async def save_outline(connection: Connection, plan: Plan) -> Outline:
    """Remember the parts for choosing among them."""
    outline = _outline(plan, {})
    await records.put_beside(keys.OUTLINE, connection.path, outline)
    return outline


def _outline(plan: Plan, calls: dict[str, int]) -> Outline:
    """The parts, with what reading each has cost."""
    parts = tuple(replace(part, facts=None, calls=calls.get(part.id, part.calls)) for part in plan.parts)
    return Outline(parts, plan.skipped, datetime.now(UTC))


async def cancel_wanted(connection: Connection, load: Load) -> bool:
    """Whether the person has asked to stop this very load."""
    return await records.get(keys.CANCEL, connection.path) == load.id


def _named(part: Part) -> str:
    return f"{part.group_title} / {part.title}" if part.group_title else part.title


def _not_understood(provider: Provider) -> str:
    return (
        f"{provider.title} sent something this version does not understand. "
        "Refresh to try again; updating the dashboard may help."
    )
