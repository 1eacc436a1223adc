"""SPF (RFC 7208): whether a domain lets an address send mail in its name.

Own code, since the library that authheaders leaves this to cannot be given a resolver.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import quote

from maitred.connectors.email.resolving import LookupFailed, Lookups

TERMS_MAX: Final = 10
VOID_LOOKUPS_MAX: Final = 2
NAMES_MAX: Final = 10
"""RFC 7208 section 4.6.4: all three."""
_RECORD: Final = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
_MODIFIER: Final = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=([\x21-\x7e]*)\Z")
_MECHANISM: Final = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([\x21-\x7e]+?))?"
    r"(?:/(\d{1,3}))?(?://(\d{1,3}))?\Z",
    re.IGNORECASE,
)
_MACRO: Final = re.compile(
    r"%(?:\{([slodiphv])(\d{0,3})(r?)([.+,/_=-]*)\}|([%_-])|.?)", re.IGNORECASE
)
_LABEL: Final = re.compile(r"[^.\s]{1,63}\Z")
_TOP_LABEL: Final = re.compile(r"(?!-)(?!\d+\Z)[A-Za-z0-9-]+(?<!-)\Z")
_WORDS: Final = {"+": "pass", "": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_FREE: Final = frozenset({"all", "ip4", "ip6"})
"""Mechanisms that ask nobody."""
_DOMAIN_CHARACTERS_MAX: Final = 253


class _Fault(Exception):
    def __init__(self, word: str) -> None:
        self.word = word


@dataclass(frozen=True, slots=True)
class _Term:
    word: str
    name: str
    domain: str
    bits: tuple[int, int]
    written: str = ""


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
    except _Fault as fault:
        return fault.word
    except LookupFailed:
        return "temperror"


class _Check:
    """One evaluation, with what it has spent so far."""

    def __init__(
        self, peer: IPv4Address | IPv6Address, sender: str, helo: str, lookups: Lookups
    ) -> None:
        self._peer = peer
        self._sender = sender
        self._helo = helo
        self._lookups = lookups
        self._terms = 0
        self._voids = 0

    def of(self, domain: str) -> str:
        """Evaluate a domain's record (section 4, `check_host`)."""
        domain = domain.rstrip(".")
        labels = domain.split(".")
        if len(labels) < 2 or not all(_LABEL.match(each) for each in labels):  # noqa: PLR2004  (section 4.3)
            return "none"
        records = [each for each in self._lookups(domain, "TXT") if _RECORD.match(each)]
        if not records:
            return "none"
        if len(records) > 1:
            raise _Fault("permerror")
        terms, redirect = _parse(records[0])
        for term in terms:
            if self._matches(term, domain):
                return term.word
        if not redirect:
            return "neutral"
        self._spend()
        result = self.of(self._expand(redirect, domain))
        if result == "none":
            raise _Fault("permerror")
        return result

    def _matches(self, term: _Term, domain: str) -> bool:
        if term.name not in _FREE:
            self._spend()
        target = self._expand(term.domain, domain) if term.domain else domain
        match term.name:
            case "all":
                return True
            case "ip4" | "ip6":
                return self._inside([term.written], term.bits, version=int(term.name[2]))
            case "include":
                return self._includes(target)
            case "exists":
                return bool(self._asked(target, "A"))
            case "a":
                return self._inside(self._addresses(target), term.bits)
            case "mx":
                return self._comes_from_mx(target, term.bits)
        return self._is_named(target)

    def _includes(self, domain: str) -> bool:
        result = self.of(domain)
        if result == "none":
            raise _Fault("permerror")
        return result == "pass"

    def _comes_from_mx(self, domain: str, bits: tuple[int, int]) -> bool:
        names = self._asked(domain, "MX")
        if len(names) > NAMES_MAX:
            raise _Fault("permerror")
        return any(self._inside(self._addresses(each), bits) for each in names)

    def _is_named(self, domain: str) -> bool:
        """Tell whether the peer has a name in the domain that leads back to it (section 5.5)."""
        below = f".{domain.lower()}"
        try:
            names = self._asked(self._peer.reverse_pointer, "PTR")[:NAMES_MAX]
        except LookupFailed:
            return False
        for name in names:
            try:
                leads_back = str(self._peer) in self._lookups(name, self._kind)
            except LookupFailed:
                continue
            if leads_back and f".{name.rstrip('.').lower()}".endswith(below):
                return True
        return False

    def _inside(self, written: list[str], bits: tuple[int, int], version: int = 0) -> bool:
        if version and version != self._peer.version:
            return False
        prefix = bits[0 if self._peer.version == 4 else 1]  # noqa: PLR2004  (IPv4)
        for each in written:
            try:
                if self._peer in ip_network(f"{each}/{prefix}", strict=False):
                    return True
            except ValueError:
                continue  # a record that is no address: not ours to mend
        return False

    def _addresses(self, name: str) -> list[str]:
        return self._asked(name, self._kind)

    @property
    def _kind(self) -> str:
        return "A" if self._peer.version == 4 else "AAAA"  # noqa: PLR2004  (IPv4)

    def _asked(self, name: str, kind: str) -> list[str]:
        found = self._lookups(name, kind)
        if not found:
            self._voids += 1
            if self._voids > VOID_LOOKUPS_MAX:
                raise _Fault("permerror")
        return found

    def _spend(self) -> None:
        self._terms += 1
        if self._terms > TERMS_MAX:
            raise _Fault("permerror")

    def _expand(self, text: str, domain: str) -> str:
        """Expand macros (section 7); a name that is too long loses labels on its left."""
        expanded = _MACRO.sub(lambda found: self._macro(found, domain), text)
        if len(expanded) <= _DOMAIN_CHARACTERS_MAX:
            return expanded
        return expanded[-_DOMAIN_CHARACTERS_MAX - 1 :].partition(".")[2]

    def _macro(self, found: re.Match[str], domain: str) -> str:
        letter, digits, reverse, delimiters, literal = found.groups()
        if literal:
            return {"%": "%", "_": " ", "-": "%20"}[literal]
        local, _, sender_domain = self._sender.rpartition("@")
        values: dict[str, Callable[[], str]] = {
            "s": lambda: self._sender,
            "l": lambda: local or "postmaster",
            "o": lambda: sender_domain,
            "d": lambda: domain,
            "i": self._dotted,
            "p": lambda: "unknown",  # section 7.3: better not asked for at all
            "v": lambda: "in-addr" if self._peer.version == 4 else "ip6",  # noqa: PLR2004  (IPv4)
            "h": lambda: self._helo,
        }
        parts = re.split(f"[{re.escape(delimiters or '.')}]", values[letter.lower()]())
        if reverse:
            parts.reverse()
        kept = ".".join(parts[-int(digits) :] if digits else parts)
        return quote(kept, safe="") if letter.isupper() else kept

    def _dotted(self) -> str:
        if isinstance(self._peer, IPv4Address):
            return str(self._peer)
        return ".".join(f"{int(self._peer):032x}")


def _parse(record: str) -> tuple[list[_Term], str]:
    """Read all terms first: a fault anywhere spoils the whole record (section 4.6)."""
    terms: list[_Term] = []
    modifiers: dict[str, str] = {}
    for word in record.split(" ")[1:]:
        if not word:
            continue
        modifier = _MODIFIER.match(word)
        if modifier is None:
            terms.append(_mechanism(word))
            continue
        name = modifier[1].lower()
        if name in {"redirect", "exp"}:
            if name in modifiers or not _is_domain(modifier[2]):
                raise _Fault("permerror")
            modifiers[name] = modifier[2]
    return terms, modifiers.get("redirect", "")


def _mechanism(word: str) -> _Term:
    found = _MECHANISM.match(word)
    if found is None:
        raise _Fault("permerror")
    qualifier, name, rest, four, six = found.groups()
    name = name.lower()
    if name in {"ip4", "ip6"}:
        return _network(_WORDS[qualifier], name, rest or "", four, six)
    if (four or six) and name not in {"a", "mx"}:
        raise _Fault("permerror")
    needed, allowed = name in {"include", "exists"}, name != "all"
    if (needed and not rest) or (rest and not (allowed and _is_domain(rest))):
        raise _Fault("permerror")
    bits = (_bits(four, 32), _bits(six, 128))
    return _Term(_WORDS[qualifier], name, rest or "", bits)


def _network(word: str, name: str, rest: str, four: str | None, six: str | None) -> _Term:
    width = 32 if name == "ip4" else 128
    bits = _bits(four, width)
    try:
        address = ip_address(rest)
    except ValueError:
        raise _Fault("permerror") from None
    if six is not None or address.max_prefixlen != width:
        raise _Fault("permerror")
    return _Term(word, name, "", (bits, bits), str(address))


def _bits(written: str | None, width: int) -> int:
    if written is None:
        return width
    if int(written) > width or (written[0] == "0" and written != "0"):
        raise _Fault("permerror")
    return int(written)


def _is_domain(text: str) -> bool:
    """Tell whether a domain-spec is well formed (section 7.1)."""
    bad = any(not (each[1] or each[5]) for each in _MACRO.finditer(text))
    zero = any(each[2] and not int(each[2]) for each in _MACRO.finditer(text))
    last = text.removesuffix(".").rpartition(".")[2]
    ends = text.endswith(("}", "%%", "%_", "%-")) or _TOP_LABEL.match(last) is not None
    return not bad and not zero and ends
