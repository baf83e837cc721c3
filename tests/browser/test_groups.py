"""Deals by stage and amount this quarter: asked by one click, read, looked into, taken away as a file."""

from __future__ import annotations

import csv
import re

from playwright.sync_api import expect

from .visitor import Visitor

ANSWER = "Open deals this quarter by stage"


def summary(seller: Visitor) -> list[dict[str, str]]:
    """The rows of the summary above the table."""
    seller.drawn()
    return seller.rows()


def number(text: str) -> float:
    return float(text.replace(",", "") or 0)


def test_deals_by_stage_and_amount_this_quarter(regular: Visitor) -> None:
    regular.open("hubspot?in=deal")
    regular.button(f"bolt {ANSWER}").or_(regular.button(ANSWER)).click()
    expect(regular.page).to_have_url(re.compile("period~this-quarter.*group=dealstage&sum=amount$"))
    *stages, total = summary(regular)
    shown, deals = regular.count()
    assert total["Deal stage"] == "All" and number(total["Count"]) == shown < deals
    assert sum(number(each["Count"]) for each in stages) == shown, "a deal has one stage"
    code = list(total)[2].removeprefix("Sum ")
    assert sum(number(each[f"Sum {code}"]) for each in stages) == number(total[f"Sum {code}"])

    bar = regular.page.locator(".st-key-chart-0 svg.marks .mark-rect path").first
    name = (bar.get_attribute("aria-label") or "").partition("Deal stage: ")[2].partition(";")[0]
    [stage] = [each for each in stages if each["Deal stage"] == name]
    box = bar.bounding_box()
    assert box
    regular.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(regular.page).to_have_url(re.compile("f.dealstage="))
    regular.drawn()
    assert regular.page.get_by_text(f"Deal stage is {name}").count() > 0
    [one, _] = summary(regular)
    assert one[f"Sum {code}"] == stage[f"Sum {code}"]

    _, rows = regular.download()
    assert len(rows) == regular.count()[0] and {row["Deal stage"] for row in rows} == {name}
    assert round(sum(number(row["Amount"]) for row in rows), 2) == number(stage[f"Sum {code}"])
    assert {row["Amount currency"] for row in rows if row["Amount"]} <= {code}

    regular.page.go_back()
    regular.sees(shown, deals)
    assert summary(regular) == [*stages, total]
    regular.button("Download").click()
    with regular.page.expect_download() as coming:
        regular.button("Download summary").click()
    with coming.value.path().open(encoding="utf-8-sig", newline="") as file:
        *_, last = csv.DictReader(file)
    assert number(last[f"Sum of Amount ({code})"]) == number(total[f"Sum {code}"])
