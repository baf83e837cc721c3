"""The network address that a request came from, where proxies stand in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from .errors import NotConfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PRIVATE = "private"
PRIVATE_NETWORKS = (  # RFC 1918, 4193, 4291; `is_private` would add networks that belong to nobody
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
ONE_SUBSCRIBER = 64  # bits of an IPv6 address that a provider gives to one of its subscribers (RFC 6177)


def networks(text: str, name: str) -> tuple[Network, ...]:
    """Returns the networks in a comma-separated setting; raises NotConfigured with the setting's name."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    ranges = [part for word in words for part in (PRIVATE_NETWORKS if word == PRIVATE else (word,))]
    try:
        return tuple(ip_network(each) for each in ranges)
    except ValueError:
        raise NotConfigured(f"{name} must be networks such as 10.0.0.0/8, separated by commas, or `private`.") from None


def client_address(peer: str | None, forwarded: Iterable[str], proxies: Sequence[Network]) -> str:
    """Returns the address of the person: the right-most one that is not a trusted proxy's.

    `peer` is the other end of the connection (None: this machine), `forwarded` holds the X-Forwarded-For headers as
    they came. They count only if the peer is a trusted proxy. If every address is a proxy's, the left-most one is
    the person's. Returns what is no address as it is.
    """
    hops = [hop.strip() for header in forwarded for hop in header.split(",") if hop.strip()]
    chain = [_bare(hop) for hop in [*hops, peer or "127.0.0.1"]]
    while len(chain) > 1 and _is_within(chain[-1], proxies):
        chain.pop()
    return chain[-1]


def counted_as(address: str) -> str:
    """Returns the name under which this address is counted: of an IPv6 address the network of one subscriber."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, ONE_SUBSCRIBER), strict=False))
    return str(parsed or address)


def is_this_machine(address: str) -> bool:
    """Returns whether it is a loopback address."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def is_address(text: str) -> bool:
    """Returns whether this is an IP address."""
    return _parsed(text) is not None


def _is_within(address: str, ranges: Sequence[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in each for each in ranges)


def _bare(hop: str) -> str:
    """Returns the address in one spelling, without a port, zone or brackets; what is no address as it is."""
    host = hop[1:].partition("]")[0] if hop.startswith("[") else hop.partition(":")[0] if hop.count(":") == 1 else hop
    parsed = _parsed(host)
    return str(parsed) if parsed else hop


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
