"""An [auth] with which nobody could sign in is refused by the names of what is missing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.config import forced_prompt, require_complete_sign_in, settings, sign_in_providers
from integrations.config.settings import _secrets_file
from integrations.model.errors import NotConfigured

SHARED = {"redirect_uri": "http://localhost:8501/oauth2callback", "cookie_secret": "a long random text"}
OWN = {
    "client_id": "us",
    "client_secret": "s",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
ALL = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")


@pytest.fixture
def auth(configured: Callable[..., None]) -> Callable[..., None]:
    def set_up(section: dict[str, object], **more: str) -> None:
        configured(**{"[auth]": json.dumps(section)}, **more)

    return set_up


COMPLETE = [
    {**SHARED, **OWN}, {**SHARED, **OWN, "client_kwargs": {"prompt": "login"}}, {**SHARED, "google": OWN},
    {**SHARED, "google": OWN, "okta": OWN}, {**SHARED, **OWN, "google": OWN},
    {**SHARED, **OWN, "redirect_uri": "http://LOCALHOST:{port}/oauth2callback"},
]  # fmt: skip


@pytest.mark.parametrize("section", COMPLETE)
def test_a_complete_one_is_taken(auth: Callable[..., None], section: dict[str, object]) -> None:
    auth(section)
    require_complete_sign_in()


def test_without_any_nobody_has_to_sign_in() -> None:
    require_complete_sign_in()


def test_an_empty_one_lacks_everything(auth: Callable[..., None]) -> None:
    auth({})
    with pytest.raises(NotConfigured) as raised:
        require_complete_sign_in()
    assert all(name in str(raised.value) for name in ALL) and "[auth] lacks" in str(raised.value)


@pytest.mark.parametrize("empty", ["", "  ", None, 5])
@pytest.mark.parametrize("name", ALL)
def test_what_is_missing_is_named_and_nothing_else(auth: Callable[..., None], name: str, empty: object) -> None:
    auth({**SHARED, **OWN, name: empty})
    with pytest.raises(NotConfigured, match=rf"\[auth\] lacks {name}\. ") as raised:
        require_complete_sign_in()
    assert "a long random text" not in str(raised.value)


def test_of_several_providers_the_incomplete_one_is_named(auth: Callable[..., None]) -> None:
    auth({**SHARED, "google": OWN, "okta": {"client_id": "us"}, "entra": {}})
    with pytest.raises(NotConfigured) as raised:
        require_complete_sign_in()
    assert "[auth.okta] lacks client_secret and server_metadata_url;" in str(raised.value)
    assert "[auth.entra] lacks client_id, client_secret and server_metadata_url." in str(raised.value)
    assert "google" not in str(raised.value) and "[auth] " not in str(raised.value)


@pytest.mark.parametrize("address", [
    "https://localhost:8501/oauth2callback", "http://localhost:8502/oauth2callback", "http://localhost:8501",
    "http://localhost:8501/hubspot", "http://127.0.0.1:8501/oauth2callback", "https://dash.example.com/oauth2callback",
])  # fmt: skip
def test_a_redirect_uri_elsewhere_is_told_where_it_belongs(auth: Callable[..., None], address: str) -> None:
    auth({**SHARED, **OWN, "redirect_uri": address})
    with pytest.raises(NotConfigured, match=r"redirect_uri in \[auth\] must be http://localhost:8501/oauth2callback"):
        require_complete_sign_in()


@pytest.mark.parametrize("public_url", ["https://dash.example.com", "https://dash.example.com:443"])
@pytest.mark.parametrize("written", ["https://dash.example.com", "https://Dash.example.com:443"])
def test_the_schemes_own_port_may_be_written_or_not(auth: Callable[..., None], public_url: str, written: str) -> None:
    auth({**SHARED, **OWN, "redirect_uri": f"{written}/oauth2callback"}, PUBLIC_URL=public_url)
    require_complete_sign_in()


@pytest.mark.parametrize(("section", "says"), [
    ({**SHARED, "my_idp": OWN}, r"\[auth\.my_idp\] must have a name without an underscore"),
    ({**SHARED, **OWN, "server_metadata_url": "id.example"}, r"server_metadata_url in \[auth\] must be an address"),
    ({**SHARED, "okta": {**OWN, "server_metadata_url": "x"}}, r"server_metadata_url in \[auth\.okta\] must be"),
])  # fmt: skip
def test_what_streamlit_would_refuse_later_is_refused_now(auth: Callable[..., None], section, says: str) -> None:
    auth(section)
    with pytest.raises(NotConfigured, match=says):
        require_complete_sign_in()


def test_the_sections_are_the_providers(auth: Callable[..., None]) -> None:
    auth({**SHARED, **OWN, "client_kwargs": {"prompt": "login"}, "google": {**OWN, "client_id": "at google"}})
    assert list(sign_in_providers()) == ["default", "google"]
    assert (forced_prompt("us"), forced_prompt("at google"), forced_prompt("nobody")) == ("login", "", "")


def test_it_is_read_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["integrations.config.settings"]
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "_secrets_file", _secrets_file)
    (tmp_path / ".streamlit").mkdir()
    text = '[auth]\ncookie_secret = "x"\n[auth.google]\nsince = 2026-01-01\n'
    (tmp_path / ".streamlit" / "secrets.toml").write_text(text)
    settings.cache_clear()
    assert settings().signs_in and settings().auth["google"] == {"since": "2026-01-01"}
