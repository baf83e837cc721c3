"""Whoever can write to Redis runs nothing: what is queued is sealed, and nothing that is read there is unpickled."""

from __future__ import annotations

import asyncio
import base64
import json
import pickle
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import docket
import pytest
from sync_helpers import Fake, eventually, ids

from integrations import sync
from integrations.service.runtime import run
from integrations.store import cipher, client, sealed_jobs
from integrations.store import queue as queue

STREAM, STRIKES = "dashboard:jobs:stream", "dashboard:jobs:strikes"


class Code:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    return tmp_path / "ran"


def sends(command: Callable[[Any], Any]) -> Any:
    return run(client.execute(command))


def forged(ran: Path, **fields: Any) -> dict[str, Any]:
    """An entry of the stream as pydocket itself writes them."""
    code = pickle.dumps((Code(ran),))
    now = datetime.now(UTC).isoformat()
    entry = {"key": "forged", "when": now, "function": "load", "args": code, "kwargs": code, "attempt": "1"}
    return {**entry, "generation": "0", **fields}


def goes_on(fake: Fake) -> None:
    """A load that is asked for afterwards is done."""
    fake.answers(people=[3])
    run(sync.start(fake.connection))
    assert fake.ended().state == "complete" and fake.shown[1] == ids("people", 3)


ODD: dict[str, dict[str, Any]] = {
    "a pickle": {},
    "no arguments": {"args": b""},
    "a key of nobody": {"key": b"\xff\xfe"},
    "an unknown function": {"function": "os.system"},
    "no numbers": {"attempt": "many", "generation": "x" * 4_000, "when": "soon"},
    "huge numbers": {"attempt": "9" * 4_000, "generation": "9" * 4_000},
}


@pytest.mark.parametrize("fields", ODD.values(), ids=ODD)
def test_a_job_that_was_not_sealed_here_is_dropped_and_the_next_one_is_done(
    fake: Fake, worker: None, ran: Path, fields: dict[str, Any]
) -> None:
    goes_on(fake)
    before = sealed_jobs.dropped
    sends(lambda redis: redis.xadd(STREAM, forged(ran, **fields)))
    eventually(lambda: sealed_jobs.dropped > before)
    goes_on(fake)
    assert not ran.exists() and sealed_jobs.dropped == before + 1


def test_an_entry_without_any_of_its_fields_is_dropped(fake: Fake, worker: None) -> None:
    goes_on(fake)
    before = sealed_jobs.dropped
    sends(lambda redis: redis.xadd(STREAM, {"x": "y"}))
    eventually(lambda: sealed_jobs.dropped > before)
    goes_on(fake)


def test_a_job_that_waits_for_its_time_is_not_unpickled_when_it_comes(fake: Fake, worker: None, ran: Path) -> None:
    goes_on(fake)
    before = sealed_jobs.dropped
    sends(lambda redis: redis.hset("dashboard:jobs:later", mapping=forged(ran, key="later")))
    sends(lambda redis: redis.zadd("dashboard:jobs:queue", {"later": 1}))
    eventually(lambda: sealed_jobs.dropped > before)
    goes_on(fake)
    assert not ran.exists()


def test_a_sealed_job_is_good_for_its_own_key_and_function_only(fake: Fake, worker: None, ran: Path) -> None:
    goes_on(fake)
    before = sealed_jobs.dropped
    name = sealed_jobs._bound_to("one")
    args = cipher.seal(sealed_jobs.FORMAT, name, json.dumps(["load", "one", ["a", "b", "c", "d"]]).encode())
    moved, renamed = forged(ran, key="two", args=args), forged(ran, key="one", args=args, function="sweep")
    too_few = cipher.seal(sealed_jobs.FORMAT, name, json.dumps(["load", "one", ["a"]]).encode())
    for entry in (moved, renamed, forged(ran, key="one", args=too_few)):
        sends(lambda redis, entry=entry: redis.xadd(STREAM, entry))
    eventually(lambda: sealed_jobs.dropped == before + 3)
    goes_on(fake)


def test_a_job_sealed_with_an_older_key_is_done(fake: Fake, configured: Callable[..., None], request: Any) -> None:
    old, new = cipher.new_key(), cipher.new_key()
    configured(TOKEN_KEYS=old)
    again = Fake(fake.path)
    again.answers(people=[3])
    run(sync.start(again.connection))
    configured(TOKEN_KEYS=f"{new},{old}")
    request.getfixturevalue("worker")
    assert again.ended().state == "complete"


def test_what_is_known_of_a_job_is_not_unpickled(fake: Fake, ran: Path) -> None:
    """As a page asks whether a load under way still has a job."""
    run_of = {"function": "load", "args": pickle.dumps((Code(ran),)), "kwargs": pickle.dumps({}), "state": "queued"}
    sends(lambda redis: redis.hset("dashboard:jobs:runs:forged", mapping={**run_of, "when": "0"}))
    assert run(queue.is_known("forged")) and not run(queue.is_known("another"))
    with pytest.raises(NotImplementedError):
        run(_executions("forged"))
    assert not ran.exists()


async def _executions(key: str) -> object:
    return await (await queue._docket()).get_execution(key)


def test_a_result_is_neither_kept_nor_read(fake: Fake, ran: Path) -> None:
    stored = base64.b64encode(pickle.dumps(Code(ran)))
    with pytest.raises(sealed_jobs.NotOurs):
        docket.execution.cloudpickle.loads(base64.b64decode(stored))
    assert docket.worker.cloudpickle.dumps(ValueError("a secret")) == b"" and not ran.exists()


def test_a_strike_stops_no_job_and_is_not_unpickled(fake: Fake, worker: None, ran: Path) -> None:
    before = sealed_jobs.dropped
    strike = {"direction": "strike", "function": "load", "operator": "==", "value": pickle.dumps(Code(ran))}
    sends(lambda redis: redis.xadd(STRIKES, strike))
    goes_on(fake)
    eventually(lambda: sealed_jobs.dropped > before)
    goes_on(fake)
    assert not ran.exists()


def test_what_is_queued_is_no_pickle_and_says_nothing(fake: Fake) -> None:
    fake.answers(people=[3])
    load = run(sync.start(fake.connection))
    ((_, entry),) = sends(lambda redis: redis.xrange(STREAM))
    assert b"cloudpickle" not in entry[b"args"] and load.id.encode() not in entry[b"args"]
    assert entry[b"args"][:1] == bytes([sealed_jobs.FORMAT]) and entry[b"kwargs"] == b"none"


def test_the_places_where_docket_unpickles_are_those_that_are_replaced() -> None:
    """Of the pinned version; another one has to be read again."""
    assert version("pydocket") == docket.__version__ == sealed_jobs.VERSION
    folder = Path(docket.__file__).parent
    found = {
        path.name: len(re.findall(r"(?:pickle|marshal|dill|shelve)\.loads?\(", path.read_text()))
        for path in folder.rglob("*.py")
    }
    assert {name: count for name, count in found.items() if count} == {
        "execution.py": 4, "docket.py": 2, "strikelist.py": 1,
    }  # fmt: skip


def test_another_version_of_docket_is_not_used_unsealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docket, "__version__", "0.28.0")
    with pytest.raises(RuntimeError, match=r"0\.28\.0"):
        sealed_jobs.seal_docket()


def test_a_job_takes_texts_only(fake: Fake) -> None:
    async def adds() -> None:
        entered = await queue._docket()
        await entered.add("load", key="odd")(1, b"2", None, {})

    with pytest.raises(TypeError, match="takes texts"):
        run(asyncio.wait_for(adds(), 10))
