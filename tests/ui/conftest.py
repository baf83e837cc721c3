"""Pages run without a browser, as whoever a cookie says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from screens import Page, opened_by

from integrations.identity.cookie import new_identity, owner_of


@pytest.fixture
def cookie() -> str:
    return new_identity()


@pytest.fixture
def owner(cookie: str) -> str:
    """The owner that the browser's cookie stands for."""
    return str(owner_of(cookie))


@pytest.fixture
def page(store: None, cookie: str) -> Iterator[Page]:
    with opened_by(cookie) as open_page:
        yield open_page
