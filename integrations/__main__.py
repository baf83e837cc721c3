"""`python -m integrations worker`: a process that runs loads. `… rotate-keys`: everything sealed with the first key."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from .model.errors import DashboardError
from .store import connection
from .store.rotation import rotate_keys
from .sync.worker import main


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "worker":
            main(with_parent=asked.with_parent)
        else:
            asyncio.run(_rotated(asked.back))
    except DashboardError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _rotated(back: bool) -> None:
    try:
        done = await rotate_keys(back)
    finally:
        await connection.close()
    print(f"{done.resealed:,} records were sealed again. All open with the first key now; older keys can go.")
    if done.unreadable:
        print(f"{done.unreadable:,} others open with none of the keys: keep the key that sealed them, if you have it.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m integrations", description="The dashboard's own commands.")
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser("worker", help="run loads until stopped")
    worker.add_argument("--with-parent", action="store_true", help="end when standard input does")
    rotate = commands.add_parser("rotate-keys", help="seal every stored record with the first key, while all runs")
    rotate.add_argument("--back", action="store_true", help="with the key of the key file that was first before")
    return parser


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
