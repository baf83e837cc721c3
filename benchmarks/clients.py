"""One public client library reads all that it can, by the loop that its own documentation recommends.

`python -m benchmarks.clients SLUG URL TOKEN SECONDS PROPERTIES` prints what it found, at what cost, and how it ended
as a JSON object. After so many seconds it gives up.
"""

from __future__ import annotations

import json
import logging
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NAMES = {"notion": "notion-client", "airtable": "pyairtable", "hubspot": "hubspot-api-client"}
Found = Iterator[tuple[str, str]]


class GaveUp(BaseException):
    """The time is over; no library's `except Exception` may swallow it."""


def notion(url: str, token: str, properties: dict[str, list[str]]) -> Found:
    """https://github.com/ramnes/notion-sdk-py#utility-functions"""
    from notion_client import Client
    from notion_client.helpers import iterate_paginated_api

    client = Client(auth=token, base_url=url, log_level=logging.ERROR)
    yield "", ""
    yield from ((each["object"], each["id"]) for each in iterate_paginated_api(client.search, page_size=100))


def airtable(url: str, token: str, properties: dict[str, list[str]]) -> Found:
    """https://pyairtable.readthedocs.io/en/stable/tables.html, with the retries that it makes by itself"""
    from pyairtable import Api

    api = Api(token, endpoint_url=url)
    yield "", ""
    for base in api.bases():
        yield "base", base.id
        for table in base.tables():
            yield "table", table.id
            yield from (("record", record["id"]) for record in table.all())


def hubspot(url: str, token: str, properties: dict[str, list[str]]) -> Found:
    """https://github.com/HubSpot/hubspot-api-python#get-all, with the retries that the same page recommends"""
    from hubspot import HubSpot
    from urllib3.util.retry import Retry

    retry = Retry(total=5, backoff_factor=0.3, status_forcelist=(429, 500, 502, 504))
    crm = HubSpot(access_token=token, host=url, retry=retry).crm
    types = {"contact": crm.contacts, "company": crm.companies, "deal": crm.deals, "ticket": crm.tickets}
    yield "", ""
    for kind, api in types.items():
        yield from ((kind, each.id) for each in api.get_all(properties=properties[kind]))


def measured(finding: Found, seconds: float) -> dict[str, Any]:
    """All that is found until the end, an error or the bound; what comes first says that the library is loaded."""
    found: list[tuple[str, str]] = []
    next(finding)
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    used, began, state = time.process_time(), time.monotonic(), "complete"
    try:
        found.extend(finding)
    except GaveUp:
        state = f"gave up after {seconds:.0f} s"
    except Exception as error:  # whatever it raises is the result
        state = f"failed: {type(error).__name__}"
    signal.setitimer(signal.ITIMER_REAL, 0)
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return {
        "found": found, "state": state, "wall": time.monotonic() - began, "cpu": time.process_time() - used,
        "peak": int(peak[1]) / 1024 if peak else 0,
    }  # fmt: skip


def _give_up(*_: object) -> None:
    raise GaveUp


if __name__ == "__main__":
    slug, url, token, seconds, properties = sys.argv[1:]
    read: Callable[..., Found] = {"notion": notion, "airtable": airtable, "hubspot": hubspot}[slug]
    print(json.dumps(measured(read(url, token, json.loads(properties)), float(seconds))))
