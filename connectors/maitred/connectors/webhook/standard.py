"""Standard Webhooks: how a request is signed, and how a signature is proven.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
(version 1.0.0), sections "Signature scheme", "Webhook headers" and "Verifying signatures". Of its
two kinds of signature this is the symmetric one, `v1`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from maitred.contracts.limits import MINUTE_MS, SECOND_MS

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE_MS: Final = 5 * MINUTE_MS
"""How far a request's time may be from ours, as in the specification's own libraries."""
KEY_BYTES_MIN: Final = 24
KEY_BYTES_MAX: Final = 64

_PREFIX: Final = "whsec_"
_VERSION: Final = "v1,"
_SIGNATURES_MAX: Final = 16
_ID: Final = re.compile(r"[!-\-/-~]{1,200}")
"""Visible characters without a full stop, which ends the id in what is signed."""
_SECONDS: Final = re.compile(r"[0-9]{1,11}")


class NotProven(Exception):
    """A request is not proven; `reason` is the word under which that is counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for: base64, with or without `whsec_` before it.

    Raises:
        ValueError: it is no base64, or its key has not 24 to 64 bytes; the secret is not repeated.
    """
    try:
        key = base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        raise ValueError("not 24 to 64 bytes")
    return key


def signed_headers(keys: Sequence[bytes], name: str, now: int, body: bytes) -> dict[str, str]:
    """Return the headers of a request at `now` (UTC milliseconds), signed with every key.

    All of them sign, so that the other side may change to the new secret whenever it likes.
    """
    seconds = str(now // SECOND_MS)
    signatures = (_VERSION + _signature(key, name, seconds, body) for key in keys)
    return {ID: name, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def proven_id(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: int) -> str:
    """Return the id of a request that one of the keys has signed within the tolerance of `now`.

    Raises:
        NotProven: a header is missing or of another form (`no_signature`), no key has signed it
            (`bad_signature`), or it was signed too long ago or ahead (`stale`).
    """
    name, seconds = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    given = [
        each.removeprefix(_VERSION)
        for each in headers.get(SIGNATURE, "").split()[:_SIGNATURES_MAX]
        if each.startswith(_VERSION) and each.isascii()
    ]
    if not given or not _ID.fullmatch(name) or not _SECONDS.fullmatch(seconds):
        raise NotProven("no_signature")
    wanted = [_signature(key, name, seconds, body) for key in keys]
    # Every pair is compared, so that the time it takes tells nothing.
    matches = [hmac.compare_digest(mine, theirs) for mine in wanted for theirs in given]
    if not any(matches):
        raise NotProven("bad_signature")
    if abs(now - int(seconds) * SECOND_MS) > TOLERANCE_MS:
        raise NotProven("stale")
    return name


def _signature(key: bytes, name: str, seconds: str, body: bytes) -> str:
    signed = b".".join((name.encode(), seconds.encode(), body))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
