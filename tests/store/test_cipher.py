"""What is stored opens with its key, in its place, unchanged; and in no other case."""

from __future__ import annotations

import base64
import dataclasses
import os
import secrets
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.config import settings
from integrations.model import Outcome
from integrations.model.errors import NotConfigured, RecordUnreadable, StoreError
from integrations.store import cipher, keys, records

ROOT = Path(__file__).resolve().parents[2]
NAME = "dashboard:token:owner:acme:connection"
PLAIN = b'{"access_token": "the access token"}'


def new_key() -> str:
    return secrets.token_urlsafe(32)


def test_what_was_sealed_opens_and_shows_nothing_before() -> None:
    record = cipher.seal(3, NAME, PLAIN)
    assert cipher.open_(NAME, record) == (3, PLAIN)
    assert record[0] == 3 and b"access" not in record and len(record) >= 1 + 4 + 12 + len(PLAIN) + 16


def test_the_same_thing_sealed_twice_looks_different() -> None:
    assert len({cipher.seal(1, NAME, PLAIN)[5:] for _ in range(100)}) == 100


def test_every_changed_bit_of_every_byte_is_noticed() -> None:
    record = cipher.seal(1, NAME, PLAIN)
    for position in range(len(record)):
        for bit in range(8):
            changed = bytearray(record)
            changed[position] ^= 1 << bit
            with pytest.raises(RecordUnreadable):
                cipher.open_(NAME, bytes(changed))


@pytest.mark.parametrize("length", [*range(34), 60])
def test_a_record_cut_short_is_no_record(length: int) -> None:
    with pytest.raises(RecordUnreadable):
        cipher.open_(NAME, cipher.seal(1, NAME, PLAIN)[:length])


@pytest.mark.parametrize("changed", [
    "dashboard:token:other:acme:connection", "dashboard:token:owner:other:connection",
    "dashboard:token:owner:acme:other", "dashboard:state:owner:acme:connection", "",
])  # fmt: skip
def test_a_record_copied_elsewhere_does_not_open_there(changed: str) -> None:
    with pytest.raises(RecordUnreadable):
        cipher.open_(changed, cipher.seal(1, NAME, PLAIN))


def test_an_older_version_cannot_be_passed_off_as_a_newer_one() -> None:
    with pytest.raises(RecordUnreadable):
        cipher.open_(NAME, b"\x02" + cipher.seal(1, NAME, PLAIN)[1:])


def test_another_key_does_not_open_it_and_the_sentence_says_what_to_do(configured: Callable[..., None]) -> None:
    record = cipher.seal(1, NAME, PLAIN)
    configured(TOKEN_KEYS=new_key())
    with pytest.raises(RecordUnreadable, match="Reconnect to start afresh"):
        cipher.open_(NAME, record)


def test_the_first_key_seals_and_the_older_ones_still_open(configured: Callable[..., None]) -> None:
    old, new = new_key(), new_key()
    configured(TOKEN_KEYS=old)
    before = cipher.seal(1, NAME, PLAIN)
    configured(TOKEN_KEYS=f" {new} , {old} ")
    after = cipher.seal(1, NAME, PLAIN)
    assert cipher.open_(NAME, before) == cipher.open_(NAME, after) == (1, PLAIN)
    configured(TOKEN_KEYS=new)
    assert cipher.open_(NAME, after) == (1, PLAIN)
    with pytest.raises(RecordUnreadable):
        cipher.open_(NAME, before)


def test_without_keys_an_outside_redis_is_refused_with_the_way_to_make_one(configured: Callable[..., None]) -> None:
    configured(TOKEN_KEYS="", REDIS_URL="redis://elsewhere:6379")
    with pytest.raises(NotConfigured, match="TOKEN_KEYS is needed") as raised:
        cipher.keyring()
    (command,) = [part for part in str(raised.value).split("Make one with: ")[1:]]
    made = subprocess.run(command.split(" and keep it")[0], shell=True, capture_output=True, text=True, check=True)
    configured(TOKEN_KEYS=made.stdout.strip())
    assert cipher.keyring()


@pytest.mark.parametrize("text", [
    "short", "x" * 42, "x" * 44, base64.urlsafe_b64encode(secrets.token_bytes(16)).decode(), "ü" * 43,
    f"{'x' * 43},short", "=" * 43,
])  # fmt: skip
def test_a_key_that_is_none_is_refused_by_name(configured: Callable[..., None], text: str) -> None:
    configured(TOKEN_KEYS=text)
    with pytest.raises(NotConfigured, match="TOKEN_KEYS holds something that is not a key") as raised:
        cipher.keyring()
    assert text not in str(raised.value)


def test_a_key_in_plain_base64_is_taken_too(configured: Callable[..., None]) -> None:
    configured(TOKEN_KEYS=base64.b64encode(b"\xff" * 32).decode())
    assert settings().token_keys == (b"\xff" * 32,)


def test_with_the_embedded_server_a_private_key_file_is_made_once(
    configured: Callable[..., None], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    configured(TOKEN_KEYS="", DATA_DIR=str(folder))
    record = cipher.seal(1, NAME, PLAIN)
    assert [path.name for path in folder.iterdir()] == ["token.key"]
    assert stat.S_IMODE((folder / "token.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert cipher.open_(NAME, record) == (1, PLAIN)


def test_processes_that_make_the_key_file_at_once_agree_on_one_key(tmp_path: Path) -> None:
    script = (
        "import sys, integrations.store.cipher as cipher; print('ready', flush=True); sys.stdin.readline();"
        "print(next(iter(cipher.keyring())).hex())"
    )
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen([sys.executable, "-c", script], env=environment, text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(6)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    used = {process.communicate(timeout=20)[0] for process in processes}
    assert len(used) == 1 and used != {""}
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["token.key"]


def test_a_record_of_one_kind_connection_or_owner_does_not_decode_as_another() -> None:
    token = Outcome("connected", "hello")
    path = ("owner", "acme", "state")
    record = records.encode(keys.OUTCOME, keys.OUTCOME.key(*path), token)
    assert records.decode(keys.OUTCOME, keys.OUTCOME.key(*path), record) == token
    twin = dataclasses.replace(keys.OUTCOME, name="notice")
    for kind, place in (
        (twin, path),
        (keys.OUTCOME, ("other", "acme", "state")),
        (keys.OUTCOME, ("owner", "x", "state")),
    ):
        with pytest.raises(StoreError):
            records.decode(kind, kind.key(*place), record)
