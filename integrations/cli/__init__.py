"""`python -m integrations …`: the operator's commands."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from .. import service
from ..model.errors import DashboardError
from ..service import runtime

app = typer.Typer(
    name="python -m integrations", help="The dashboard's own commands.", add_completion=False,
    pretty_exceptions_enable=False, no_args_is_help=True,
)  # fmt: skip


def main() -> None:
    """Run the command that the process was started with; an error is one sentence and exit status 1."""
    try:
        app()
    except DashboardError as error:
        sys.exit(str(error))


@app.command()
def worker(
    with_parent: Annotated[bool, typer.Option("--with-parent", help="End when standard input does.")] = False,
) -> None:
    """Run loads until stopped."""
    runtime.work(with_parent=with_parent)


@app.command("rotate-keys")
def rotate(
    back: Annotated[bool, typer.Option("--back", help="With the key of the key file that was first before.")] = False,
    even_if_empty: Annotated[bool, typer.Option("--even-if-empty", help="Also where nothing is stored.")] = False,
) -> None:
    """Seal every stored record with the first key, while the dashboard runs."""
    _report(asyncio.run(service.rotate_keys(back, even_if_empty)))


def _report(done: service.Rotation) -> None:
    before = ", ".join(f"{number:,} with key {key}" for key, number in done.keys_before.items()) or "none"
    print(f"{done.resealed:,} records were sealed again. This was {done.database}: {done.connections:,} connections.")
    print(f"Key {done.key} seals now. Records before: {before}.")
    if done.unreadable:
        print(f"{done.unreadable:,} records open with none of the keys. Remove no key; add the one that sealed them.")
    else:
        print("All open with this key. Older keys can go once every process was started again with this one first.")
