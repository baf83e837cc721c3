"""A browser, the settings it meets, and a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from web_helpers import COOKIE, Browser

from integrations.identity.cookie import owner_of
from integrations.model import Account, Connection, Token
from integrations.service.runtime import run
from integrations.store import connections
from integrations.web import headers


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def served(configured: Callable[..., None]) -> Callable[..., None]:
    """Serve under other settings."""

    def serve(**settings: str) -> None:
        configured(**settings)
        headers.security_headers.cache_clear()

    serve()
    return serve


@pytest.fixture
def connection(store: None) -> Connection:
    """A HubSpot connection of the browser with COOKIE."""
    owner = owner_of(COOKIE)
    assert owner
    connection = Connection("0" * 16, owner, "hubspot", Account("1", "A"), "real", "https://api", datetime.now(UTC))
    run(connections.save(connection, Token("secret")))
    return connection
