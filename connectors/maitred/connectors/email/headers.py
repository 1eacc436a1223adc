"""Just enough of a mail's header to say who it is from and who vouched for that.

Runs on every mail before it is stored, on bytes that a stranger chose, so it is bounded, reads no
body and raises nothing. What it cannot read with certainty it reports as not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import email_identifier

HEADER_BYTES_MAX: Final = 256 * 1024
HEADER_FIELDS_MAX: Final = 1_000
FIELD_BYTES_MAX: Final = 8_000
FROM_CHARACTERS_MAX: Final = 2_000
NAME_CHARACTERS_MAX: Final = 200

_FIELD_NAME: Final = re.compile(rb"[!-9;-~]+[ \t]*\Z")
PLAIN_ADDRESS: Final = re.compile(r"[^\s\"<>(),:;\[\]\\@]+@[^\s\"<>(),:;\[\]\\@]+\Z")
_FACT: Final = re.compile(
    r"([A-Za-z0-9._-]+)(?:\s*/\s*\d+)?\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s\";]+)", re.ASCII
)
_VERDICTS: Final = frozenset(
    {"none", "pass", "fail", "softfail", "neutral", "policy", "temperror", "permerror"}
)


@dataclass(frozen=True, slots=True)
class Author:
    """One mailbox of a From field: its address and what stands before it, decoded."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about a mail, as a relay's Authentication-Results say it (RFC 8601).

    `from_domain` is the domain that DMARC was about. `disowned` tells that this domain asks for
    such a mail to be refused.
    """

    facts: dict[str, str] = field(default_factory=dict)
    from_domain: str = ""
    disowned: bool = False


NO_VERDICT: Final = Verdict()


def header_values(content: bytes, name: str) -> list[str]:
    """Return the unfolded values of every field called `name`, topmost first.

    The header ends at the first empty line, or at the first line that is no field (RFC 5322
    section 2.2): whatever follows such a line is body to a careful reader. A field longer than
    `FIELD_BYTES_MAX` reads as empty, since half of one could say the opposite of the whole; of a
    header beyond the bounds nothing is read, since another author may stand in the rest.
    """
    wanted = name.lower().encode()
    values: list[bytes] = []
    collecting = False
    position = fields = 0
    while position < HEADER_BYTES_MAX:
        end = content.find(b"\r\n", position)
        if end <= position:
            break
        line = content[position:end]
        position = end + 2
        if line[:1] in {b" ", b"\t"}:
            if collecting and len(values[-1]) <= FIELD_BYTES_MAX:
                values[-1] += line
            continue
        before, colon, after = line.partition(b":")
        fields += 1
        if fields > HEADER_FIELDS_MAX:
            return []
        if not colon or not _FIELD_NAME.match(before):
            break
        collecting = before.rstrip().lower() == wanted
        if collecting:
            values.append(after)
    else:
        return []
    return [
        value.decode("utf-8", "replace").strip() if len(value) <= FIELD_BYTES_MAX else ""
        for value in values
    ]


def authors(content: bytes) -> list[Author]:
    """Return the mailboxes of the From field, or nothing if it is missing, doubled or broken."""
    values = header_values(content, "From")
    if len(values) != 1 or len(values[0]) > FROM_CHARACTERS_MAX:
        return []
    found = [_mailbox(part) for part in _split(_without_comments(values[0]), ",") if part.strip()]
    whole = [author for author in found if author is not None]
    return whole if len(whole) == len(found) else []


def domain_of(address: str) -> str:
    """Return the normalised domain of an address, empty if it has none."""
    try:
        return email_identifier(address).value.rpartition("@")[2]
    except BadPayload:
        return ""


def verdict(content: bytes, authserv_id: str) -> Verdict:
    """Read the topmost Authentication-Results if `authserv_id` wrote it, else nothing.

    A relay adds its field above all others and removes foreign ones that carry its own name
    (RFC 8601 section 5), so one further down was there before it and proves nothing. A field with
    two DMARC results contradicts itself and counts as none.
    """
    values = header_values(content, "Authentication-Results")
    if not values or not authserv_id:
        return Verdict()
    server, *results = _split(_without_comments(values[0]), ";")
    names = server.split()
    if not names or names[0].strip('"').lower() != authserv_id.lower():
        return Verdict()
    facts: dict[str, str] = {}
    domains: list[str] = []
    for result in results:
        pairs = _FACT.findall(result)
        if not pairs:
            continue
        method, word = pairs[0][0].lower(), pairs[0][1].lower()
        if method not in {"dmarc", "spf", "dkim"} or word not in _VERDICTS:
            continue
        if method == "dmarc":
            about = [value for key, value in pairs[1:] if key.lower() == "header.from"]
            domains.append(_plain_domain(about[0]) if len(about) == 1 else "")
        # Several signatures: one that holds is enough (RFC 7489 section 3.1.1).
        if facts.get(method) != "pass":
            facts[method] = word
    if len(domains) > 1:
        facts.pop("dmarc")
        return Verdict(facts=facts)
    return Verdict(facts=facts, from_domain=domains[0] if domains else "")


def _plain_domain(value: str) -> str:
    return domain_of("x@" + value.strip('"').rpartition("@")[2])


def _without_comments(text: str) -> str:
    """Replace comments by a space; they nest, and quoted strings are none (RFC 5322 3.2.2)."""
    kept: list[str] = []
    depth = 0
    quoted = escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and not quoted and depth:
            depth -= 1
            kept.append(" ")
            continue
        if not depth:
            kept.append(character)
    return "".join(kept)


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that stands outside quotes and angle brackets."""
    parts: list[list[str]] = [[]]
    quoted = escaped = angle = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in "<>":
            angle = character == "<"
        elif character == separator and not quoted and not angle:
            parts.append([])
            continue
        parts[-1].append(character)
    return ["".join(part) for part in parts]


def _mailbox(text: str) -> Author | None:
    """Read `name <address>` or a bare address; anything doubtful is none."""
    text = text.strip()
    if not text.endswith(">"):
        return Author(address=text, name="") if PLAIN_ADDRESS.match(text) else None
    display, bracket, address = text[:-1].rpartition("<")
    address = address.strip()
    # A second pair of brackets would leave open which of the two is meant.
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", display)
    if not bracket or "<" in outside or ">" in outside or not PLAIN_ADDRESS.match(address):
        return None
    return Author(address=address, name=_display_name(display))


def _display_name(display: str) -> str:
    text = display.strip()[: 4 * NAME_CHARACTERS_MAX]
    if text[:1] == '"':
        text = re.sub(r"\\(.)", r"\1", text.strip('"'))
    try:
        pieces = [
            piece.decode(charset or "ascii", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(text)
        ]
    except (HeaderParseError, LookupError, ValueError):
        pieces = [text]
    clean = "".join(c if c.isprintable() else " " for c in "".join(pieces))
    return " ".join(clean.split())[:NAME_CHARACTERS_MAX]
