"""Decoding: a raw message through its channel's decoder, whatever the decoder makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from maitred.contracts.errors import BadPayload, Permanent
from maitred.contracts.inbound import Inbound
from maitred.normalizer.port import DecodeContext, Decoded, Decoder

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why a message goes into quarantine: a short code, and a reason without personal data."""

    code: str
    reason: str


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
    except (ValueError, TypeError, LookupError, RecursionError, AttributeError) as error:
        # A decoder that trips over hostile bytes: the message is kept, and its fault found.
        kind = type(error).__name__
        log.exception("decoder_failed", input=sequence, kind=kind)
        return Undecodable("decoder_failed", f"the decoder raised {kind}")
