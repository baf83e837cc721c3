"""Saved views: kept per person, named once a page, bounded, moved and deleted with their connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser.plant import plant
from test_access import ADA, API, BEN, EVE, NOBODY

from integrations import service
from integrations.model import Connection, Query, Viewer
from integrations.model.errors import InvalidRequest, NotAllowed, RecordUnreadable
from integrations.model.query import Condition, Grouping, Measure, Operator
from integrations.model.query import Function as By
from integrations.service.runtime import run
from integrations.store import client, connections, keys, records, sharing

WON = Query("deals", (Condition("stage", Operator.IS, "won"),), columns=("name", "stage"),
            groups=(Grouping("stage"),), measure=Measure(By.SUM, "amount"))  # fmt: skip


@pytest.fixture
def adas(store: None) -> Connection:
    run(plant(ADA.owner, "hubspot", API))
    return run(connections.of(ADA.owner))[0]


def names(viewer: Viewer = ADA) -> list[str]:
    return [each.name for each in run(service.saved_views(viewer))]


def test_a_view_is_kept_with_all_of_its_query_and_only_for_the_person_who_saved_it(adas: Connection) -> None:
    saved = run(service.save_view(ADA, adas, "  Won \n deals ", WON))
    [kept] = run(service.saved_views(ADA))
    assert kept == saved and kept.name == "Won deals" and kept.asked == WON and kept.page == ("hubspot", adas.id)
    assert names(BEN) == names(NOBODY) == []
    for act in (service.duplicate_view, service.delete_view):
        with pytest.raises(InvalidRequest, match="no longer there"):
            run(act(BEN, saved.id))
    record = run(client.execute(lambda redis: redis.get(keys.VIEWS.key(ADA.owner))))
    assert b"deals" not in record, "sealed"


def test_only_what_can_be_seen_can_be_saved(adas: Connection) -> None:
    run(sharing.share(adas, ADA.session))
    [shared] = run(service.visible(BEN, "hubspot"))[1]
    run(service.save_view(BEN, shared, "Ada's won deals", WON))
    assert names(BEN) == ["Ada's won deals"] and names(ADA) == []
    for other in (EVE, NOBODY):
        with pytest.raises(NotAllowed):
            run(service.save_view(other, shared, "Mine", WON))
        assert names(other) == []


@pytest.mark.parametrize("name", ["", "   ", "\n\t", "\u200b", "\x00"])
def test_a_view_needs_a_name_that_can_be_seen(adas: Connection, name: str) -> None:
    with pytest.raises(InvalidRequest, match="Give the view a name"):
        run(service.save_view(ADA, adas, name, WON))
    assert names() == []


def test_a_name_has_at_most_80_characters(adas: Connection) -> None:
    run(service.save_view(ADA, adas, "x" * 80, WON))
    with pytest.raises(InvalidRequest, match="at most 80 characters; this one has 1,000"):
        run(service.save_view(ADA, adas, "y" * 1_000, WON))


@pytest.mark.parametrize("name", ["Won deals", "WON DEALS", " won  deals "])
def test_a_name_is_used_once_on_a_page_in_any_letter_case(adas: Connection, name: str) -> None:
    run(service.save_view(ADA, adas, "Won deals", WON))
    other = run(service.save_view(ADA, adas, "Lost deals", WON))
    for act in (lambda: service.save_view(ADA, adas, name, WON), lambda: service.rename_view(ADA, other.id, name)):
        with pytest.raises(InvalidRequest, match="already"):
            run(act())
    assert names() == ["Won deals", "Lost deals"]


def test_the_same_name_is_free_on_another_page(adas: Connection) -> None:
    run(plant(ADA.owner, "notion", API))
    [theirs] = run(connections.of(ADA.owner, "notion"))
    for connection in (adas, theirs):
        run(service.save_view(ADA, connection, "Everything", Query()))
    assert names() == ["Everything", "Everything"]


def test_a_view_is_updated_renamed_and_duplicated(adas: Connection) -> None:
    view = run(service.save_view(ADA, adas, "Won", WON))
    run(service.update_view(ADA, view.id, Query("deals", search="acme")))
    run(service.rename_view(ADA, view.id, "wON"))
    first, second = (run(service.duplicate_view(ADA, view.id)) for _ in range(2))
    assert names() == ["wON", "wON (2)", "wON (3)"] and first.asked == second.asked == Query("deals", search="acme")
    assert run(service.saved_views(ADA))[0].changed_at > view.changed_at


def test_the_copy_of_a_long_name_fits(adas: Connection) -> None:
    view = run(service.save_view(ADA, adas, "x" * 80, WON))
    assert run(service.duplicate_view(ADA, view.id)).name == "x" * 76 + " (2)"


def test_a_deleted_view_can_be_put_back_where_it_was(adas: Connection) -> None:
    first, second = (run(service.save_view(ADA, adas, name, WON)) for name in ("First", "Second"))
    run(service.set_default_view(ADA, first.id, True))
    deleted = run(service.delete_view(ADA, first.id))
    assert names() == ["Second"]
    run(service.rename_view(ADA, second.id, "FIRST"))
    assert run(service.restore_view(ADA, deleted)).name == "First (2)" and names() == ["First (2)", "FIRST"]
    assert run(service.saved_views(ADA))[0].default


def test_the_last_view_leaves_no_record(adas: Connection) -> None:
    run(service.delete_view(ADA, run(service.save_view(ADA, adas, "Won", WON)).id))
    assert not run(records.any_exist((keys.VIEWS, (ADA.owner,))))


def test_a_page_has_one_default_at_most(adas: Connection) -> None:
    one, two = (run(service.save_view(ADA, adas, name, WON)) for name in ("One", "Two"))
    for id, on, expected in ((one.id, True, ["One"]), (two.id, True, ["Two"]), (two.id, False, [])):
        run(service.set_default_view(ADA, id, on))
        assert [each.name for each in run(service.saved_views(ADA)) if each.default] == expected


def test_a_person_keeps_a_hundred_views_and_is_told_at_the_next(adas: Connection) -> None:
    for number in range(100):
        view = run(service.save_view(ADA, adas, f"View {number}", WON))
    for act in (lambda: service.save_view(ADA, adas, "One more", WON), lambda: service.duplicate_view(ADA, view.id)):
        with pytest.raises(InvalidRequest, match="100 saved views"):
            run(act())
    deleted = run(service.delete_view(ADA, view.id))
    run(service.save_view(ADA, adas, "In its place", WON))
    with pytest.raises(InvalidRequest, match="100 saved views"):
        run(service.restore_view(ADA, deleted))


def test_a_query_without_end_is_not_saved(adas: Connection) -> None:
    endless = Query("deals", tuple(Condition("stage", Operator.IS, f"{number}" * 20) for number in range(2_000)))
    with pytest.raises(InvalidRequest, match="too many filter values"):
        run(service.save_view(ADA, adas, "Endless", endless))


def test_views_saved_at_the_same_time_are_all_kept(adas: Connection) -> None:
    import asyncio

    async def at_once() -> None:
        await asyncio.gather(*(service.save_view(ADA, adas, f"View {number}", WON) for number in range(20)))

    run(at_once())
    assert len(set(names())) == 20


def test_views_end_with_their_connection_and_no_others(adas: Connection) -> None:
    run(plant(ADA.owner, "notion", API))
    [other] = run(connections.of(ADA.owner, "notion"))
    view = run(service.save_view(ADA, adas, "Deals", WON))
    run(service.save_view(ADA, other, "Tasks", Query()))
    run(service.remember_query(ADA, adas, WON))
    run(service.disconnect(ADA, adas))
    assert names() == ["Tasks"] and run(records.paths(keys.LAST_QUERY)) == []
    with pytest.raises(InvalidRequest, match="no longer connected"):
        run(service.restore_view(ADA, view))


def test_forgetting_a_browser_leaves_no_view(adas: Connection) -> None:
    run(service.save_view(ADA, adas, "Deals", WON))
    run(service.forget_browser(ADA))
    assert run(client.execute(lambda redis: redis.keys(f"*{ADA.owner}*"))) == []


def test_views_of_a_browser_move_with_its_connections_to_the_person_who_signs_in(adas: Connection) -> None:
    browser = Viewer("f" * 64)
    run(plant(browser.owner, "hubspot", API))
    [theirs] = run(connections.of(browser.owner))
    kept = [run(service.save_view(browser, theirs, name, WON)) for name in ("Deals", "Tickets")]
    run(service.set_default_view(browser, kept[0].id, True))
    mine = run(service.save_view(ADA, adas, "DEALS", Query()))
    run(service.set_default_view(ADA, mine.id, True))

    person = Viewer(ADA.owner, ADA.session, browser=browser.owner)
    run(service.adopt(person))

    assert names() == ["Deals (2)", "Tickets", "DEALS"] and names(browser) == []
    assert [each.name for each in run(service.saved_views(ADA)) if each.default] == ["DEALS"]


def test_views_that_do_not_open_are_none_and_are_not_written_over(
    adas: Connection, configured: Callable[..., None]
) -> None:
    run(service.save_view(ADA, adas, "Deals", WON))
    before = run(client.execute(lambda redis: redis.get(keys.VIEWS.key(ADA.owner))))
    configured(TOKEN_KEYS="k" * 43)
    assert names() == []
    with pytest.raises(RecordUnreadable):
        run(service.save_view(ADA, adas, "Another", WON))
    assert run(client.execute(lambda redis: redis.get(keys.VIEWS.key(ADA.owner)))) == before


def test_the_last_query_of_a_page_is_kept_for_its_viewer(adas: Connection) -> None:
    assert run(service.last_query(ADA, adas)) is None
    run(service.remember_query(ADA, adas, WON))
    assert run(service.last_query(ADA, adas)) == WON
    act: list[Any] = [service.last_query(EVE, adas), service.remember_query(EVE, adas, WON)]
    for each in act:
        with pytest.raises(NotAllowed):
            run(each)
