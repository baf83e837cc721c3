"""A made-up provider, put into a copy of the project as the documentation says."""

from __future__ import annotations

import shutil
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLACES = {"larchwood.py": "integrations", "larchwood.json": "tests/recorded"}


def with_larchwood(project: Path) -> Path:
    """Copy the project to a folder, and add Larchwood to it."""
    for name in ("integrations", "pages", "sandbox", "tests", "docs"):
        unwanted = shutil.ignore_patterns("__pycache__", "node_modules", "pictures")
        shutil.copytree(ROOT / name, project / name, ignore=unwanted)
    for name in ("dashboard.py", "pyproject.toml", "Makefile", "requirements.txt", "requirements.lock"):
        shutil.copy(ROOT / name, project)
    (project / ".streamlit").mkdir()
    shutil.copy(ROOT / ".streamlit/config.toml", project / ".streamlit")
    for name, folder in PLACES.items():
        shutil.copy(HERE / name, project / folder)
    shutil.copy(HERE / "page.py", project / "pages/larchwood.py")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    paragraph = (HERE / "README.md").read_text(encoding="utf-8")
    (project / "README.md").write_text(readme.replace("## Deploy it", f"{paragraph}## Deploy it"), encoding="utf-8")
    return project
