"""A table that is too large to send at once is shown a window at a time, sorted over all rows."""

from __future__ import annotations

import pytest
from browser.plant import plant
from screens import Page, words

from integrations.frames import WINDOW_ROWS
from integrations.model import Item
from integrations.service.runtime import run

API = "http://localhost:8501/sandbox/hubspot"
ROWS = 2 * WINDOW_ROWS + 7


@pytest.fixture
def long_table(owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.frames.windowing.MOST_ROWS", ROWS - 1)
    run(plant(owner, "hubspot", API, tuple(Item(str(n), "deal", f"Deal {n:05}") for n in range(ROWS))))


def names(app: object) -> list[str]:
    return app.dataframe[0].value["Name"].tolist()  # type: ignore[attr-defined, no-any-return]


def test_it_is_sent_a_window_at_a_time(page: Page, long_table: None) -> None:
    app = page("hubspot")
    assert names(app) == [f"Deal {n:05}" for n in range(WINDOW_ROWS)]
    assert f"Rows 1 to 1,000 of {ROWS:,}" in words(app) and f"**{ROWS:,}** of {ROWS:,} records" in words(app)


def test_it_is_sorted_over_all_its_rows(page: Page, long_table: None) -> None:
    app = page("hubspot")
    sort = next(each for each in app.selectbox if each.label == "Sort all rows by")
    sort.set_value("Name").run()
    next(each for each in app.toggle if each.label == "Descending").set_value(True).run()
    assert not app.exception
    assert names(app) == [f"Deal {n:05}" for n in range(ROWS - 1, ROWS - 1 - WINDOW_ROWS, -1)]
    assert app.query_params["sort"] == "-name", "as the file is sorted"


def test_what_fits_is_sent_whole(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API, tuple(Item(str(n), "deal", f"Deal {n:05}") for n in range(ROWS))))
    app = page("hubspot")
    assert len(names(app)) == ROWS and "Sort all rows by" not in [each.label for each in app.selectbox]
