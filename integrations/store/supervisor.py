"""Keep one embedded Valkey running while any process uses it; a separate script, started by `embedded`.

    supervisor.py LOCK BINARY SOCKET        in the data folder, in a session of its own

LOCK is the descriptor of the locked file `keeper`: the process that gets that lock hands it to a new supervisor, so
there is only one. The server inherits the lock on `server`, so that a later supervisor knows it to be alive and adopts
it. Users share the lock on `users`: once the supervisor gets it exclusively, no user is left, and it keeps it until the
server has ended.
Imports the standard library only, and little of it, to stay small.
"""

# pathlib would add a tenth to the memory of a process that only waits.
# ruff: noqa: PTH105, PTH106, PTH110, PTH117, PTH120, PTH202

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time

POLL = 0.2
POLLS_WITHOUT_USERS = 2
POLLS_WITHOUT_SOCKET = 10
STOP_WITHIN = 10.0
LONGEST_PAUSE = 5.0
LOG_BYTES = 1_000_000

OPTIONS = {
    "port": "0",
    "protected-mode": "yes",
    "unixsocketperm": "700",
    "dir": ".",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "aof-load-truncated": "yes",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
}


def main(lock: int, binary: str, socket: str) -> None:
    """Detach from the caller, then keep the server until no process uses it."""
    if os.fork():
        os._exit(0)
    os.set_inheritable(lock, False)
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # A service manager sends SIGTERM to the whole group while the app still writes its last values.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log_to_file()
    keep(Server(binary, socket))


def keep(server: Server) -> None:
    """Start the server whenever it is dead; return when it has ended because the last user left."""
    users = os.open("users", os.O_RDWR | os.O_CREAT, 0o600)
    idle = missing = 0
    pause, again = POLL, 0.0
    while idle < POLLS_WITHOUT_USERS:
        now = time.monotonic()
        if now >= again and not server.running():
            pause = POLL if now - again > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
            again = now + pause
            server.start()
        missing = 0 if os.path.exists(server.socket) else missing + 1
        if missing == POLLS_WITHOUT_SOCKET:
            missing = 0
            server.signal(signal.SIGTERM)  # something cleaned the socket away: only a new start brings it back
        time.sleep(POLL)
        idle = idle + 1 if take(users) else 0
        if idle < POLLS_WITHOUT_USERS:
            fcntl.flock(users, fcntl.LOCK_UN)
    server.stop()


class Server:
    """The one Valkey of this folder, even if started by an earlier supervisor."""

    def __init__(self, binary: str, socket: str) -> None:
        self.command = [binary, "--unixsocket", socket]
        for name, value in OPTIONS.items():
            self.command += [f"--{name}", value]
        self.socket = socket
        self.probe = os.open("server", os.O_RDWR | os.O_CREAT, 0o600)

    def running(self) -> bool:
        """Whether some process holds the server's lock."""
        reap()
        if not take(self.probe):
            return True
        fcntl.flock(self.probe, fcntl.LOCK_UN)
        return False

    def start(self) -> None:
        """Start Valkey as the holder of the lock, its process id written into the locked file."""
        log_to_file()
        lock = os.open("server", os.O_RDWR | os.O_CREAT, 0o600)
        if take(lock) and not os.fork():
            become(self.command, lock)
        os.close(lock)

    def signal(self, number: signal.Signals) -> None:
        """Signal the server if it lives."""
        if self.running() and (pid := os.pread(self.probe, 20, 0)):
            with contextlib.suppress(ProcessLookupError):  # it ended in between
                os.kill(int(pid), number)

    def stop(self) -> None:
        """End the server as its SHUTDOWN does, everything written; returns when it is gone."""
        self.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        while self.running():
            if time.monotonic() > deadline:
                self.signal(signal.SIGKILL)
            time.sleep(0.02)
        if os.path.isabs(self.socket):
            with contextlib.suppress(OSError):  # not empty after a crash: the next one uses it
                os.rmdir(os.path.dirname(self.socket))


def become(command: list[str], lock: int) -> None:
    """Turn this forked child into the server; never returns."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.ftruncate(lock, 0)
        os.write(lock, b"%d" % os.getpid())
        os.set_inheritable(lock, True)
        os.execv(command[0], command)
    except OSError as error:
        print("The Valkey binary does not run:", error, file=sys.stderr, flush=True)
    finally:
        os._exit(127)


def take(file: int) -> bool:
    """Take the exclusive lock; returns False if another process holds it or a share of it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def reap() -> None:
    """Forget children that ended, so that none stays a zombie."""
    with contextlib.suppress(ChildProcessError):  # an adopted server is no child of this process
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def log_to_file() -> None:
    """Send what this process and its server say to `valkey.log`, keeping one older file."""
    if os.path.exists("valkey.log") and os.path.getsize("valkey.log") > LOG_BYTES:
        os.replace("valkey.log", "valkey.log.1")
    log = os.open("valkey.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
