"""Records keep their shape, their version and their expiry; only the holder of a load writes it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from integrations.model import (
    Account,
    Collection,
    Connection,
    Field,
    FieldType,
    Figure,
    Load,
    Option,
    SavedView,
    Schema,
    Session,
    Stream,
    Token,
)
from integrations.model.changes import ChangeLog, Counts, KeptDifference, Visit
from integrations.model.errors import RecordTooNew, RecordUnreadable
from integrations.service.runtime import run
from integrations.store import cipher, client, connections, keys, records, shapes
from integrations.store.keys import (
    Choice,
    KnownCatalog,
    Outcome,
    PendingAuthorization,
    RecordType,
    SavedViews,
    Starts,
    Unused,
    Usage,
)
from integrations.store.sandbox import SandboxStore

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
PATH = ("owner", "acme", "connection")
LOAD = Load("load", "running", NOW, NOW, None, {"page": 3}, ("a note",), ("skipped",), 2, "run", 7, NOW)
CONNECTION = Connection(
    "connection", "owner", "acme", Account("1", "Ada", "ada@example.org"), "real", "https://api", NOW, "why"
)
EXAMPLES = {
    keys.STATE: PendingAuthorization("verifier", "https://dash/acme", "sandbox"),
    keys.OUTCOME: Outcome("connected", "Hello – “there”", "connection"), keys.NOTICE: Outcome("failed", "No"),
    keys.CHOICE: Choice(("a", "b"), True), keys.CONNECTION: CONNECTION,
    keys.TOKEN: Token("access", None, NOW, "read write"), keys.USAGE: Usage(NOW),
    keys.UNUSED: Unused(NOW, NOW), keys.STARTS: Starts("load", 3, {"p": "mark"}, 2),
    keys.SESSION: Session("owner", "Ada", "login", NOW, "organisation", "example.com"), keys.ENDED: "signed out",
    keys.SIGN_IN: "yes", keys.SIGN_IN_PROBLEM: "denied", keys.RETURN: "/hubspot?hubspot_search=a",
    keys.AUDIT_KEY: "a key", keys.NAMES: {"owners 41": "Bo Falk"},
    keys.CATALOG: KnownCatalog((Stream("p", "P", "page", "g", "G", 3),), ("skipped",), NOW),
    keys.LOAD: LOAD, keys.SNAPSHOT: LOAD, keys.CHUNK: b"\x00\xffrows", keys.FENCE: "run", keys.CANCEL: "load",
    keys.QUERY: {"search": "ada", "where": [{"field": "owner", "operator": "is", "value": "Ann"}]},
    keys.SCHEMA: Schema(
        (Collection("deal", "Deals", "deal", (
            Field("amount", "Amount", FieldType.CURRENCY, currency="EUR", precision=2, computed=True),
            Field("stage", "Stage", FieldType.SELECT, options=(Option("won", "Won", "green"),)),
        ), first=("stage",)),), {"7": "Ada"},
    ),
    keys.CHANGES: ChangeLog(
        datetime(2026, 11, 22, tzinfo=UTC), "a key",
        (KeptDifference("load", datetime(2026, 11, 23, tzinfo=UTC), 900, False, Counts(1, 2, 3)),),
    ),
    keys.DIFFERENCE: b"lines",
    keys.VISIT: Visit(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
    keys.VIEWS: SavedViews((SavedView("v", "Won deals", "acme", "connection", {"search": "ada"}, NOW, NOW, True),)),
    keys.FIGURE: Figure("load", "Deals", 3, 9, "Amount", ("EUR 12.50",), (("Won", 3.0),), "by Stage"),
    keys.LAST_QUERY: {"search": "ada"},
    keys.SANDBOX: {"a": [1, None, "x", 1.5, True]},
}  # fmt: skip


def raw(command):
    return run(client.execute(command))


@pytest.mark.parametrize("kind", keys.RECORD_TYPES, ids=lambda kind: kind.name)
def test_every_kind_comes_back_as_it_was_saved(store, kind: RecordType) -> None:
    assert kind in EXAMPLES, f"an example of {kind.name} is missing here"
    run(records.put(kind, PATH, EXAMPLES[kind]))
    assert run(records.get(kind, PATH)) == EXAMPLES[kind]


@pytest.mark.parametrize("kind", keys.RECORD_TYPES, ids=lambda kind: kind.name)
def test_every_kind_expires_as_it_says_and_starts_with_its_version(store, kind: RecordType) -> None:
    run(records.put(kind, PATH, EXAMPLES[kind]))
    left = raw(lambda redis: redis.ttl(kind.key(*PATH)))
    assert left == -1 if kind.expiry is None else kind.expiry - 5 < left <= kind.expiry
    assert not kind.loaded or kind.expiry == 90 * keys.DAY
    assert raw(lambda redis: redis.get(kind.key(*PATH)))[0] == kind.version


def test_every_kind_is_listed_once_with_a_version_and_the_way_from_every_older_one() -> None:
    declared = {value for value in vars(keys).values() if isinstance(value, RecordType)}
    assert set(keys.RECORD_TYPES) == declared and len({kind.name for kind in keys.RECORD_TYPES}) == len(
        keys.RECORD_TYPES
    )
    for kind in keys.RECORD_TYPES:
        assert 1 <= kind.version <= 255 and set(kind.migrations) == set(range(1, kind.version)), kind.name
    assert set(keys.OF_A_CONNECTION) <= declared


@dataclass(frozen=True)
class Old:
    """How it was."""

    name: str


@dataclass(frozen=True)
class New:
    """How it is."""

    first: str
    last: str


OLD = RecordType("example", Old, None)
MIDDLE = RecordType("example", dict, None, 2, {1: lambda old: {"names": old["name"].split()}})
NAMED = {2: lambda old: dict(zip(("first", "last"), old["names"], strict=True))}
NEW = RecordType("example", New, None, 3, {**MIDDLE.migrations, **NAMED})


def test_an_older_record_is_brought_up_to_date_step_by_step_when_it_is_read(store) -> None:
    run(records.put(OLD, PATH, Old("Ada Lovelace")))
    assert run(records.get(NEW, PATH)) == New("Ada", "Lovelace")
    run(records.put(MIDDLE, PATH, {"names": ["Grace", "Hopper"]}))
    assert run(records.get(NEW, PATH)) == New("Grace", "Hopper")


def test_a_newer_record_is_a_sentence_and_stays_as_it_is(store) -> None:
    run(records.put(NEW, PATH, New("Ada", "Lovelace")))
    with pytest.raises(RecordTooNew, match="Update this server"):
        run(records.get(OLD, PATH))
    assert run(records.get(NEW, PATH)) == New("Ada", "Lovelace")


def test_a_record_of_another_shape_is_unreadable_not_a_crash(store) -> None:
    run(records.put(RecordType("token", dict, None), PATH, {"access_token": None}))
    with pytest.raises(RecordUnreadable, match="Reconnect"):
        run(records.get(keys.TOKEN, PATH))


@pytest.mark.parametrize("value", [b"", b"\x01", b"plain text", b"\x00" * 40, b"\x01" * 40])
def test_what_somebody_else_wrote_there_is_unreadable_not_a_crash(store, value: bytes) -> None:
    raw(lambda redis: redis.set(keys.TOKEN.key(*PATH), value))
    with pytest.raises((RecordUnreadable, RecordTooNew)):
        run(records.get(keys.TOKEN, PATH))


def test_a_connection_that_does_not_open_is_listed_all_the_same(store) -> None:
    run(connections.save(CONNECTION, Token("access")))
    raw(lambda redis: redis.set(keys.CONNECTION.key(*CONNECTION.path), b"\x01" * 40))
    (found,) = run(connections.of("owner"))
    assert found.path == CONNECTION.path and "Reconnect" in found.reconnect


def test_connections_are_listed_oldest_first_and_by_provider(store) -> None:
    later = dataclasses.replace(CONNECTION, id="later", connected_at=NOW.replace(year=2027))
    other = dataclasses.replace(CONNECTION, id="other", slug="zzz", connected_at=NOW.replace(year=2025))
    for each in (later, CONNECTION, other):
        run(connections.save(each, Token("access")))
    assert run(connections.of("owner")) == [other, CONNECTION, later]
    assert run(connections.of("owner", "acme")) == [CONNECTION, later]
    assert run(connections.find("owner", "acme", "later")) == later
    assert run(connections.find("somebody", "acme", "later")) is run(connections.find("owner", "zzz", "later")) is None


def test_taken_is_taken(store) -> None:
    run(records.put(keys.NOTICE, PATH, Outcome("failed")))

    async def everybody() -> list[Outcome | None]:
        return await asyncio.gather(*(records.take(keys.NOTICE, PATH) for _ in range(20)))

    assert [outcome for outcome in run(everybody()) if outcome] == [Outcome("failed")]


def test_of_many_claims_one_spends_and_one_marks(store) -> None:
    run(records.put(keys.NOTICE, PATH, Outcome("failed")))

    async def everybody() -> list[tuple[Outcome | None, bool]]:
        mark = Outcome("redeeming")
        claims = (records.claim((keys.NOTICE, PATH), (keys.OUTCOME, PATH), mark) for _ in range(20))
        return await asyncio.gather(*claims)

    claims = run(everybody())
    assert sorted(claims, key=str) == sorted([(Outcome("failed"), True), *[(None, False)] * 19], key=str)
    assert 0 < raw(lambda redis: redis.ttl(keys.OUTCOME.key(*PATH))) <= keys.OUTCOME.seconds


def test_what_belongs_to_a_connection_does_not_outlive_it(store) -> None:
    run(records.put_beside(keys.USAGE, PATH, Usage(NOW)))
    assert run(records.get(keys.USAGE, PATH)) is None
    raw(lambda redis: redis.set(keys.CONNECTION.key(*PATH), b"there"))
    run(records.put_beside(keys.USAGE, PATH, Usage(NOW)))
    assert run(records.get(keys.USAGE, PATH)) == Usage(NOW)
    run(records.put_beside(keys.CATALOG, PATH, KnownCatalog((), (), NOW)))
    assert 0 < raw(lambda redis: redis.ttl(keys.CATALOG.key(*PATH))) <= keys.CATALOG.seconds


def test_many_are_read_in_the_order_asked_for_with_holes(store) -> None:
    run(records.put(keys.USAGE, ("a",), Usage(NOW)))
    assert run(records.get_many(keys.USAGE, [("b",), ("a",)])) == [None, Usage(NOW)]
    assert run(records.get_many(keys.USAGE, [])) == []


def test_only_the_holder_writes_and_all_of_it_or_nothing(store) -> None:
    run(records.put(keys.LOAD, PATH, LOAD))
    chunk = (*PATH, "load", "run", "0")
    assert run(records.take_fence(PATH, b"1:first"))
    assert run(records.put_fenced(PATH, b"1:first", (keys.CHUNK, chunk, b"rows"), (keys.LOAD, PATH, LOAD)))
    assert run(records.take_fence(PATH, b"1:second"))
    late = dataclasses.replace(LOAD, chunks=99)
    assert not run(records.put_fenced(PATH, b"1:first", (keys.CHUNK, chunk, b"late"), (keys.LOAD, PATH, late)))
    assert run(records.get(keys.CHUNK, chunk)) == b"rows" and run(records.get(keys.LOAD, PATH)) == LOAD
    assert run(records.put_fenced(PATH, b"1:second", (keys.CHUNK, chunk, b"new")))
    assert run(records.get(keys.CHUNK, chunk)) == b"new"


def test_after_deletion_nobody_holds_it_and_nothing_comes_back(store) -> None:
    run(records.put(keys.LOAD, PATH, LOAD))
    run(records.take_fence(PATH, b"1:first"))
    run(records.put(keys.CHUNK, (*PATH, "load", "run", "0"), b"rows"))
    run(records.delete_connection(PATH))
    assert not run(records.put_fenced(PATH, b"1:first", (keys.LOAD, PATH, LOAD)))
    assert not run(records.take_fence(PATH, b"1:first"))
    assert raw(lambda redis: redis.keys("*")) == []


def test_a_holders_write_expires_as_its_kind_says(store) -> None:
    run(records.put(keys.LOAD, PATH, LOAD))
    run(records.take_fence(PATH, b"1:first"))
    run(records.put_fenced(PATH, b"1:first", (keys.CATALOG, PATH, EXAMPLES[keys.CATALOG]), (keys.LOAD, PATH, LOAD)))
    for kind, days in ((keys.CATALOG, 30), (keys.LOAD, 90)):
        assert 0 <= days * keys.DAY - raw(lambda redis, kind=kind: redis.ttl(kind.key(*PATH))) < 60


def test_what_is_sealed_with_a_data_key_opens_with_it_alone_and_at_its_place(store) -> None:
    mine, other = cipher.new_key(), cipher.new_key()
    run(records.put(keys.LOAD, PATH, LOAD))
    run(records.take_fence(PATH, b"1:first"))
    run(records.put_fenced(PATH, b"1:first", (keys.CHUNK, (*PATH, "0"), b"rows"), data_key=mine))
    assert run(records.get_many(keys.CHUNK, [(*PATH, "0")], mine)) == [b"rows"]
    for key in (other, ""):
        assert run(records.get_many(keys.CHUNK, [(*PATH, "0")], key)) == [None]
    raw(lambda redis: redis.copy(keys.CHUNK.key(*PATH, "0"), keys.CHUNK.key("stranger", *PATH[1:], "0")))
    assert run(records.get_many(keys.CHUNK, [("stranger", *PATH[1:], "0")], mine)) == [None]


def test_deleting_a_connection_leaves_its_neighbours(store) -> None:
    neighbours = [("owner", "acme", "connection2"), ("owner", "acme2", "connection"), ("owner2", "acme", "connection")]
    for path in (PATH, *neighbours):
        for kind in keys.OF_A_CONNECTION:
            run(records.put(kind, path, EXAMPLES[kind]))
    run(records.delete_connection(PATH))
    assert len(raw(lambda redis: redis.keys("*"))) == len(neighbours) * len(keys.OF_A_CONNECTION)


def test_the_sandbox_reaches_its_own_records_and_names_no_secret(store) -> None:
    run(records.put(keys.TOKEN, PATH, Token("access")))
    handle = SandboxStore()
    run(handle.put("notion:access:the secret", {"grant": 1}, 60))
    assert run(handle.get("notion:access:the secret")) == {"grant": 1}
    assert (
        run(handle.take("notion:access:the secret")) == {"grant": 1}
        and run(handle.get("notion:access:the secret")) is None
    )
    run(handle.put("notion:access:the secret", {"grant": 1}))
    names = raw(lambda redis: redis.keys("dashboard:sandbox:*"))
    assert len(names) == 1 and b"secret" not in names[0]
    assert run(handle.get(keys.TOKEN.key(*PATH))) is None


def test_a_connection_made_again_after_the_keys_were_lost_starts_afresh(store, configured):
    mine = Connection("id", "o" * 64, "acme", Account("1", "Ann"), "real", "https://api.example", datetime.now(UTC))
    run(connections.save(mine, Token("one")))
    run(records.put(keys.LOAD, mine.path, Load("load", "complete", datetime.now(UTC))))
    configured(TOKEN_KEYS=secrets.token_urlsafe(32))
    run(connections.save(mine, Token("two")))
    assert run(connections.of(mine.owner)) == [mine]
    assert run(records.get(keys.LOAD, mine.path)) is None


def test_a_token_that_the_version_before_has_stored_opens(store) -> None:
    name = keys.TOKEN.key(*PATH)
    before = b'{"access_token":"a","refresh_token":"r","expires_at":"2026-11-22T12:00:00Z","scope":"read"}'
    raw(lambda redis: redis.set(name, cipher.seal(1, name, before)))
    expires_at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert run(records.get(keys.TOKEN, PATH)) == Token("a", "r", expires_at, "read")


SECRET = "s3cret"


@pytest.mark.parametrize("kind", [kind for kind in keys.RECORD_TYPES if dataclasses.is_dataclass(kind.shape)],
                         ids=lambda kind: kind.name)  # fmt: skip
def test_no_error_warning_or_log_holds_what_a_record_was_made_of(
    store, kind: RecordType, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    """Neither when it is stored nor when it is read; pydantic's own messages quote their input."""
    fields = [field.name for field in dataclasses.fields(kind.shape)]
    odd = dataclasses.replace(EXAMPLES[kind], **{fields[0]: [SECRET]})
    with contextlib.suppress(shapes.Misshapen):
        run(records.put(kind, PATH, odd))
    cut = dataclasses.replace(EXAMPLES[kind], **{fields[0]: f"{SECRET} \ud800"})
    with pytest.raises(shapes.Misshapen) as told:
        run(records.put(kind, PATH, cut))
    name, said = kind.key(*PATH), [said_of(told.value)]
    for plain in (b'{"%s": ["s3cret"]}' % fields[0].encode(), b'{"s3cret', b"s3cret"):
        raw(lambda redis, plain=plain: redis.set(name, cipher.seal(kind.version, name, plain)))
        try:
            run(records.get(kind, PATH))
        except RecordUnreadable as error:
            said.append(said_of(error))
    assert SECRET not in "".join(said) + caplog.text and not list(recwarn)


def said_of(error: BaseException) -> str:
    """What a log would have of it."""
    return "".join(traceback.format_exception(error))
