"""Who may see a connection, and who may end it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from browser.plant import plant

from integrations import service
from integrations.model import Account, Connection, Item, Load, Session, Token, Viewer
from integrations.model.errors import NotAllowed
from integrations.service.runtime import run
from integrations.store import audit, connections, keys, records, sharing

NOW = datetime.now(UTC)
API = "http://localhost:8501/sandbox/hubspot"
ADA = Viewer("a" * 64, Session("a" * 64, "Ada", "login a", NOW, "org", "example.com"))
BEN = Viewer("b" * 64, Session("b" * 64, "Ben", "login b", NOW, "org", "example.com"))
EVE = Viewer("e" * 64, Session("e" * 64, "Eve", "login e", NOW, "another", "evil.example"))
NOBODY = Viewer("n" * 64)


@pytest.fixture
def adas(store: None) -> Connection:
    run(plant(ADA.owner, "hubspot", API, (Item("1", "deal", "Ada's deal"),)))
    [connection] = run(connections.of(ADA.owner))
    return connection


@pytest.fixture
def share(adas: Connection) -> str:
    """The name of Ada's share with her organisation."""
    run(sharing.share(adas, ADA.session))
    [shared] = run(sharing.seen_by(BEN.session, "hubspot"))
    return shared.share.id


def names(viewer: Viewer, name: str) -> list[str] | None:
    found = run(service.download(viewer, "hubspot", name))
    return found.tables.open().values("name").to_pylist() if found else None


def test_only_the_owner_sees_what_is_not_shared(adas: Connection) -> None:
    assert names(ADA, adas.id) == ["Ada's deal"]
    for other in (BEN, EVE, NOBODY):
        assert names(other, adas.id) is None
        assert run(service.visible(other, "hubspot")) == ([], [])


def test_a_share_is_seen_by_the_organisation_by_its_name_and_the_accounts_id_and_by_nobody_else(
    adas: Connection, share: str
) -> None:
    assert names(BEN, share) == names(BEN, adas.id) == ["Ada's deal"]
    assert [each.id for each in run(service.visible(BEN, "hubspot"))[1]] == [adas.id]
    for other in (EVE, NOBODY):
        assert (
            names(other, share) is None
            and names(other, adas.id) is None
            and run(service.visible(other, "hubspot")) == ([], [])
        )
    run(sharing.stop(adas))
    assert names(BEN, share) is None and names(BEN, adas.id) is None, "at once"


def test_a_colleague_who_connected_the_same_account_sees_their_own_rows_by_the_same_id(
    adas: Connection, share: str
) -> None:
    run(plant(BEN.owner, "hubspot", API, (Item("1", "deal", "Ben's deal"),)))
    assert names(BEN, adas.id) == ["Ben's deal"] and names(BEN, share) == ["Ada's deal"]


ONLY_OWNERS = {
    "refresh": service.refresh, "cancel": service.cancel, "catalog": service.catalog, "share": service.share,
    "stop sharing": service.stop_sharing, "disconnect": service.disconnect,
    "choose": lambda viewer, connection: service.choose_and_load(viewer, connection, ()),
}  # fmt: skip
WHO_SEES_IT = {
    "open": lambda viewer, connection: service.open_source(viewer, connection, first=True),
    "watch": service.watch, "calls": service.calls_this_month, "titles": service.collection_titles,
    "ready views": lambda viewer, connection: service.ready_views(viewer, connection, "UTC"),
    "rows in memory": lambda viewer, connection: service.rows_in_memory(viewer, connection, Load("1", "complete", NOW)),
}  # fmt: skip


@pytest.mark.parametrize("other", [BEN, EVE, NOBODY], ids=["a colleague", "a stranger", "a browser"])
@pytest.mark.parametrize("what", ONLY_OWNERS)
def test_what_changes_a_connection_is_for_its_owner_alone(
    adas: Connection, share: str, what: str, other: Viewer
) -> None:
    before = run(records.get(keys.CONNECTION, adas.path)), run(records.get(keys.LOAD, adas.path))
    with pytest.raises(NotAllowed, match="Only the person who connected this account"):
        run(ONLY_OWNERS[what](other, adas))
    assert (run(records.get(keys.CONNECTION, adas.path)), run(records.get(keys.LOAD, adas.path))) == before


@pytest.mark.parametrize("what", WHO_SEES_IT)
def test_looking_at_a_connection_is_for_those_it_is_shared_with(adas: Connection, share: str, what: str) -> None:
    [shared] = run(service.visible(BEN, "hubspot"))[1]
    run(WHO_SEES_IT[what](BEN, shared))
    log = run(audit.events(ADA.owner))
    for other in (EVE, NOBODY):
        with pytest.raises(NotAllowed, match="not shared with you"):
            run(WHO_SEES_IT[what](other, shared))
    assert run(audit.events(ADA.owner)) == log


def test_nothing_is_shared_by_a_person_without_an_organisation(adas: Connection) -> None:
    alone = dataclasses.replace(ADA, session=dataclasses.replace(ADA.session, organisation=""))
    for viewer in (alone, dataclasses.replace(ADA, session=None)):
        with pytest.raises(NotAllowed, match="organisation"):
            run(service.share(viewer, adas))


def test_a_provider_that_there_is_not_has_nothing(adas: Connection) -> None:
    run(plant(ADA.owner, "dropbox", API, (Item("1", "file", "From before"),)))
    [gone] = run(connections.of(ADA.owner, "dropbox"))
    assert run(service.download(ADA, "dropbox", gone.id)) is None
    assert run(service.download(ADA, "../hubspot", adas.id)) is None


def test_ending_a_connection_deletes_its_rows_and_is_written_down(adas: Connection, share: str) -> None:
    run(service.disconnect(ADA, adas))
    assert run(service.notice(ADA, "hubspot")).message.startswith("Disconnected.")
    assert names(ADA, adas.id) is None and names(BEN, share) is None
    assert run(connections.of(ADA.owner)) == []
    assert "disconnected" in run(audit.events(ADA.owner))[0].what


def test_a_connection_to_a_provider_that_is_no_longer_here_can_be_ended(store: None) -> None:
    gone = Connection("c" * 16, ADA.owner, "dropbox", Account("1", "Ada"), "real", "https://api", NOW)
    run(connections.save(gone, Token("secret")))
    run(service.disconnect(ADA, gone))
    assert run(connections.of(ADA.owner)) == []


def test_forgetting_a_browser_ends_all_its_connections_and_its_log(adas: Connection) -> None:
    other = dataclasses.replace(adas, id="d" * 16, slug="dropbox")
    run(connections.save(other, Token("secret")))
    run(connections.save(dataclasses.replace(adas, owner=BEN.owner), Token("theirs")))
    run(service.forget_browser(ADA))
    assert run(connections.of(ADA.owner)) == [] and run(audit.events(ADA.owner)) == []
    assert len(run(connections.of(BEN.owner))) == 1
