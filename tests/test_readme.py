"""The README is true: its settings are the settings, its commands and files exist."""

from __future__ import annotations

import re

import pytest
from setting_names import GENERAL, PER_PROVIDER

from integrations import providers
from integrations.config.settings import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows() -> dict[str, tuple[str, str]]:
    """The settings table: name to default and meaning."""
    found = re.findall(r"^\| `([A-Z_{}]+)` \| (.*?) \| (.*?) \|$", README, re.MULTILINE)
    return {name: (default.strip("` "), meaning) for name, default, meaning in found}


def test_every_setting_stands_in_the_table_with_its_default_and_meaning():
    expected = dict(GENERAL) | {f"{{SLUG}}_{name}": each for name, each in PER_PROVIDER.items()}
    assert rows() == expected


def test_every_provider_has_its_steps_with_redirect_uri_scopes_and_settings():
    for provider in providers().values():
        steps = README.split(f"### {provider.title}\n")[1].split("\n#")[0]
        assert f"http://localhost:8501/{provider.slug}" in steps
        assert provider.console_url in steps
        for scope in (*provider.scopes, *provider.optional_scopes):
            assert f"`{scope}`" in steps
        assert f"`{provider.slug.upper()}_CLIENT_ID` and `{provider.slug.upper()}_CLIENT_SECRET`" in steps


def pins(text: str) -> set[str]:
    """Every name==version at the start of a line; names as PyPI compares them."""
    return {name.lower().replace("_", "-") for name in re.findall(r"^[\w.-]+==[\w.]+", text, re.MULTILINE)}


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("requirements.lock", ["requirements.txt"]),
        ("tests/requirements.lock", ["requirements.txt", "tests/requirements.txt"]),
    ],
)
def test_a_lock_pins_what_is_required_with_the_hashes_of_its_files(lock: str, requirements: list[str]):
    required = "\n".join((ROOT / name).read_text() for name in requirements)
    locked = (ROOT / lock).read_text()
    wanted = required if lock.startswith("tests/") else required.partition("# for tests")[0]
    assert pins(wanted) and pins(wanted) <= pins(locked), "make lock"
    assert all("--hash=sha256:" in entry for entry in re.split(r"^(?=[\w.-]+==)", locked, flags=re.MULTILINE)[1:])


def test_a_deployment_installs_no_test_tools():
    tools = pins((ROOT / "requirements.txt").read_text().partition("# for tests")[2])
    assert tools and not tools & pins((ROOT / "requirements.lock").read_text())


def test_every_file_and_command_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)|`make (\w+)`", README, re.MULTILINE):
        assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE)
    for path in re.findall(r"`((?:integrations|pages|tests|docs)/[\w./]+)`|\]\((docs/[^)]+)\)", README):
        assert (ROOT / "".join(path)).exists()
    for folder in re.findall(r"^  (\w+)/  ", README, re.MULTILINE):
        assert (ROOT / "integrations" / folder).is_dir()
