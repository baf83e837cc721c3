"""PUBLIC_URL's host and origin, and whether a request names them."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from ..config import settings


def is_under_own_host(asked: HTTPConnection) -> bool:
    """By the host that was asked for, or that a proxy says was. On this machine there is none: a page could say so."""
    hosts = [asked.headers.get("host", "")]
    if not settings().on_this_machine:
        hosts += asked.headers.get("x-forwarded-host", "").split(",")
    return not _own_hosts().isdisjoint(host.strip().lower() for host in hosts)


def is_from_own_page(asked: HTTPConnection) -> bool:
    """Returns whether Origin is there and is exactly PUBLIC_URL's; browsers leave out the scheme's own port."""
    scheme = urlsplit(settings().public_url).scheme
    origins = asked.headers.getlist("origin")
    return len(origins) == 1 and origins[0] in {f"{scheme}://{host}" for host in _own_hosts()}


def _own_hosts() -> set[str]:
    """PUBLIC_URL's host with its port, and without the one that is the scheme's own."""
    url = urlsplit(settings().public_url)
    usual = ":443" if url.scheme == "https" else ":80"
    return {url.netloc, url.netloc.removesuffix(usual), url.netloc if url.port else url.netloc + usual}
