"""The day that has to pass between two sweeps that find a connection unused."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from integrations.service.runtime import run
from integrations.store import keys, records


def a_day_passes() -> None:
    """Let every first finding be a day older."""
    for path in run(records.paths(keys.UNUSED)):
        if found := run(records.get(keys.UNUSED, path)):  # none, where it does not open
            earlier = dataclasses.replace(found, found_at=found.found_at - timedelta(days=1))
            run(records.put(keys.UNUSED, path, earlier))
