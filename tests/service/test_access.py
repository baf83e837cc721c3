"""Who may see a connection, and who may end it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from browser.plant import plant

from integrations import service
from integrations.model import Account, Connection, Item, Session, Token, Viewer
from integrations.model.errors import NotAllowed
from integrations.store import audit, connections, sharing
from integrations.store.loop import run

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
    found = run(service.shown(viewer, "hubspot", name))
    return found.table["name"].to_pylist() if found else None


def test_only_the_owner_sees_what_is_not_shared(adas: Connection) -> None:
    assert names(ADA, adas.id) == ["Ada's deal"]
    for other in (BEN, EVE, NOBODY):
        assert names(other, adas.id) is None
        assert run(service.visible(other, "hubspot")) == ([], [])


def test_a_share_is_seen_by_the_organisation_under_the_name_of_the_share_and_by_nobody_else(
    adas: Connection, share: str
) -> None:
    assert names(BEN, share) == ["Ada's deal"] and names(BEN, adas.id) is None
    assert [each.id for each in run(service.visible(BEN, "hubspot"))[1]] == [adas.id]
    for other in (EVE, NOBODY):
        assert names(other, share) is None and run(service.visible(other, "hubspot")) == ([], [])
    run(sharing.stop(adas))
    assert names(BEN, share) is None, "at once"


def test_a_provider_that_there_is_not_has_nothing(adas: Connection) -> None:
    run(plant(ADA.owner, "dropbox", API, (Item("1", "file", "From before"),)))
    [gone] = run(connections.of(ADA.owner, "dropbox"))
    assert run(service.shown(ADA, "dropbox", gone.id)) is None
    assert run(service.shown(ADA, "../hubspot", adas.id)) is None


@pytest.mark.parametrize("other", [BEN, EVE, NOBODY], ids=["a colleague", "a stranger", "a browser"])
def test_only_the_owner_ends_a_connection(adas: Connection, share: str, other: Viewer) -> None:
    with pytest.raises(NotAllowed, match="Only who connected this account"):
        run(service.disconnect(other, adas))
    assert names(ADA, adas.id) == ["Ada's deal"]


def test_ending_a_connection_deletes_its_rows_and_is_written_down(adas: Connection, share: str) -> None:
    assert run(service.disconnect(ADA, adas)) == ""
    assert names(ADA, adas.id) is None and names(BEN, share) is None
    assert run(connections.of(ADA.owner)) == []
    assert "disconnected" in run(audit.events(ADA.owner))[0].what


def test_a_connection_to_a_provider_that_is_no_longer_here_can_be_ended(store: None) -> None:
    gone = Connection("c" * 16, ADA.owner, "dropbox", Account("1", "Ada"), "real", "https://api", NOW)
    run(connections.save(gone, Token("secret")))
    assert run(service.disconnect(ADA, gone)) == ""
    assert run(connections.of(ADA.owner)) == []


def test_forgetting_a_browser_ends_all_its_connections_and_its_log(adas: Connection) -> None:
    other = dataclasses.replace(adas, id="d" * 16, slug="dropbox")
    run(connections.save(other, Token("secret")))
    run(connections.save(dataclasses.replace(adas, owner=BEN.owner), Token("theirs")))
    run(service.forget_browser(ADA))
    assert run(connections.of(ADA.owner)) == [] and run(audit.events(ADA.owner)) == []
    assert len(run(connections.of(BEN.owner))) == 1
