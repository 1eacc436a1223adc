"""DNS for the checks of one mail: who asks is a stranger, so questions and time are bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import dns.exception
import dns.resolver

LOOKUPS_MAX: Final = 60
"""For one mail: SPF alone may take ten terms of ten names each (RFC 7208 section 4.6.4)."""
LOOKUP_S_MAX: Final = 3.0

Resolver: TypeAlias = Callable[[str, str, float], list[str]]
"""Name, type and seconds in; the records as text out, or nothing if there are none.

Raises `LookupFailed` if nobody knows for now.
"""


class LookupFailed(Exception):
    """The name servers did not answer, or the mail has asked for more than it may."""


class Lookups:
    """The questions of one mail, each asked once; `deadline` and `clock` in milliseconds."""

    def __init__(self, resolver: Resolver, clock: Callable[[], int], deadline: int) -> None:
        self._resolver = resolver
        self._clock = clock
        self._deadline = deadline
        self._known: dict[tuple[str, str], list[str] | None] = {}

    def __call__(self, name: str, kind: str) -> list[str]:
        """Return the records of a name.

        Raises:
            LookupFailed: nobody knows for now, or the mail may not ask any more.
        """
        key = (name.rstrip(".").lower(), kind)
        if key not in self._known:
            self._known[key] = self._ask(*key)
        found = self._known[key]
        if found is None:
            raise LookupFailed
        return found

    def _ask(self, name: str, kind: str) -> list[str] | None:
        left_s = (self._deadline - self._clock()) / 1_000
        if left_s <= 0 or len(self._known) >= LOOKUPS_MAX:
            return None
        try:
            return self._resolver(name, kind, min(left_s, LOOKUP_S_MAX))
        except LookupFailed:
            return None


def system_resolver() -> Resolver:
    """Return a resolver that asks the name servers of this machine."""
    return asking(dns.resolver.Resolver())


def asking(servers: dns.resolver.Resolver) -> Resolver:
    """Return a resolver that asks through dnspython."""

    def resolve(name: str, kind: str, lifetime_s: float) -> list[str]:
        try:
            answer = servers.resolve(name, kind, lifetime=lifetime_s, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.Timeout, dns.resolver.NoNameservers):
            raise LookupFailed from None
        except (dns.exception.DNSException, UnicodeError):
            return []  # no name at all: nothing can stand there
        return [_text(record, kind) for record in answer]

    return resolve


def _text(record: object, kind: str) -> str:
    match kind:
        case "TXT":
            # Several strings of one record are one text (RFC 7208 section 3.3).
            return b"".join(getattr(record, "strings", ())).decode("latin-1")
        case "MX":
            return str(getattr(record, "exchange", ""))
        case _:
            return str(record)
