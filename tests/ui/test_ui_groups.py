"""Grouping, sorting and totals: what is chosen is in the address, and the numbers are those of the rows."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pytest
from browser.plant import plant
from sales import SALES, deal, sales
from screens import Page, names, opened, pressed, words
from streamlit.testing.v1 import AppTest

from integrations import frames, service
from integrations.frames import Tables, pack
from integrations.model.query import Function, Step
from integrations.service.runtime import run

API = "http://localhost:8501/sandbox/hubspot"
SUM = {"group": "stage", "sum": "amount"}


@pytest.fixture
def deals(owner: str) -> None:
    run(plant(owner, "hubspot", API, sales(), schema=SALES))


def asked(app: AppTest) -> dict[str, list[str]]:
    found = {name: [value] if isinstance(value, str) else value for name, value in app.query_params.items()}
    return {name: values for name, values in found.items() if name not in ("account", "in")}


def choose(app: AppTest, label: str, value: Any) -> AppTest:
    next(each for each in app.selectbox if each.label == label).set_value(value).run()
    assert not app.exception
    return app


def table(app: AppTest, number: int = 0) -> list[list[str]]:
    """A summary: its headings and its rows, as they are sent."""
    proto = app.dataframe[number].proto
    sent = pa.ipc.open_stream(proto.arrow_data.data).read_all()
    sent = sent.select([name for name in sent.column_names if name not in ("row", "index", "__index_level_0__")])
    config = json.loads(proto.columns)
    headings = [config[name]["label"] for name in sent.column_names]
    return [headings, *([str(cell) for cell in row.values()] for row in sent.to_pylist())]


def test_rows_are_grouped_by_a_choice_and_the_address_says_so(page: Page, deals: None) -> None:
    app = choose(opened(page("hubspot"), "group"), "Group by", "stage")
    assert asked(app) == {"group": ["stage"]}
    assert table(app) == [
        ["Stage", "Count"], *([name, "10"] for name in ("Appointment", "Qualified", "Proposal", "Negotiation")),
        ["Closed won", "10"], ["Closed lost", "10"], ["All", "60"],
    ]  # fmt: skip
    choose(app, "Show", Function.SUM)
    assert asked(app) == {"group": ["stage"], "sum": ["amount"]}
    assert table(app)[0] == ["Stage", "Count", "Sum EUR", "Sum USD"]
    assert table(app)[-1] == ["All", "60", "900,450", "930,465"]
    assert "Sum of Amount, EUR by Stage" in words(app) and len(app.get("vega_lite_chart")) == 2


def test_a_second_field_makes_a_table_of_both_with_totals(page: Page, deals: None) -> None:
    app = choose(opened(page("hubspot", group="won"), "group"), "Then by", "close")
    assert asked(app) == {"group": ["won", "~month~close"], "zone": ["UTC"]}
    assert table(app) == [
        ["Won", "Jan 2026", "Feb 2026", "Mar 2026", "All"],
        ["Yes", "5", "5", "0", "10"], ["No", "26", "23", "1", "50"], ["All", "31", "28", "1", "60"],
    ]  # fmt: skip
    assert len(app.get("vega_lite_chart")) == 1
    choose(app, "Period", Step.QUARTER)
    assert asked(app)["group"] == ["won", "~quarter~close"] and table(app)[0] == ["Won", "Q1 2026", "All"]


def test_the_menu_leads_back_to_the_table_alone(page: Page, deals: None) -> None:
    app = opened(page("hubspot", **SUM, **{"f.code": "EUR"}), "group")
    pressed(app, "Stop grouping")
    assert asked(app) == {"f.code": ["EUR"]} and len(app.dataframe) == 1


def test_groups_follow_filters_and_search(page: Page, deals: None) -> None:
    app = page("hubspot", **SUM, **{"f.code": "EUR", "q": "wayne"})
    assert not app.exception and "**0** :gray[of 60 deals]" in words(app) and not app.get("vega_lite_chart")
    app = page("hubspot", **SUM, **{"f.code": "USD", "q": "wayne"})
    rows = [number for number in range(1, 60, 10)]
    total = sum(1_000.5 * (number + 1) for number in rows)
    assert table(app)[0] == ["Stage", "Count", "Sum USD"] and table(app)[-1] == ["All", "6", f"{total:,.0f}"]


@pytest.mark.parametrize(
    "query",
    [
        {"group": "nowhere"},
        {"group": "stage", "sum": "nowhere"},
        {"group": "stage", "sum": "mail"},
        {"group": ["~week~stage", "~day~seen"], "sum": "~median~seats", "chart": "line"},
        {"group": "amount", "sum": "~distinct~tags", "chart": "stacked"},
        {"group": ["tags", "company"], "sum": "~average~chance", "chart": "stacked"},
        {"group": "seen", "sum": "spent"},
        {"group": "owner", "in": "*"},
    ],
)
def test_any_address_shows_the_rows_and_says_what_cannot_be_grouped(
    page: Page, deals: None, query: dict[str, Any]
) -> None:
    app = page("hubspot", **query)
    assert not app.exception and app.dataframe and "**60**" in words(app).replace("**70**", "**60**")
    if "nowhere" in str(query) or "mail" in str(query):
        assert "Not grouped" in words(app)
        pressed(app, "Stop grouping")
        assert asked(app) == {} and "Not grouped" not in words(app)


def test_rows_are_sorted_by_several_columns(page: Page, deals: None) -> None:
    app = opened(page("hubspot", **{"f.code": "EUR"}), "sort")
    choose(app, "Sort by", "stage")
    choose(app, "Sort by", "amount")
    assert asked(app) == {"f.code": ["EUR"], "sort": ["stage", "-amount"]}
    assert names(app)[0].startswith("Vandelay 54") or names(app)[0].startswith("Globex 54")
    app.button(key="sort turn 1").click().run()
    assert asked(app)["sort"] == ["stage", "amount"] and names(app)[0].startswith("Umbrella 0")
    app.button(key="sort earlier 1").click().run()
    assert asked(app)["sort"] == ["amount", "stage"]
    app.button(key="sort unsort 0").click().run()
    assert asked(app)["sort"] == ["stage"]
    pressed(app, "Usual order")
    assert "sort" not in asked(app)


def test_the_line_above_the_table_shows_any_number_per_currency(page: Page, deals: None) -> None:
    app = opened(page("hubspot", **{"f.stage": "s0"}), "totals menu")
    choose(app, "Show", Function.AVERAGE)
    assert ":gray[Average of Amount] **EUR 28,014**" in words(app)
    choose(app, "Total of", "chance")
    assert ":gray[Average of Probability] **0%**" in words(app) and asked(app)["sum"] == ["~average~chance"]


def test_the_numbers_of_a_summary_are_those_of_its_file() -> None:
    tables = Tables([pack(sales(), SALES)], SALES)
    query = run(service.query_of([("group", "stage"), ("sum", "amount"), ("group", "close")]))
    found = frames.summarise(tables.open("deals"), None, query, frames.FILE)
    rows = list(csv.reader(io.StringIO(b"".join(frames.csv_rows(frames.summary_file(found))).decode("utf-8-sig"))))
    assert rows[0][0] == "Stage" and rows[0][-1] == "All (USD)" and rows[-1][0] == "All"
    assert float(rows[-1][-1]) == sum(deal(number).properties["amount"] for number in range(1, 60, 2))
