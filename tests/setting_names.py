"""The names of all settings, with their defaults and meanings as the README's table shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.fields import FieldInfo

from integrations.config.settings import ProviderSettings, Settings

IN_HOURS = "full_every"


def described(settings: type[Settings] | type[ProviderSettings]) -> dict[str, tuple[str, str]]:
    """Each setting's default and meaning by its name; without the section [auth]."""
    fields = {name: field for name, field in settings.model_fields.items() if name != "auth"}
    return {
        _name(name, field): (_default(name, field.default), str(field.description)) for name, field in fields.items()
    }


def _name(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or name).upper()


def _default(name: str, value: Any) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds() / (3600 if name == IN_HOURS else 60):g}"
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


GENERAL, PER_PROVIDER = described(Settings), described(ProviderSettings)
