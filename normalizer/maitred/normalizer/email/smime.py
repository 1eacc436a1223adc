"""S/MIME: the content of an opaque signed message (RFC 8551, section 3.5.2; RFC 5652, section 5).

The signature is not checked here; only what was signed is found, so that it can be read. Lengths
may be definite or not (BER), since mailers that stream do not know them before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MEDIA_TYPES: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
CHUNKS_MAX: Final = 100_000

_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_DATA: Final = bytes.fromhex("06092a864886f70d010701")
_SEQUENCE, _EXPLICIT, _OCTETS, _OCTETS_IN_CHUNKS = 0x30, 0xA0, 0x04, 0x24
_INDEFINITE: Final = 0x80
_LENGTH_BYTES_MAX: Final = 4


class _BrokenError(ValueError):
    """The structure is not what it should be."""


@dataclass(frozen=True, slots=True)
class _Element:
    """Tag and place of an element; `end` is None where its length is not definite."""

    tag: int
    start: int
    end: int | None


def signed_content(data: bytes) -> bytes:
    """Return the MIME entity in a SignedData, empty if there is none (encrypted, or broken)."""
    try:
        position = _enter(data, 0, _SEQUENCE)
        if not data.startswith(_SIGNED_DATA, position):
            return b""
        position = _enter(data, position + len(_SIGNED_DATA), _EXPLICIT)
        position = _enter(data, position, _SEQUENCE)
        position = _behind(data, _behind(data, position))
        position = _enter(data, position, _SEQUENCE)
        if not data.startswith(_DATA, position):
            return b""
        position = _enter(data, position + len(_DATA), _EXPLICIT)
        return _octets(data, position)
    except (_BrokenError, IndexError):
        return b""


def _element(data: bytes, position: int) -> _Element:
    tag, length = data[position], data[position + 1]
    position += 2
    if length == _INDEFINITE:
        return _Element(tag, position, None)
    if length > _INDEFINITE:
        count = length - _INDEFINITE
        if count > _LENGTH_BYTES_MAX:
            raise _BrokenError
        length = int.from_bytes(data[position : position + count], "big")
        position += count
    return _Element(tag, position, position + length)


def _enter(data: bytes, position: int, tag: int) -> int:
    found = _element(data, position)
    if found.tag != tag:
        raise _BrokenError
    return found.start


def _behind(data: bytes, position: int) -> int:
    found = _element(data, position)
    if found.end is None:
        raise _BrokenError
    return found.end


def _octets(data: bytes, position: int) -> bytes:
    """Return an OCTET STRING, in one piece or in chunks."""
    whole = _element(data, position)
    if whole.tag == _OCTETS:
        return data[whole.start : whole.end]
    if whole.tag != _OCTETS_IN_CHUNKS:
        raise _BrokenError
    chunks: list[bytes] = []
    position = whole.start
    end = len(data) if whole.end is None else whole.end
    while position < end and len(chunks) < CHUNKS_MAX:
        chunk = _element(data, position)
        if chunk.tag != _OCTETS or chunk.end is None:
            # The two zeros that end an indefinite length.
            break
        chunks.append(data[chunk.start : chunk.end])
        position = chunk.end
    return b"".join(chunks)
