"""`python -m integrations worker`: a process that runs loads."""

from __future__ import annotations

import sys

from .model.errors import DashboardError
from .sync.worker import main

USAGE = "Usage: python -m integrations worker"


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit status."""
    if arguments[:1] != ["worker"]:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        main(with_parent="--with-parent" in arguments)
    except DashboardError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
