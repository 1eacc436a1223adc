"""Address lists of mail headers (RFC 5322, section 3.4), read without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from maitred.normalizer.email.encoded_words import decoded

ADDRESSES_MAX: Final = 200
CHARACTERS_MAX: Final = 32_000
"""A longer list is read up to here."""

_PLAIN: Final = re.compile(
    r"(?:([^\"(),;:\\<>@]*+)|\"([^\"\\]*+)\"\s{0,20}+)<([\w.+-]++@[\w.-]++)>|([\w.+-]++@[\w.-]++)"
)
"""What most fields hold: one address, with a name of plain words or in quotes, or without."""
# An encoded word stays whole, whatever it holds: many are not encoded enough.
_TOKEN: Final = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|=\?[^?\s]{1,80}\?[bBqQ]\?[^?\s"<>]{0,200}\?=|<[^<>]*+>?|[(),;:]'
    r'|\\.|(?:(?!=\?)[^"<(),;:\\])++|.',
    re.DOTALL,
)
_ADDRESS: Final = re.compile(r"[^\s<>@\"(),;:]{1,256}@[^\s<>@\"(),;:]{1,255}|\"[^\"]{1,64}\"@\S+")
_AROUND_DOTS: Final = re.compile(r"\s{1,20}([@.])\s{0,20}|(?<=@)\s{1,20}")
_COMMENT: Final = re.compile(r"\([^()]*+\)")
_ESCAPED: Final = re.compile(r"\\(.)")
_QUOTED: Final = re.compile("['\u2018](.*)['\u2019]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as written, and the name beside it, decoded; either may be empty."""

    address: str
    name: str


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes of a list, members of groups included.

    A comment serves as the name where there is no other (`user@host (Name)`). What has no address
    at all is a name; before one with an address it is taken for the first half of that one's name
    (`Lovelace, Ada <ada@example.com>`, which should stand in quotation marks).
    """
    plain = _PLAIN.fullmatch(value.strip())
    if plain is not None:
        words, quoted, bracketed, bare = plain.groups()
        name = decoded(words or quoted or "")
        return (Mailbox(bracketed or bare, _unquoted(name) if name.strip() else ""),)
    found: list[Mailbox] = []
    for tokens in _split(value[:CHARACTERS_MAX]):
        mailbox = _mailbox(tokens)
        if mailbox is None:
            continue
        before = found[-1] if found else None
        if before is not None and not before.address and mailbox.address and mailbox.name:
            found[-1] = Mailbox(mailbox.address, f"{before.name}, {mailbox.name}")
        else:
            found.append(mailbox)
        if len(found) == ADDRESSES_MAX:
            break
    return tuple(found)


def _split(value: str) -> Iterator[list[tuple[str, bool]]]:
    """Yield the tokens of each mailbox, each with whether it stands in a comment."""
    tokens: list[tuple[str, bool]] = []
    depth = 0
    for match in _TOKEN.finditer(value):
        token = match[0]
        if token == "(":  # noqa: S105  (a bracket, not a secret)
            depth += 1
        elif token == ")" and depth:  # noqa: S105  (a bracket, not a secret)
            depth -= 1
        elif depth:
            tokens.append((token, True))
        elif token in {",", ";"}:
            yield tokens
            tokens = []
        elif token == ":" and not any("@" in each for each, _ in tokens):  # noqa: S105  (as above)
            # The name of a group: its members follow.
            tokens = []
        else:
            tokens.append((token, False))
    yield tokens


def _mailbox(tokens: list[tuple[str, bool]]) -> Mailbox | None:
    words = [token for token, comment in tokens if not comment]
    bracketed = next((word for word in reversed(words) if _is_address(word)), None)
    if bracketed is not None:
        address = _address(bracketed)
        name = _name(word for word in words if not word.startswith("<"))
    else:
        match = _ADDRESS.search(_AROUND_DOTS.sub(r"\1", "".join(words)))
        address = match[0] if match else ""
        name = _AROUND_DOTS.sub(r"\1", _name(iter(words))).replace(address, "")
    if not name.strip():
        name = decoded("".join(token for token, comment in tokens if comment))
    if not address and "<" in name:
        # The whole field is one encoded word.
        inner = _ADDRESS.search(name)
        address, name = (inner[0], name.partition("<")[0]) if inner else ("", name)
    name = _unquoted(name)
    return Mailbox(address, name) if address or name else None


def _unquoted(name: str) -> str:
    """Return a name without the quotation marks, single ones too, that some mailers put round."""
    stripped = name.strip(' \t"<>')
    quoted = _QUOTED.fullmatch(stripped)
    return quoted[1].strip() if quoted else stripped


def _is_address(word: str) -> bool:
    return word.startswith("<") and bool(word.strip("<> \t"))


def _address(bracketed: str) -> str:
    """Return the address between angle brackets.

    A name without a domain is one as well: mail systems write `<MAILER-DAEMON>`.
    """
    address = bracketed.strip("<> \t")
    # A source route (`<@relay:user@host>`) names only relays before its colon.
    address = address.rpartition(":")[2] if address.startswith("@") else address
    address = _COMMENT.sub("", address.removeprefix("mailto:"))
    address = _AROUND_DOTS.sub(r"\1", address).strip()
    if any(each.isspace() for each in address):
        match = _ADDRESS.search(address)
        return match[0] if match else ""
    return address


def _name(words: Iterator[str]) -> str:
    pieces = []
    for word in words:
        if word.startswith('"'):
            pieces.append(_ESCAPED.sub(r"\1", word[1:].removesuffix('"')))
        else:
            pieces.append(word)
    return decoded("".join(pieces))
