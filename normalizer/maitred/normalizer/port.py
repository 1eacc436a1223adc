"""The port: what a decoder is given, and what it returns.

A decoder is found by its entry point in `maitred.decoders`, whose name is the channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from maitred.contracts.identifiers import Keys
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message
from maitred.contracts.reply_token import TokenKeys
from maitred.normalizer.patterns import NumberPattern


@dataclass(frozen=True, slots=True)
class DecodeContext:
    """What a tenant's settings say about reading.

    `languages` are those that may be recognised (ISO 639-1). `region` (ISO 3166-1) reads
    national phone numbers; without it only international ones are recognised. `more_regions` are
    tried after it. `patterns` are the tenant's own numbers. Without `reply_tokens` no address is
    searched for one.
    """

    keys: Keys
    languages: tuple[str, ...] = ("en",)
    region: str | None = None
    more_regions: tuple[str, ...] = ()
    patterns: tuple[NumberPattern, ...] = ()
    reply_tokens: TokenKeys | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """A message, and the bytes of its attachments by their SHA-256 in lower-case hexadecimal.

    Every `Attachment.blob` of the message names one of `contents`.
    """

    message: Message
    contents: Mapping[str, bytes]


class Decoder(Protocol):
    """Turn what one channel delivers into a message; the same input gives the same output."""

    def __call__(
        self, inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext
    ) -> Decoded:
        """Return what `raw` says; `sequence` is its place in INBOUND.

        Raises:
            BadPayload: it cannot be understood; `code` says why, in one short word.
        """
        ...
