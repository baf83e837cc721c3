"""The address of a download, the filters of a page, and its choices."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from browser.plant import plant
from screens import Page, words

from integrations import frames
from integrations.frames import Filters
from integrations.model import Account, Connection, Item, Load
from integrations.store.loop import run
from integrations.ui.data import Rows
from integrations.ui.provider_page import _labels
from integrations.ui.table import _facts, download_url

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
API = "http://localhost:8501/sandbox/hubspot"
ODD = 'a&b="c" + d/é?#%\n🚀'


def connection(name: str = "Account", identity: str = "c0ffee", **more: str) -> Connection:
    return Connection(identity, "owner", "hubspot", Account("1", name, **more), "real", "https://api", NOW)


def test_a_download_asks_for_exactly_what_the_page_shows() -> None:
    rows = Rows(connection(), Load("1", "complete", NOW), frames.unpack([]))
    days = (date(2026, 1, 2), date(2026, 3, 4))
    filters = Filters(ODD, ("Deal", "Ticket"), (ODD, "x"), ("Ann",), days, (days[0], None), ("Stage", ODD))

    url = urlsplit(download_url(rows, filters, raw=True))

    query = parse_qsl(url.query, strict_parsing=True)
    assert (url.scheme, url.netloc, url.path) == ("", "", "/download/hubspot")
    assert frames.from_query(query) == filters
    assert dict(query)["connection"] == "c0ffee" and dict(query)["raw"] == "1"


def test_a_download_of_everything_has_no_filters() -> None:
    rows = Rows(connection(), Load("1", "complete", NOW), frames.unpack([]))

    assert download_url(rows, Filters(), raw=False) == "/download/hubspot?connection=c0ffee"


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        (["2026-05-10", "2026-05-20"], 1),
        (["2026-05-20", "2026-05-10"], 1),
        (["2026-05-15"], 1),
        (["2026-05-16"], 0),
        (["no day"], 2),
    ],
)
def test_days_may_come_in_any_order_and_one_day_is_a_range(page: Page, owner: str, days: list[str], shown: int) -> None:
    items = (Item("1", "deal", "In May", last_modified_time=NOW), Item("2", "deal", "Without a day"))
    run(plant(owner, "hubspot", API, items))

    app = page("hubspot", hubspot_updated=days)

    assert not app.exception
    assert f"**{shown}** of 2 items" in words(app)


def test_what_an_address_asks_for_and_no_row_has_matches_nothing_and_says_so(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API, (Item("1", "deal", "A"), Item("2", "ticket", "B"))))

    app = page("hubspot", hubspot_parent="nobody", notion_type="Page")

    assert not app.exception
    assert "**0** of 2 items" in words(app) and "Nothing matches" in words(app)
    [parent] = [each for each in app.multiselect if each.label == "Parent"]
    assert parent.value == ["nobody"] and "No row has “nobody”." in words(app)

    parent.set_value([]).run()
    assert "**2** of 2 items" in words(app)


def test_an_unknown_value_beside_a_known_one_adds_nothing(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API, (Item("1", "deal", "A"), Item("2", "ticket", "B"))))
    app = page("hubspot", hubspot_type=["Deal", "No such type"])
    assert "**1** of 2 items" in words(app)


def test_columns_that_no_row_has_are_left_out(page: Page, owner: str) -> None:
    run(plant(owner, "hubspot", API, (Item("1", "deal", "A", properties={"Stage": "Won"}),)))
    app = page("hubspot", hubspot_column=["Stage", "No such column"])
    assert list(app.dataframe[0].value.columns)[7:] == ["Stage"]


def test_no_choice_is_missing_because_there_are_many(page: Page, owner: str) -> None:
    items = tuple(Item(str(n), "deal", f"D{n}", owner=f"Owner {n:04}") for n in range(2_500))
    run(plant(owner, "hubspot", API, items))
    app = page("hubspot", hubspot_owner="Owner 2499")
    [owners] = [each for each in app.multiselect if each.label == "Owner"]
    assert len(owners.options) == 2_500 and "**1** of 2,500 items" in words(app)


def test_days_may_be_as_old_as_any(page: Page, owner: str) -> None:
    old = Item("1", "deal", "Old", last_modified_time=datetime(1969, 7, 20, 12, tzinfo=UTC))
    run(plant(owner, "hubspot", API, (old, Item("2", "deal", "New", last_modified_time=NOW))))
    app = page("hubspot", hubspot_updated=["1960-01-01", "1970-01-01"])
    assert not app.exception and "**1** of 2 items" in words(app)


def test_choices_that_begin_alike_stay_apart(page: Page, owner: str) -> None:
    parents = [f"{'long ' * 40}{number}" for number in (1, 2)]
    items = tuple(Item(parent[-1], "deal", parent[-1], parent_path_or_name=parent) for parent in parents)
    run(plant(owner, "hubspot", API, items))

    app = page("hubspot", hubspot_parent=parents[1])

    assert app.dataframe[0].value["Name"].tolist() == ["2"]
    assert set(app.multiselect(key="hubspot_parent").options) == set(parents)


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

    assert [each.id for each in labels.values()] == ["0", "1", "2", "3", "4"]


def test_accounts_of_the_same_name_have_labels_of_their_own() -> None:
    mine = [connection("Same", "a"), connection("Same", "b"), connection("Same", "c", detail="ann@example.com")]

    labels = _labels(mine, [])

    assert {label: each.id for label, each in labels.items()} == {
        "Same": "a",
        "Same (2)": "b",
        "Same · ann@example.com": "c",
    }
