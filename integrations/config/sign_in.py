"""How people sign in, as `[auth]` in secrets.toml sets it up: with which providers, and what is missing there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from ..model.errors import NotConfigured
from .settings import settings

Problem = Literal["denied", "refused", "busy", "failed", "unreachable", "unexpected", "elsewhere"]

CALLBACK = "/oauth2callback"  # Streamlit's own
DEFAULT = "default"  # Streamlit's name for the provider that stands in [auth] itself
SHARED, OWN = ("redirect_uri", "cookie_secret"), ("client_id", "client_secret", "server_metadata_url")
REQUEST_OPTIONS = "client_kwargs"  # a table in [auth] that is no provider
INCOMPLETE = "Sign-in is not complete in .streamlit/secrets.toml"


def sign_in_providers() -> dict[str, Mapping[str, Any]]:
    """Returns what is set for each provider that people can sign in with, by its name in [auth]."""
    auth = settings().auth
    named = {name: each for name, each in auth.items() if isinstance(each, dict) and name != REQUEST_OPTIONS}
    alone = not named or any(auth.get(name) for name in OWN)
    return {**({DEFAULT: auth} if alone else {}), **named}


def forced_prompt(client_id: str) -> str:
    """Returns the `prompt` (OpenID Connect Core 3.1.2.1) that the operator wants for this client; else nothing."""
    found = (each for each in sign_in_providers().values() if each.get("client_id") == client_id)
    options = next(found, {}).get(REQUEST_OPTIONS)
    return str(options.get("prompt") or "") if isinstance(options, dict) else ""


def require_complete_sign_in() -> None:
    """Raise NotConfigured, naming what is missing, if [auth] exists but is incomplete."""
    if not settings().signs_in:
        return
    auth, missing = settings().auth, {}
    missing["[auth]"] = _missing(auth, SHARED)
    for name, section in sign_in_providers().items():
        place = "[auth]" if section is auth else f"[auth.{name}]"
        missing[place] = [*missing.get(place, []), *_missing(section, OWN)]
    if lacking := [f"{place} lacks {_listed(names)}" for place, names in missing.items() if names]:
        raise NotConfigured(f"{INCOMPLETE}: {'; '.join(lacking)}. The README shows what belongs there.")
    _require_usable(auth)


def _require_usable(auth: Mapping[str, Any]) -> None:
    expected = settings().public_url + CALLBACK
    if _normal(auth["redirect_uri"]) != _normal(expected):
        raise NotConfigured(f"redirect_uri in [auth] must be {expected}: it belongs to PUBLIC_URL.")
    for name, section in sign_in_providers().items():
        if "_" in name:
            raise NotConfigured(f"[auth.{name}] must have a name without an underscore: Streamlit takes no other.")
        if urlsplit(section["server_metadata_url"]).scheme not in ("http", "https"):
            place = "[auth]" if section is auth else f"[auth.{name}]"
            raise NotConfigured(f"server_metadata_url in {place} must be an address that starts with https://.")


def _missing(section: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not (isinstance(section.get(name), str) and section[name].strip())]


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _normal(address: str) -> str:
    """Returns an address with its scheme's own port left out; Streamlit puts the server's port for `{port}`."""
    ours = urlsplit(settings().public_url)
    url = urlsplit(address.strip().replace("{port}", str(ours.port or "")))
    port = ":443" if url.scheme == "https" else ":80"
    return url._replace(netloc=url.netloc.lower().removesuffix(port)).geturl()
