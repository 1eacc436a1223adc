"""SPF's macros (RFC 7208, section 7): what a domain writes to be filled in for each mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote

_MACRO: Final = re.compile(
    r"%(?:\{([slodiphv])(\d{0,3})(r?)([.+,/_=-]*)\}|([%_-])|.?)", re.IGNORECASE
)
_TOP_LABEL: Final = re.compile(r"(?!-)(?!\d+\Z)[A-Za-z0-9-]+(?<!-)\Z")
_LITERALS: Final = {"%": "%", "_": " ", "-": "%20"}
_DOMAIN_CHARACTERS_MAX: Final = 253


def is_macro_string(text: str) -> bool:
    """Tell whether every `%` in a text begins a macro, or stands for itself as it must."""
    for found in _MACRO.finditer(text):
        if not (found[1] or found[5]) or (found[2] and not int(found[2])):
            return False
    return True


def is_domain_spec(text: str) -> bool:
    """Tell whether a text names a domain: it ends in a macro, or in a dot and a top label."""
    if not is_macro_string(text):
        return False
    if any(found.end() == len(text) for found in _MACRO.finditer(text)):
        return True
    _, dot, last = text.removesuffix(".").rpartition(".")
    return bool(dot) and _TOP_LABEL.match(last) is not None


@dataclass(frozen=True, slots=True)
class Subject:
    """What macros are filled in with: the peer, the sender as an address, and the hello.

    `name` finds a name of the peer that leads back to it, best one of a domain's own.
    """

    peer: IPv4Address | IPv6Address
    sender: str
    helo: str
    name: Callable[[str], str]


def expand(text: str, domain: str, subject: Subject) -> str:
    """Fill macros in; a name that is too long loses labels on its left (section 7.3)."""
    expanded = _MACRO.sub(lambda found: _filled(found, domain, subject), text)
    if len(expanded) <= _DOMAIN_CHARACTERS_MAX:
        return expanded
    return expanded[-_DOMAIN_CHARACTERS_MAX - 1 :].partition(".")[2]


def _filled(found: re.Match[str], domain: str, subject: Subject) -> str:
    letter, digits, reverse, delimiters, literal = found.groups()
    if literal:
        return _LITERALS[literal]
    parts = re.split(f"[{re.escape(delimiters or '.')}]", _value(letter.lower(), domain, subject))
    if reverse:
        parts.reverse()
    kept = ".".join(parts[-int(digits) :] if digits else parts)
    return quote(kept, safe="") if letter.isupper() else kept


def _value(letter: str, domain: str, subject: Subject) -> str:
    local, _, sender_domain = subject.sender.rpartition("@")
    match letter:
        case "s":
            return subject.sender
        case "l":
            return local or "postmaster"
        case "o":
            return sender_domain
        case "d":
            return domain
        case "i":
            return _dotted(subject.peer)
        case "p":
            return subject.name(domain) or "unknown"
        case "v":
            return "in-addr" if isinstance(subject.peer, IPv4Address) else "ip6"
    return subject.helo


def _dotted(peer: IPv4Address | IPv6Address) -> str:
    return str(peer) if isinstance(peer, IPv4Address) else ".".join(f"{int(peer):032x}")
