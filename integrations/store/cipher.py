"""The one cipher: AES-256-GCM, each record bound to where it belongs.

    record = format version (1 byte) | key id (4 bytes) | nonce (12 bytes) | ciphertext and tag

The associated data is the format version and the record's own Redis key, which names
kind, owner, provider and connection: a record that was changed or copied elsewhere
does not open. Keys come from TOKEN_KEYS, the first one seals; with the embedded server
a key file (mode 600) is made beside it. What is large is sealed with a data key of its
own, which is kept in a record sealed with these.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..config import settings
from ..config.settings import HOW_TO_MAKE_A_KEY, decode_key
from ..model.errors import NotConfigured, RecordUnreadable

NONCE = 12
KEY_ID = 4
DATA = bytes(KEY_ID)  # the id of every data key
UNREADABLE = "What was stored here cannot be opened with this server's keys. Reconnect to start afresh."


def seal(version: int, name: str, plain: bytes, data_key: str = "") -> bytes:
    """The record for `name` (its Redis key), sealed with the first key, or with a data key."""
    key_id, cipher = (DATA, AESGCM(decode_key(data_key))) if data_key else next(iter(keyring().items()))
    nonce = secrets.token_bytes(NONCE)
    return bytes([version]) + key_id + nonce + cipher.encrypt(nonce, plain, _bound_to(version, name))


def open_(name: str, record: bytes, data_key: str = "") -> tuple[int, bytes]:
    """(format version, plain bytes) of the record at `name`; raises RecordUnreadable."""
    version, key_id = record[0] if record else 0, key_of(record)
    nonce, sealed = record[1 + KEY_ID : 1 + KEY_ID + NONCE], record[1 + KEY_ID + NONCE :]
    try:
        cipher = AESGCM(decode_key(data_key)) if key_id == DATA and data_key else keyring()[key_id]
        return version, cipher.decrypt(nonce, sealed, _bound_to(version, name))
    except (KeyError, InvalidTag, ValueError):
        raise RecordUnreadable(UNREADABLE) from None


def new_key() -> str:
    """A key for TOKEN_KEYS, or for data."""
    return secrets.token_urlsafe(32)


def keyring() -> dict[bytes, AESGCM]:
    """Ciphers by key id, the sealing one first; raises NotConfigured where there is no key."""
    return _ciphers(_keys())


def signing_keys(purpose: str) -> tuple[bytes, ...]:
    """Returns keys for signatures of one purpose, derived from all keys (RFC 5869): the first signs, all verify."""
    return _derived(_keys(), purpose)


def key_of(record: bytes) -> bytes:
    """The id of the key that a record was sealed with."""
    return record[1 : 1 + KEY_ID]


def put_file_key_first(key: str = "") -> None:
    """From now on every process seals with this key of the key file, or with a new one."""
    key = key or new_key()
    _write("\n".join([key, *(other for other in _file_keys() if other != key)]), over=True)


def previous_file_key() -> str:
    """The one that sealed before; raises NotConfigured if there was none."""
    keys = _file_keys()
    if len(keys) < 2:
        raise NotConfigured("There is no key to go back to: the key file holds one only.")
    return keys[1]


def _bound_to(version: int, name: str) -> bytes:
    return b"%d:%s" % (version, name.encode())


def _keys() -> tuple[bytes, ...]:
    return settings().token_keys or tuple(map(decode_key, _file_keys()))


@cache
def _derived(keys: tuple[bytes, ...], purpose: str) -> tuple[bytes, ...]:
    return tuple(HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key) for key in keys)


@cache
def _ciphers(keys: tuple[bytes, ...]) -> dict[bytes, AESGCM]:
    return {hashlib.sha256(key).digest()[:KEY_ID]: AESGCM(key) for key in keys}


def _file_keys() -> list[str]:
    """The lines of the key file, the first one seals; read each time, so that a new one reaches all processes."""
    if settings().redis_url:
        raise NotConfigured(f"TOKEN_KEYS is needed with an outside Redis. {HOW_TO_MAKE_A_KEY}")
    try:
        return _key_file().read_text().split()
    except FileNotFoundError:
        _write(new_key(), over=False)
        return _key_file().read_text().split()
    except OSError as error:
        raise _no_folder(error) from None


def _key_file() -> Path:
    return settings().data_dir / "token.key"


def _write(text: str, over: bool) -> None:
    """Write the private file whole, even when several processes try at the same time; `over` one that is there."""
    try:
        _replace(_key_file(), text, over)
    except OSError as error:
        raise _no_folder(error) from None


def _no_folder(error: OSError) -> NotConfigured:
    return NotConfigured(
        f"DATA_DIR cannot hold the key file ({error.strerror}). Set it to a folder that this account may write, or set "
        "REDIS_URL and TOKEN_KEYS."
    )


def _replace(path: Path, text: str, over: bool) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # containers that share a volume share process ids
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if over:
        draft.replace(path)
        return
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
