"""The part of a bounce that is written for machines: delivery status fields (RFC 3464, RFC 6533).

Reports are read as they are found in the wild: with blanks before the colon, with blank lines in
the middle of a recipient's fields, cut off, or pasted into a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from maitred.contracts.limits import BOUNCED_RECIPIENTS_MAX, KIB

REPORT_CHARACTERS_MAX: Final = 256 * KIB
"""How much of a report is read: enough for `BOUNCED_RECIPIENTS_MAX` recipients."""

_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{2,60})[ \t]{0,8}:[ \t]*+(.*)", re.DOTALL)
_ADDRESS: Final = re.compile(r"[^\s<>;,\"()]{1,256}@[^\s<>;,\"()]{1,255}")
_QUOTED: Final = re.compile(r"\"[^\"]{1,64}\"@[\w.-]{1,255}")
_XTEXT: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_TELLING: Final = re.compile(
    r"^\s{0,4}(?:final|original)-recipient\s{0,4}:", re.IGNORECASE | re.MULTILINE
)
_OWN: Final = ("original-recipient", "final-recipient", "x-actual-recipient")
_OF_RECIPIENT: Final = frozenset({*_OWN, "action", "status", "diagnostic-code"})
_ACTIONS: Final = ("failed", "delayed", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a bounce says of one recipient, before it is judged."""

    recipient: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    aliases: tuple[str, ...] = ()
    """The other addresses that the report names for him."""


@dataclass(slots=True)
class _Group:
    """The fields of one recipient while they are gathered."""

    values: dict[str, str] = field(default_factory=dict)

    @property
    def has_recipient(self) -> bool:
        return "final-recipient" in self.values or "original-recipient" in self.values

    @property
    def says_more(self) -> bool:
        return bool(self.values.keys() & {"action", "status", "diagnostic-code"})


def is_report(text: str) -> bool:
    """Tell whether a text holds delivery status fields, whatever its type says."""
    return _TELLING.search(text) is not None


def findings(text: str) -> tuple[Finding, ...]:
    """Return what the fields say of each recipient, in order.

    The address is the one that the sender wrote (Original-Recipient, RFC 3464, section 2.3.1),
    else the one that it was forwarded to: the sender knows only the former.
    """
    found = (_finding(each.values) for each in _groups(text[:REPORT_CHARACTERS_MAX]))
    return tuple(each for each in found if each is not None)[:BOUNCED_RECIPIENTS_MAX]


def _groups(text: str) -> list[_Group]:
    """Gather the fields by recipient.

    A blank line begins another recipient, unless the one before lacks what now follows. A second
    Final-Recipient does so without a blank line.
    """
    groups: list[_Group] = []
    current = _Group()
    for name, value in _fields(text):
        if not name:
            current = _Group()
            continue
        if name == "final-recipient" and name in current.values:
            current = _Group()
        if not current.values:
            last = groups[-1] if groups else None
            if last is not None and not name.endswith("recipient") and not last.says_more:
                current = last
            else:
                groups.append(current)
        current.values.setdefault(name, value)
    return groups


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fields that are about recipients, and an empty one for each blank line.

    A boundary's line ends the report: what follows is the returned mail in a report whose
    boundary does not match its declaration.
    """
    name, lines = "", [""]
    for each in text.splitlines():
        if each[:1] in {" ", "\t"} and name and each.strip():
            lines.append(each.strip())
            continue
        if name:
            yield name, " ".join(lines)
        name = ""
        if not each.strip():
            yield "", ""
            continue
        if each.startswith("--"):
            return
        match = _FIELD.match(each)
        # Some mailers lose the first letter of a field.
        wanted = {"ction": "action"}.get(match[1].lower(), match[1].lower()) if match else ""
        if match and wanted in _OF_RECIPIENT:
            name, lines = wanted, [match[2].strip()]
    if name:
        yield name, " ".join(lines)


def _finding(values: dict[str, str]) -> Finding | None:
    named = [address_in(values[name]) for name in _OWN if name in values]
    addresses = tuple(dict.fromkeys(each for each in named if each))
    if not addresses and not values.keys() & {"status", "diagnostic-code"}:
        return None
    kind, _, said = values.get("diagnostic-code", "").partition(";")
    # What a local program printed is told from what a server answered (`x-unix`).
    diagnostic = f"{kind}; {said}" if kind.strip().lower() == "x-unix" else said or kind
    return Finding(
        recipient=addresses[0] if addresses else "",
        action=_action(values.get("action", "")),
        status=values.get("status", ""),
        diagnostic=diagnostic.strip(),
        aliases=addresses[1:],
    )


def _action(value: str) -> str:
    word = value.strip().lower()
    return next((each for each in _ACTIONS if word.startswith(each)), "")


def address_in(value: str) -> str:
    r"""Return the address in a typed value (`rfc822; ada@example.com`), empty if there is none.

    In `utf-8` addresses characters may stand as `\x{20AC}` (RFC 6533, section 3).
    """
    match = _QUOTED.search(value) or _ADDRESS.search(value)
    if match is None:
        return ""
    return _XTEXT.sub(_character, match[0]).strip("'.:")


def _character(match: re.Match[str]) -> str:
    point = int(match[1], 16)
    is_character = point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF  # noqa: PLR2004  (Unicode)
    return chr(point) if is_character else match[0]
