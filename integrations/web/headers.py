"""The security headers of every answer, as tight as Streamlit runs with."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import streamlit

from ..config import settings

STATIC = Path(streamlit.__file__).parent / "static"


@cache
def security_headers() -> dict[str, str]:
    """Header names and values; HSTS only where people come over https."""
    headers = {
        "Content-Security-Policy": "; ".join(_policy()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings().https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


@cache
def root_files() -> frozenset[str]:
    """Returns the addresses of Streamlit's files beside its page, such as `/favicon.png`."""
    return frozenset(f"/{each.name}" for each in STATIC.iterdir() if each.is_file() and each.suffix != ".html")


def _policy() -> list[str]:
    return [
        "default-src 'self'",
        f"script-src 'self' 'wasm-unsafe-eval' {' '.join(_inline_scripts())}",
        "style-src 'self' 'unsafe-inline'",  # Streamlit styles its elements one by one
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "base-uri 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ]


def _inline_scripts() -> list[str]:
    """The hashes of the scripts that stand in Streamlit's own index.html."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts]
