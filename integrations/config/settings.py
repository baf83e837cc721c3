"""Every setting, read in one place.

A setting comes from the environment, or from `.streamlit/secrets.toml` under the same
name in lower case; the environment wins, and an empty value counts as not set.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..model import Endpoints, Provider
from ..model.address import networks
from ..model.connection import Environment
from ..model.errors import NotConfigured

AUTH = "[auth]"  # the section of secrets.toml that Streamlit's sign-in is set up in
ROOT = Path(__file__).resolve().parents[2]

GENERAL: dict[str, tuple[str, str]] = {
    "PUBLIC_URL": ("http://localhost:8501", "The address people open, and the start of every redirect URI."),
    "REDIS_URL": ("", "A Redis or Valkey server: `redis://`, `rediss://`, `unix://`. Without it one is started."),
    "REDIS_HOST": ("", "Only a host name, port 6379; `REDIS_URL` goes before it."),
    "TOKEN_KEYS": ("", "Keys for what is stored, comma separated: the first seals, all open. Needed with `REDIS_URL`."),
    "DATA_DIR": (".data", "Folder of the embedded Redis and its key file."),
    "SANDBOX": ("auto", "Sample data: `on`, `off`, or `auto` (on while `PUBLIC_URL` is on this machine)."),
    "WORKERS": ("child", "Who loads: a `child` process, `inline` in the app itself, or `external` (`make worker`)."),
    "ORGANISATION": ("", "The claim that names whom people may share with; `email`: the domain of a verified address."),
    "ALLOW_ANONYMOUS": ("off", "`on` lets a `PUBLIC_URL` on another machine start without sign-in."),
    "TRUSTED_PROXIES": ("private", "Networks of proxies whose `X-Forwarded-For` counts; `private`: the private ones."),
    "FORGET_AFTER_DAYS": ("90", "Connections unused for so many days are revoked and deleted."),
    "KEEP_DAYS": ("90", "What was loaded is deleted when nobody has loaded it again for so many days."),
    "STALE_AFTER": ("60", "Minutes until an opened page refreshes itself; not where calls are rationed."),
    "REFRESH_EVERY": ("", "Minutes between refreshes that nobody asks for; without it there are none."),
    "FULL_EVERY": ("24", "Hours after which a refresh reads everything again, so that what was deleted is noticed."),
    "TOKEN_LEASE_SECONDS": ("10", "Whoever refreshes a token and is silent for so long is replaced."),
    "LEASE_SECONDS": ("15", "A load whose worker is silent for so long is taken up by another worker."),
    "SANDBOX_ITEMS": ("3000", "How many items each sample account holds."),
    "SANDBOX_LATENCY_MS": ("40", "How long a sample provider takes to answer."),
    "SANDBOX_RATE_LIMITS": ("off", "`on` applies each provider's documented rate limits to its sample."),
    "SANDBOX_TOKEN_SECONDS": ("", "Lifetime of sample access tokens, instead of the provider's own."),
    "SANDBOX_FAULTS": ("", "Share of sample answers that fail: `429=0.01,5xx=0.02,reset=0.01,truncated=0.01`…"),
}

PER_PROVIDER: dict[str, str] = {
    "CLIENT_ID": "OAuth client id.",
    "CLIENT_SECRET": "OAuth client secret.",
    "REDIRECT_URI": "Only if it is not `{PUBLIC_URL}/{slug}`.",
    "AUTHORIZE_URL": "Another authorization endpoint.",
    "TOKEN_URL": "Another token endpoint.",
    "API_URL": "Another API: scheme, host and optional prefix.",
    "SCOPES": "Other scopes, space separated.",
    "REFRESH_EVERY": "Its own minutes between refreshes; where calls are rationed there are none without it.",
}


class Settings:
    """The settings of this process; raises NotConfigured, naming the setting, when one is unusable."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.public_url = self._origin("PUBLIC_URL")
        self.redis_url = self._redis_url()
        self.data_dir = (ROOT / self["DATA_DIR"]).resolve()
        self.sandbox = self._sandbox()
        self.workers = self._choice("WORKERS", "child", "inline", "external")
        self.auth: dict[str, Any] = json.loads(self[AUTH] or "{}")
        self.signs_in = bool(self[AUTH])
        self.allow_anonymous = self._choice("ALLOW_ANONYMOUS", "on", "off") == "on"
        self.trusted_proxies = networks(self["TRUSTED_PROXIES"], "TRUSTED_PROXIES")
        self.forget_after_days = self._number("FORGET_AFTER_DAYS", at_least=1)
        self.keep_days = self._number("KEEP_DAYS", at_least=1)
        self.token_lease_seconds = self._number("TOKEN_LEASE_SECONDS", at_least=0.1)
        self.lease_seconds = self._number("LEASE_SECONDS", at_least=0.5)
        self.stale_after = timedelta(minutes=self._number("STALE_AFTER", at_least=0))
        self._refresh_every = self._number("REFRESH_EVERY", at_least=1) if self["REFRESH_EVERY"] else None
        self.full_every = timedelta(hours=self._number("FULL_EVERY", at_least=0))

    def __getitem__(self, name: str) -> str:
        return self._values.get(name, "").strip() or GENERAL.get(name, ("",))[0]

    def __repr__(self) -> str:
        return f"Settings({self.public_url})"

    @property
    def https(self) -> bool:
        """Whether people reach the app over TLS."""
        return self.public_url.startswith("https://")

    @property
    def on_this_machine(self) -> bool:
        """Whether only this machine's own browsers can open PUBLIC_URL."""
        return urlsplit(self.public_url).hostname in ("localhost", "127.0.0.1", "::1")

    @property
    def token_keys(self) -> tuple[bytes, ...]:
        """TOKEN_KEYS as 32-byte keys, the sealing one first; empty when none are set."""
        return tuple(decode_key(text) for text in self["TOKEN_KEYS"].split(",") if text.strip())

    def refresh_every(self, provider: Provider) -> timedelta | None:
        """How often this provider is refreshed without being asked; None: never."""
        own = f"{provider.slug}_refresh_every".upper()
        minutes = self._number(own, at_least=1) if self[own] else None if provider.ration else self._refresh_every
        return timedelta(minutes=minutes) if minutes else None

    def missing(self, provider: Provider) -> tuple[str, ...]:
        """The names of the settings without which this provider can't be connected."""
        names = (f"{provider.slug}_client_id".upper(), f"{provider.slug}_client_secret".upper())
        return tuple(name for name in names if not self[name])

    def endpoints(self, provider: Provider, environment: Environment) -> Endpoints:
        """Where to find this provider: the real one, or its stand-in served by this app."""
        return self._sandboxed(provider) if environment == "sandbox" else self._real(provider)

    def _real(self, provider: Provider) -> Endpoints:
        def own(name: str, default: str = "") -> str:
            return self[f"{provider.slug}_{name}".upper()] or default

        def address(name: str, default: str = "") -> str:
            return self._address(f"{provider.slug}_{name}".upper()) or default

        def beside(url: str | None) -> str | None:
            return url and _moved(url, provider.token_url, own("token_url"))

        return Endpoints(
            "real",
            authorize_url=address("authorize_url", provider.authorize_url),
            token_url=address("token_url", provider.token_url),
            revoke_url=beside(provider.revoke_url),
            api_url=address("api_url", provider.api_url).rstrip("/"),
            web_url=provider.web_url,
            redirect_uri=address("redirect_uri", f"{self.public_url}/{provider.slug}"),
            client_id=own("client_id"),
            client_secret=own("client_secret"),
            scopes=tuple(own("scopes").split()) or provider.scopes,
            introspect_url=beside(provider.introspect_url),
        )

    def _sandboxed(self, provider: Provider) -> Endpoints:
        base = f"{self.public_url}/sandbox/{provider.slug}"
        return Endpoints(
            "sandbox",
            authorize_url=base + urlsplit(provider.authorize_url).path,
            token_url=base + urlsplit(provider.token_url).path,
            revoke_url=provider.revoke_url and base + urlsplit(provider.revoke_url).path,
            api_url=base,
            web_url=base,
            redirect_uri=f"{self.public_url}/{provider.slug}",
            client_id="sandbox",
            client_secret="sandbox",
            scopes=provider.scopes,
            introspect_url=provider.introspect_url and base + urlsplit(provider.introspect_url).path,
        )

    def _sandbox(self) -> bool:
        choice = self._choice("SANDBOX", "auto", "on", "off")
        return choice == "on" or (choice == "auto" and self.on_this_machine)

    def _origin(self, name: str) -> str:
        url = _split(self[name].rstrip("/"))
        extras = (url.path, url.query, url.fragment, "@" in url.netloc)
        if url.scheme not in ("http", "https") or not url.hostname or any(extras):
            raise NotConfigured(f"{name} must look like https://dashboard.example.com, without a path.")
        return f"{url.scheme}://{url.netloc.lower()}"

    def _address(self, name: str) -> str:
        """A URL, if one is set."""
        url = _split(self[name])
        if self[name] and (url.scheme not in ("http", "https") or not url.hostname):
            raise NotConfigured(f"{name} must be an address such as https://api.example.com.")
        return self[name]

    def _redis_url(self) -> str:
        text, host = self["REDIS_URL"], self["REDIS_HOST"]
        url, beside = _split(text), _split(f"redis://{host}:6379")
        if text and (url.scheme not in ("redis", "rediss", "unix") or not (url.hostname or url.path)):
            raise NotConfigured("REDIS_URL must be an address that starts with redis://, rediss:// or unix://.")
        if host and (not beside.hostname or beside.path):
            raise NotConfigured("REDIS_HOST must be the name of a host, and nothing else.")
        return text or (beside.geturl() if host else "")

    def _choice(self, name: str, *allowed: str) -> str:
        value = self[name].lower()
        if value not in allowed:
            raise NotConfigured(f"{name} must be one of {', '.join(allowed)}.")
        return value

    def _number(self, name: str, at_least: float, at_most: float = 36_500) -> float:
        try:
            value = float(self[name])
        except ValueError:
            value = float("nan")
        if not at_least <= value <= at_most:
            raise NotConfigured(f"{name} must be a number from {at_least:g} to {at_most:g}.")
        return value


def _split(text: str) -> SplitResult:
    """The parts of a URL; no parts at all if it is none."""
    try:
        url = urlsplit(text)
        return url if url.port is None or url.port else urlsplit("")
    except ValueError:
        return urlsplit("")


def _moved(url: str, token_url: str, configured: str) -> str | None:
    """An endpoint beside a token endpoint that was pointed elsewhere; None if it can't be told."""
    if not configured:
        return url
    if url.startswith(token_url):
        return configured + url.removeprefix(token_url)
    beside, _, name = token_url.rpartition("/")
    known = url.startswith(f"{beside}/") and configured.endswith(f"/{name}")
    return configured.removesuffix(f"/{name}") + url.removeprefix(beside) if known else None


def decode_key(text: str) -> bytes:
    """A 32-byte key from base64url; raises NotConfigured with the way to make one."""
    try:
        key = base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise NotConfigured(f"TOKEN_KEYS holds something that is not a key. {HOW_TO_MAKE_A_KEY}")
    return key


HOW_TO_MAKE_A_KEY = (
    'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))" '
    "and keep it: what it sealed opens with nothing else."
)


def _secrets_file() -> dict[str, str]:
    try:
        values = tomllib.loads((ROOT / ".streamlit" / "secrets.toml").read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError:
        usable = 'write each setting as name = "value", in UTF-8'
        raise NotConfigured(f".streamlit/secrets.toml is not valid TOML: {usable}.") from None
    found = {name.upper(): str(value) for name, value in values.items() if not isinstance(value, dict)}
    auth = values.get("auth")
    return {**found, AUTH: json.dumps(auth, default=str)} if isinstance(auth, dict) else found


@cache
def settings() -> Settings:
    """This process's settings, read once; `settings.cache_clear()` reads them again."""
    return Settings({**_secrets_file(), **{name: value for name, value in os.environ.items() if value.strip()}})
