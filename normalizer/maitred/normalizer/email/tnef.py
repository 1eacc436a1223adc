"""TNEF: what Outlook packs into `winmail.dat` (MS-OXTNEF, MS-OXPROPS).

A stream of attributes: those of the message, then those of each attachment, which begin with its
rendering data. Names and bytes stand in attributes of their own, or in MAPI properties.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from maitred.normalizer.email.charset import text_of

MEDIA_TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
SIGNATURE: Final = b"\x78\x9f\x3e\x22"
ATTRIBUTES_MAX: Final = 5_000
PROPERTIES_MAX: Final = 2_000
VALUES_MAX: Final = 1_000
FILES_MAX: Final = 100

_ATTRIBUTE: Final = struct.Struct("<BII")
_KEY_BYTES: Final = 6
_CHECKSUM_BYTES: Final = 2
# MS-OXTNEF, section 2.1.3.2.
_RENDERING: Final = 0x00069002
_TITLE: Final = 0x00018010
_DATA: Final = 0x0006800F
_ATTACHMENT: Final = 0x00069005
_MESSAGE: Final = 0x00069003
_BODY: Final = 0x0002800C
_CODE_PAGE: Final = 0x00069007
# MS-OXPROPS: PidTagAttachLongFilename, …Filename, …MimeTag, …DataBinary, PidTagBody, …BodyHtml.
_LONG_NAME, _NAME, _MIME_TAG, _DATA_BINARY = 0x3707, 0x3704, 0x370E, 0x3701
_TEXT, _HTML = 0x1000, 0x1013
# MS-OXCDATA, section 2.11.1: bytes of the types that have a fixed size, padded to four.
_SIZES: Final = {
    0x0001: 4, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8,
    0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8, 0x0040: 8, 0x0048: 16,
}  # fmt: skip
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x001E, 0x001F, 0x000D, 0x0102
_MULTIPLE: Final = 0x1000
_NAMED_FROM: Final = 0x8000
_OBJECT_ID_BYTES: Final = 16


class TnefFile(NamedTuple):
    """A file in a TNEF stream; `media_type` may be empty."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Tnef:
    """What a TNEF stream holds; `html` is as written."""

    text: str
    html: str
    files: tuple[TnefFile, ...]


@dataclass(slots=True)
class _Reader:
    """What was read so far; the attributes of a file follow each other."""

    code_page: str = "cp1252"
    text: str = ""
    html: str = ""
    files: list[dict[str, bytes]] = field(default_factory=list)


def read(data: bytes) -> Tnef | None:
    """Return what a TNEF stream holds, up to where it is broken; None if it is none.

    Formatted text in RTF is not read: such mails bring their words in another part as well.
    """
    if not data.startswith(SIGNATURE):
        return None
    reader = _Reader()
    for tag, value in _attributes(data):
        if tag == _CODE_PAGE and len(value) >= 4:  # noqa: PLR2004  (one 32-bit number)
            reader.code_page = f"cp{int.from_bytes(value[:4], 'little')}"
        elif tag == _BODY:
            reader.text = reader.text or _string(value, reader.code_page)
        elif tag == _MESSAGE:
            _message(value, reader)
        elif tag == _RENDERING:
            reader.files.append({})
        elif reader.files:
            _of_file(tag, value, reader)
    return Tnef(reader.text, reader.html, _files(reader))


def _of_file(tag: int, value: bytes, reader: _Reader) -> None:
    current = reader.files[-1]
    if tag == _TITLE:
        current["title"] = value
    elif tag == _DATA:
        current["data"] = value
    elif tag == _ATTACHMENT:
        for prop, kind, content in _properties(value):
            if kind == _UNICODE:
                content = _utf_16(content).encode()  # noqa: PLW2901  (one form for both kinds)
                current[f"{prop:x}/utf-8"] = content
            else:
                current[f"{prop:x}"] = content


def _message(value: bytes, reader: _Reader) -> None:
    for prop, kind, content in _properties(value):
        if prop == _TEXT:
            words = _utf_16(content) if kind == _UNICODE else _string(content, reader.code_page)
            reader.text = words or reader.text
        elif prop == _HTML:
            reader.html = (
                _utf_16(content) if kind == _UNICODE else _string(content, reader.code_page)
            )


def _files(reader: _Reader) -> tuple[TnefFile, ...]:
    found: list[TnefFile] = []
    for each in reader.files[:FILES_MAX]:
        name = (
            _named(each, _LONG_NAME, reader)
            or _string(each.get("title", b""), reader.code_page)
            or _named(each, _NAME, reader)
        )
        data = each.get("data") or each.get(f"{_DATA_BINARY:x}", b"")
        found.append(TnefFile(name, _named(each, _MIME_TAG, reader), data))
    return tuple(found)


def _named(values: dict[str, bytes], prop: int, reader: _Reader) -> str:
    wide = values.get(f"{prop:x}/utf-8")
    if wide is not None:
        return wide.decode(errors="replace")
    return _string(values.get(f"{prop:x}", b""), reader.code_page)


def _string(value: bytes, code_page: str) -> str:
    return text_of(value.rstrip(b"\0"), code_page)[0]


def _utf_16(value: bytes) -> str:
    return value[: len(value) & ~1].decode("utf_16_le", "replace").rstrip("\0")


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and value of each attribute (MS-OXTNEF, section 2.1.3.1)."""
    position = len(SIGNATURE) + 2
    for _ in range(ATTRIBUTES_MAX):
        if position + _ATTRIBUTE.size > len(data):
            return
        _, tag, size = _ATTRIBUTE.unpack_from(data, position)
        position += _ATTRIBUTE.size
        yield tag, data[position : position + size]
        position += size + _CHECKSUM_BYTES


def _properties(value: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield id, type and first value of each property; ends where the list is broken.

    MS-OXTNEF, section 2.1.3.4; every value is padded to four bytes.
    """
    try:
        count = _number(value, 0)
        position = 4
        for _ in range(min(count, PROPERTIES_MAX)):
            kind, prop = struct.unpack_from("<HH", value, position)
            position += 4
            if prop >= _NAMED_FROM:
                position = _behind_name(value, position)
            content, position = _value(value, position, kind)
            yield prop, kind & ~_MULTIPLE, content
    except (struct.error, KeyError):
        return


def _behind_name(value: bytes, position: int) -> int:
    position += _OBJECT_ID_BYTES
    is_string = _number(value, position)
    position += 4
    size = _number(value, position) if is_string else 0
    return position + 4 + size + -size % 4


def _value(value: bytes, position: int, kind: int) -> tuple[bytes, int]:
    """Return the first value of a property, and where the next property begins."""
    single = kind & ~_MULTIPLE
    count = 1
    varies = single in {_STRING8, _UNICODE, _OBJECT, _BINARY}
    if kind & _MULTIPLE or varies:
        count = _number(value, position)
        position += 4
    first = b""
    for index in range(min(count, VALUES_MAX)):
        size = _number(value, position) if varies else _SIZES[single]
        position += 4 if varies else 0
        if index == 0:
            first = value[position : position + size]
        position += size + -size % 4
    return (first[_OBJECT_ID_BYTES:] if single == _OBJECT else first), position


def _number(value: bytes, position: int) -> int:
    return int(struct.unpack_from("<I", value, position)[0])
