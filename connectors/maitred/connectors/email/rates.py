"""How often one peer may do something, with a bound on the peers that are remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

from maitred.contracts.limits import MINUTE_MS

PEERS_MAX: Final = 20_000
_IPV6_NETWORK_BITS: Final = 64
"""A host is given a whole /64 (RFC 6177), so one address of it says nothing."""


def neighbourhood(peer: str) -> str:
    """Return what stands for a peer when it is counted: its address, or its IPv6 network."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if not isinstance(address, IPv6Address):
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{int(address) >> (128 - _IPV6_NETWORK_BITS):x}::/{_IPV6_NETWORK_BITS}"


class Rate:
    """At most `per_minute` of something from each peer: a minute's worth at once, then evenly.

    Of each peer one number is kept, the time at which its bucket is full again (the virtual
    scheduling of ITU-T I.371, known as GCRA). Beyond `PEERS_MAX` peers the one that came longest
    ago is forgotten.
    """

    def __init__(self, per_minute: int, clock: Callable[[], int]) -> None:
        self._step_ms = MINUTE_MS / per_minute
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, peer: str) -> bool:
        """Count one more, unless it is one too many."""
        if not self.allows(peer):
            return False
        now = self._clock()
        name = neighbourhood(peer)
        self._full_at[name] = max(now, self._full_at.get(name, 0.0)) + self._step_ms
        self._full_at.move_to_end(name)
        self._forget(now)
        return True

    def allows(self, peer: str) -> bool:
        """Tell whether one more would be counted."""
        now = self._clock()
        full_at = max(now, self._full_at.get(neighbourhood(peer), 0.0))
        return full_at + self._step_ms - now <= MINUTE_MS

    def _forget(self, now: int) -> None:
        while self._full_at:
            oldest = next(iter(self._full_at))
            if len(self._full_at) <= PEERS_MAX and self._full_at[oldest] > now:
                return
            del self._full_at[oldest]
