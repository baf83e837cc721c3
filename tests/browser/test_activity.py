"""What was done with one's connections can be read on the page and taken along."""

from __future__ import annotations

import csv
import io

from playwright.sync_api import expect

from .conftest import Visit
from .visitor import Visitor


def test_what_was_done_is_listed_and_can_be_downloaded(visitor: Visitor) -> None:
    visitor.connect("hubspot")
    visitor.refresh()
    visitor.download()
    visitor.button("Activity").click()
    expect(visitor.page.get_by_text("What was done with your connections in the last 90 days.")).to_be_visible()
    with visitor.page.expect_download() as file:
        visitor.page.get_by_role("dialog").get_by_role("button", name="Download CSV").click()
    log = list(csv.DictReader(io.StringIO(file.value.path().read_text(encoding="utf-8-sig"))))
    done = [line["What"] for line in log]
    assert done[0] == "downloaded" and done[-1] == "connected"
    assert "opened" in done and any(each.startswith("loaded in whole: ") for each in done)
    assert "Chrome" in log[done.index("asked for a refresh")]["From"]
    assert {line["Source"] for line in log} == {"HubSpot"} and "Chrome" in log[0]["From"]


def test_the_page_and_the_downloads_are_logged_under_the_address_that_a_trusted_proxy_names(visit: Visit) -> None:
    """The address in front of a proxy on another host, which nothing but our own setting knows as a proxy."""
    person, proxy = "203.0.113.7", "10.0.0.5"
    visitor = visit(extra_http_headers={"X-Forwarded-For": f"198.51.100.9, {person}, {proxy}"})
    visitor.connect("hubspot")
    visitor.download()
    places = {line["What"]: line["From"].partition(" ·")[0] for line in visitor.log()}
    assert places["connected"] == places["downloaded"] == places["opened"] == person


def test_forgetting_a_browser_ends_everything_it_had(visitor: Visitor) -> None:
    visitor.connect("notion")
    visitor.connect("hubspot")
    visitor.button("Disconnect everything").click()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Disconnect everything").click()
    expect(visitor.button("Disconnect everything")).to_have_count(0)
    for slug in ("notion", "hubspot"):
        visitor.open(slug)
        expect(visitor.badge("Not set up")).to_be_visible()
