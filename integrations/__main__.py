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
            asyncio.run(_rotated(asked.back, asked.even_if_empty))
    except DashboardError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _rotated(back: bool, even_if_empty: bool) -> None:
    try:
        done = await rotate_keys(back, even_if_empty)
    finally:
        await connection.close()
    before = ", ".join(f"{number:,} with key {key}" for key, number in done.keys_before.items()) or "none"
    print(f"{done.resealed:,} records were sealed again. This was {done.database}: {done.connections:,} connections.")
    print(f"Key {done.key} seals now. Records before: {before}.")
    if done.unreadable:
        print(f"{done.unreadable:,} records open with none of the keys. Remove no key; add the one that sealed them.")
    else:
        print("All open with this key. Older keys can go once every process was started again with this one first.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m integrations", description="The dashboard's own commands.")
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser("worker", help="run loads until stopped")
    worker.add_argument("--with-parent", action="store_true", help="end when standard input does")
    rotate = commands.add_parser("rotate-keys", help="seal every stored record with the first key, while all runs")
    rotate.add_argument("--back", action="store_true", help="with the key of the key file that was first before")
    rotate.add_argument("--even-if-empty", action="store_true", help="also where nothing is stored")
    return parser


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
