"""What of a mail is handed to the library that checks signatures.

dkimpy ends a header elsewhere than we do, takes the square of the time for blanks in a row, and
computes with keys of any size; whatever it does holds the interpreter, so that one mail could stop
the whole gateway for minutes. So it is handed only what it reads as we do, and in linear time.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from dkim.crypto import (  # type: ignore[import-untyped]  # the wheel has no types
    UnparsableKeyError,
    parse_public_key,
)
from dkim.util import (  # type: ignore[import-untyped]  # the wheel has no types
    InvalidTagValueList,
    parse_tag_value,
)

from maitred.connectors.email.headers import HEADER_BYTES_MAX, HEADER_FIELDS_MAX

SIGNATURE_CHARACTERS_MAX: Final = 4_000
"""Of one signature field: with a key of 4,096 bits, the longest, 700 of them are the signature."""
KEY_CHARACTERS_MAX: Final = 2_000
KEY_BITS_MAX: Final = 4_096
"""RFC 8301, section 3.2: what verifiers must be able to use goes so far."""
EXPONENT_BITS_MAX: Final = 32
"""Nearly all keys have 65,537; with one as long as the key, each check takes a second."""

_FIELD: Final = re.compile(rb"[!-9;-~]+:")
_BLANKS: Final = re.compile(rb"[\t ]+")
_LONG_BLANK: Final = re.compile(r"\s{100}")
_END: Final = b"\r\n\r\n"
_CHUNK_BYTES: Final = 64 * 1024


def parted(content: bytes) -> tuple[bytes, bytes] | None:
    """Return header and body of a mail whose header is one to every reader; of others nothing.

    It ends at an empty line, is within our bounds, and holds nothing but fields, and no lone line
    end (RFC 5322, section 2.2).
    """
    end = content.find(_END, 0, HEADER_BYTES_MAX)
    if end < 0:
        return None
    lines = content[:end].split(b"\r\n")
    fields = [line for line in lines if line[:1] not in {b" ", b"\t"}]
    is_sound = (
        fields[:1] == lines[:1]
        and len(fields) <= HEADER_FIELDS_MAX
        and all(map(_FIELD.match, fields))
        and not any(b"\n" in line or b"\r" in line for line in lines)
    )
    return (content[: end + 2], content[end + len(_END) :]) if is_sound else None


def is_short(field: str) -> bool:
    """Tell whether a signature field can be read in no time; `field` is unfolded."""
    return 0 < len(field) <= SIGNATURE_CHARACTERS_MAX and not _LONG_BLANK.search(field)


def is_body_relaxed(said: Mapping[bytes, bytes]) -> bool:
    """Tell whether a signature is over the relaxed body (RFC 6376, section 3.4.4)."""
    return said.get(b"c", b"").endswith(b"/relaxed")


def relaxed(body: bytes) -> bytes:
    """Return a body with no two blanks in a row, and none at the end of a line.

    What a relaxed signature is over, but for the empty lines at its end. It is made in pieces, so
    that other threads come to their turn.
    """
    pieces = []
    at = 0
    while at < len(body):
        end = body.find(b"\r\n", at + _CHUNK_BYTES)
        end = len(body) if end < 0 else end + 2
        pieces.append(_BLANKS.sub(b" ", body[at:end]).replace(b" \r\n", b"\r\n"))
        at = end
    return b"".join(pieces)


def is_modest(record: bytes) -> bool:
    """Tell whether a key record holds no key that takes long to use; one that is none may pass."""
    if len(record) > KEY_CHARACTERS_MAX:
        return False
    try:
        key = parse_public_key(base64.b64decode(parse_tag_value(record)[b"p"]))
    except (InvalidTagValueList, LookupError, UnparsableKeyError, binascii.Error, ValueError):
        return True
    modulus, exponent = int(key["modulus"]), int(key["publicExponent"])
    return modulus.bit_length() <= KEY_BITS_MAX and exponent.bit_length() <= EXPONENT_BITS_MAX
