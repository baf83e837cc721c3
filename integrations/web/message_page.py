"""An answer for people where there is no page of the dashboard."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse


def message_page(sentence: str, status: int, again: int = 0) -> HTMLResponse:
    """Returns an uncacheable page with one sentence and a way back; it reloads after `again` seconds."""
    refresh = f"<meta http-equiv=refresh content={again}>" if again else ""
    return HTMLResponse(
        f"<!doctype html><title>Dashboard</title><meta name=viewport content='width=device-width'>{refresh}"
        "<link rel=icon href='data:,'>"  # else the browser asks for /favicon.ico
        f"<body style='font:18px/1.5 system-ui;max-width:34em;margin:15vh auto;padding:0 1em'>"
        f"<p>{escape(sentence)}</p><p><a href='/'>Back to the dashboard</a></p>",
        status,
        {"Cache-Control": "no-store", **({"Retry-After": str(again)} if again else {})},
    )
