"""What loading takes, in one table: by the dashboard, and by public client libraries, as multiples of what is possible.

Without options: 1,000 items a provider, then about 7,000, then these again with faults, in about six minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from socket import socket

from . import people
from .clients import NAMES
from .limits import LATENCY, WORDS
from .readers import Held, Row, client, dashboard, filtering, two_people
from .stage import contents, sandbox, stage
from .tables import measured

SIZES = {
    "S": {"notion": 1_000, "airtable": 1_000, "hubspot": 1_000},
    "M": {"notion": 6_020, "airtable": 7_030, "hubspot": 7_000},
    "L": {"notion": 66_666, "airtable": 66_667, "hubspot": 66_667},
}
FAULTS = "5xx=0.02,reset=0.01,malformed=0.01,truncated=0.01,429=0.01"
Section = tuple[str, bool]  # a size, and whether answers fail

COLUMNS: tuple[tuple[str, int, Callable[[Row], str]], ...] = (
    ("", -12, lambda row: row.what),
    ("reader", -18, lambda row: row.reader),
    ("× limit", 7, lambda row: "-" if row.missing else f"{row.multiple:.2f}"),
    ("wall s", 7, lambda row: f"{row.wall:.2f}"),
    ("limit s", 7, lambda row: f"{row.limit:.2f}"),
    ("items", 17, lambda row: f"{row.items:,} of {row.held:,}"),
    ("missing", 7, lambda row: f"{row.missing:,}"),
    ("twice", 5, lambda row: f"{row.doubled:,}"),
    ("calls", 10, lambda row: f"{row.calls:,} / {row.needed:,}"),
    ("429", 4, lambda row: f"{row.limited:,}"),
    ("faults", 6, lambda row: f"{row.failed:,}"),
    ("CPU s", 6, lambda row: f"{row.cpu:.2f}"),
    ("MB", 4, lambda row: f"{row.peak:.0f}"),
    ("ms/call", 7, lambda row: f"{row.call * 1000:.0f}"),
    ("end", 0, lambda row: row.state),
)
LEGEND = f"""
× limit: wall time by the shortest time that documented limits and cursors allow ("-": not everything was read).
items: what a page would show, of what the sandbox holds. calls: made / at the limit. faults: errors other than 429,
and answers cut off. CPU, MB (peak): the worker's, or the library's process. ms/call: how long the sandbox took;
what is more than {LATENCY * 1000:.0f} it lacked CPU for. The limits:"""


def main(arguments: Sequence[str]) -> None:
    """Measure, and print each row once it is there."""
    asked = _parser().parse_args(arguments)
    began, load = time.monotonic(), os.getloadavg()[0]
    with stage() as listening:
        if not (asked.tables or asked.answers or asked.people):
            _loading(asked, listening)
        some = asked.json or asked.size or asked.only or asked.faults or asked.answers or asked.tables or asked.people
        everything = not some
        if asked.tables or everything:
            _lines("Storing a load, and showing its first window:", measured())
        if asked.answers or everything:
            from . import answers  # needs packages that loading does not

            _lines(answers.__doc__ or "", answers.measured())
        if asked.answers or everything:
            _lines("A rerun of a page with 100,000 rows:", people.measured(1, 100_000))
        if asked.people or everything:
            _lines("Many people on one process:", people.measured(asked.people or people.COUNT))
    if not asked.json:
        seconds = time.monotonic() - began
        print(f"\nMeasured in {seconds:.0f} s on {os.cpu_count()} cores; load average before: {load:.1f}.")


def _lines(heading: str, lines: Iterator[str]) -> None:
    print(f"\n{heading}", flush=True)
    for line in lines:
        print(line, flush=True)


def _loading(asked: argparse.Namespace, listening: socket) -> None:
    rows = []
    for section in _sections(asked):
        if not asked.json:
            print(_heading(section), flush=True)
        for row in _measured(listening, section, [asked.only] if asked.only else list(NAMES), asked.no_clients):
            if isinstance(row, Row):
                rows.append({"size": section[0], "faults": section[1], "multiple": row.multiple, **vars(row)})
            if not asked.json:
                print(_line([show(row) for _, _, show in COLUMNS]) if isinstance(row, Row) else row, flush=True)
    if asked.json:
        print(json.dumps(rows, indent=1))
    else:
        print(LEGEND, *(f"- {name}: {words}" for name, words in WORDS.items()), sep="\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=SIZES, help="only this size; L is 200,000 items in all")
    parser.add_argument("--only", choices=NAMES, help="only this provider")
    parser.add_argument("--faults", action="store_true", help="only with faults, of size M unless one is given")
    parser.add_argument("--no-clients", action="store_true", help="without the public client libraries")
    parser.add_argument("--tables", action="store_true", help="only storing a load and showing its first window")
    parser.add_argument("--answers", action="store_true", help="only filters, sorts, sums and searches, beside others")
    parser.add_argument("--people", type=int, default=0, help="only so many people on one process, such as 100")
    parser.add_argument("--json", action="store_true", help="print JSON, at the end")
    return parser


def _sections(asked: argparse.Namespace) -> list[Section]:
    one = asked.size or asked.faults
    return [(asked.size or "M", asked.faults)] if one else [("S", False), ("M", False), ("M", True)]


def _measured(listening: socket, section: Section, slugs: Sequence[str], no_clients: bool) -> Iterator[Row | str]:
    """Each provider alone, by the dashboard and by its client library; two people on one account; all at once."""
    size, faulty = section
    held: Held = {slug: contents(slug, SIZES[size][slug]) for slug in slugs}
    with sandbox(listening, SIZES[size], FAULTS if faulty else ""):
        for slug in slugs:
            yield from dashboard(slug, {slug: held[slug]}, refresh=size != "S" and not faulty)
            if not no_clients:
                yield client(slug, held)
        if "airtable" in slugs and not faulty:
            yield two_people("airtable", {"airtable": contents("airtable", SIZES[size]["airtable"], people=2)})
        if len(slugs) > 1:
            yield from dashboard("all at once", held, refresh=False)
            if size == "M" and not faulty:
                yield filtering(held)


def _heading(section: Section) -> str:
    size, faulty = section
    sizes = ", ".join(f"{slug} {count:,}" for slug, count in SIZES[size].items())
    return f"\n{size}: {sizes}{f'; faults: {FAULTS}' if faulty else ''}\n{_line([name for name, _, _ in COLUMNS])}"


def _line(cells: Sequence[str]) -> str:
    widths = (width for _, width, _ in COLUMNS)
    padded = (f"{cell:{'<' if width < 0 else '>'}{abs(width)}}" for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


if __name__ == "__main__":
    main(sys.argv[1:])
