"""A provider that did not exist before costs one file, one page, one recorded fixture and one paragraph.

It is unlike the others: listings are JSON arrays paged by the Link header, the token endpoint reports errors with
status 200 in words of its own, and it has no stand-in in the sandbox.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from new_provider import with_larchwood


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_larchwood(tmp_path_factory.mktemp("project"))


def outcome_of(project: Path, *wanted: str) -> str:
    """What pytest says of some tests in a project of that folder."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=--timeout=120", *wanted]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=110, check=False).stdout


def test_every_contract_test_and_every_screen_copes_with_it(project: Path) -> None:
    places = ("tests/test_provider_contract.py", "tests/test_architecture.py", "tests/test_readme.py", "tests/ui")
    said = outcome_of(project, "-v", "-k", "larchwood or readme or every_provider or page_for_each_provider", *places)
    assert re.search(r"^=+ (\d+) passed, \d+ deselected", said, re.MULTILINE), said[-5000:]
    tests = (
        "test_a_code_is_exchanged_as_documented", "test_each_refusal_of_a_code", "test_every_page_of_every_listing",
        "test_a_page_is_a_few_statements", "test_a_connected_provider_shows_its_rows",
    )  # fmt: skip
    for test in tests:
        assert re.search(rf"{test}\w*\[.*larchwood.*\] PASSED", said), test


def test_without_its_recorded_fixture_the_contract_says_so(project: Path) -> None:
    recorded = project / "tests/recorded/larchwood.json"
    shutil.move(recorded, project / "away.json")
    try:
        said = outcome_of(project, "-k", "larchwood and the_way_to_the_provider", "tests/test_provider_contract.py")
    finally:
        shutil.move(project / "away.json", recorded)
    assert "tests/recorded/larchwood.json is missing" in said
