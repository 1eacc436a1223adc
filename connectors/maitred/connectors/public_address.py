"""Which addresses belong to the public internet, and sockets that connect to no other.

What is checked is the address that a socket is about to connect to, behind every name, number
format and answer of a DNS server, so no name can point elsewhere between a check and its use.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from aiohttp import AddrInfoType

_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(each)
    for each in (
        "100.64.0.0/10",  # shared by a carrier's customers (RFC 6598)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved (RFC 1112)
    )
)
_UNICAST_6: Final = IPv6Network("2000::/3")
"""All that is assigned to hosts of the internet (RFC 4291, section 2.4)."""
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # Teredo and other protocols (RFC 2928)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4, which carries any IPv4 address (RFC 7526)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""By which a host without IPv4 reaches an IPv4 address, which stands at its end (RFC 6052)."""


def is_public(address: str) -> bool:
    """Tell whether an address (without a port) is of the public internet.

    IPv6 addresses that carry an IPv4 address are not, but for NAT64's, where the address that is
    carried decides: on a network without IPv4, every IPv4 host is reached that way.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            return _is_public_4(IPv4Address(int(found) & 0xFFFF_FFFF))
        return (
            found in _UNICAST_6
            and found.is_global
            and not any(found in network for network in _NOT_PUBLIC_6)
        )
    return _is_public_4(found)


def _is_public_4(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in _NOT_PUBLIC_4)


class PublicSockets:
    """Makes sockets for aiohttp's connector; `refused` tells that one would have led inside."""

    def __init__(self) -> None:
        self.refused = False

    def __call__(self, address: AddrInfoType) -> socket.socket:
        """Return a socket for one address that a name resolved to, or that a URL names.

        Raises:
            PermissionError: it is not of the public internet.
        """
        family, kind, protocol, _, place = address
        if not is_public(str(place[0])):
            self.refused = True
            raise PermissionError("not an address of the public internet")
        return socket.socket(family=family, type=kind, proto=protocol)
