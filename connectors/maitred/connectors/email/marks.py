"""The house's mark: our keyed word in a mail of ours that we sent it, and to whom.

It stands in a header field of its own and in the envelope (RFC 3461, ENVID). By it a bounce that
returns our mail is told from one that somebody made up, and a mail that comes back to us from one
that somebody wrote.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from maitred.connectors.email.headers import HEADER_BYTES_MAX, header_values
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Keys, email_identifier
from maitred.contracts.ids import OutboundId
from maitred.contracts.limits import KIB

FIELD: Final = "X-Maitred-Mark"
OWN_MARK_FACT: Final = "own_mark"
"""The fact that tells the decoder that a mail is one of ours that has come back."""

_FIELD_BYTES: Final = FIELD.lower().encode()
_MARK: Final = re.compile(r"(out_[0-9A-Za-z]{1,64})\.([0-9a-f]{32})")
_ADDRESS: Final = re.compile(r"[^\s<>\",;:()]{1,256}@[^\s<>\",;:()]{1,255}")
_ADDRESSES_MAX: Final = 20
_MARK_BYTES: Final = re.compile(_MARK.pattern.encode())
_MARKS_MAX: Final = 3
_NEAR_BYTES: Final = 4 * KIB


@dataclass(frozen=True, slots=True)
class Marked:
    """What a mark proves: which reply it was, of which account, and the address it went to."""

    outbound: OutboundId
    account: str
    address: str


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a house, for the accounts that it has."""

    keys: Keys
    accounts: tuple[str, ...]

    def of(self, reply: Marked) -> str:
        """Return the mark of a reply to a normalised address."""
        said = f"{reply.outbound} {reply.account} {reply.address}"
        return f"{reply.outbound}.{self.keys.thread('mark of a mail', said)}"

    def read(self, text: str, addresses: Iterable[str]) -> Marked | None:
        """Return what the first mark in a text proves, if it went to one of these addresses."""
        found = _MARK.search(text)
        if found is None:
            return None
        for address in list(addresses)[:_ADDRESSES_MAX]:
            for account in self.accounts:
                claimed = Marked(OutboundId(found[1]), account, address)
                if hmac.compare_digest(self.of(claimed), found[0]):
                    return claimed
        return None

    def returned_in(self, text: bytes, named: Iterable[str]) -> tuple[Marked | None, int]:
        """Return what a mark proves that stands anywhere in a text, and where its mail begins.

        The mail that bears it went to whom its own header names, or to one of the `named`.
        """
        for found in islice(_MARK_BYTES.finditer(text), _MARKS_MAX):
            above = text.rfind(b"\r\n\r\n", max(0, found.start() - HEADER_BYTES_MAX), found.start())
            begins = above + 4 if above >= 0 else 0
            header = text[begins : begins + HEADER_BYTES_MAX]
            if marked := self.in_header(header):
                return marked, begins
            near = addresses_in(text[: min(begins, _NEAR_BYTES)].decode("utf-8", "replace"))
            if marked := self.read(found[0].decode("ascii"), [*named, *near]):
                return marked, found.start()
        return None, len(text)

    def in_header(self, header: bytes) -> Marked | None:
        """Return what the mark in the header of a mail proves, together with whom it is to."""
        if _FIELD_BYTES not in header[:HEADER_BYTES_MAX].lower():
            return None
        values, to = header_values(header, FIELD), header_values(header, "To")
        return self.read(values[0], addresses_in(to[0])) if values and to else None


def addresses_in(text: str) -> list[str]:
    """Return the addresses in a text, normalised."""
    found = []
    for written in _ADDRESS.findall(text)[:_ADDRESSES_MAX]:
        try:
            found.append(email_identifier(written).value)
        except BadPayload:
            continue
    return found
