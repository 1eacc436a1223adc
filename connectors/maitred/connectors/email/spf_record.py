"""The record that a domain publishes for SPF, read as a whole (RFC 7208, sections 4.6 and 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from maitred.connectors.email.spf_macros import is_domain_spec, is_macro_string

_RECORD: Final = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
_MODIFIER: Final = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=([\x21-\x7e]*)\Z")
_MECHANISM: Final = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([\x21-\x7e]+?))?"
    r"(?:/(\d{1,3}))?(?://(\d{1,3}))?\Z",
    re.IGNORECASE,
)
_WORDS: Final = {"+": "pass", "": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_DOMAINS: Final = frozenset({"redirect", "exp"})


class BadRecord(ValueError):
    """It breaks the grammar: a `permerror`."""


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism: the result if it matches, its name, and what it is about.

    `bits` are the prefix lengths for IPv4 and IPv6, `network` the address of an `ip4` or `ip6`.
    """

    word: str
    name: str
    domain: str
    bits: tuple[int, int]
    network: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The mechanisms in order, and where to go on if none matches."""

    terms: tuple[Term, ...]
    redirect: str


def is_record(text: str) -> bool:
    """Tell whether a TXT record is one of SPF's."""
    return _RECORD.match(text) is not None


def parse(text: str) -> Record:
    """Read all terms first: a fault anywhere spoils the whole record (section 4.6).

    Raises:
        BadRecord: there is one.
    """
    terms: list[Term] = []
    modifiers: dict[str, str] = {}
    for word in text.split(" ")[1:]:
        if not word:
            continue
        modifier = _MODIFIER.match(word)
        if modifier is None:
            terms.append(_mechanism(word))
            continue
        name, value = modifier[1].lower(), modifier[2]
        is_sound = is_domain_spec if name in _DOMAINS else is_macro_string
        if not is_sound(value) or (name in _DOMAINS and name in modifiers):
            raise BadRecord
        modifiers[name] = value
    return Record(tuple(terms), modifiers.get("redirect", ""))


def _mechanism(word: str) -> Term:
    found = _MECHANISM.match(word)
    if found is None:
        raise BadRecord
    qualifier, name, rest, four, six = found.groups()
    name = name.lower()
    if name in {"ip4", "ip6"}:
        return _network(_WORDS[qualifier], name, rest or "", four, six)
    if (four or six) and name not in {"a", "mx"}:
        raise BadRecord
    needed, allowed = name in {"include", "exists"}, name != "all"
    if (needed and not rest) or (rest and not (allowed and is_domain_spec(rest))):
        raise BadRecord
    bits = (_bits(four, 32), _bits(six, 128))
    return Term(_WORDS[qualifier], name, rest or "", bits)


def _network(word: str, name: str, rest: str, four: str | None, six: str | None) -> Term:
    width = 32 if name == "ip4" else 128
    bits = _bits(four, width)
    try:
        address = ip_address(rest)
    except ValueError:
        raise BadRecord from None
    if six is not None or address.max_prefixlen != width:
        raise BadRecord
    return Term(word, name, "", (bits, bits), str(address))


def _bits(written: str | None, width: int) -> int:
    if written is None:
        return width
    if int(written) > width or (written[0] == "0" and written != "0"):
        raise BadRecord
    return int(written)
