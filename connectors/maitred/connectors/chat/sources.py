"""Sources: where requests come from, and how much may come from one address.

A visitor is whoever says so, and anybody can be a thousand visitors; addresses are dearer. Behind a
proxy the address stands in `X-Forwarded-For`, which is believed of the proxies in the settings
only: each of them appends whom it heard, so the last one that is none of them is the visitor's own.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from aiohttp import hdrs, web

from maitred.connectors.bucket import Buckets
from maitred.contracts.limits import (
    CHAT_CODES_SHARE_PER_SOURCE,
    CHAT_HELLOS_PER_SOURCE_PER_MINUTE_MAX,
    CHAT_SOCKETS_PER_SOURCE_MAX,
    CODES_PER_ADDRESS_MAX,
    CODES_WINDOW_MS,
    MINUTE_MS,
)

Source = str
"""An IPv4 address, the first half of an IPv6 address, or nothing where it cannot be told."""
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN: Final[Source] = ""
_PREFIX_IPV6: Final = 64
"""A household has as many addresses (RFC 6177, section 2), so they count as one."""


class Sources:
    """Tells sources and counts what comes from each; times are in milliseconds.

    Where no source can be told (a proxy that is not in the settings, on a private network), nothing
    is bounded by it: everybody would be one.
    """

    def __init__(self, proxies: tuple[str, ...], clock: Callable[[], int]) -> None:
        self._proxies = tuple(ip_network(each) for each in proxies)
        self._clock = clock
        self._sockets: Counter[Source] = Counter()
        self._hellos = Buckets[Source](MINUTE_MS)
        self._codes = Buckets[tuple[str, Source]](CODES_WINDOW_MS)

    def of(self, request: web.Request) -> Source:
        """Return where a request comes from."""
        peer = _address(request.remote or "")
        if peer is None:
            return UNKNOWN
        if not self._is_proxy(peer):
            return _named(peer) if peer.is_global else UNKNOWN
        for written in reversed(_forwarded_for(request)):
            address = _address(written)
            if address is None:
                return UNKNOWN
            if not self._is_proxy(address):
                return _named(address)
        return UNKNOWN

    @contextlib.contextmanager
    def socket(self, source: Source) -> Iterator[bool]:
        """Count a socket for as long as it is open; tell whether it may be."""
        if self._sockets[source] >= CHAT_SOCKETS_PER_SOURCE_MAX and source != UNKNOWN:
            yield False
            return
        self._sockets[source] += 1
        try:
            yield True
        finally:
            self._sockets[source] -= 1
            if not self._sockets[source]:
                del self._sockets[source]

    def hello(self, source: Source) -> int:
        """Count a hello; return 0, or after how long it may be said again."""
        if source == UNKNOWN:
            return 0
        now = self._clock()
        return self._hellos.of(source, now, CHAT_HELLOS_PER_SOURCE_PER_MINUTE_MAX).take(now)

    def code(self, source: Source, account: str, codes_per_hour: int) -> int:
        """Count that a code is asked for; return 0, or after how long it may be asked again."""
        if source == UNKNOWN:
            return 0
        now = self._clock()
        share = max(CODES_PER_ADDRESS_MAX, codes_per_hour // CHAT_CODES_SHARE_PER_SOURCE)
        return self._codes.of((account, source), now, share).take(now)

    def _is_proxy(self, address: Address) -> bool:
        return any(address in each for each in self._proxies)


def is_network(written: str) -> bool:
    """Tell whether a text names a network in CIDR notation."""
    try:
        ip_network(written)
    except ValueError:
        return False
    return True


def _forwarded_for(request: web.Request) -> list[str]:
    """Return the addresses that proxies have written down, the latest last."""
    return [
        each.strip()
        for header in request.headers.getall(hdrs.X_FORWARDED_FOR, [])
        for each in header.split(",")
    ]


def _address(written: str) -> Address | None:
    """Read an address, with or without a port; an IPv4 one in IPv6 dress is what it is."""
    if written.startswith("["):
        written = written[1:].partition("]")[0]
    elif written.count(":") == 1:
        written = written.partition(":")[0]
    try:
        address = ip_address(written.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _named(address: Address) -> Source:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, _PREFIX_IPV6), strict=False))
