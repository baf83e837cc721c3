"""Where somebody comes from: what a trusted proxy says, and nothing that anybody else has written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.config import Settings, settings
from integrations.model import client_address
from integrations.model.address import counted_as
from integrations.model.errors import NotConfigured

PERSON, INVENTED, PROXY, EDGE = "203.0.113.7", "198.51.100.9", "10.0.0.5", "192.168.1.2"


@pytest.mark.parametrize(("peer", "forwarded", "found"), [
    (PERSON, [], PERSON),
    (PERSON, [INVENTED], PERSON),
    (PROXY, [], PROXY),
    (PROXY, [PERSON], PERSON),
    ("127.0.0.1", [PERSON], PERSON), (None, [PERSON], PERSON), ("::1", [PERSON], PERSON), (None, [], "127.0.0.1"),
    (PROXY, [f"{INVENTED}, {PERSON}"], PERSON), (PROXY, [INVENTED, PERSON], PERSON),
    (PROXY, [f"{INVENTED}, {PERSON} ,{EDGE}"], PERSON),
    (PROXY, ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
    (PROXY, [f"{PERSON}:4711"], PERSON), (PROXY, ["[2001:db8::1]:4711"], "2001:db8::1"),
    (PROXY, ["2001:DB8::1"], "2001:db8::1"),
    ("::ffff:10.0.0.5", [f"::ffff:{PERSON}"], PERSON), (PROXY, [f"{PERSON}, fe80::1%eth0"], PERSON),
    (PROXY, [f"{PERSON}, unknown"], "unknown"), (PROXY, ["", " , "], PROXY),
])  # fmt: skip
def test_it_is_the_right_most_address_that_no_trusted_proxy_has(
    peer: str | None, forwarded: list[str], found: str
) -> None:
    assert client_address(peer, forwarded, settings().trusted_proxies) == found


def test_the_operator_names_the_proxies(configured: Callable[..., None]) -> None:
    configured(TRUSTED_PROXIES=f"{PROXY}, 2001:db8::/32")
    trusted = settings().trusted_proxies
    assert client_address(PROXY, [f"{INVENTED}, 10.1.2.3"], trusted) == "10.1.2.3"
    assert client_address("2001:db8::5", [PERSON], trusted) == PERSON
    assert client_address(EDGE, [PERSON], trusted) == EDGE
    configured(TRUSTED_PROXIES="private, 203.0.113.0/24")
    assert client_address(PROXY, [f"{INVENTED}, {PERSON}"], settings().trusted_proxies) == INVENTED


@pytest.mark.parametrize("value", ["proxy.example.com", "10.0.0.1/8", "10.0.0.0/33", "*", "private networks"])
def test_what_names_no_network_is_refused_by_name(value: str) -> None:
    with pytest.raises(NotConfigured, match=r"^TRUSTED_PROXIES must be networks"):
        Settings({"TRUSTED_PROXIES": value})


@pytest.mark.parametrize(("address", "name"), [
    (PERSON, PERSON), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"),
    ("2001:db8:1:3::1", "2001:db8:1:3::/64"), ("::ffff:203.0.113.7", PERSON), ("unknown", "unknown"),
])  # fmt: skip
def test_an_ipv6_address_is_counted_as_its_subscribers_network(address: str, name: str) -> None:
    assert counted_as(address) == name
