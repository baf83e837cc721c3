"""A sandbox in memory, and a person with a browser and an app in front of it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from memory import Memory

PUBLIC_URL = "http://localhost:8501"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
BASIC = {"Authorization": "Basic " + base64.b64encode(b"sandbox:sandbox").decode()}
VERSION = {"Notion-Version": "2026-03-11"}
STATE = "state-of-sixteen-characters"
AUTHORIZE = {
    "notion": ("/v1/oauth/authorize", {"response_type": "code", "owner": "user"}),
    "airtable": (
        "/oauth2/v1/authorize",
        {
            "response_type": "code",
            "scope": "data.records:read schema.bases:read user.email:read",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        },
    ),
    "hubspot": (
        "/oauth/authorize",
        {
            "scope": "oauth crm.objects.contacts.read crm.objects.companies.read crm.objects.deals.read tickets",
            "optional_scope": "crm.objects.owners.read crm.objects.products.read crm.objects.line_items.read "
            "crm.objects.custom.read crm.schemas.custom.read e-commerce no.such.scope",
        },
    ),
}
TOKEN = {"notion": "/v1/oauth/token", "airtable": "/oauth2/v1/token", "hubspot": "/oauth/2026-09/token"}
PROBE = {"notion": "/v1/users/me", "airtable": "/v0/meta/whoami", "hubspot": "/account-info/2026-09/details"}


class Visit:
    """One person, one app and one provider."""

    def __init__(self, http: httpx.AsyncClient, slug: str, store: Memory) -> None:
        self.http, self.slug, self.store = http, slug, store
        self.base = f"/sandbox/{slug}"
        self.redirect_uri = f"{PUBLIC_URL}/{slug}"

    async def consent(self, **changes: str | None) -> httpx.Response:
        path, params = AUTHORIZE[self.slug]
        asked = {"client_id": "sandbox", "redirect_uri": self.redirect_uri, "state": STATE, **params, **changes}
        return await self.http.get(self.base + path, params={k: v for k, v in asked.items() if v is not None})

    async def decide(self, page: httpx.Response, decision: str = "approve", **headers: str) -> httpx.Response:
        ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
        form = {"ticket": ticket[1] if ticket else "", "decision": decision}
        return await self.http.post(self.base + AUTHORIZE[self.slug][0], data=form, headers=headers)

    async def code(self, **changes: str | None) -> str:
        return returned(await self.decide(await self.consent(**changes)))["code"]

    async def ask_token(self, **form: str) -> httpx.Response:
        url = self.base + TOKEN[self.slug]
        if self.slug == "notion":
            return await self.http.post(url, json=form, headers={**BASIC, **VERSION})
        if self.slug == "airtable":
            return await self.http.post(url, data=form, headers=BASIC)
        return await self.http.post(url, data={"client_id": "sandbox", "client_secret": "sandbox", **form})

    async def redeem(self, code: str, **changes: str) -> httpx.Response:
        verifier = {"code_verifier": VERIFIER} if self.slug == "airtable" else {}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri, **verifier}
        return await self.ask_token(**{**form, **changes})

    async def refresh(self, token: str) -> httpx.Response:
        return await self.ask_token(grant_type="refresh_token", refresh_token=token)

    async def connect(self, **changes: str | None) -> dict[str, Any]:
        answer = await self.redeem(await self.code(**changes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self, token: str, path: str = "", method: str = "GET", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **VERSION}
        return await self.http.request(method, self.base + (path or PROBE[self.slug]), headers=headers, **more)


def returned(response: httpx.Response) -> dict[str, str]:
    """What came back to the app with a redirect."""
    assert response.status_code in (302, 303), response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


Scene = Callable[[Visit], Awaitable[None]]
