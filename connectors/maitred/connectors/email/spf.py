"""SPF (RFC 7208): whether a domain lets an address send mail in its name.

Own code, since the library that authheaders leaves this to cannot be given a resolver. What a
domain would have its refusals explained with (`exp`, section 6.2) is not asked for: no peer is
told more than that a mail is refused.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from maitred.connectors.email.resolving import LookupFailed, Lookups
from maitred.connectors.email.spf_macros import Subject, expand
from maitred.connectors.email.spf_record import BadRecord, Term, is_record, parse

TERMS_MAX: Final = 10
VOID_LOOKUPS_MAX: Final = 2
NAMES_MAX: Final = 10
"""RFC 7208 section 4.6.4: all three."""
_LABEL: Final = re.compile(r"[^.\s]{1,63}\Z")
_FREE: Final = frozenset({"all", "ip4", "ip6"})
"""Mechanisms that ask nobody."""


class _PermanentFault(Exception):
    """The record leads nowhere, or asks for too much."""


def spf(address: str, mail_from: str, helo: str, lookups: Lookups) -> str:
    """Return the result for a mail: `pass`, `fail`, `softfail`, `neutral`, `none` or an error's.

    A mail without a return path is judged by how its peer introduced itself (section 2.4).
    """
    sender = mail_from if "@" in mail_from else f"postmaster@{helo}"
    try:
        peer = ip_address(address.partition("%")[0])
    except ValueError:
        return "none"
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    try:
        return _Check(peer, sender, helo, lookups).of(sender.rpartition("@")[2])
    except (BadRecord, _PermanentFault):
        return "permerror"
    except LookupFailed:
        return "temperror"


class _Check:
    """One evaluation, with what it has spent so far."""

    def __init__(
        self, peer: IPv4Address | IPv6Address, sender: str, helo: str, lookups: Lookups
    ) -> None:
        self._peer = peer
        self._subject = Subject(peer, sender, helo, self._name_in)
        self._lookups = lookups
        self._names: list[str] | None = None
        self._terms = 0
        self._voids = 0

    def of(self, domain: str) -> str:
        """Evaluate a domain's record (section 4, `check_host`)."""
        domain = domain.rstrip(".")
        labels = domain.split(".")
        if len(labels) < 2 or not all(_LABEL.match(each) for each in labels):  # noqa: PLR2004  (section 4.3)
            return "none"
        records = [each for each in self._lookups(domain, "TXT") if is_record(each)]
        if not records:
            return "none"
        if len(records) > 1:
            raise _PermanentFault
        record = parse(records[0])
        for term in record.terms:
            if self._matches(term, domain):
                return term.word
        if not record.redirect:
            return "neutral"
        self._spend()
        return self._of_another(expand(record.redirect, domain, self._subject))

    def _of_another(self, domain: str) -> str:
        result = self.of(domain)
        if result == "none":
            raise _PermanentFault
        return result

    def _matches(self, term: Term, domain: str) -> bool:
        if term.name not in _FREE:
            self._spend()
        target = expand(term.domain, domain, self._subject) if term.domain else domain
        match term.name:
            case "all":
                return True
            case "ip4" | "ip6":
                is_alike = self._peer.version == int(term.name[2])
                return is_alike and self._inside([term.network], term.bits)
            case "include":
                return self._of_another(target) == "pass"
            case "exists":
                return bool(self._asked(target, "A"))
            case "a":
                return self._inside(self._asked(target, self._kind), term.bits)
            case "mx":
                return self._comes_from_mx(target, term.bits)
        return any(_is_below(name, target) for name in self._proven_names())

    def _comes_from_mx(self, domain: str, bits: tuple[int, int]) -> bool:
        names = self._asked(domain, "MX")
        if len(names) > NAMES_MAX:
            raise _PermanentFault
        return any(self._inside(self._asked(each, self._kind), bits) for each in names)

    def _proven_names(self) -> list[str]:
        """Return the peer's names that lead back to it, at most ten tried (section 5.5)."""
        if self._names is None:
            try:
                names = self._asked(self._peer.reverse_pointer, "PTR")[:NAMES_MAX]
            except LookupFailed:
                names = []
            self._names = [name.rstrip(".").lower() for name in names if self._leads_back(name)]
        return self._names

    def _leads_back(self, name: str) -> bool:
        try:
            return self._inside(self._lookups(name, self._kind), (32, 128))
        except LookupFailed:
            return False

    def _name_in(self, domain: str) -> str:
        """Return the peer's name for `%{p}` (section 7.3): the domain, one below it, or any."""
        names = self._proven_names()
        below = [name for name in names if _is_below(name, domain)]
        return domain if domain.lower() in below else next(iter((*below, *names)), "")

    def _inside(self, written: list[str], bits: tuple[int, int]) -> bool:
        prefix = bits[0] if isinstance(self._peer, IPv4Address) else bits[1]
        for each in written:
            try:
                if self._peer in ip_network(f"{each}/{prefix}", strict=False):
                    return True
            except ValueError:
                continue  # a record that is no address: not ours to mend
        return False

    @property
    def _kind(self) -> str:
        return "A" if isinstance(self._peer, IPv4Address) else "AAAA"

    def _asked(self, name: str, kind: str) -> list[str]:
        found = self._lookups(name, kind)
        if not found:
            self._voids += 1
            if self._voids > VOID_LOOKUPS_MAX:
                raise _PermanentFault
        return found

    def _spend(self) -> None:
        self._terms += 1
        if self._terms > TERMS_MAX:
            raise _PermanentFault


def _is_below(name: str, domain: str) -> bool:
    return f".{name}".endswith(f".{domain.rstrip('.').lower()}")
