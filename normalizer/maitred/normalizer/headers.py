"""Header fields of mail: found, unfolded, decoded, whatever state they are in."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from maitred.contracts.limits import KIB, SUBJECT_CHARACTERS_MAX, THREAD_REFERENCES_MAX
from maitred.normalizer.charset import codec, from_base64, text_of

BLOCK_BYTES_MAX: Final = 256 * KIB
VALUE_CHARACTERS_MAX: Final = 64 * KIB
MESSAGE_ID_CHARACTERS_MAX: Final = 512
PARAMETERS_MAX: Final = 64
HEADER_BROKEN: Final = "header_broken"
HEADER_CUT: Final = "header_cut"

_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_FOLD: Final = re.compile(r"\r?\n[ \t]*")
_WORD: Final = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?\n]{0,4000})\?=")
_BETWEEN_WORDS: Final = re.compile(r"(\?=)[ \t\r\n]+(=\?[^?\s]{1,80}\?[bBqQ]\?)")
_MESSAGE_ID: Final = re.compile(r"<([^<>\s]{1,512})>")
_BARE_ID: Final = re.compile(r"[^<>\s,;\"()]{1,256}@[^<>\s,;\"()]{1,255}")
_PARAMETER: Final = re.compile(
    r";\s*([^\s=;\"]{1,100})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"?|([^;]*))", re.DOTALL
)
_SECTION: Final = re.compile(r"(.+?)\*(\d{1,3})?(\*)?$")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one header block, by lower-case name, each with its values in order."""

    fields: Mapping[str, Sequence[str]]

    def first(self, name: str) -> str:
        """Return the first value of a field, unfolded but not decoded; empty if missing."""
        values = self.fields.get(name)
        return values[0] if values else ""

    def text(self, name: str) -> str:
        """Return the first value of a field with its encoded words decoded."""
        return decoded(self.first(name))


def split(data: bytes, *, top: bool = False) -> tuple[Headers, bytes, tuple[str, ...]]:
    """Split a mail, or a part of one, into its header fields and its body, and flags.

    A line that is no header field is passed over if a field follows it, and else begins the body
    (so a mail without headers is all body). `top` skips blank lines and an mbox `From ` line
    before the first field. No more than `BLOCK_BYTES_MAX` is read as header fields: what follows
    of them is passed over, up to the blank line.
    """
    start = len(data) - len(data.lstrip(b"\r\n")) if top else 0
    spans: list[tuple[int, int]] = []
    flags: dict[str, None] = {}
    position = start
    while position < len(data):
        end = data.find(b"\n", position) + 1 or len(data)
        if position - start > BLOCK_BYTES_MAX:
            flags[HEADER_CUT] = None
            position = _behind_blank_line(data, position)
            break
        current = data[position:end]
        if not current.strip(b"\r\n"):
            position = end
            break
        if current[:1] in b" \t" and spans and spans[-1][1] == position:
            spans[-1] = (spans[-1][0], end)
        elif _FIELD.match(current):
            spans.append((position, end))
        elif not (position == start and current.startswith((b"From ", b">From "))):
            flags[HEADER_BROKEN] = None
            if not _field_follows(data, end):
                break
        position = end
    return _headers([data[at:to] for at, to in spans]), data[position:], tuple(flags)


def _behind_blank_line(data: bytes, position: int) -> int:
    found = [
        at + len(mark) for mark in (b"\n\n", b"\r\n\r\n") if (at := data.find(mark, position)) >= 0
    ]
    return min(found, default=len(data))


def _field_follows(data: bytes, position: int) -> bool:
    end = data.find(b"\n", position) + 1 or len(data)
    return _FIELD.match(data[position:end]) is not None


def _headers(lines: list[bytes]) -> Headers:
    fields: dict[str, list[str]] = {}
    for each in lines:
        match = _FIELD.match(each)
        if match:
            value = text_of(match[2][:VALUE_CHARACTERS_MAX])[0]
            fields.setdefault(match[1].decode("ascii").lower(), []).append(
                _FOLD.sub(" ", value).strip()
            )
    return Headers(fields)


def decoded(value: str) -> str:
    """Return a header value with its encoded words (RFC 2047) as text; broken ones stay.

    Neighbours in one charset are joined as bytes first, since many senders split a character
    between two words.
    """
    if "=?" not in value:
        return value
    joined = _BETWEEN_WORDS.sub(r"\1\2", value)
    pieces: list[str] = []
    pending, pending_charset, position = b"", "", 0
    for match in _WORD.finditer(joined):
        charset = match[1].partition("*")[0].lower()
        if pending and (match.start() > position or charset != pending_charset):
            pieces.append(text_of(pending, pending_charset)[0])
            pending = b""
        pieces.append(joined[position : match.start()])
        pending += _word_bytes(match[2], match[3], charset)
        pending_charset, position = charset, match.end()
    if pending:
        pieces.append(text_of(pending, pending_charset)[0])
    pieces.append(joined[position:])
    return "".join(pieces)


def _word_bytes(encoding: str, content: str, charset: str) -> bytes:
    # Some words hold bare letters beyond ASCII, in the charset that they declare.
    bare = "ascii" if content.isascii() else codec(charset) or "utf_8"
    try:
        data = content.encode(bare)
    except UnicodeError:
        data = content.encode(errors="replace")
    return from_base64(data) if encoding in "bB" else binascii.a2b_qp(data, header=True)


def media_type(value: str) -> str:
    """Return the type in a Content-Type in lower case, empty where it is none."""
    name = value.partition(";")[0].strip().lower()
    main, slash, sub = name.partition("/")
    valid = slash and main and sub and not re.search(r"[\s/]", main + sub)
    return name[:128] if valid else ""


def parameters(value: str) -> dict[str, str]:
    """Return the parameters of a header value, with RFC 2231 continuations and charsets."""
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(value)):
        if count == PARAMETERS_MAX:
            break
        name = match[1].lower()
        quoted = match[2]
        content = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match[3].strip()
        section = _SECTION.match(name)
        if section is None:
            plain.setdefault(name, decoded(content))
            continue
        encoded = section[3] is not None or section[2] is None
        sections.setdefault(section[1], {}).setdefault(int(section[2] or 0), (content, encoded))
    return plain | {name: _joined(parts) for name, parts in sections.items()}


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """Join the sections of one parameter (RFC 2231, sections 3 and 4)."""
    charset, data = "", b""
    for index in sorted(parts):
        content, encoded = parts[index]
        if encoded and index == min(parts) and content.count("'") >= 2:  # noqa: PLR2004  (charset'language'value)
            charset, _, content = content.split("'", 2)
        data += unquote_to_bytes(content) if encoded else content.encode(errors="replace")
    return text_of(data, charset)[0]


def message_ids(value: str) -> tuple[str, ...]:
    """Return the Message-IDs in a header value, each in angle brackets, in order, each once.

    Ids without brackets are understood as well; of a long list the last ones are kept, since
    those are the nearest.
    """
    found = _MESSAGE_ID.findall(value) or _BARE_ID.findall(value)
    clean = [f"<{each}>" for each in found if each.isprintable()]
    return tuple(dict.fromkeys(clean[-THREAD_REFERENCES_MAX:]))


def subject_of(headers: Headers) -> str:
    """Return the decoded subject, before it is cleaned."""
    return headers.text("subject")[: 4 * SUBJECT_CHARACTERS_MAX]
