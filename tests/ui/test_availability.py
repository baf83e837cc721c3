"""A page that cannot be drawn is drawn again after a pause that grows, and not at once for ever."""

from __future__ import annotations

import pytest
from screens import Page, words

from integrations.model.errors import StoreUnavailable
from integrations.store import client, connections
from integrations.ui import availability


def test_the_pause_doubles_while_a_page_cannot_be_drawn_and_starts_again_after(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis answers, but what the page needs of it does not come."""

    async def away(owner: str) -> None:
        raise StoreUnavailable

    app = page("hubspot")
    pauses = []
    with monkeypatch.context() as broken:
        broken.setattr(connections, "of", away)
        for _ in range(6):
            app.run()
            assert "works again by itself" in words(app) and not app.exception
            pauses.append(app.session_state[availability.PAUSE])
    assert pauses == [2, 4, 8, 16, 30, 30]
    app.run()
    assert availability.PAUSE not in app.session_state


def test_until_then_redis_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, drawn = [], []

    async def well() -> None:
        asked.append(True)

    monkeypatch.setattr(client, "check", well)
    monkeypatch.setattr(availability.st, "rerun", lambda: drawn.append(True))
    monkeypatch.setattr(availability.time, "monotonic", lambda: 100.0)
    availability._look.__wrapped__(101.0)
    assert (asked, drawn) == ([], [])
    availability._look.__wrapped__(100.0)
    assert (asked, drawn) == ([True], [True])
