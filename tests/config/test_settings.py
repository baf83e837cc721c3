"""Settings: from the environment or secrets.toml, and every unusable one is a sentence that names it."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from made_up import made_up

from integrations import providers
from integrations.config import Settings, settings
from integrations.config.settings import ProviderSettings, _secrets_file
from integrations.model.errors import NotConfigured

MODULE = sys.modules["integrations.config.settings"]
NOTION, AIRTABLE, HUBSPOT = (providers()[slug] for slug in ("notion", "airtable", "hubspot"))


@pytest.mark.parametrize(("name", "value"), [
    *(("PUBLIC_URL", value) for value in (
        "localhost:8501", "dash.example.com", "ftp://dash.example.com", "https://", "https://dash.example.com/path",
        "https://dash.example.com?x=1", "https://dash.example.com#x", "https://user:pw@dash.example.com",
        "https://@dash.example.com", "http://[::1", "http://host:port", "http://host:99999", "//dash.example.com",
        "javascript:alert(1)",
    )),
    *(("REDIS_URL", value) for value in ("localhost:6379", "http://localhost", "redis://", "redis://host:port", "unix://",
                                         "redis://[::1", "rediss://host:99999")),
    *(("REDIS_HOST", value) for value in ("host:6379", "redis://host", "[::1")),
    ("SANDBOX", "yes"), ("SANDBOX", "1"), ("WORKERS", "4"), ("WORKERS", "thread"), ("ALLOW_ANONYMOUS", "true"),
    *((name, value) for name in ("FORGET_AFTER_DAYS", "LEASE_SECONDS")
      for value in ("0", "-1", "soon", "nan", "inf", "-inf", "1e300", "36501", "5 days")),
])  # fmt: skip
def test_an_unusable_setting_is_a_sentence_that_names_it(name: str, value: str) -> None:
    with pytest.raises(NotConfigured, match=rf"\b{name} must ") as raised:
        Settings({name: value})
    assert str(raised.value).endswith(".") and "user:pw" not in str(raised.value)


@pytest.mark.parametrize("what", ["AUTHORIZE_URL", "TOKEN_URL", "API_URL", "REDIRECT_URI"])
@pytest.mark.parametrize(
    "value", ["api.example.com", "ftp://x", "https://", "javascript:alert(1)", "http://[::1", "https://h:x"]
)
def test_an_unusable_address_of_a_provider_is_a_sentence_that_names_the_setting(what: str, value: str) -> None:
    with pytest.raises(NotConfigured, match=rf"^HUBSPOT_{what} must be an address"):
        Settings({f"HUBSPOT_{what}": value}).endpoints(HUBSPOT, "real")


def test_without_any_setting_it_is_this_machine_and_sample_data() -> None:
    bare = Settings({})
    assert (bare.public_url, bare.redis_url, bare.workers) == (
        "http://localhost:8501",
        "",
        "child",
    ) and bare.serves_samples
    assert (bare.https, bare.on_this_machine, bare.allow_anonymous, bare.token_keys) == (False, True, False, ())
    assert (bare.forget_after_days, bare.lease_seconds, bare.data_dir.name) == (90, 15, ".data")
    assert bare.data_dir.is_absolute()


@pytest.mark.parametrize(("url", "same", "here", "https"), [
    ("https://Dash.Example.com/", "https://dash.example.com", False, True),
    ("http://localhost:9000", "http://localhost:9000", True, False),
    ("http://127.0.0.1:8501", "http://127.0.0.1:8501", True, False),
    ("http://[::1]:8501", "http://[::1]:8501", True, False),
    ("http://localhost.evil.example", "http://localhost.evil.example", False, False),
])  # fmt: skip
def test_the_public_address_says_whether_it_is_this_machine(url: str, same: str, here: bool, https: bool) -> None:
    found = Settings({"PUBLIC_URL": url})
    assert (found.public_url, found.on_this_machine, found.https) == (same, here, https)


@pytest.mark.parametrize(("choice", "url", "on"), [
    ("auto", "http://localhost:8501", True), ("auto", "https://dash.example.com", False),
    ("on", "https://dash.example.com", True), ("ON", "https://dash.example.com", True),
    ("off", "http://localhost:8501", False), ("", "http://localhost:8501", True),
])  # fmt: skip
def test_sample_data_is_on_by_itself_only_on_this_machine(choice: str, url: str, on: bool) -> None:
    assert Settings({"SANDBOX": choice, "PUBLIC_URL": url}).serves_samples is on


@pytest.mark.parametrize(("values", "url"), [
    ({"REDIS_HOST": "redis"}, "redis://redis:6379"), ({"REDIS_URL": "rediss://:pw@host:1/2"}, "rediss://:pw@host:1/2"),
    ({"REDIS_HOST": "redis", "REDIS_URL": "unix:///run/redis.sock"}, "unix:///run/redis.sock"),
    ({"REDIS_URL": "  ", "REDIS_HOST": " redis "}, "redis://redis:6379"),
])  # fmt: skip
def test_redis_is_found_by_its_address_or_its_host_name(values: dict[str, str], url: str) -> None:
    assert Settings(values).redis_url == url


def test_the_environment_wins_over_the_file_and_an_empty_value_is_none(
    configured: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_file(
        tmp_path,
        monkeypatch,
        'workers = "inline"\npublic_url = "http://localhost:1"\nsandbox = "off"\nREDIS_HOST = "r"\n',
    )
    configured(PUBLIC_URL="http://localhost:2", SANDBOX="  ")
    found = settings()
    assert (found.workers, found.public_url, found.serves_samples, found.redis_url) == (
        "inline", "http://localhost:2", False, "redis://r:6379",
    )  # fmt: skip


def in_file(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    """Let this be `.streamlit/secrets.toml`."""
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    monkeypatch.setattr(MODULE, "ROOT", folder)
    monkeypatch.setattr(MODULE, "_secrets_file", _secrets_file)
    settings.cache_clear()


def test_numbers_in_the_file_are_taken_and_tables_are_streamlits(configured, tmp_path, monkeypatch) -> None:
    in_file(tmp_path, monkeypatch, "lease_seconds = 2.5\nforget_after_days = 7\n[auth]\nredirect_uri = 'x'\n")
    assert (settings().lease_seconds, settings().forget_after_days) == (2.5, 7)
    assert settings().signs_in and settings().auth == {"redirect_uri": "x"}
    configured(AUTH="{}")
    assert settings().auth == {"redirect_uri": "x"}, "no environment variable stands for it"


@pytest.mark.parametrize("text", ["workers = inline", "= 1", b"workers = '\xff'"])
def test_a_file_that_is_no_toml_is_a_sentence_that_names_it(configured, tmp_path, monkeypatch, text) -> None:
    in_file(tmp_path, monkeypatch, text)
    with pytest.raises(NotConfigured, match=r"\.streamlit/secrets\.toml is not valid TOML"):
        settings()


def test_without_a_file_the_environment_is_all(tmp_path, monkeypatch, configured) -> None:
    monkeypatch.setattr(MODULE, "ROOT", tmp_path)
    assert _secrets_file() == {}


def test_every_address_of_a_provider_can_be_set_and_its_scopes() -> None:
    found = Settings({
        "AIRTABLE_AUTHORIZE_URL": "http://127.0.0.1:1/a", "AIRTABLE_TOKEN_URL": "http://127.0.0.1:1/t",
        "AIRTABLE_API_URL": "http://127.0.0.1:1/api/", "AIRTABLE_REDIRECT_URI": "https://dash.example.com/cb",
        "AIRTABLE_SCOPES": " one  two ", "AIRTABLE_CLIENT_ID": "id", "AIRTABLE_CLIENT_SECRET": "secret",
    }).endpoints(AIRTABLE, "real")  # fmt: skip
    assert (found.authorize_url, found.token_url) == ("http://127.0.0.1:1/a", "http://127.0.0.1:1/t")
    assert (found.api_url, found.redirect_uri) == ("http://127.0.0.1:1/api", "https://dash.example.com/cb")
    assert (found.scopes, found.client_id, found.client_secret) == (("one", "two"), "id", "secret")


def test_without_settings_a_provider_is_where_it_says_and_redirects_to_its_page() -> None:
    for provider in providers().values():
        found = Settings({"PUBLIC_URL": "https://dash.example.com"}).endpoints(provider, "real")
        assert (found.authorize_url, found.token_url, found.revoke_url, found.api_url) == (
            provider.authorize_url, provider.token_url, provider.revoke_url, provider.api_url,
        )  # fmt: skip
        assert found.redirect_uri == f"https://dash.example.com/{provider.slug}" and found.scopes == provider.scopes


@pytest.mark.parametrize(("provider", "token_url", "revoke_url"), [
    (NOTION, "http://127.0.0.1:1/v1/oauth/token", "http://127.0.0.1:1/v1/oauth/revoke"),
    (NOTION, "http://127.0.0.1:1/x/token", "http://127.0.0.1:1/x/revoke"),
    (NOTION, "http://127.0.0.1:1/exchange", None), (AIRTABLE, "http://127.0.0.1:1/t", None),
    (HUBSPOT, "http://127.0.0.1:1/anything", "http://127.0.0.1:1/anything/revoke"),
])  # fmt: skip
def test_a_moved_token_endpoint_takes_revocation_along_or_there_is_none(provider, token_url, revoke_url) -> None:
    found = Settings({f"{provider.slug.upper()}_TOKEN_URL": token_url}).endpoints(provider, "real")
    assert found.revoke_url == revoke_url


def test_the_sample_is_served_by_this_app_whatever_is_set_for_the_real_one() -> None:
    for provider in providers().values():
        own = {
            f"{provider.slug}_{name}".upper(): "https://elsewhere.example/x"
            for name in ProviderSettings.model_fields
            if name != "refresh_every"
        }
        found = Settings(own).endpoints(provider, "sandbox")
        for value in dataclasses.astuple(found):
            assert not isinstance(value, str) or "://" not in value or value.startswith("http://localhost:8501/")


def test_missing_credentials_are_named() -> None:
    assert Settings({"NOTION_CLIENT_ID": " "}).missing(NOTION) == ("NOTION_CLIENT_ID", "NOTION_CLIENT_SECRET")
    assert Settings({"NOTION_CLIENT_ID": "a", "NOTION_CLIENT_SECRET": "b"}).missing(NOTION) == ()


def test_no_secret_is_in_what_settings_look_like() -> None:
    found = Settings({"HUBSPOT_CLIENT_SECRET": "the-secret", "REDIS_URL": "redis://:the-secret@host",
                      "TOKEN_KEYS": "the-secret"})  # fmt: skip
    for each in (found, found.of(HUBSPOT), found.endpoints(HUBSPOT, "real")):
        assert "the-secret" not in f"{each!r} {each}"


def test_a_setting_given_for_one_provider_is_not_anothers() -> None:
    found = Settings({"HUBSPOT_REFRESH_EVERY": "5", "REFRESH_EVERY": "30", "NOTION_CLIENT_ID": "id"})
    assert found.refresh_every(HUBSPOT) == timedelta(minutes=5) and found.refresh_every(NOTION) == timedelta(minutes=30)
    assert found.refresh_every(AIRTABLE) is None, "calls are rationed"
    assert found.missing(HUBSPOT) == ("HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET")


def test_settings_of_a_provider_come_from_the_environment_and_the_file(configured, tmp_path, monkeypatch) -> None:
    in_file(tmp_path, monkeypatch, 'hubspot_client_id = "from the file"\nHUBSPOT_CLIENT_SECRET = "too"\n')
    configured(HUBSPOT_CLIENT_ID="from the environment")
    own = settings().of(HUBSPOT)
    assert (own.client_id, own.client_secret) == ("from the environment", "too")


def test_sample_data_is_offered_only_where_there_is_a_stand_in() -> None:
    assert all(Settings({}).offers_sample(provider) for provider in providers().values())
    assert not Settings({}).offers_sample(made_up(slug="nothere"))
    assert not Settings({"SANDBOX": "off"}).offers_sample(HUBSPOT)


def test_every_setting_says_what_it_is_for_and_is_read_somewhere() -> None:
    fields = {**Settings.model_fields, **ProviderSettings.model_fields}
    fields.pop("auth")  # a section of its own
    assert all(field.description and field.description.endswith((".", "…")) for field in fields.values())
    code = "".join(path.read_text(encoding="utf-8") for folder in ("integrations", "sandbox")
                   for path in (MODULE.ROOT / folder).rglob("*.py"))  # fmt: skip
    assert [name for name in fields if not re.search(rf"\.{name}\b", code)] == ["redis_host"] and inspect.getdoc(MODULE)
