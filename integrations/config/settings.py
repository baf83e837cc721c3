"""Every setting, read in one place (pydantic-settings).

A setting comes from the environment, or from `.streamlit/secrets.toml` under the same name in lower case. The
environment takes precedence, and an empty value counts as not set. To add a setting: a field with its default and its
description, and a row in the README's table.
"""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ..model import Endpoints, Provider
from ..model.address import Network, networks
from ..model.connection import Environment
from ..model.errors import NotConfigured

ROOT = Path(__file__).resolve().parents[2]
AUTH = "[auth]"  # the section of secrets.toml that Streamlit's sign-in is set up in
CONFIG = SettingsConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, validate_default=True)
GIVEN = "given"  # a marker that the values are given, and nothing else is read


def _origin(text: str) -> str:
    url = _split(text.strip().rstrip("/"))
    extras = (url.path, url.query, url.fragment, "@" in url.netloc)
    if url.scheme not in ("http", "https") or not url.hostname or any(extras):
        raise ValueError("must look like https://dashboard.example.com, without a path.")
    return f"{url.scheme}://{url.netloc.lower()}"


def _address(text: str) -> str:
    url = _split(text.strip())
    if text.strip() and (url.scheme not in ("http", "https") or not url.hostname):
        raise ValueError("must be an address such as https://api.example.com.")
    return text.strip()


def _redis_url(text: str) -> str:
    url = _split(text.strip())
    if text.strip() and (url.scheme not in ("redis", "rediss", "unix") or not (url.hostname or url.path)):
        raise ValueError("must be an address that starts with redis://, rediss:// or unix://.")
    return text.strip()


def _host(text: str) -> str:
    url = _split(f"redis://{text.strip()}:6379")
    if text.strip() and (not url.hostname or url.path):
        raise ValueError("must be the name of a host, and nothing else.")
    return text.strip()


def _choice(allowed: tuple[str, ...], text: Any) -> str:
    value = str(text).strip().lower()
    if value not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed)}.")
    return value


def _number(at_least: float, at_most: float, text: Any) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = float("nan")
    if not at_least <= value <= at_most:
        limits = f"from {at_least:g} to {at_most:g}" if at_most < float("inf") else f", {at_least:g} or more"
        raise ValueError(f"must be a number {limits}.".replace(" ,", ","))
    return value


def _optional_number(at_least: float, at_most: float, text: Any) -> float | None:
    return None if text in (None, "") else _number(at_least, at_most, text)


def _delta(unit: str, text: Any) -> timedelta:
    return text if isinstance(text, timedelta) else timedelta(**{unit: _number(0, LONG_DAYS, text)})


LONG_DAYS, ANY_NUMBER = 36_500, float("inf")
Origin = Annotated[str, BeforeValidator(_origin)]
Address = Annotated[str, BeforeValidator(_address)]
OnOff = Annotated[str, BeforeValidator(partial(_choice, ("on", "off")))]
Days = Annotated[float, BeforeValidator(partial(_number, 1, LONG_DAYS))]
Minutes = Annotated[float | None, BeforeValidator(partial(_optional_number, 1, LONG_DAYS))]
Positive = Annotated[float, BeforeValidator(partial(_number, 0, ANY_NUMBER))]
MaybePositive = Annotated[float | None, BeforeValidator(partial(_optional_number, 0, ANY_NUMBER))]


class _FromEnvironment(EnvSettingsSource):
    """Environment variables; a blank one counts as not set."""

    def __call__(self) -> dict[str, Any]:
        """Returns the values of all fields that the environment has."""
        found = super().__call__()
        return {name: value for name, value in found.items() if not isinstance(value, str) or value.strip()}


class _FromFile(PydanticBaseSettingsSource):
    """Values of `.streamlit/secrets.toml`, whose names begin with the prefix of the environment source."""

    def __init__(self, settings_cls: type[BaseSettings], prefix: str) -> None:
        super().__init__(settings_cls)
        self._values = {
            name.removeprefix(prefix): value for name, value in _secrets_file().items() if name.startswith(prefix)
        }

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Returns the value of one field."""
        name = str(field.validation_alias or field_name)
        return self._values.get(name), name, False

    def __call__(self) -> dict[str, Any]:
        """Returns the values of all fields that the file has."""
        found = [self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items()]
        return {name: value for value, name, _ in found if value not in (None, "")}


class _Read(BaseSettings):
    """Settings from the environment and the file, or from given values only; raises NotConfigured."""

    model_config = CONFIG

    def __init__(self, values: Mapping[str, Any] | None = None, prefix: str = "") -> None:
        known = {name.lower(): value for name, value in (values or {}).items() if str(value).strip()}
        given = {name.removeprefix(prefix): value for name, value in known.items() if name.startswith(prefix)}
        try:
            super().__init__(_env_prefix=prefix, **({} if values is None else {GIVEN: True, **given}))
        except ValidationError as error:
            raise NotConfigured(_sentence(error, prefix)) from None

    def __repr__(self) -> str:
        return type(self).__name__  # values may be secrets

    __str__ = __repr__

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Any, env_settings: Any, dotenv_settings: Any,
        file_secret_settings: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """Returns the sources to read, the first one first."""
        if GIVEN in init_settings.init_kwargs:
            return (init_settings,)
        prefix = env_settings.env_prefix
        return _FromEnvironment(settings_cls, env_prefix=prefix), _FromFile(settings_cls, prefix)


class ProviderSettings(_Read):
    """What is set for one provider; names begin with its slug."""

    def __init__(self, values: Mapping[str, Any] | None, prefix: str) -> None:
        super().__init__(values, prefix)

    client_id: str = Field("", description="OAuth client id.")
    client_secret: str = Field("", description="OAuth client secret.")
    redirect_uri: Address = Field("", description="Only if it is not `{PUBLIC_URL}/{slug}`.")
    authorize_url: Address = Field("", description="Another authorization endpoint.")
    token_url: Address = Field("", description="Another token endpoint.")
    api_url: Address = Field("", description="Another API: scheme, host and optional prefix.")
    scopes: str = Field("", description="Other scopes, space separated.")
    refresh_every: Minutes = Field(
        None,
        description="Its own minutes between refreshes; where calls are rationed there are none without it.",
    )


class Settings(_Read):
    """The settings of this process; raises NotConfigured, naming the setting, when one is unusable."""

    public_url: Origin = Field(
        "http://localhost:8501", description="The address people open, and the start of every redirect URI."
    )
    redis_url: Annotated[str, BeforeValidator(_redis_url)] = Field(
        "", description="A Redis or Valkey server: `redis://`, `rediss://`, `unix://`. Without it one is started."
    )
    redis_host: Annotated[str, BeforeValidator(_host)] = Field(
        "", description="Only a host name, port 6379; `REDIS_URL` takes precedence."
    )
    token_keys_text: str = Field(
        "", validation_alias="token_keys",
        description="Keys for what is stored, comma separated: the first seals, all open. Needed with `REDIS_URL`.",
    )  # fmt: skip
    data_dir: Path = Field(Path(".data"), description="Folder of the embedded Redis and its key file.")
    sandbox: Annotated[str, BeforeValidator(partial(_choice, ("auto", "on", "off")))] = Field(
        "auto", description="Sample data: `on`, `off`, or `auto` (on while `PUBLIC_URL` is on this machine)."
    )
    workers: Annotated[str, BeforeValidator(partial(_choice, ("child", "inline", "external")))] = Field(
        "child", description="Who loads: a `child` process, `inline` in the app itself, or `external` (`make worker`)."
    )
    organisation: str = Field(
        "", description="The claim that names the organisation to share with; `email`: domain of a verified address."
    )
    allow_anonymous_text: OnOff = Field(
        "off", validation_alias="allow_anonymous",
        description="`on` lets a `PUBLIC_URL` on another machine start without sign-in.",
    )  # fmt: skip
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        "private",  # type: ignore[arg-type]  # read by `_read_networks`
        description="Networks of proxies whose `X-Forwarded-For` counts; `private`: the private ones.",
    )
    forget_after_days: Days = Field(90, description="Connections unused for so many days are revoked and deleted.")
    keep_days: Days = Field(90, description="Loaded rows are deleted so many days after the last load.")
    changes_mb: Annotated[float, BeforeValidator(partial(_number, 0, LONG_DAYS))] = Field(
        10, description="Megabytes that the changes found by the loads of a connection may take; the oldest go first."
    )
    stale_after: Annotated[timedelta, BeforeValidator(partial(_delta, "minutes"))] = Field(
        timedelta(minutes=60),
        description="Minutes until an opened page refreshes itself; not where calls are rationed.",
    )
    refresh_every_minutes: Minutes = Field(
        None,
        validation_alias="refresh_every",
        description="Minutes between scheduled refreshes; none are scheduled without it.",
    )
    full_every: Annotated[timedelta, BeforeValidator(partial(_delta, "hours"))] = Field(
        timedelta(hours=24),
        description="Hours after which a refresh reads everything again, so that deletions are noticed.",
    )
    token_lease_seconds: Annotated[float, BeforeValidator(partial(_number, 0.1, LONG_DAYS))] = Field(
        10, description="Lifetime of the token refresh lease, in seconds."
    )
    lease_seconds: Annotated[float, BeforeValidator(partial(_number, 0.5, LONG_DAYS))] = Field(
        15, description="Seconds without a sign of life after which another worker takes over a load."
    )
    sandbox_items: Positive = Field(3000, description="How many items each sample account holds.")
    sandbox_latency_ms: Positive = Field(40, description="How long a sample provider takes to answer.")
    sandbox_rate_limits: OnOff = Field(
        "off", description="`on` applies each provider's documented rate limits to its sample."
    )
    sandbox_token_seconds: MaybePositive = Field(
        None, description="Lifetime of sample access tokens, instead of the provider's own."
    )
    sandbox_faults: str = Field(
        "", description="Share of sample answers that fail: `429=0.01,5xx=0.02,reset=0.01,truncated=0.01`…"
    )
    auth: dict[str, Any] = Field(default_factory=dict, validation_alias="[auth]")  # AUTH; from the file alone
    _values: Mapping[str, Any] | None = PrivateAttr(None)
    _providers: dict[str, ProviderSettings] = PrivateAttr(default_factory=dict)

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(values)
        self._values = values

    @model_validator(mode="before")
    @classmethod
    def _read_networks(cls, values: dict[str, Any]) -> dict[str, Any]:
        found = dict(values)
        found["trusted_proxies"] = networks(str(found.get("trusted_proxies") or "private"), "TRUSTED_PROXIES")
        if not found.get("redis_url") and found.get("redis_host"):
            with suppress(ValueError):  # the field's own validator says what is wrong
                found["redis_url"] = f"redis://{_host(found['redis_host'])}:6379"
        found["data_dir"] = (ROOT / str(found.get("data_dir") or ".data")).resolve()
        return found

    @property
    def signs_in(self) -> bool:
        """Whether people have to sign in."""
        return "auth" in self.model_fields_set

    @property
    def allow_anonymous(self) -> bool:
        """Whether an address on another machine may be served without sign-in."""
        return self.allow_anonymous_text == "on"

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
        return tuple(decode_key(text) for text in self.token_keys_text.split(",") if text.strip())

    @property
    def serves_samples(self) -> bool:
        """Whether the stand-in providers are served."""
        return self.sandbox == "on" or (self.sandbox == "auto" and self.on_this_machine)

    def offers_sample(self, provider: Provider) -> bool:
        """Whether sample data of this provider can be tried: there is a stand-in for it, and SANDBOX allows."""
        return self.serves_samples and find_spec(f"sandbox.{provider.slug}") is not None

    def of(self, provider: Provider) -> ProviderSettings:
        """Returns what is set for one provider."""
        if provider.slug not in self._providers:
            self._providers[provider.slug] = ProviderSettings(self._values, f"{provider.slug}_")
        return self._providers[provider.slug]

    def refresh_every(self, provider: Provider) -> timedelta | None:
        """Returns how often this provider is refreshed by schedule; None: never."""
        general = None if provider.ration else self.refresh_every_minutes
        minutes = self.of(provider).refresh_every or general
        return timedelta(minutes=minutes) if minutes else None

    def missing(self, provider: Provider) -> tuple[str, ...]:
        """Returns the names of the settings without which this provider can't be connected."""
        own, prefix = self.of(provider), provider.slug.upper()
        found = {"CLIENT_ID": own.client_id, "CLIENT_SECRET": own.client_secret}
        return tuple(f"{prefix}_{name}" for name, value in found.items() if not value)

    def endpoints(self, provider: Provider, environment: Environment) -> Endpoints:
        """Returns where to find this provider: the real one, or its stand-in served by this app."""
        return self._sandboxed(provider) if environment == "sandbox" else self._real(provider)

    def _real(self, provider: Provider) -> Endpoints:
        own = self.of(provider)

        def beside(url: str | None) -> str | None:
            return url and _moved(url, provider.token_url, own.token_url)

        return Endpoints(
            "real",
            authorize_url=own.authorize_url or provider.authorize_url,
            token_url=own.token_url or provider.token_url,
            revoke_url=beside(provider.revoke_url),
            api_url=(own.api_url or provider.api_url).rstrip("/"),
            web_url=provider.web_url,
            redirect_uri=own.redirect_uri or f"{self.public_url}/{provider.slug}",
            client_id=own.client_id,
            client_secret=own.client_secret,
            scopes=tuple(own.scopes.split()) or provider.scopes,
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


def _split(text: str) -> SplitResult:
    """Returns the parts of a URL; empty parts for any other text."""
    try:
        url = urlsplit(text)
        return url if url.port is None or url.port else urlsplit("")
    except ValueError:
        return urlsplit("")


def _moved(url: str, token_url: str, configured: str) -> str | None:
    """Returns an endpoint beside a token endpoint that was configured elsewhere; None if it can't be told."""
    if not configured:
        return url
    if url.startswith(token_url):
        return configured + url.removeprefix(token_url)
    beside, _, name = token_url.rpartition("/")
    known = url.startswith(f"{beside}/") and configured.endswith(f"/{name}")
    return configured.removesuffix(f"/{name}") + url.removeprefix(beside) if known else None


def decode_key(text: str) -> bytes:
    """Returns a 32-byte key from base64url; raises NotConfigured with the way to make one."""
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


def _sentence(error: ValidationError, prefix: str) -> str:
    """Returns the first problem as a sentence that names the setting; pydantic's own would quote its value."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = f"{prefix}{first['loc'][0]}".upper() if first["loc"] else "A setting"
    reason = first.get("ctx", {}).get("error")
    return f"{name} {reason}" if isinstance(reason, ValueError) else f"{name} must be text."


def _secrets_file() -> dict[str, Any]:
    """Returns the values of secrets.toml by their names in lower case, [auth] as a table."""
    try:
        values = tomllib.loads((ROOT / ".streamlit" / "secrets.toml").read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError:
        usable = 'write each setting as name = "value", in UTF-8'
        raise NotConfigured(f".streamlit/secrets.toml is not valid TOML: {usable}.") from None
    found = {name.lower(): str(value) for name, value in values.items() if not isinstance(value, dict)}
    auth = values.get("auth")
    return {**found, AUTH: json.loads(json.dumps(auth, default=str))} if isinstance(auth, dict) else found


@cache
def settings() -> Settings:
    """Returns this process's settings, read once; `settings.cache_clear()` reads them again."""
    return Settings()
