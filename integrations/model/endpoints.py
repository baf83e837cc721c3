"""A provider's addresses and this app's credentials."""

from __future__ import annotations

from dataclasses import dataclass

from .connection import Environment


@dataclass(frozen=True)
class Endpoints:
    """The addresses of one provider in one environment, and the app's credentials there."""

    environment: Environment
    authorize_url: str
    token_url: str
    revoke_url: str | None
    api_url: str
    web_url: str
    redirect_uri: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    introspect_url: str | None = None

    def __repr__(self) -> str:
        return f"Endpoints({self.environment}, {self.api_url})"
