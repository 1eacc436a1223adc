"""Address lists of mail headers (RFC 5322, section 3.4), read without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from maitred.normalizer.headers import decoded

ADDRESSES_MAX: Final = 200
CHARACTERS_MAX: Final = 32_000
"""A longer list is read up to here."""

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|<[^<>]*>?|[(),;:]|[^"<(),;:]+|.', re.DOTALL)
_ADDRESS: Final = re.compile(r"[^\s<>@\"(),;:]{1,256}@[^\s<>@\"(),;:]{1,255}|\"[^\"]{1,64}\"@\S+")
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address as written, and the name beside it, decoded; either may be empty."""

    address: str
    name: str


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes of a list, members of groups included; broken ones are left out.

    A comment serves as the name where there is no other (`user@host (Name)`).
    """
    found: list[Mailbox] = []
    for tokens in _split(value[:CHARACTERS_MAX]):
        mailbox = _mailbox(tokens)
        if mailbox is not None:
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
    comment = "".join(token for token, comment in tokens if comment)
    bracketed = next((word for word in reversed(words) if word.startswith("<")), None)
    if bracketed is not None:
        address = bracketed.strip("<> \t")
        # A source route (`<@relay:user@host>`) names only relays before its colon.
        address = address.rpartition(":")[2] if address.startswith("@") else address
        name = _name(word for word in words if not word.startswith("<"))
    else:
        match = _ADDRESS.search("".join(words))
        address, name = (match[0] if match else ""), ""
    name = name or decoded(comment).strip()
    if "@" not in address and not name:
        return None
    return Mailbox(address=address if "@" in address else "", name=name)


def _name(words: Iterator[str]) -> str:
    pieces = []
    for word in words:
        if word.startswith('"'):
            pieces.append(_ESCAPED.sub(r"\1", word[1:].removesuffix('"')))
        else:
            pieces.append(word)
    return decoded("".join(pieces)).strip()
