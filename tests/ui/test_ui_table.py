"""The address of a download, the filters of a page, and its choices."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from browser.plant import plant
from queries import narrowing
from sales import SALES, sales
from screens import Page, names, opened, pressed, words
from streamlit.testing.v1 import AppTest

from integrations import providers, service
from integrations.frames import Tables
from integrations.model import Account, Connection, Item, Load
from integrations.model.query import Operator, Query, Sort
from integrations.service.runtime import run
from integrations.store import client, connections, keys, records
from integrations.ui.conditions import Check
from integrations.ui.download import download_url
from integrations.ui.names import digest
from integrations.ui.provider_page import _labels
from integrations.ui.rows import Rows
from integrations.ui.view import View

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
API = "http://localhost:8501/sandbox/hubspot"
ODD = 'a&b="c" + d/é?#%\n🚀'


def connection(name: str = "Account", identity: str = "c0ffee", **more: str) -> Connection:
    return Connection(identity, "owner", "hubspot", Account("1", name, **more), "real", "https://api", NOW)


def view(query: Query, collection: str = "*") -> View:
    """A view of no rows at all."""
    rows = Rows(service.Rows(connection(), Load("1", "complete", NOW), Tables()), "c0ffee")
    return View(providers()["hubspot"], rows, rows.tables.open(), replace(query, collection=collection), "")


def asked(app: AppTest) -> dict[str, list[str]]:
    """Every parameter of the page's address with all its values."""
    return {name: [value] if isinstance(value, str) else value for name, value in app.query_params.items()}


@pytest.fixture
def two(owner: str) -> str:
    """The id of a connection with a deal that was changed in May and has an owner, and a ticket without either."""
    deal = Item("1", "deal", "A", last_modified_time=NOW, owner="Ann", properties={"Stage": "Won"})
    run(plant(owner, "hubspot", API, (deal, Item("2", "ticket", "B"))))
    return run(connections.of(owner))[0].id


def test_a_download_asks_for_exactly_what_the_page_shows(store: None) -> None:
    days = (date(2026, 1, 2), date(2026, 3, 4))
    query = narrowing(ODD, ("deal", "ticket"), (ODD, "~x"), ("Ann",), days, (days[0], None), ("type", "owner"))
    query = replace(query, sort=(Sort("owner", True), Sort("property -a.b")), zone="Europe/Berlin")

    url = urlsplit(download_url(view(query), raw=True))

    pairs = parse_qsl(url.query, strict_parsing=True)
    assert (url.scheme, url.netloc, url.path) == ("", "", "/download/hubspot")
    assert run(service.query_of(pairs)) == replace(query, collection="*", columns=("name", "type", "owner"))
    assert dict(pairs)["account"] == "c0ffee" and dict(pairs)["raw"] == "1"


def test_a_query_too_long_for_an_address_is_kept_under_a_short_name(store: None) -> None:
    query = narrowing(owners=tuple(f"Owner number {number}" for number in range(300)), columns=("name", "owner"))
    url = urlsplit(download_url(view(query), raw=False))
    assert len(url.query) < 100
    assert run(service.query_of(parse_qsl(url.query))) == replace(query, collection="*")
    [(name,)] = run(records.paths(keys.QUERY))
    assert re.fullmatch(r"[0-9a-f]{32}", name), "128 random bits"
    record = run(client.execute(lambda redis: redis.get(keys.QUERY.key(name))))
    assert b"Owner" not in record, "sealed"
    run(client.execute(lambda redis: redis.expire(keys.QUERY.key(name), 10)))
    run(service.query_of(parse_qsl(url.query)))
    assert run(client.execute(lambda redis: redis.ttl(keys.QUERY.key(name)))) > 89 * 86_400, "from its last use on"


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        (["~from~2026-05-10", "~to~2026-05-20"], 1),
        (["~from~2026-05-20", "~to~2026-05-10"], 0),
        (["2026-05-15"], 1),
        (["2026-05-16"], 0),
        (["~from~1960-01-01", "~to~1970-01-01"], 0),
        (["~from~1960-01-01"], 1),
        (["no day"], 0),
        (["~from~no day"], 0),
        (["~sometime~2026-05-15"], 0),
    ],
)
def test_rows_are_of_the_days_that_the_address_asks_for(page: Page, two: str, days: list[str], shown: int) -> None:
    app = page("hubspot", **{"in": "*", "f.updated": days})
    assert not app.exception and f"**{shown}** :gray[of 2 records]" in words(app)


@pytest.mark.parametrize(
    ("days", "shown"), [(["2026-05-10", "2026-05-20"], 1), (["2026-05-20", "2026-05-10"], 1), (["2026-05-15"], 1)]
)
def test_an_address_of_an_earlier_version_shows_the_same_rows(
    page: Page, two: str, days: list[str], shown: int
) -> None:
    app = page("hubspot", hubspot_type=["Deal", "Ticket"], hubspot_updated=days)
    assert not app.exception and f"**{shown}** :gray[of 2 records]" in words(app)
    app = page("hubspot", hubspot_type="Deal", hubspot_owner=["Ann", "~nobody"], hubspot_q="a")
    assert "**1** :gray[of 2 records]" in words(app)
    assert "**0** :gray[of 2 records]" in words(page("hubspot", hubspot_type="Deal", hubspot_parent="nobody"))


def test_what_an_address_asks_for_and_no_row_has_matches_nothing_and_can_be_removed(page: Page, two: str) -> None:
    app = page("hubspot", **{"f.parent": "nobody", "f.type": "deal", "q": "a"})

    assert not app.exception
    assert "**0** :gray[of 2 records]" in words(app) and "No records match" in words(app)
    assert "Parent: “nobody”] No record can match: no row has it" in words(app)

    pressed(app, "Remove filter")
    assert "**1** :gray[of 2 records]" in words(app)
    assert asked(app) == {"account": [two], "in": ["*"], "f.type": ["deal"], "q": ["a"]}


@pytest.mark.parametrize("query", [{"f.stage": "won"}, {"f.owner": "~period~never"}, {"view": "0" * 32}, {"f.": "x"}])
def test_a_condition_that_cannot_be_met_shows_no_rows_and_says_why(page: Page, two: str, query: dict[str, str]) -> None:
    app = page("hubspot", **{"in": "*", **query})
    assert not app.exception and "No record can match: " in words(app) and not app.dataframe
    pressed(app, "Remove filter")
    assert app.dataframe


def test_an_address_that_names_an_account_one_cannot_see_shows_no_other(page: Page, two: str) -> None:
    app = page("hubspot", account="0123456789abcdef", **{"f.type": "deal"})
    assert not app.exception and not app.dataframe
    assert "account that you can't see here" in words(app)
    pressed(app, "Show my accounts")
    assert names(app) == ["A"], "with the same query"


def test_an_address_that_names_an_account_asks_to_connect_it_where_there_is_none(page: Page) -> None:
    app = page("hubspot", account="0123456789abcdef")
    assert "account that you can't see here" in words(app)
    assert "Try with sample data" in [each.label for each in app.button]


def test_without_a_match_the_page_says_which_filter_to_drop(page: Page, two: str) -> None:
    app = page("hubspot", **{"f.type": "ticket", "f.owner": "Ann"})
    assert "**0** :gray[of 2 records]" in words(app)
    assert "Drop “Owner is Ann” to see 1 record" in [each.label.replace("\\", "") for each in app.button]
    pressed(app, "Drop “Owner")
    assert "**1** :gray[of 2 records]" in words(app) and asked(app)["f.type"] == ["ticket"]


def test_an_unknown_value_beside_a_known_one_adds_nothing(page: Page, two: str) -> None:
    app = page("hubspot", **{"f.type": ["deal", "No such type"]})
    assert "**1** :gray[of 2 records]" in words(app)


def test_days_may_be_as_old_as_any(page: Page, owner: str) -> None:
    old = Item("1", "deal", "Old", last_modified_time=datetime(1969, 7, 20, 12, tzinfo=UTC))
    run(plant(owner, "hubspot", API, (old, Item("2", "deal", "New", last_modified_time=NOW))))
    app = page("hubspot", **{"f.updated": ["~from~1960-01-01", "~to~1970-01-01"]})
    assert not app.exception and "**1** :gray[of 2 deals]" in words(app)


@pytest.fixture
def deals(owner: str) -> None:
    run(plant(owner, "hubspot", API, sales(), schema=SALES))


def chips(app: AppTest) -> list[str]:
    """What the filters say, in their order."""
    menus = [each.proto.popover for each in app.get("popover")]
    return [str(each.label).replace("\\", "") for each in menus if "-edit " in each.id]


def adding(app: AppTest, field: str, operator: Operator | Check | None = None) -> AppTest:
    """The page with the menu of a new filter open, on a field."""
    app = opened(app, "add 0")
    next(each for each in app.selectbox if each.label == "Column").set_value(field).run()
    if operator:
        next(each for each in app.selectbox if each.key.startswith("test ")).set_value(operator).run()
    return app


def test_a_filter_on_a_list_is_chosen_with_counts_and_written_into_the_address(page: Page, deals: None) -> None:
    app = adding(page("hubspot"), "stage")
    [values] = [each for each in app.multiselect if each.label == "Values"]
    assert values.options[:2] == ["Appointment · 10", "Qualified · 10"]
    values.set_value(["s0", "s1"]).run()
    pressed(app, "Apply")
    assert not app.exception and asked(app)["f.stage"] == ["s0", "s1"]
    assert "**20** :gray[of 60 deals]" in words(app) and "Stage is Appointment, Qualified" in chips(app)


@pytest.mark.parametrize(
    ("field", "test", "ends", "written", "said", "rows"),
    [
        ("amount", "between", (10_000, 20_000), ["~from~10000", "~to~20000"], "Amount 10,000 – 20,000", 10),
        ("amount", "to", (None, 1_000_000.5), ["~to~1000000.5"], "Amount up to 1,000,000.5", 60),
        ("chance", "from", (30, None), ["~from~0.3"], "Probability from 30%", 30),
        ("spent", "to", (None, 0.5), ["~to~1800"], "Time spent up to 0.5 hours", 31),
    ],
)
def test_a_filter_on_a_number_is_given_as_people_count(
    page: Page, deals: None, field: str, test: str, ends: tuple[float, float], written: list[str], said: str, rows: int
) -> None:
    app = adding(page("hubspot"), field, Check(test))
    for name, end in zip(("From", "To"), ends, strict=True):
        for each in app.number_input:
            if each.label.startswith(name):
                each.set_value(end)
    pressed(app, "Apply")
    assert not app.exception and asked(app)[f"f.{field}"] == written
    assert f"**{rows}** :gray[of 60 deals]" in words(app) and said in chips(app)


def test_a_filter_on_a_day_is_read_in_the_viewers_zone_which_is_in_the_address(page: Page, deals: None) -> None:
    app = adding(page("hubspot"), "seen", Operator.FROM)
    app.date_input[0].set_value(date(2026, 5, 15))
    pressed(app, "Apply")
    assert asked(app)["f.seen"] == ["~from~2026-05-15"] and asked(app)["zone"] == ["UTC"]
    assert "**13** :gray[of 60 deals]" in words(app) and "Last contacted from 15 May 2026" in chips(app)


def test_a_filter_is_changed_where_it_stands_and_removed(page: Page, deals: None) -> None:
    app = page("hubspot", **{"f.stage": "s0", "f.code": "EUR", "q": "e"})
    app = opened(app, f"edit {digest('stage', Operator.IS)} 0")
    next(each for each in app.multiselect if each.label == "Values").set_value(["s2"]).run()
    pressed(app, "Apply")
    assert list(asked(app)) == ["account", "in", "f.stage", "f.code", "q"] and asked(app)["f.stage"] == ["s2"]
    next(each for each in app.button if each.help and "Stage" in each.help).click().run()
    assert list(asked(app)) == ["account", "in", "f.code", "q"]
    pressed(app, "Clear")
    assert list(asked(app)) == ["account", "in"]
    assert app.text_input(key="hubspot q").value == ""


def test_no_choice_is_missing_because_there_are_many(page: Page, owner: str) -> None:
    items = tuple(Item(str(n), "deal", f"D{n}", owner=f"Owner {n:04}") for n in range(2_500))
    run(plant(owner, "hubspot", API, items))
    app = adding(page("hubspot"), "owner", Operator.IS)
    [values] = [each for each in app.multiselect if each.label == "Values"]
    assert len(values.options) == 200
    next(each for each in app.text_input if each.label == "Find a value").set_value("r 2499").run()
    next(each for each in app.multiselect if each.label == "Values").set_value(["Owner 2499"]).run()
    next(each for each in app.text_input if each.label == "Find a value").set_value("r 0001").run()
    [values] = [each for each in app.multiselect if each.label == "Values"]
    assert values.value == ["Owner 2499"], "what is chosen stays while the next is looked for"
    pressed(app, "Apply")
    assert "**1** :gray[of 2,500 deals]" in words(app)


def test_what_is_typed_searches_all_columns_and_is_in_the_address(page: Page, deals: None) -> None:
    app = page("hubspot")
    app.text_input(key="hubspot q").set_value("DEAL42@").run()
    assert asked(app)["q"] == ["DEAL42@"] and "**1** :gray[of 60 deals]" in words(app)
    assert page("hubspot", q="DEAL42@").text_input(key="hubspot q").value == "DEAL42@"


def test_no_account_is_lost_among_names_that_look_like_numbered_ones() -> None:
    names = ("Same", "Same (3)", "Same", "Same (2)", "Same")

    labels = _labels([connection(name, str(number)) for number, name in enumerate(names)], [])

    assert len(labels) == len(set(labels)) == 5


def test_accounts_of_the_same_name_have_labels_of_their_own() -> None:
    mine = [connection("Same", "a"), connection("Same", "b"), connection("Same", "c", detail="ann@example.com")]

    labels = _labels(mine, [])

    assert labels == ["Same", "Same (2)", "Same · ann@example.com"]
