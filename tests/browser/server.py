"""`streamlit run dashboard.py` in a process of its own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from odd_names import ODD_NAMES
from setting_names import GENERAL

from integrations import providers
from integrations.config.settings import ROOT

NEEDED = ("dashboard.py", "pages", "integrations", "sandbox", ".streamlit/config.toml")
WITHIN = 20  # seconds to start or to stop


def copy_of_the_app(folder: Path) -> Path:
    """What `streamlit run` needs, and nothing that is only on this machine; some sample items have odd names."""
    for name in NEEDED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    with (folder / "sandbox" / "sample_text.py").open("a", encoding="utf-8") as module:
        module.write(f"\nODD_NAMES = {ODD_NAMES!r}\n")
    return folder


class Server:
    """One server with a port and a data folder, which survive its restarts."""

    def __init__(self, app: Path, folder: Path, settings: Mapping[str, str]) -> None:
        self.app, self.folder, self.data = app, folder, folder / "data"
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        place = {"PUBLIC_URL": self.url, "DATA_DIR": str(self.data), "TOKEN_KEYS": ""}
        self.own_settings = {**place, "SANDBOX_ITEMS": "400", "SANDBOX_LATENCY_MS": "5", **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """All that it has said so far."""
        return (self.folder / "server.log").read_text(errors="replace")

    def start(self) -> Server:
        """Start it; returns when it answers."""
        ours = (*GENERAL, *(f"{slug}_".upper() for slug in providers()))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.port", str(self.port)],
                cwd=self.app, env={**kept, **self.own_settings, "PYTHONUNBUFFERED": "1"},
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=end_with_us,
            )  # fmt: skip
        until(lambda: self._answers(), f"the server did not start:\n{self.log}")
        return self

    def stop(self) -> None:
        """Stop it as a service manager does, which does not wait for ever; what it stored stays."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(WITHIN)
            self._process = None

    def kill(self) -> None:
        """End it as a lack of memory does, without a warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(WITHIN)
            self._process = None

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


def end_with_us() -> None:
    """Done by a child: to be told to end when the tests do, even if they are killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def free_port() -> int:
    """A port that nobody listens on, and that is given to nobody who asks for any."""
    while True:
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", random.randrange(20_000, 30_000)))
            return int(listener.getsockname()[1])


def until(happens, otherwise: str, every: float = 0.05) -> None:
    """Wait for something, looking every so many seconds; AssertionError if it does not happen."""
    deadline = time.monotonic() + WITHIN
    while not happens():
        assert time.monotonic() < deadline, otherwise
        time.sleep(every)
