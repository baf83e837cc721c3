"""An answer for people where there is no page of the dashboard."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse


def words(sentence: str, status: int) -> HTMLResponse:
    """A page of one sentence and a way back."""
    return HTMLResponse(
        f"<!doctype html><title>Dashboard</title><meta name=viewport content='width=device-width'>"
        f"<body style='font:18px/1.5 system-ui;max-width:34em;margin:15vh auto;padding:0 1em'>"
        f"<p>{escape(sentence)}</p><p><a href='/'>Back to the dashboard</a></p>",
        status,
    )
