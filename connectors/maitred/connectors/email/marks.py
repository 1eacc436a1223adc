"""The house's mark: our keyed word in a mail of ours that we sent it, and to whom.

It stands in a header field of its own and in the envelope (RFC 3461, ENVID). By it a bounce that
returns our mail is told from one that somebody made up, and a mail that comes back to us from one
that somebody wrote.

Many bounces return nothing. So it also stands in the return path, to which they go (RFC 5321,
section 4.5.5), where that may be a plus-address: one for each mail, as in VERP
(https://cr.yp.to/proto/verp.txt), and always the same one for the same mail, so that greylisting
knows it again. `support+b-<45 characters of base32>@example.com` holds 28 bytes: 16 of the reply's
id, 3 that tag the address that it went to, and the first 9 of our keyed word.
"""

from __future__ import annotations

import base64
import binascii
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
_ID: Final = re.compile(r"out_([0-9a-f]{32})\Z")
_PATH: Final = re.compile(r"\+b-([a-z2-7]{45})@", re.IGNORECASE)
_PADDING: Final = "==="
_ID_BYTES: Final = 16
_TAG_BYTES: Final = 3
_WORD_BYTES: Final = 9
_NEAR_BYTES: Final = 4 * KIB


@dataclass(frozen=True, slots=True)
class Marked:
    """What a mark proves: which reply it was, of which account, and the address it went to.

    That is empty where only the return path bears the mark, and nothing names the address.
    """

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

    def return_path(self, base: str, reply: Marked) -> str:
        """Return the address below `base` to which the bounces of a reply go.

        It is `base` itself where the id of the reply is none that we make.
        """
        found = _ID.match(reply.outbound)
        if found is None:
            return base
        tag = self._tag(reply.outbound, reply.address)
        data = bytes.fromhex(found[1]) + tag + self._word(reply.outbound, reply.account, tag)
        local, _, domain = base.rpartition("@")
        return f"{local}+b-{base64.b32encode(data).decode().rstrip('=').lower()}@{domain}"

    def in_return_path(self, recipients: Iterable[str], named: Iterable[str]) -> Marked | None:
        """Return what the address proves that a bounce came to, which is about one of the `named`.

        What it says of the address is empty if it went to none of them.
        """
        addresses = list(named)[:_ADDRESSES_MAX]
        for found in filter(None, map(_PATH.search, islice(recipients, _ADDRESSES_MAX))):
            try:
                data = base64.b32decode(found[1].upper() + _PADDING)
            except (binascii.Error, ValueError):
                continue
            outbound = OutboundId(f"out_{data[:_ID_BYTES].hex()}")
            tag, word = data[_ID_BYTES:-_WORD_BYTES], data[-_WORD_BYTES:]
            for account in self.accounts:
                if hmac.compare_digest(self._word(outbound, account, tag), word):
                    tagged = (each for each in addresses if self._tag(outbound, each) == tag)
                    return Marked(outbound, account, next(tagged, ""))
        return None

    def _word(self, outbound: OutboundId, account: str, tag: bytes) -> bytes:
        said = f"{outbound} {account} {tag.hex()}"
        return bytes.fromhex(self.keys.thread("return path", said))[:_WORD_BYTES]

    def _tag(self, outbound: OutboundId, address: str) -> bytes:
        said = f"{outbound} {address}"
        return bytes.fromhex(self.keys.thread("return path to", said))[:_TAG_BYTES]


def addresses_in(text: str) -> list[str]:
    """Return the addresses in a text, normalised."""
    found = []
    for written in _ADDRESS.findall(text)[:_ADDRESSES_MAX]:
        try:
            found.append(email_identifier(written).value)
        except BadPayload:
            continue
    return found
