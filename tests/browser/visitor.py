"""A person at a browser: where they look and what they press."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from integrations.identity.cookie import owner_of

from .server import Server, until

expect.set_options(timeout=20_000)

COUNT = re.compile(r"^([\d,]+) (?:of ([\d,]+) )?[^\d\s]")
HEADER, ROW = 35, 30  # pixels of the table
EM_SPACE, WORD_JOINER = "\u2003", "\u2060"  # fill the cells of the names, and keep icons out of them
PROBES = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")  # Streamlit looks there first on a subpage, in vain


class Visitor:
    """One browser profile with one tab."""

    def __init__(self, server: Server, context: BrowserContext) -> None:
        self.server, self.context = server, context
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.expected_hosts = {urlsplit(server.url).netloc}
        context.set_default_timeout(20_000)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", self._asked)
        self.page: Page = context.new_page()

    @property
    def owner(self) -> str:
        """What the server calls this browser."""
        cookie = next(each["value"] for each in self.context.cookies(self.server.url) if each["name"] == "sid")
        return str(owner_of(cookie))

    @property
    def strange_hosts(self) -> set[str]:
        """Whom this browser called besides the server."""
        hosts = {urlsplit(url).netloc for url in self.requests if url.startswith("http")}
        return hosts - self.expected_hosts

    @property
    def line(self) -> Locator:
        """The line "518 of 1,240 records · …"; while the page changes, the last one is the new one."""
        return self.page.locator(".st-key-totals p").filter(has_text=COUNT).last

    def open(self, path: str = "") -> Page:
        """Type an address."""
        self.page.goto(f"{self.server.url}/{path}")
        return self.page

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def says(self, words: str | re.Pattern[str]) -> None:
        """See these words somewhere on the page."""
        expect(self.page.get_by_test_id("stMain").get_by_text(words).first).to_be_visible()

    def badge(self, words: str) -> Locator:
        """A badge with these words, after its icon if it has one."""
        named = re.compile(rf"^([a-z_]+ )?{re.escape(words)}$")
        return self.page.get_by_test_id("stMain").locator(".stMarkdownBadge").filter(has_text=named)

    def leave_for_consent(self, slug: str) -> None:
        """From the provider's page to the sample provider's question."""
        self.open(slug)
        self.button("Try with sample data").click()
        expect(self.button("Approve")).to_be_visible()

    def approve(self, slug: str) -> None:
        """Say yes, and be back on the clean page."""
        self.button("Approve").click()
        self.page.wait_for_url(f"{self.server.url}/{slug}")

    def connect(self, slug: str) -> None:
        """Connect sample data and load it."""
        self.leave_for_consent(slug)
        self.approve(slug)
        load = self.button("Load")
        expect(load.or_(self.line).first).to_be_visible()
        if load.is_visible():
            load.click()
        self.loaded()

    def everything(self, slug: str) -> int:
        """Show everything that a provider has; how many records that is."""
        self.open(f"{slug}?in=*")
        return self.count()[1]

    def loaded(self) -> None:
        """Wait for the end of a load."""
        expect(self.line).to_be_visible()
        expect(self.button("Refresh")).to_be_enabled()
        self.drawn()

    def drawn(self) -> None:
        """Wait until the page is whole: while it is drawn, what is about to go stands beside what has come."""
        expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    def log(self) -> list[dict[str, str]]:
        """What was done with this browser's connections, the latest first."""
        answer = self.context.request.get(f"{self.server.url}/activity.csv")
        return list(csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig"))))

    def refresh(self) -> None:
        """Press Refresh, wait for the end of what that starts, and open the page anew."""
        until(lambda: self._loads() > 0, "the first load was not written down", every=1)
        before = self._loads()
        self.button("Refresh").click()
        until(lambda: self._loads() > before, "nothing was refreshed", every=1)
        self.page.reload()
        self.loaded()

    def _loads(self) -> int:
        """How many loads have come to an end."""
        return sum(line["What"].startswith("loaded") for line in self.log())

    def count(self) -> tuple[int, int]:
        """The two numbers of "518 of 1,240 records"; "1,240 records" has the same twice."""
        self.drawn()
        shown, total = COUNT.match(self.line.inner_text()).groups()  # type: ignore[union-attr]
        return int(shown.replace(",", "")), int((total or shown).replace(",", ""))

    def sees(self, shown: int, total: int) -> None:
        """Wait for the line to say so; all of them may be "400 records"."""
        of = f"of {total:,} " if shown != total else f"(of {total:,} )?"
        expect(self.line).to_have_text(re.compile(rf"^{shown:,} {of}[^\d\s]"))

    def search(self, text: str) -> None:
        self.page.get_by_role("searchbox", name="Search", exact=True).fill(text)

    def switch(self, collection: str) -> None:
        """Choose another collection by the words before its count."""
        self.page.get_by_role("radio", name=re.compile(rf"^{re.escape(collection)} [\d,]+$")).click()
        expect(self.page).to_have_url(re.compile(r"[?&]in="))
        self.drawn()

    def _new_filter(self, field: str) -> None:
        self.drawn()
        self.button("Filter").click()
        column = self.page.get_by_role("combobox", name=re.compile("Column"))
        expect(column).to_be_visible()
        self.drawn()
        column.fill(field)
        self.page.get_by_role("option", name=field, exact=True).click()
        expect(self.page.get_by_role("button", name="Apply")).to_be_visible()
        self.drawn()

    def _apply(self) -> None:
        address = self.page.url
        self.button("Apply").click()
        expect(self.page).not_to_have_url(address)
        expect(self.button("Apply")).to_have_count(0)
        self.drawn()

    def only(self, field: str, *values: str) -> None:
        """Add a filter: one of these values."""
        self._new_filter(field)
        box = self.page.get_by_role("combobox", name=re.compile("Values"))
        for value in values:
            box.fill(value)  # a long list holds only what is in view
            self.page.get_by_role("option", name=re.compile(rf"^{re.escape(value)} · [\d,]+$")).click()
            self.drawn()
        self.page.keyboard.press("Escape")
        self._apply()

    def days(self, field: str, first: date, last: date) -> None:
        """Add a filter: from the first to the last day."""
        self._new_filter(field)
        self._choose(field, "is between")
        for end, day in (("From", first), ("To", last)):
            for part, digits in (("year", f"{day:%Y}"), ("month", f"{day:%m}"), ("day", f"{day:%d}")):
                self.page.get_by_role("spinbutton", name=f"{part}, {end}").click()
                self.page.keyboard.type(digits)
        self._apply()

    def period(self, field: str, period: str) -> None:
        """Add a filter: within a period that moves with the calendar."""
        self._new_filter(field)
        self._choose("Period", period)
        self._apply()

    def or_from(self, chip: str, field: str, number: str) -> None:
        """Let a filter also take rows whose number in another column is at least this."""
        self.button(chip).click()
        self.button("Or…").click()
        self.drawn()
        column = self.page.get_by_role("combobox", name="Column")
        column.fill(field)
        self.page.get_by_role("option", name=field, exact=True).click()
        self.page.get_by_role("spinbutton", name="From").fill(number)
        self._apply()

    def _choose(self, box: str, option: str) -> None:
        """Choose from the list with this name."""
        self.page.get_by_role("combobox", name=re.compile(box)).click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.drawn()

    def columns(self, *labels: str) -> None:
        """Tick further columns."""
        self.drawn()
        expect(self.page.get_by_test_id("stToast")).to_have_count(0)  # lies over the menus for a while
        self.button("Columns").click()
        for label in labels:
            address = self.page.url
            self.page.locator(".st-key-column-list").get_by_text(label, exact=True).click()
            expect(self.page).not_to_have_url(address)
            self.drawn()
        self.button("Columns").click()

    def rows(self) -> list[dict[str, str]]:
        """The rows of the table that are in view."""
        self.drawn()
        grid = self.page.locator("canvas table[role=grid]").first
        grid.locator("td").first.wait_for(state="attached")
        headings, rows = grid.evaluate(
            """grid => [[...grid.querySelectorAll('th')].map(cell => cell.textContent),
                [...grid.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))]"""
        )
        return [
            dict(zip(headings, [cell.rstrip(EM_SPACE).replace(WORD_JOINER, "") for cell in row], strict=True))
            for row in rows
        ]

    def select(self, row: int, column: int = 0) -> Locator:
        """Click a cell of the table, on its left; the row's details."""
        self.drawn()
        table = self.page.get_by_test_id("stDataFrame")
        expect(table).to_have_count(1)  # the one before is gone
        table.scroll_into_view_if_needed()
        self.rows()
        table.click(position={"x": 24 + 260 * column, "y": HEADER + ROW * row + ROW // 2})
        return self.page.locator(".st-key-facts")

    def sort_by_name(self) -> None:
        """Click the heading of the first column."""
        address = self.page.url
        self.rows()
        self.page.get_by_test_id("stDataFrame").click(position={"x": 60, "y": HEADER // 2})
        expect(self.page).not_to_have_url(address)
        self.drawn()

    def download(self) -> tuple[str, list[dict[str, str]]]:
        """The file's name, and its rows."""
        self.drawn()
        self.button("Download").click()
        with self.page.expect_download() as coming:
            self.button("Download CSV").click()
        self.button("Download").click()
        with coming.value.path().open(encoding="utf-8-sig", newline="") as file:
            return coming.value.suggested_filename, list(csv.DictReader(file))

    def manage(self, what: str) -> None:
        """Choose from the menu."""
        self.button("Manage").click()
        self.page.get_by_role("menuitem", name=what, exact=True).click()

    def history(self) -> list[str]:
        """Every address that Back and Forward can lead to."""
        found = self.context.new_cdp_session(self.page).send("Page.getNavigationHistory")
        return [entry["url"] for entry in found["entries"]]

    def _heard(self, message: ConsoleMessage) -> None:
        probe = "404" in message.text and PROBES.search(message.location.get("url", ""))
        if message.type == "error" and not probe:
            self.complaints.append(f"{message.text} {message.location}")

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)
