"""Connecting an account: out to the provider's consent page, and back with its answer."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from .. import oauth, sync
from ..model import Environment, Outcome, Provider, Viewer
from ..model.errors import StoreFull
from ..model.event import EventType
from ..store import audit, connections, keys, records


async def authorize(viewer: Viewer, provider: Provider, environment: Environment, return_to: str = "") -> str:
    """Returns the address of the consent page (RFC 6749 section 4.1.1).

    `return_to`: path and query of the page to show at the end, if not the provider's own. Raises NotConfigured without
    credentials, or where sample data is not offered.
    """
    return await oauth.authorize(provider, viewer.owner, environment, return_to)


async def redeem(viewer: Viewer, provider: Provider, answer: Mapping[str, str], address: str) -> Outcome:
    """Returns what became of the provider's answer, and starts the first load; the outcome is also left as a notice.

    `answer`: the query of the redirect. `address`: the viewer's network address. The state "later" means that nothing
    was spent and the same answer can be redeemed in a minute. Raises StoreUnavailable before anything is spent.
    """
    outcome = await oauth.redeem(provider, viewer.owner, answer, address)
    if outcome.state == "later":
        return outcome
    connected = outcome.connection_id
    connection = await connections.find(viewer.owner, provider.slug, connected) if connected else None
    if connection:
        await audit.note(EventType.CONNECTED, viewer.owner, connection, viewer.actor)
    elif await connections.of(viewer.owner):  # a browser without connections gets no log
        failure = f"{provider.title}: {outcome.message}"
        await audit.note(EventType.CONNECT_FAILED, viewer.owner, actor=viewer.actor, detail=failure)
    chosen = (await sync.choice(viewer.owner, provider.slug)).asked
    if connection and (chosen or not provider.ration):
        await sync.start(connection)
    return outcome


async def notice(viewer: Viewer, slug: str) -> Outcome | None:
    """Returns how the last attempt to connect or disconnect ended, only once."""
    with contextlib.suppress(StoreFull):
        return await records.take(keys.NOTICE, (viewer.owner, slug))
    return None
