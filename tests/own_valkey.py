"""A real Valkey of a test's own, to be killed, stopped and started again."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from integrations.store import embedded

KEEPING = ("--appendonly", "yes", "--appendfsync", "always")  # not even a kill costs it anything


class Valkey:
    """Listens at a socket in a folder; forgets everything with its process unless it is `KEEPING`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.socket = folder / "valkey.sock"
        self.url = f"unix://{self.socket}"
        self._options = options
        self.start()

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        command = [embedded._binary(), "--port", "0", "--unixsocket", str(self.socket), "--save", "", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=self.socket.parent)
        deadline = time.monotonic() + 10
        while not embedded._answers(self.socket):
            assert time.monotonic() < deadline, "Valkey did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._process.send_signal(signal.SIGCONT)
