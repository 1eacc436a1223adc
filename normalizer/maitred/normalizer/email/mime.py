"""MIME trees: a mail cut into its parts, bounded in depth, number and work.

The standard library's parser reads line by line through as many generators as parts are nested,
which a stranger can make quadratic; here each level is searched once for its boundary, and all
levels together read no more than `WORK_FACTOR` times the mail's size. What is beyond a bound stays
as it is, as a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from maitred.contracts.limits import MIB, MIME_DEPTH_MAX, MIME_PARTS_MAX
from maitred.normalizer.email import boundaries, smime
from maitred.normalizer.email import headers as header_fields
from maitred.normalizer.email.headers import Headers
from maitred.normalizer.email.parameters import media_type, parameters
from maitred.normalizer.email.transfer import transferred

MIME_BROKEN: Final = "mime_broken"
MIME_DEPTH: Final = "mime_depth"
MIME_PARTS: Final = "mime_parts"
WORK_FACTOR: Final = 12
"""All levels of nesting together read so many times the size of the mail."""
WORK_BYTES_MIN: Final = 2 * MIB
"""A small mail may be nested to the bound of depth."""

ENCLOSED_TYPES: Final = frozenset({"message/rfc822", "message/global", "message/news"})
_RAW: Final = "application/octet-stream"
_BARE_CR: Final = re.compile(rb"\r++\n?")


@dataclass(frozen=True, slots=True)
class Part:
    """A part; `body` is as transferred.

    `children` are empty unless it is a multipart; `preamble` is what stands before the first of
    them. `enclosed` is the mail in a part that holds one.
    """

    headers: Headers
    media_type: str
    parameters: dict[str, str]
    body: bytes
    children: tuple[Part, ...] = ()
    enclosed: Part | None = None
    preamble: bytes = b""

    def content(self) -> tuple[bytes, tuple[str, ...]]:
        """Return the bytes behind the transfer encoding, and flags."""
        return transferred(self.body, self.headers.first("content-transfer-encoding"))

    def leaves(self) -> Iterator[Part]:
        """Yield every part that is no multipart, in order; enclosed mails are not opened."""
        if not self.children:
            yield self
        for each in self.children:
            yield from each.leaves()


@dataclass(slots=True)
class _Budget:
    """What is left of parts and work, and what was noted on the way."""

    work: int
    parts: int = MIME_PARTS_MAX
    flags: dict[str, None] = field(default_factory=dict)

    def note(self, *flags: str) -> None:
        self.flags.update(dict.fromkeys(flags))

    def is_spent(self, depth: int, size: int) -> bool:
        """Take what a level of `size` bytes costs; tell whether that is too much."""
        self.work -= size
        if depth < MIME_DEPTH_MAX and self.work >= 0:
            return False
        self.note(MIME_DEPTH)
        return True


def tree(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """Return the tree of parts of a mail, and flags; never fails.

    A multipart in which no boundary is found is a text (RFC 2045, section 5.2: what is not
    understood is shown as plain text).
    """
    budget = _Budget(WORK_FACTOR * len(raw) + WORK_BYTES_MIN)
    return _mail(_with_line_feeds(raw), budget, depth=0), tuple(budget.flags)


def _with_line_feeds(raw: bytes) -> bytes:
    """Return a mail whose lines end in a bare CR (or in CR CR LF) with line feeds."""
    line_feed = raw.find(b"\n")
    first = raw.find(b"\r", 0, line_feed if line_feed >= 0 else len(raw))
    return _BARE_CR.sub(b"\n", raw) if first >= 0 and first + 1 != line_feed else raw


def _mail(raw: bytes, budget: _Budget, *, depth: int) -> Part:
    fields, body, flags = header_fields.split(raw.removeprefix(b"\xef\xbb\xbf"), top=True)
    budget.note(*flags)
    return _part(fields, body, budget, depth=depth, default="text/plain")


def _part(fields: Headers, body: bytes, budget: _Budget, *, depth: int, default: str) -> Part:
    value = fields.first("content-type")
    kind = media_type(value) or default
    settings = parameters(value) if value else {}
    if kind.startswith("multipart/"):
        if budget.is_spent(depth, len(body)):
            return Part(fields, _RAW, settings, body)
        return _multipart(Part(fields, kind, settings, body), budget, depth=depth)
    if kind in ENCLOSED_TYPES and body and not budget.is_spent(depth, len(body)):
        part = Part(fields, kind, settings, body)
        enclosed = _mail(part.content()[0], budget, depth=depth + 1)
        return Part(fields, kind, settings, body, enclosed=enclosed)
    part = Part(fields, kind, settings, body)
    if kind in smime.MEDIA_TYPES and not budget.is_spent(depth, len(body)):
        return _opened(part, budget, depth=depth)
    return part


def _opened(part: Part, budget: _Budget, *, depth: int) -> Part:
    """Return an opaque signed message as what it stands for: the content beside its signature."""
    content = smime.signed_content(part.content()[0])
    if not content:
        return part
    fields, body, flags = header_fields.split(content)
    budget.note(*flags)
    inner = _part(fields, body, budget, depth=depth + 1, default="text/plain")
    return Part(
        part.headers, "multipart/signed", part.parameters, part.body, children=(inner, part)
    )


def _multipart(part: Part, budget: _Budget, *, depth: int) -> Part:
    default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    body = part.body
    spans = boundaries.spans(body, part.parameters.get("boundary", ""))
    if not spans and (content := part.content()[0]) is not body:
        # Transfer encodings are forbidden here (RFC 2045, section 6.4), and used.
        body = content
        spans = boundaries.spans(body, part.parameters.get("boundary", ""))
    children: list[Part] = []
    for start, end in spans:
        if budget.parts == 0:
            budget.note(MIME_PARTS)
            children.append(Part(Headers({}), _RAW, {}, body[start:]))
            break
        budget.parts -= 1
        fields, inner, flags = header_fields.split(body[start:end])
        budget.note(*flags)
        children.append(_part(fields, inner, budget, depth=depth + 1, default=default))
    if not children:
        budget.note(MIME_BROKEN)
        return Part(part.headers, "text/plain", part.parameters, part.body)
    preamble = boundaries.preamble(body, spans[0][0])
    second = part.headers.fields.get("content-type", ())[1:2]
    if second and media_type(second[0]).startswith("text/") and preamble.strip():
        # The first boundary is missing, so the first part's fields stand with the multipart's.
        fields = Headers({**part.headers.fields, "content-type": second})
        children.insert(0, Part(fields, media_type(second[0]), parameters(second[0]), preamble))
    return Part(
        part.headers,
        part.media_type,
        part.parameters,
        part.body,
        children=tuple(children),
        preamble=preamble,
    )
