"""Decoding: a raw message through its channel's decoder, whatever the decoder makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from maitred.contracts.errors import BadPayload, Permanent
from maitred.contracts.identifiers import Keys
from maitred.contracts.inbound import Inbound
from maitred.contracts.reply_token import TokenKeys
from maitred.contracts.subjects import Subjects
from maitred.gateway.bus import blobs
from maitred.gateway.bus.connection import Connection
from maitred.gateway.settings.shapes import NormalizerSettings
from maitred.normalizer.port import DecodeContext, Decoded, Decoder

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why a message goes into quarantine: a short code, and a reason without personal data."""

    code: str
    reason: str


def context_of(
    normalizer: NormalizerSettings, keys: Keys, reply_tokens: TokenKeys | None = None
) -> DecodeContext:
    """Return what a tenant's settings say about reading, the same for all who decode."""
    return DecodeContext(
        keys=keys,
        languages=normalizer.languages,
        region=normalizer.region,
        more_regions=normalizer.more_regions,
        patterns=normalizer.patterns,
        reply_tokens=reply_tokens,
    )


def attempt(
    decoder: Decoder, inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext
) -> Decoded | Undecodable:
    """Return what the decoder reads, or why it cannot; never raises for what a stranger sent.

    `sequence` is the message's place in INBOUND.
    """
    try:
        return decoder(inbound, raw, sequence, context)
    except (BadPayload, Permanent) as error:
        return Undecodable(error.code, str(error))
    except Exception as error:
        # A decoder that trips over hostile bytes: the message is kept, and its fault found.
        # Raised on, it would come again and again, and hold up all that came behind it.
        kind = type(error).__name__
        log.exception("decoder_failed", input=sequence, kind=kind)
        return Undecodable("decoder_failed", f"the decoder raised {kind}")


async def raw_of(connection: Connection, subjects: Subjects, inbound: Inbound) -> bytes:
    """Return the bytes as they came, which stand in BLOBS where they are large.

    Raises:
        Permanent: they are gone (`blob_missing`), or are others (`blob_corrupt`).
        StoreUnavailable: the store does not answer.
    """
    blob = inbound.blob
    if blob is None:
        return inbound.body or b""
    return await blobs.get(connection, subjects, blob.owner, blob.sha256, blob.size)
