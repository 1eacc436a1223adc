"""Places and networks as settings write them, and how what goes there is encrypted."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

PATH: Final = "channels.email"
_PORT_MAX: Final = 65_535

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]


class Encryption(StrEnum):
    """How a connection to a server is encrypted."""

    STARTTLS = "starttls"
    """From the client's STARTTLS on, as on the ports 587 (RFC 3207) and 143 (RFC 3501)."""
    IMPLICIT = "implicit"
    """From the first byte, as on the ports 465 and 993 (RFC 8314, section 3)."""
    NONE = "none"


def inside(peer: str, networks: Networks) -> bool:
    """Tell whether an address lies in one of the networks; an IPv4 one in IPv6 dress counts."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def networks_of(written: tuple[str, ...], key: str, faults: list[str]) -> Networks:
    """Read networks in CIDR notation; a fault names the one that is wrong by its index."""
    networks = []
    for index, text in enumerate(written):
        try:
            networks.append(ip_network(text))
        except ValueError:
            faults.append(f"{PATH}.{key}[{index}]: {text!r} is not a network, as in 192.0.2.0/24")
    return tuple(networks)


def host_port(text: str, key: str, faults: list[str]) -> tuple[str, int]:
    """Read `host:port`; an IPv6 address stands in brackets."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > _PORT_MAX:
        faults.append(f"{PATH}.{key}: {text!r} is not host:port, as in 127.0.0.1:2525")
        return "", 0
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
