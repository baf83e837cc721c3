"""Settings: the only reader of the environment and of `.streamlit/secrets.toml`."""

from .settings import Settings, settings
from .sign_in import forced_prompt, require_complete_sign_in, sign_in_providers

__all__ = ["Settings", "forced_prompt", "require_complete_sign_in", "settings", "sign_in_providers"]
