"""Header fields of mail: found, unfolded, decoded, whatever state they are in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts.limits import KIB, SUBJECT_CHARACTERS_MAX, THREAD_REFERENCES_MAX
from maitred.normalizer.email.charset import text_of
from maitred.normalizer.email.encoded_words import decoded
from maitred.normalizer.email.parameters import parameters

BLOCK_BYTES_MAX: Final = 256 * KIB
VALUE_CHARACTERS_MAX: Final = 64 * KIB
HEADER_BROKEN: Final = "header_broken"
HEADER_CUT: Final = "header_cut"

# A field with the lines that continue it.
_FIELD: Final = re.compile(
    rb"([!-9;-~]{1,200}+)[ \t]{0,200}+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)"
)
_BLANK: Final = re.compile(rb"\r{0,8}+\n")
# The same over a whole block of ASCII, at the speed of C: where lines are continued there is a mark
# that such a block has not, and then all fields are found.
_CONTINUED_MARK: Final = "\x1b"
_CONTINUED: Final = re.compile(r"\n[ \t][ \t\r]*+(?:\n[ \t][ \t\r]*+)*+")
_FIELDS: Final = re.compile(r"^([!-9;-~]{1,200}+)[ \t]{0,200}+:(.*+)", re.MULTILINE)
_FOLD: Final = re.compile(r"\n[ \t\r\n]*+")
_MESSAGE_ID: Final = re.compile(r"<([^<>\s]{1,512})>")
_BARE_ID: Final = re.compile(r"[^<>\s,;\"()]{1,256}@[^<>\s,;\"()]{1,255}")
_MISSING: Final = ("",)
_BLANK_LINES: Final = (b"\n\n", b"\r\n\r\n", b"\n\r\n")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one header block, by lower-case name, each with its values in order."""

    fields: Mapping[str, Sequence[str]]

    def first(self, name: str) -> str:
        """Return the first value of a field, unfolded but not decoded; empty if missing."""
        return self.fields.get(name, _MISSING)[0]

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
    position = len(data) - len(data.lstrip(b"\r\n")) if top else 0
    clean = _clean_block(data, position)
    if clean is not None:
        return clean[0], data[clean[1] :], ()
    stop = position + BLOCK_BYTES_MAX
    fields: list[tuple[bytes, bytes]] = []
    flags: dict[str, None] = {}
    first = True
    while position < len(data):
        if position > stop:
            flags[HEADER_CUT] = None
            position = _behind_blank_line(data, position)
            break
        if blank := _BLANK.match(data, position):
            position = blank.end()
            break
        if field := _FIELD.match(data, position):
            fields.append((field[1], field[2]))
            position = field.end()
        else:
            end = data.find(b"\n", position) + 1 or len(data)
            is_mbox = first and data.startswith((b"From ", b">From "), position)
            has_more = _FIELD.match(data, end) is not None
            if not (is_mbox and has_more):
                flags[HEADER_BROKEN] = None
            if not has_more:
                break
            position = end
        first = False
    return _headers(fields), data[position:], tuple(flags)


def _clean_block(data: bytes, start: int) -> tuple[Headers, int] | None:
    """Return the fields of a block in which every line is one, as in nearly all mails.

    Behind them is returned where the body begins.
    """
    end = _end_of_block(data, start)
    block = data[start : max(start, end)]
    if not block.isascii() or b"\x1b" in block or block[:1] in b"\r\n":
        return None
    text = block.decode("ascii")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    text = _CONTINUED.sub(_CONTINUED_MARK, text)
    found = _FIELDS.findall(text)
    if len(found) != text.count("\n") + 1:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in found:
        line = value[:VALUE_CHARACTERS_MAX].replace(_CONTINUED_MARK, " ")
        fields.setdefault(name.lower(), []).append(line.strip())
    return Headers(fields), end + (2 if data.startswith(b"\n\n", end) else 3)


def _end_of_block(data: bytes, start: int) -> int:
    """Return where the line ends behind which the first blank line stands, -1 if there is none.

    The line end that the first line has is looked for first: the other one, which a body may not
    hold at all, only before it.
    """
    first = data.find(b"\n", start)
    marks = (b"\n\r\n", b"\n\n") if data[first - 1 : first] == b"\r" else (b"\n\n", b"\n\r\n")
    found, stop = -1, start + BLOCK_BYTES_MAX
    for mark in marks:
        if mark == b"\n\r\n" and data.find(b"\r", start, stop) < 0:
            continue
        at = data.find(mark, start, stop)
        if at >= 0:
            found, stop = at, at + len(mark)
    return found


def _behind_blank_line(data: bytes, position: int) -> int:
    found = [at + len(mark) for mark in _BLANK_LINES if (at := data.find(mark, position - 1)) >= 0]
    return min(found, default=len(data))


def _headers(found: list[tuple[bytes, bytes]]) -> Headers:
    fields: dict[str, list[str]] = {}
    foreign: list[tuple[list[str], int, bytes]] = []
    for name, value in found:
        values = fields.setdefault(name.decode("ascii").lower(), [])
        bounded = value[:VALUE_CHARACTERS_MAX]
        if bounded.isascii() and b"\x1b" not in bounded:
            values.append(_unfolded(bounded.decode("ascii")))
            continue
        foreign.append((values, len(values), bounded))
        values.append("")
    if foreign:
        _read_foreign(foreign, fields)
    return Headers(fields)


def _read_foreign(
    foreign: list[tuple[list[str], int, bytes]], fields: Mapping[str, Sequence[str]]
) -> None:
    """Fill in values with bare bytes beyond ASCII: UTF-8 (RFC 6532), or what the body is in."""
    kind = next(iter(fields.get("content-type", ())), "")
    charset = parameters(kind).get("charset", "")
    for values, index, value in foreign:
        values[index] = _unfolded(text_of(value, charset)[0])


def _unfolded(value: str) -> str:
    """Return a value on one line (RFC 5322, section 2.2.3)."""
    if "\n" in value:
        value = _FOLD.sub(" ", value.replace("\r\n", "\n"))
    return value.strip()


def message_ids(value: str) -> tuple[str, ...]:
    """Return the Message-IDs in a header value, each in angle brackets, in order, each once.

    Ids without brackets are understood as well; of a long list the last ones are kept, since
    those are the nearest.
    """
    if not value:
        return ()
    found = _MESSAGE_ID.findall(value) or _BARE_ID.findall(value)
    clean = [f"<{each}>" for each in found if each.isprintable()]
    return tuple(dict.fromkeys(clean[-THREAD_REFERENCES_MAX:]))


def subject_of(headers: Headers) -> str:
    """Return the decoded subject, before it is cleaned."""
    return headers.text("subject")[: 4 * SUBJECT_CHARACTERS_MAX]
