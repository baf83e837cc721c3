"""Stand-in providers under /sandbox/{slug}: for newcomers without credentials, for tests and benchmarks.

`routes(store, settings)` is all there is to it. SANDBOX_ITEMS, SANDBOX_LATENCY_MS, SANDBOX_RATE_LIMITS,
SANDBOX_TOKEN_SECONDS and SANDBOX_FAULTS (`kind=share,…`) change how they behave; grants live in `store`.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from integrations.config import Settings

from . import airtable, consent, hubspot, notion
from .faults import Gate
from .grants import Grants
from .oauth import OAuth
from .rules import Rules, Store

__all__ = ["Store", "routes"]

PROVIDERS = ((notion.RULES, notion.Notion), (airtable.RULES, airtable.Airtable), (hubspot.RULES, hubspot.HubSpot))
Data = notion.Notion | airtable.Airtable | hubspot.HubSpot


def routes(store: Store, settings: Settings) -> list[BaseRoute]:
    """The Starlette routes of all stand-ins; raises NotConfigured, naming the setting, where one is unusable."""
    return [Mount("/sandbox", routes=[_mounted(rules, data, store, settings) for rules, data in PROVIDERS])]


def _mounted(rules: Rules, data: type[Data], store: Store, settings: Settings) -> Mount:
    set_to = settings.sandbox_token_seconds
    seconds = rules.lifetime if set_to is None else set_to
    grants = Grants(rules, store, seconds)
    oauth = OAuth(rules, grants, settings.public_url)
    web_url = f"{settings.public_url}/sandbox/{rules.slug}"
    served = data(Gate(rules, grants, settings), oauth, int(settings.sandbox_items), web_url)

    async def item(request: Request) -> Response:
        found = await served.item(request.path_params["path"])
        return consent.item(rules.title, *found) if found else consent.nothing(rules.title)

    return Mount(f"/{rules.slug}", routes=[*oauth.routes(), *served.routes(), Route("/{path:path}", item)])
