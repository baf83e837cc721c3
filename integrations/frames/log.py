"""The activity log as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from integrations.model import Event

from .slices import ROWS


def activity(events: Sequence[Event], titles: Mapping[str, str]) -> pd.DataFrame:
    """One row an event, in their order: When, What, Source (by its title), Account, Who, From."""
    sources = [titles.get(each.slug, each.slug) for each in events]
    rows = [(e.at, e.what, source, e.account, e.who, e.where) for e, source in zip(events, sources, strict=True)]
    frame = pd.DataFrame(rows, columns=["When", "What", "Source", "Account", "Who", "From"])
    return frame.astype({"When": "datetime64[us, UTC]"} | dict.fromkeys(frame.columns[1:], "str"))


def activity_slices(events: Sequence[Event], titles: Mapping[str, str], rows: int = ROWS) -> Iterator[pd.DataFrame]:
    """The same in frames of at most `rows` rows; the first has none and names the columns."""
    yield activity((), titles)
    for start in range(0, len(events), rows):
        yield activity(events[start : start + rows], titles)
