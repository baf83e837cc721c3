"""Saved views on a page: saved, opened, changed, renamed, copied, deleted, and shown by themselves."""

from __future__ import annotations

import pytest
from browser.plant import plant
from sales import SALES, sales
from screens import Page, names, opened, pressed, words
from streamlit.testing.v1 import AppTest

from integrations import service
from integrations.model import Connection, Query, SavedView, Viewer
from integrations.model.query import Condition, Operator, Sort
from integrations.service.runtime import run
from integrations.store import connections, keys, records

API = "http://localhost:8501/sandbox/hubspot"
WON = {"in": "deals", "f.stage": "s4", "sort": "-amount"}
SHOWN = ["name", "stage", "amount"]


@pytest.fixture
def me(owner: str) -> Viewer:
    return Viewer(owner)


@pytest.fixture
def deals(owner: str) -> Connection:
    """A connection with 60 deals, of which ten are won."""
    run(plant(owner, "hubspot", API, sales(), schema=SALES))
    return run(connections.of(owner))[0]


def asked(app: AppTest) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in app.query_params.items()}


def menu(app: AppTest) -> AppTest:
    """The page with the menu of views open."""
    closed = [app.session_state[each] for each in ("menus of views closed",) if each in app.session_state]
    return opened(app, f"views menu {sum(closed)}")


def entered(app: AppTest, name: str, button: str) -> AppTest:
    """The page after a name was entered and the button beside it pressed."""
    field = next(each for each in app.text_input if each.label in ("Name", "Name of the view"))
    field.set_value(name)
    return pressed(app, button)


def kept(me: Viewer) -> list[SavedView]:
    return run(service.saved_views(me))


def saved(me: Viewer, deals: Connection, name: str = "Won deals") -> SavedView:
    query = Query("deals", (Condition("stage", Operator.IS, "s4"),), sort=(Sort("amount", True),),
                  columns=("name", "stage", "amount"))  # fmt: skip
    return run(service.save_view(me, deals, name, query))


def in_sidebar(app: AppTest) -> list[str]:
    return [each.label.replace("\\", "") for each in app.sidebar.button if (each.key or "").startswith("open view")]


def test_what_a_page_shows_is_saved_under_a_name_and_is_open_then(page: Page, me: Viewer, deals: Connection) -> None:
    app = menu(page("hubspot", **WON))
    assert app.text_input(key="new view name 0").value == "Stage is Closed won"
    entered(app, "Won deals", "Save")
    [view] = kept(me)
    assert not app.exception and view.name == "Won deals" and view.asked.columns[:3] == ("name", "stage", "amount")
    assert asked(app)["saved"] == [view.id] and asked(app)["f.stage"] == ["s4"] and in_sidebar(app) == ["Won deals"]
    assert "Leave this view, show all deals" in {each.label for each in menu(app).button}


@pytest.mark.parametrize(("name", "sentence"), [(" ", "Give the view a name."), ("wOn deals", "already")])
def test_a_name_that_cannot_be_used_is_told_beside_it_and_loses_nothing(
    page: Page, me: Viewer, deals: Connection, name: str, sentence: str
) -> None:
    saved(me, deals)
    app = entered(menu(page("hubspot", **WON)), name, "Save")
    assert not app.exception and sentence in words(app) and len(kept(me)) == 1
    assert app.text_input(key="new view name 0").value == name and asked(app)["f.stage"] == ["s4"]


def test_a_view_in_the_sidebar_opens_with_its_query_and_columns(page: Page, me: Viewer, deals: Connection) -> None:
    view = saved(me, deals)
    app = page("hubspot", **{"in": "companies"})
    app.sidebar.button(key=f"open view {view.id}").click().run()
    assert len(names(app)) == 10 and asked(app) == {
        "account": [deals.id], "in": ["deals"], "f.stage": ["s4"], "sort": ["-amount"],
        "show": ["name", "stage", "amount"], "saved": [view.id],
    }  # fmt: skip
    assert "Undo the changes" not in {each.label for each in menu(app).button}


def test_views_of_other_pages_are_links_in_the_sidebar(page: Page, me: Viewer, deals: Connection) -> None:
    view = saved(me, deals)
    links = [each.proto for each in page("notion").sidebar.get("page_link")]
    [link] = [each for each in links if each.label == "Won deals"]
    assert link.page == "hubspot" and f"saved={view.id}" in link.query_string and "f.stage=s4" in link.query_string


def test_a_change_stays_with_the_open_view_until_it_is_updated(page: Page, me: Viewer, deals: Connection) -> None:
    view = saved(me, deals)
    app = page("hubspot", saved=view.id, **WON, show=SHOWN)
    pressed(app, "Clear")
    assert asked(app)["saved"] == [view.id] and kept(me)[0].asked.where, "nothing is saved by itself"
    pressed(menu(app), "Update")
    assert kept(me)[0].asked == Query("deals", sort=(Sort("amount", True),), columns=("name", "stage", "amount"))


def test_a_change_can_be_saved_as_another_view_or_undone(page: Page, me: Viewer, deals: Connection) -> None:
    view = saved(me, deals)
    changed = {"in": "deals", "saved": view.id, "q": "acme"}
    app = entered(menu(page("hubspot", **changed)), "Acme", "Save as new")
    assert [each.name for each in kept(me)] == ["Won deals", "Acme"] and asked(app)["saved"] == [kept(me)[1].id]
    app = pressed(menu(page("hubspot", **changed)), "Undo the changes")
    assert asked(app)["f.stage"] == ["s4"] and "q" not in asked(app)


def test_another_collection_leaves_the_view(page: Page, me: Viewer, deals: Connection) -> None:
    app = page("hubspot", saved=saved(me, deals).id, **WON)
    [collections] = [each for each in app.get("button_group") if each.label == "Collection"]
    collections.set_value("companies").run()
    assert asked(app) == {"account": [deals.id], "in": ["companies"]}


def test_a_view_is_renamed_and_copied(page: Page, me: Viewer, deals: Connection) -> None:
    view = saved(me, deals)
    app = entered(menu(page("hubspot", saved=view.id, **WON, show=SHOWN)), "Won", "Rename")
    assert in_sidebar(app) == ["Won"]
    pressed(menu(app), "Duplicate")
    assert in_sidebar(app) == ["Won", "Won (2)"] and asked(app)["saved"] == [view.id]


def test_a_deleted_view_is_back_after_undo(page: Page, me: Viewer, deals: Connection) -> None:
    view = saved(me, deals, "*Won* deals")
    app = pressed(menu(page("hubspot", saved=view.id, **WON)), "Delete")
    assert "Deleted the view “*Won* deals”." in words(app) and kept(me) == [] and in_sidebar(app) == []
    assert "saved" not in asked(app) and len(names(app)) == 10, "the rows stay"
    pressed(app, "Undo")
    assert kept(me) == [view] and "Deleted" not in words(app)


def test_the_default_view_is_shown_where_an_address_has_no_query(page: Page, me: Viewer, deals: Connection) -> None:
    view = saved(me, deals)
    app = menu(page("hubspot", saved=view.id, **WON))
    app.checkbox(key=f"default {view.id} False").check().run()
    assert kept(me)[0].default
    assert len(names(page("hubspot"))) == len(names(page("hubspot", account=deals.id))) == 10
    assert len(names(page("hubspot", **{"in": "deals"}))) == 60
    app = pressed(page("hubspot"), "Clear")
    assert len(names(app)) == 60 and asked(app)["saved"] == [view.id]


def test_a_view_whose_table_is_gone_says_so_and_as_the_default_it_is_left_out(
    page: Page, me: Viewer, deals: Connection
) -> None:
    view = run(service.save_view(me, deals, "Invoices", Query("invoices")))
    run(service.set_default_view(me, view.id, True))
    assert len(names(page("hubspot"))) == 60
    app = page("hubspot", saved=view.id)
    assert "This link is to a table that is not here" in words(app)
    assert len(names(pressed(app, "Show what there is"))) == 60


def test_the_address_of_a_view_with_a_long_query_is_short(page: Page, me: Viewer, deals: Connection) -> None:
    values = [f"s{number}" for number in range(1, 600)]
    query = Query("deals", tuple(Condition("stage", Operator.IS, each) for each in values))
    view = run(service.save_view(me, deals, "Long", query))
    app = page("hubspot", **{"in": "companies"})
    app.sidebar.button(key=f"open view {view.id}").click().run()
    assert asked(app) == {"account": [deals.id], "saved": [view.id]} and len(names(app)) == 50
    assert run(records.paths(keys.QUERY)) == []


def test_an_address_with_the_view_of_another_person_shows_its_rows(page: Page, me: Viewer, deals: Connection) -> None:
    app = menu(page("hubspot", saved="0123456789ab", **WON))
    assert not app.exception and len(names(app)) == 10
    assert "Save" in {each.label for each in app.button}


def test_the_last_query_is_offered_at_the_next_visit_and_not_forced(page: Page, me: Viewer, deals: Connection) -> None:
    assert not [each for each in page("hubspot").button if each.label.startswith("Go on with")]
    page("hubspot", **WON)
    app = page("hubspot")
    assert len(names(app)) == 60
    assert app.button(key="go on").label.replace("\\", "") == "Go on with: Deals · Stage is Closed won"
    app.button(key="go on").click().run()
    assert len(names(app)) == 10 and asked(app)["sort"] == ["-amount"]
    assert not [each for each in app.button if each.label.startswith("Go on with")]


def test_an_action_of_somebody_who_has_signed_out_meanwhile_changes_nothing(
    page: Page, me: Viewer, deals: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(me, deals)
    app = menu(page("hubspot", saved=kept(me)[0].id, **WON))
    monkeypatch.setattr("integrations.ui.view_actions.viewer", lambda: Viewer("e" * 64))
    pressed(app, "Delete")
    assert len(kept(me)) == 1


def test_an_address_with_only_the_id_of_a_view_that_is_not_mine_shows_no_other_rows(
    page: Page, me: Viewer, deals: Connection
) -> None:
    run(service.set_default_view(me, saved(me, deals).id, True))
    app = page("hubspot", saved="0123456789ab")
    assert "the filters of this link are no longer kept" in words(app) and not app.dataframe
    app = pressed(app, "Remove filter")
    assert app.dataframe and not app.exception
