"""The address of a download, the filters of a page, and its choices."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from browser.plant import plant
from queries import narrowing
from screens import Page, words
from streamlit.testing.v1 import AppTest

from integrations import frames, service
from integrations.model import Account, Connection, Item, Load
from integrations.model.query import Sort
from integrations.service.runtime import run
from integrations.store import client, connections, keys, records
from integrations.ui.provider_page import _labels
from integrations.ui.rows import Rows
from integrations.ui.table import _facts, download_url

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
API = "http://localhost:8501/sandbox/hubspot"
ODD = 'a&b="c" + d/é?#%\n🚀'


def connection(name: str = "Account", identity: str = "c0ffee", **more: str) -> Connection:
    return Connection(identity, "owner", "hubspot", Account("1", name, **more), "real", "https://api", NOW)


def rows() -> Rows:
    return Rows(service.Rows(connection(), Load("1", "complete", NOW), frames.unpack([])), "c0ffee")


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
    query = narrowing(ODD, ("deal", "ticket"), (ODD, "~x"), ("Ann",), days, (days[0], None), ("Stage", ODD))
    query = replace(query, sort=(Sort("owner", True), Sort("property -a.b")), zone="Europe/Berlin")

    url = urlsplit(download_url(rows(), query, raw=True))

    pairs = parse_qsl(url.query, strict_parsing=True)
    assert (url.scheme, url.netloc, url.path) == ("", "", "/download/hubspot")
    assert run(service.query_of(pairs)) == query
    assert dict(pairs)["account"] == "c0ffee" and dict(pairs)["raw"] == "1"


def test_a_download_of_everything_has_no_filters(store: None) -> None:
    assert download_url(rows(), narrowing(), raw=False) == "/download/hubspot?account=c0ffee"


def test_a_query_too_long_for_an_address_is_kept_under_a_short_name(store: None) -> None:
    query = narrowing(owners=tuple(f"Owner number {number}" for number in range(300)))
    url = urlsplit(download_url(rows(), query, raw=False))
    assert len(url.query) < 100 and run(service.query_of(parse_qsl(url.query))) == query
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
    app = page("hubspot", **{"f.updated": days})
    assert not app.exception and f"**{shown}** of 2 records" in words(app)


@pytest.mark.parametrize(
    ("days", "shown"), [(["2026-05-10", "2026-05-20"], 1), (["2026-05-20", "2026-05-10"], 1), (["2026-05-15"], 1)]
)
def test_an_address_of_an_earlier_version_shows_the_same_rows(
    page: Page, two: str, days: list[str], shown: int
) -> None:
    app = page("hubspot", hubspot_updated=days)
    assert not app.exception and f"**{shown}** of 2 records" in words(app)
    app = page("hubspot", hubspot_type="Deal", hubspot_owner=["Ann", "~nobody"], hubspot_q="a", hubspot_column="Stage")
    assert "**1** of 2 records" in words(app) and list(app.dataframe[0].value.columns)[7:] == ["Stage"]
    assert "**0** of 2 records" in words(page("hubspot", hubspot_parent="nobody"))


def test_what_an_address_asks_for_and_no_row_has_matches_nothing_and_can_be_removed(page: Page, two: str) -> None:
    app = page("hubspot", **{"f.parent": "nobody", "f.type": "deal", "q": "a"})

    assert not app.exception
    assert "**0** of 2 records" in words(app) and "No records match" in words(app)
    [parent] = [each for each in app.multiselect if each.label == "Parent"]
    assert parent.value == ["nobody"] and "Parent: “nobody”] No record can match: no row has it" in words(app)

    next(each for each in app.button if each.label == "Remove filter").click().run()
    assert "**1** of 2 records" in words(app)
    assert asked(app) == {"account": [two], "f.type": ["deal"], "q": ["a"]}


@pytest.mark.parametrize(
    "query",
    [{"f.stage": "won"}, {"f.owner": "~has~An"}, {"in": "deals"}, {"view": "0" * 32}, {"view": "../x"}, {"f.": "x"}],
)
def test_a_condition_that_cannot_be_met_shows_no_rows_and_says_why(page: Page, two: str, query: dict[str, str]) -> None:
    app = page("hubspot", **query)
    assert not app.exception and "**0** of 2 records" in words(app) and "No record can match: " in words(app)
    next(each for each in app.button if each.label == "Remove filter").click().run()
    assert "**2** of 2 records" in words(app)


def test_every_widget_writes_the_address_and_reads_it_back(page: Page, two: str) -> None:
    app = page("hubspot")
    app.multiselect(key="hubspot owner").set_value(["Ann"]).run()
    app.multiselect(key="hubspot type").set_value(["deal"]).run()
    app.multiselect(key="hubspot show").set_value(["Stage"]).run()
    app.text_input(key="hubspot q").set_value("a").run()
    app.date_input(key="hubspot updated").set_value([NOW.date()]).run()
    wanted = {"account": [two], "f.owner": ["Ann"], "f.type": ["deal"], "f.updated": ["2026-05-15"], "q": ["a"],
              "show": ["Stage"]}  # fmt: skip
    assert not app.exception and asked(app) == wanted
    app.date_input(key="hubspot updated").set_value([date(2026, 5, 1), NOW.date()]).run()
    wanted["f.updated"] = ["~from~2026-05-01", "~to~2026-05-15"]
    assert asked(app) == wanted and "**1** of 2 records" in words(app)

    copied = page("hubspot", **wanted)
    assert copied.text_input(key="hubspot q").value == "a" and copied.multiselect(key="hubspot owner").value == ["Ann"]
    assert copied.date_input(key="hubspot updated").value == (date(2026, 5, 1), NOW.date())
    assert list(copied.dataframe[0].value.columns)[7:] == ["Stage"]

    next(each for each in copied.button if each.label == "Clear filters").click().run()
    assert asked(copied) == {"account": [two], "show": ["Stage"]}
    assert copied.text_input(key="hubspot q").value == "" and copied.date_input(key="hubspot updated").value == ()


def test_an_address_that_names_an_account_one_cannot_see_shows_no_other(page: Page, two: str) -> None:
    app = page("hubspot", account="0123456789abcdef", **{"f.type": "deal"})
    assert not app.exception and not app.dataframe
    assert "account that you can't see here" in words(app)
    next(each for each in app.button if each.label == "Show my accounts").click().run()
    assert app.dataframe[0].value["Name"].tolist() == ["A"], "with the same query"


def test_an_address_that_names_an_account_asks_to_connect_it_where_there_is_none(page: Page) -> None:
    app = page("hubspot", account="0123456789abcdef")
    assert "account that you can't see here" in words(app)
    assert "Try with sample data" in [each.label for each in app.button]


def test_without_a_match_the_page_says_which_filter_to_drop(page: Page, two: str) -> None:
    app = page("hubspot", **{"f.type": "ticket", "f.owner": "Ann"})
    assert "**0** of 2 records" in words(app)
    drop = next(each for each in app.button if each.label.startswith("Drop “owner”"))
    assert drop.label == "Drop “owner” · 1 record"
    drop.click().run()
    assert "**1** of 2 records" in words(app)


def test_an_unknown_value_beside_a_known_one_adds_nothing(page: Page, two: str) -> None:
    app = page("hubspot", **{"f.type": ["deal", "No such type"]})
    assert "**1** of 2 records" in words(app)


def test_columns_that_no_row_has_are_left_out(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API, (Item("1", "deal", "A", properties={"Stage": "Won"}),)))
    app = page("hubspot", show=["Stage", "No such column"])
    assert list(app.dataframe[0].value.columns)[7:] == ["Stage"] and "No longer here: No such column" in words(app)


def test_no_choice_is_missing_because_there_are_many(page: Page, owner: str) -> None:
    items = tuple(Item(str(n), "deal", f"D{n}", owner=f"Owner {n:04}") for n in range(2_500))
    run(plant(owner, "hubspot", API, items))
    app = page("hubspot", **{"f.owner": "Owner 2499"})
    [owners] = [each for each in app.multiselect if each.label == "Owner"]
    assert len(owners.options) == 2_500 and "**1** of 2,500 records" in words(app)


def test_days_may_be_as_old_as_any(page: Page, owner: str) -> None:
    old = Item("1", "deal", "Old", last_modified_time=datetime(1969, 7, 20, 12, tzinfo=UTC))
    run(plant(owner, "hubspot", API, (old, Item("2", "deal", "New", last_modified_time=NOW))))
    app = page("hubspot", **{"f.updated": ["~from~1960-01-01", "~to~1970-01-01"]})
    assert not app.exception and "**1** of 2 records" in words(app)


def test_choices_that_begin_alike_stay_apart(page: Page, owner: str) -> None:
    parents = [f"{'long ' * 40}{number}" for number in (1, 2)]
    items = tuple(Item(parent[-1], "deal", parent[-1], parent_path_or_name=parent) for parent in parents)
    run(plant(owner, "hubspot", API, items))

    app = page("hubspot", **{"f.parent": parents[1]})

    assert app.dataframe[0].value["Name"].tolist() == ["2"]
    assert set(app.multiselect(key="hubspot parent").options) == set(parents)


def test_a_property_named_like_a_fact_of_the_item_is_shown_beside_it() -> None:
    names = ("Type", "Parent", "Owner", "Created", "Updated", "Name", "Link", "Type (property)")
    properties = {name: f"its {name}" for name in names}
    item = Item("1", "deal", "A deal", parent_path_or_name="A pipeline", owner="Ada", creation_time=NOW,
                last_modified_time=NOW, properties=properties)  # fmt: skip
    table = frames.unpack([frames.pack([item])])

    told = _facts("deal", frames.details(table, "deal", "1"))
    facts = {name.replace("\\", ""): value.replace("\\", "") for name, value in told.items()}

    assert (facts["Type"], facts["Parent"], facts["Owner"]) == ("Deal", "A pipeline", "Ada")
    assert facts["Created"] == facts["Updated"] != ""
    for name in ("Type", "Parent", "Owner", "Created", "Updated", "Name", "Link"):
        assert facts[f"{name} (property)"] == f"its {name}"
    assert facts["Type (property) (property)"] == "its Type (property)"
    headings = frames.column_labels(properties).values()
    assert set(headings) <= {*facts} and len(frames.frame(table, tuple(properties)).columns) == 7 + len(names)


def test_properties_whose_names_read_alike_are_all_shown() -> None:
    long = "long " * 40
    properties = {"A  name": "1", "A name": "2", f"{long}3": "3", f"{long}4": "4"}
    table = frames.unpack([frames.pack([Item("1", "deal", "A deal", properties=properties)])])

    facts = _facts("deal", frames.details(table, "deal", "1"))

    assert list(facts.values()) == ["Deal", "1", "2", "3", "4"]


def test_no_account_is_lost_among_names_that_look_like_numbered_ones() -> None:
    names = ("Same", "Same (3)", "Same", "Same (2)", "Same")

    labels = _labels([connection(name, str(number)) for number, name in enumerate(names)], [])

    assert len(labels) == len(set(labels)) == 5


def test_accounts_of_the_same_name_have_labels_of_their_own() -> None:
    mine = [connection("Same", "a"), connection("Same", "b"), connection("Same", "c", detail="ann@example.com")]

    labels = _labels(mine, [])

    assert labels == ["Same", "Same (2)", "Same · ann@example.com"]
