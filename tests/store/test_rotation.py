"""Every record is sealed again with the first key, under load, from wherever it was interrupted, and back."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.model import Load, Token
from integrations.model.errors import NotConfigured, RecordUnreadable
from integrations.service.runtime import run
from integrations.store import cipher, client, embedded, keys, records, rotation

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = cipher.new_key(), cipher.new_key()
PATHS = [(f"owner{n % 7}", "acme", f"connection{n}") for n in range(300)]


@pytest.fixture
def sealed_with_old(store: None, configured: Callable[..., None]) -> Callable[..., None]:
    """Three hundred tokens sealed with the old key; then both keys are known, the new one first."""
    configured(TOKEN_KEYS=OLD)
    run(save(PATHS))
    configured(TOKEN_KEYS=f"{NEW},{OLD}")
    return configured


async def save(paths: list[tuple[str, str, str]]) -> None:
    for path in paths:
        await records.put(keys.TOKEN, path, Token(f"token of {path[2]}"))


async def read(paths: list[tuple[str, str, str]] = PATHS) -> list[str]:
    return [found.access_token for path in paths if (found := await records.get(keys.TOKEN, path))]


EVERYTHING = [f"token of {path[2]}" for path in PATHS]


def test_afterwards_the_new_key_alone_opens_everything(sealed_with_old: Callable[..., None]) -> None:
    done = run(rotation.rotate_keys())
    assert (done.resealed, done.unreadable) == (300, 0)
    sealed_with_old(TOKEN_KEYS=NEW)
    assert run(read()) == EVERYTHING
    assert run(rotation.rotate_keys()).resealed == 0


def test_it_can_be_taken_back_by_putting_the_old_key_first(sealed_with_old: Callable[..., None]) -> None:
    run(rotation.rotate_keys())
    sealed_with_old(TOKEN_KEYS=f"{OLD},{NEW}")
    assert run(rotation.rotate_keys()).resealed == 300
    sealed_with_old(TOKEN_KEYS=OLD)
    assert run(read()) == EVERYTHING


def test_expiry_and_data_keys_stay(sealed_with_old: Callable[..., None], configured: Callable[..., None]) -> None:
    configured(TOKEN_KEYS=OLD)
    data_key, load = cipher.new_key(), Load("load", "complete", datetime(2026, 11, 22, tzinfo=UTC), chunks=1)
    run(records.put(keys.LOAD, PATHS[0], load))
    run(records.take_fence(PATHS[0], b"1:me"))
    run(records.put_fenced(PATHS[0], b"1:me", (keys.CHUNK, (*PATHS[0], "0"), b"rows"), data_key=data_key))
    chunk = run(raw(keys.CHUNK.key(*PATHS[0], "0")))
    configured(TOKEN_KEYS=f"{NEW},{OLD}")
    run(rotation.rotate_keys())
    configured(TOKEN_KEYS=NEW)
    assert run(raw(keys.CHUNK.key(*PATHS[0], "0"))) == chunk
    assert run(records.get_many(keys.CHUNK, [(*PATHS[0], "0")], data_key)) == [b"rows"]
    assert run(records.get(keys.LOAD, PATHS[0])) == load
    left = run(client.execute(lambda redis: redis.ttl(keys.LOAD.key(*PATHS[0]))))
    assert 0 < left <= 90 * keys.DAY


async def raw(name: str) -> bytes:
    return await client.execute(lambda redis: redis.get(name))


def test_a_record_that_opens_with_no_key_is_counted_and_left_as_it_is(sealed_with_old: Callable[..., None]) -> None:
    name = keys.TOKEN.key(*PATHS[0])
    run(client.execute(lambda redis: redis.set(name, b"\x01abcd" + b"x" * 40)))
    done = run(rotation.rotate_keys())
    assert (done.resealed, done.unreadable) == (299, 1)
    assert run(raw(name)) == b"\x01abcd" + b"x" * 40


def test_nobody_who_reads_or_writes_meanwhile_notices(sealed_with_old: Callable[..., None]) -> None:
    """Some of those who write still seal with the old key, as a process does that was not started again yet."""
    failed, reads, ended = [], [], threading.Event()
    fresh = [("late", "acme", f"connection{n}") for n in range(100)]

    async def use() -> None:
        while not ended.is_set():
            path = random.choice(PATHS)
            try:
                reads.append((await records.get(keys.TOKEN, path)).access_token == f"token of {path[2]}")
            except RecordUnreadable as error:
                failed.append(error)

    async def write_with_the_old_key() -> None:
        old = list(cipher.keyring().items())[-1]
        for path in fresh:
            name, plain = keys.TOKEN.key(*path), records._adapter(keys.TOKEN).dump_json(Token(f"token of {path[2]}"))
            nonce = os.urandom(cipher.NONCE)
            sealed = bytes([1]) + old[0] + nonce + old[1].encrypt(nonce, plain, cipher._bound_to(1, name))
            await client.execute(lambda redis: redis.set(name, sealed))  # noqa: B023
            await asyncio.sleep(0)

    async def all_at_once() -> rotation.Rotation:
        using = [asyncio.create_task(use()) for _ in range(4)]
        done, _ = await asyncio.gather(rotation.rotate_keys(), write_with_the_old_key())
        ended.set()
        await asyncio.gather(*using)
        return done

    run(all_at_once())
    run(rotation.rotate_keys())  # for what was written in its last moment
    assert not failed and len(reads) > 100 and all(reads)
    sealed_with_old(TOKEN_KEYS=NEW)
    assert run(read()) == EVERYTHING and len(run(read(fresh))) == 100


def test_wherever_it_is_interrupted_everything_opens_and_it_goes_on(sealed_with_old: Callable[..., None]) -> None:
    async def interrupted(after: float) -> None:
        rotating = asyncio.create_task(rotation.rotate_keys())
        await asyncio.sleep(after)
        rotating.cancel()
        await asyncio.gather(rotating, return_exceptions=True)

    for _ in range(5):
        run(interrupted(random.uniform(0, 0.03)))
        assert run(read()) == EVERYTHING
    run(rotation.rotate_keys())
    sealed_with_old(TOKEN_KEYS=NEW)
    assert run(read()) == EVERYTHING


@pytest.fixture
def own(tmp_path: Path, store: None, configured: Callable[..., None]) -> Iterator[Path]:
    """The embedded server, whose key is in a file."""
    folder = tmp_path / "data"
    run(client.close())
    configured(REDIS_URL="", TOKEN_KEYS="", DATA_DIR=str(folder))
    yield folder
    run(client.close())
    embedded.release(folder)


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    called = [sys.executable, "-m", "integrations", *arguments]
    return subprocess.run(called, env=environment, text=True, capture_output=True, timeout=60)


def test_with_a_key_file_the_command_makes_a_key_which_every_process_uses_at_once_and_takes_it_back(own: Path) -> None:
    run(save(PATHS[:20]))
    first = (own / "token.key").read_text()
    done = command(own, "rotate-keys")
    assert (done.returncode, done.stdout[:29]) == (0, "20 records were sealed again."), done.stderr
    second, kept = (own / "token.key").read_text().split()
    assert kept == first != second
    assert run(read(PATHS[:20])) == EVERYTHING[:20], "this process has not been started again"
    run(save(PATHS[20:21]))
    assert cipher.key_of(run(raw(keys.TOKEN.key(*PATHS[20])))) == next(iter(cipher.keyring()))
    assert command(own, "rotate-keys", "--back").returncode == 0
    assert (own / "token.key").read_text().split() == [first, second]
    (own / "token.key").write_text(first)
    assert run(read(PATHS[:21])) == EVERYTHING[:21]


def test_without_an_earlier_key_there_is_nothing_to_go_back_to(own: Path) -> None:
    run(save(PATHS[:1]))
    done = command(own, "rotate-keys", "--back")
    assert done.returncode == 1 and "no key to go back to" in done.stderr and "Traceback" not in done.stderr


def test_keys_from_settings_are_put_back_there(sealed_with_old: Callable[..., None]) -> None:
    with pytest.raises(NotConfigured, match="Put the old key first in TOKEN_KEYS"):
        run(rotation.rotate_keys(back=True))


def test_who_holds_a_load_is_no_record_that_does_not_open(sealed_with_old: Callable[..., None]) -> None:
    run(records.put(keys.LOAD, PATHS[0], Load("load", "running", datetime.now(UTC))))
    assert run(records.take_fence(PATHS[0], b"1:holder"))
    assert run(rotation.rotate_keys()).unreadable == 0


def test_an_empty_database_is_refused_by_name_and_no_key_is_made(own: Path) -> None:
    """Run in a shell without the dashboard's REDIS_URL, it said that older keys can go."""
    done = command(own, "rotate-keys")
    where = f"the embedded database in the folder {own.name}"
    assert done.returncode == 1 and f"Nothing is stored in {where}" in done.stderr
    assert "REDIS_URL" in done.stderr and "can go" not in done.stdout
    assert not (own / "token.key").exists() or len((own / "token.key").read_text().split()) == 1
    assert command(own, "rotate-keys", "--even-if-empty").returncode == 0


def test_it_names_the_database_its_connections_and_the_keys(own: Path) -> None:
    run(save(PATHS[:3]))
    before = next(iter(cipher.keyring())).hex()
    said = command(own, "rotate-keys").stdout
    assert f"This was the embedded database in the folder {own.name}: 0 connections." in said
    assert f"3 with key {before}" in said and f"Key {next(iter(cipher.keyring())).hex()} seals now" in said


def test_while_a_record_opens_with_no_key_no_key_is_said_to_be_dispensable(own: Path) -> None:
    run(save(PATHS[:1]))
    name = keys.TOKEN.key(*PATHS[1])
    run(client.execute(lambda redis: redis.set(name, b"\x01abcd" + b"x" * 40)))
    said = command(own, "rotate-keys").stdout
    assert "1 records open with none of the keys. Remove no key" in said and "can go" not in said


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("redis://user:secret@redis.example:6380/3", "the database redis.example:6380/3"),
        ("rediss://:secret@redis.example", "the database redis.example:6379/0"),
        ("unix:///run/secret-folder/valkey.sock", "the database at the socket valkey.sock"),
    ],
)
def test_a_database_is_named_without_credentials(configured: Callable[..., None], url: str, name: str) -> None:
    configured(REDIS_URL=url)
    assert client.name() == name
