"""A search in everything finds what the viewer may see, best first, and nothing of anybody else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from browser.plant import plant
from sales import SALES, sales

from integrations import service
from integrations.model import Account, Connection, Item, Session, Token, Viewer
from integrations.model.errors import NotAllowed
from integrations.service import Found
from integrations.service.runtime import run
from integrations.store import connections, sharing

NOW = datetime.now(UTC)
API = "http://localhost:8501/sandbox/hubspot"
ADA = Viewer("a" * 64, Session("a" * 64, "Ada", "login a", NOW, "org", "example.com"))
BEN = Viewer("b" * 64, Session("b" * 64, "Ben", "login b", NOW, "org", "example.com"))
EVE = Viewer("e" * 64)


def deal(name: str, id: str = "1") -> tuple[Item, ...]:
    return (Item(id, "deal", name),)


def names(found: list[Found]) -> list[str]:
    return [hit.name for each in found for group in each.groups for hit in group.hits]


@pytest.fixture
def two_owners(store: None) -> None:
    run(plant(ADA.owner, "hubspot", API, deal("Ada's solar deal")))
    run(plant(BEN.owner, "hubspot", API, deal("Ben's solar deal")))


def test_two_people_find_each_their_own_rows_of_the_same_account(two_owners: None) -> None:
    for _ in range(2):  # the second time from what is kept
        assert names(run(service.search(ADA, "solar"))) == ["Ada's solar deal"]
        assert names(run(service.search(BEN, "solar"))) == ["Ben's solar deal"]
        assert run(service.search(EVE, "solar")) == []
        assert names(run(service.search(EVE, "Ada's solar deall"))) == [], "nor by a name that is nearly so"


def test_a_connection_of_another_person_cannot_be_searched_by_its_name(two_owners: None) -> None:
    [adas] = run(connections.of(ADA.owner))
    with pytest.raises(NotAllowed):
        run(service.search_in(EVE, adas, adas.id, "solar"))


def test_what_a_colleague_shares_is_found_until_the_sharing_ends(two_owners: None) -> None:
    [adas] = run(connections.of(ADA.owner))
    run(sharing.share(adas, ADA.session))
    found = run(service.search(BEN, "solar"))
    assert sorted(names(found)) == ["Ada's solar deal", "Ben's solar deal"]
    assert len({each.account for each in found}) == 2, "each is named by an address of its own"
    run(sharing.stop(adas))
    assert names(run(service.search(BEN, "solar"))) == ["Ben's solar deal"]


def test_rows_are_grouped_by_source_and_collection_with_counts_and_the_best_few(store: None) -> None:
    run(plant(ADA.owner, "hubspot", API, sales(), schema=SALES))
    run(plant(ADA.owner, "notion", API, deal("About Globex")))
    hubspot, notion = sorted(run(service.search(ADA, "globex")), key=lambda each: each.connection.slug)
    found = {group.title: group for group in hubspot.groups}
    assert found["Deals"].count > len(found["Deals"].hits) == 4
    company = found["Companies"]
    assert (company.count, [hit.name for hit in company.hits]) == (1, ["Globex"])
    assert company.rank < found["Deals"].rank, "a whole name is better than the start of one"
    assert names([notion]) == ["About Globex"]


def test_a_name_with_a_mistake_is_found_where_nothing_has_the_text(store: None) -> None:
    run(plant(ADA.owner, "hubspot", API, sales(), schema=SALES))
    [found] = run(service.search(ADA, "Glibex"))
    assert found.spelled == "globex" and set(names([found])) > {"Globex"}
    [nothing] = run(service.search(ADA, "xyzxyz"))
    assert (nothing.spelled, nothing.groups) == ("", ())


def test_a_connection_without_rows_and_one_with_a_part_of_them_say_so(store: None) -> None:
    run(plant(ADA.owner, "hubspot", API, deal("Solar"), state="partial"))
    new = Connection("c0ffee", ADA.owner, "notion", Account("1", "New"), "sandbox", API, NOW)
    run(connections.save(new, Token("none")))
    hubspot, notion = run(service.search(ADA, "solar"))
    assert hubspot.loaded and not hubspot.complete and not notion.loaded
