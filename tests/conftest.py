"""What tests stand on: a real Valkey of their own, empty for each test, and settings of their own."""

from __future__ import annotations

import os
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from setting_names import GENERAL

from integrations import providers
from integrations.config import settings
from integrations.oauth import shutdown
from integrations.service.runtime import run
from integrations.store import client, embedded, queue

OURS = (*GENERAL, *(f"{slug.upper()}_" for slug in providers()))
KEYS = secrets.token_urlsafe(32)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="only what is tried in rounds or in many cases, all of them")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rounds(usual, soak): tried so many times, `attempt` by `attempt`")
    config.addinivalue_line("markers", "whole: with --soak in more cases than usual")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if rounds := metafunc.definition.get_closest_marker("rounds"):
        count = rounds.kwargs["soak" if metafunc.config.getoption("--soak") else "usual"]
        metafunc.parametrize("attempt", range(count))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak"):
        items[:] = [item for item in items if item.get_closest_marker("rounds") or item.get_closest_marker("whole")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the rounds have counted, by test."""
    rounds: dict[str, Counter[str]] = {}
    for report in [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]:
        name = report.nodeid.partition("[")[0]
        if dict(report.user_properties):
            rounds.setdefault(name, Counter()).update({"rounds": 1, report.outcome: 1}, **dict(report.user_properties))
    for name, counted in rounds.items() if terminalreporter.config.getoption("--soak") else ():
        terminalreporter.write_line(f"{name}: " + ", ".join(f"{number:g} {what}" for what, number in counted.items()))


def forget_settings() -> None:
    """Read the settings again at the next look."""
    settings.cache_clear()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server, for this run of the tests alone."""
    folder: Path = tmp_path_factory.mktemp("valkey")
    yield embedded.ensure(folder)
    embedded.release(folder)


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Nothing of the machine's own settings reaches a test; `configured(NAME="value")` sets some."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)

    def configure(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        forget_settings()

    monkeypatch.setattr(sys.modules["integrations.config.settings"], "_secrets_file", dict)
    configure(TOKEN_KEYS=KEYS)
    yield configure
    monkeypatch.undo()
    forget_settings()
    shutdown.begin(ending=False)  # a server of the test may have told this process to end


@pytest.fixture
def store(redis_url: str, configured: Callable[..., None]) -> Iterator[None]:
    """The app's own store on the real server, empty."""
    configured(REDIS_URL=redis_url)
    run(client.execute(lambda redis: redis.flushall()))
    yield
    run(queue.close())
    run(client.close())
