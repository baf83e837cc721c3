"""The search in everything: on the overview, and over any other page."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from browser.plant import plant
from sales import SALES, sales
from screens import Page, pressed, words
from streamlit.testing.v1 import AppTest

from integrations.model import Item
from integrations.service.runtime import run

API = "http://localhost:8501/sandbox/hubspot"
NOTION = (Item("n1", "page", "About Globex"), Item("n2", "page", "*Odd* [name](https://evil.example)"))


@pytest.fixture
def seller(owner: str, store: None) -> None:
    """Sixty deals and ten companies, and two pages of another source."""
    run(plant(owner, "hubspot", API, sales(), schema=SALES))
    run(plant(owner, "notion", API, NOTION))


def links(app: AppTest) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """The links below the heading of the page by their labels: page and query."""
    found = [each.proto for each in app.get("page_link")]
    return {
        each.label.replace("\\", ""): (each.page, parse_qs(each.query_string)) for each in found if each.query_string
    }


def test_results_are_grouped_by_source_and_collection_and_lead_to_the_row_and_to_all(seller: None, page: Page) -> None:
    app = page(q="globex")
    said = words(app)
    assert "HubSpot · Deals · 6" in said and "HubSpot · Companies · 1" in said and "Notion · Pages · 1" in said
    assert said.index("Companies · 1") < said.index("Deals · 6"), "the best first"
    where, query = links(app)["Globex"]
    assert where == "hubspot" and (query["in"], query["row"]) == (["companies"], ["c4"])
    where, query = links(app)["Show all 6"]
    assert where == "hubspot" and (query["in"], query["q"]) == (["deals"], ["globex"])


def test_what_is_typed_is_written_into_the_address_and_clearing_it_shows_the_overview_again(
    seller: None, page: Page
) -> None:
    app = page()
    app = app.text_input(key="search everything").set_value("globex").run()
    assert app.query_params["q"] == "globex" and "Companies · 1" in words(app)
    app = app.text_input(key="search everything").set_value("").run()
    assert "q" not in app.query_params and "Saved views" in words(app)


def test_a_mistake_is_said_and_the_right_spelling_is_a_click_away(seller: None, page: Page) -> None:
    app = page(q="glibex")
    assert "No record has “glibex”." in words(app) and "spelled nearly so" in words(app)
    app = pressed(app, "Search for “globex”")
    assert app.query_params["q"] == "globex" and "Companies · 1" in words(app)


def test_names_of_records_are_shown_literally(seller: None, page: Page) -> None:
    found = links(page(q="odd"))
    assert any(label.startswith("*Odd* [name]") for label in found)


def test_nothing_found_says_so(seller: None, page: Page) -> None:
    assert "No record has “xyzxyz”, and no name is spelled nearly so." in words(page(q="xyzxyz")).replace("**", "")
