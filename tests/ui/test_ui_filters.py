"""Filters are added, changed, joined by "or", and taken back; the address says what is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from browser.plant import plant
from hypothesis import given
from hypothesis import strategies as st
from sales import DEALS, SALES, sales
from screens import Page, opened, pressed, words
from streamlit.testing.v1 import AppTest

from integrations.model.query import Condition, Operator, Query
from integrations.service.runtime import run
from integrations.ui import rows
from integrations.ui.conditions import Check, checks_of, chips, period_words, put, put_part
from integrations.ui.names import digest

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
API = "http://localhost:8501/sandbox/hubspot"


@pytest.fixture(autouse=True)
def deals(owner: str, store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 deals; deal n closes n days after 1 January 2026, and today is 15 May 2026."""
    monkeypatch.setattr(rows, "now", lambda: NOW)
    run(plant(owner, "hubspot", API, sales(), schema=SALES))


def asked(app: AppTest) -> dict[str, list[str]]:
    found = {name: [value] if isinstance(value, str) else value for name, value in app.query_params.items()}
    return {name: value for name, value in found.items() if name.startswith(("f.", "any."))}


def said(app: AppTest) -> list[str]:
    """What the chips say, in their order."""
    menus = [each.proto.popover for each in app.get("popover")]
    return [str(each.label).replace("\\", "") for each in menus if "-edit " in each.id]


def choosing(app: AppTest, label: str, value: object) -> AppTest:
    """The page after a choice from the list whose label or key begins so."""
    found = next(each for each in app.selectbox if f"{each.label}|{each.key}".find(label) >= 0)
    return found.set_value(value).run()


def adding(app: AppTest, field: str, check: Check | None = None) -> AppTest:
    app = choosing(opened(app, "add 0"), "filter column", field)
    return choosing(app, "|test ", check) if check else app


def shown(app: AppTest) -> int:
    return int(words(app).partition("**")[2].partition("**")[0].replace(",", ""))


def test_a_period_is_chosen_by_name_and_stays_one_in_the_address(page: Page) -> None:
    app = adding(page("hubspot"), "close")
    choosing(app, "Period|", "last-quarter")
    pressed(app, "Apply")
    assert not app.exception and asked(app) == {"f.close": ["~period~last-quarter"]}
    assert said(app) == ["Close date is last quarter"] and shown(app) == 60
    [chip] = [each for each in app.get("popover") if "quarter" in each.proto.popover.label]
    assert chip.proto.popover.help.replace("\\", "") == "1 Jan 2026 – 31 Mar 2026, in the time zone UTC"


def test_a_period_of_so_many_days_is_counted_from_today(page: Page) -> None:
    app = adding(page("hubspot"), "close")
    choosing(app, "Period|", "last")
    app.number_input[0].set_value(100).run()
    pressed(app, "Apply")
    assert asked(app) == {"f.close": ["~period~last-100-days"]} and said(app) == ["Close date is in the last 100 days"]
    assert shown(app) == 60 - 35  # from 5 February on


def test_the_same_page_shows_the_rows_of_the_next_day_after_midnight(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = page("hubspot", **{"f.seen": "~period~today"})
    assert shown(app) == 13
    monkeypatch.setattr(rows, "now", lambda: datetime(2026, 5, 16, 0, 0, 1, tzinfo=UTC))
    assert shown(app.run()) == 0


def test_a_period_that_is_not_known_is_said_to_be_so_and_can_be_removed(page: Page) -> None:
    app = page("hubspot", **{"f.close": "~period~this-decade"})
    assert not app.exception and shown(app) == 0 and "this period is not known here" in words(app)
    assert shown(pressed(app, "Remove filter")) == 60


@pytest.mark.parametrize(
    ("check", "end", "written", "chip", "left"),
    [
        (Check.FROM, "From", ["~from~2026-02-01"], "Close date from 1 Feb 2026", 29),
        (Check.TO, "To", ["~to~2026-02-01"], "Close date up to 1 Feb 2026", 32),
    ],
)
def test_days_are_before_or_after_one(
    page: Page, check: Check, end: str, written: list[str], chip: str, left: int
) -> None:
    app = adding(page("hubspot"), "close", check)
    [day] = app.date_input
    assert day.label == end
    day.set_value(datetime(2026, 2, 1).date())
    pressed(app, "Apply")
    assert asked(app) == {"f.close": written} and said(app) == [chip] and shown(app) == left


def test_amounts_in_several_currencies_are_compared_within_the_chosen_one(page: Page) -> None:
    app = adding(page("hubspot"), "amount", Check.FROM)
    app.number_input[0].set_value(50_000)
    [currency] = [each for each in app.selectbox if each.label == "Currency"]
    assert currency.options == ["Any currency", "EUR · 30", "USD · 30"]
    currency.set_value("EUR")
    pressed(app, "Apply")
    assert asked(app) == {"f.amount": ["~from~50000", "~unit~EUR"]} and said(app) == ["Amount from EUR 50,000"]
    assert shown(app) == 5  # of those from the 50th on, every other


def test_text_may_begin_so(page: Page) -> None:
    app = adding(page("hubspot"), "name", Check.STARTS)
    app.text_input[-1].set_value("ACME")
    pressed(app, "Apply")
    assert (
        asked(app) == {"f.name": ["~starts~ACME"]} and said(app) == ["Deal name starts with ACME"] and shown(app) == 6
    )


@pytest.mark.parametrize("field", ["mail", "amount", "close", "stage"])
def test_an_editor_without_a_value_adds_no_filter(page: Page, field: str) -> None:
    app = page("hubspot")
    for number, check in enumerate(checks_of(next(each for each in DEALS.fields if each.id == field))[:-2]):
        app = choosing(opened(app, f"add {number}"), "filter column", field)
        choosing(app, "|test ", check)
        pressed(app, "Apply")
        assert not app.exception and asked(app) == {} and shown(app) == 60


def test_a_filter_gets_an_alternative_and_loses_it_again(page: Page) -> None:
    app = page("hubspot", **{"f.stage": "s4", "f.code": "EUR"})
    assert shown(app) == 10
    name = digest("stage", Operator.IS)
    pressed(opened(app, f"edit {name} 0"), "Or…")
    choosing(app, "|alternative", "amount")
    choosing(app, "|test ", Check.FROM)
    app.number_input[0].set_value(50_000)
    pressed(app, "Apply")
    assert asked(app) == {"any.1.stage": ["s4"], "any.1.amount": ["~from~50000"], "f.code": ["EUR"]}
    assert said(app) == ["Stage is Closed won or Amount from 50,000", "Currency is EUR"]
    assert shown(app) == 13

    app = opened(app, f"edit {digest(1)} 1")
    choosing(app, "One of these", 1)
    pressed(app, "Remove this alternative")
    assert asked(app) == {"f.stage": ["s4"], "f.code": ["EUR"]} and shown(app) == 10


def test_an_alternative_is_changed_where_it_stands(page: Page) -> None:
    app = page("hubspot", **{"any.3.stage": "s4", "any.3.amount": "~from~50000", "any.3.won": "no"})
    app = opened(app, f"edit {digest(3)} 0")
    choosing(app, "One of these", 1)
    app.number_input[0].set_value(60_000)
    pressed(app, "Apply")
    assert asked(app) == {"any.3.stage": ["s4"], "any.3.amount": ["~from~60000"], "any.3.won": ["no"]}
    next(each for each in app.button if each.help and each.help.startswith("Remove filter")).click().run()
    assert asked(app) == {}


def test_the_last_change_is_undone_in_one_step_and_keeps_the_order(page: Page) -> None:
    app = page("hubspot", **{"f.stage": "s4", "f.code": "EUR", "sort": "amount"})
    assert "Undo" not in [each.label for each in app.button]
    pressed(app, "Clear")
    assert asked(app) == {} and shown(app) == 60
    pressed(app, "Undo")
    assert asked(app) == {"f.stage": ["s4"], "f.code": ["EUR"]} and app.query_params["sort"] in ("amount", ["amount"])
    assert shown(app) == 10 and "Undo" not in [each.label for each in app.button]


def test_undo_is_not_offered_for_filters_that_have_changed_since(page: Page) -> None:
    app = pressed(page("hubspot", **{"f.stage": "s4"}), "Clear")
    assert "Undo" in [each.label for each in app.button]
    app.query_params["f.stage"] = "s1"
    assert "Undo" not in [each.label for each in app.run().button]


def test_each_text_that_must_be_there_is_a_chip_of_its_own(page: Page) -> None:
    app = page("hubspot", **{"f.name": ["~has~acme", "~has~3", "~lacks~13"]})
    assert said(app) == ["Deal name contains acme", "Deal name contains 3", "Deal name does not contain 13"]


CONDITIONS = st.lists(
    st.builds(
        Condition, st.sampled_from("abc"), st.sampled_from([each for each in Operator]), st.sampled_from(["1", "2"]),
        st.integers(0, 2),
    ), unique=True, max_size=8,
)  # fmt: skip


@given(CONDITIONS)
def test_every_condition_is_in_one_chip_and_goes_with_it(where: list[Condition]) -> None:
    query = Query(where=tuple(where))
    found = chips(query)
    assert sorted((each for chip in found for each in chip.conditions), key=where.index) == where
    for chip in found:
        assert put(query, chip, ()).where == tuple(each for each in where if each not in chip.conditions)
        assert put(query, chip, chip.conditions).where == tuple(
            dict.fromkeys((*[each for each in where[: where.index(chip.conditions[0])] if each not in chip.conditions],
             *chip.conditions, *where[where.index(chip.conditions[0]):]))
        )  # fmt: skip
        for part in chip.alternatives:
            assert set(part.conditions) <= set(chip.conditions)
            left = put_part(query, chip, part, ()).where
            assert len(left) == len({(*each.__dict__.values(),) for each in left}) <= len(where) - len(part.conditions)


def test_periods_have_words() -> None:
    names = ["today", "this-week", "past", "next-30-days", "2026-01-01/..", "../2026-01-31", "someday"]
    assert [period_words(each) for each in names] == [
        "today", "this week", "in the past", "in the next 30 days", "from 1 Jan 2026", "up to 31 Jan 2026", "someday",
    ]  # fmt: skip
