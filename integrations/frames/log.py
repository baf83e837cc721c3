"""The activity log as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from integrations.model import Event


def activity(events: Sequence[Event]) -> pd.DataFrame:
    """One row an event, in their order: When, What, Source, Account, Who, From."""
    rows = [(each.at, each.what, each.slug, each.account, each.who, each.where) for each in events]
    frame = pd.DataFrame(rows, columns=["When", "What", "Source", "Account", "Who", "From"])
    return frame.astype({"When": "datetime64[us, UTC]"} | dict.fromkeys(frame.columns[1:], "str"))
