"""MIME trees: a mail cut into its parts, bounded in depth, number and time.

The standard library's parser reads line by line through as many generators as parts are nested,
which a stranger can make quadratic; here each level is searched once for its boundary, so the cost
is at most size times `MIME_DEPTH_MAX`. Enclosed mails are attachments and are not opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from maitred.contracts.limits import MIME_DEPTH_MAX, MIME_PARTS_MAX
from maitred.normalizer import headers as header_fields
from maitred.normalizer.charset import transferred
from maitred.normalizer.headers import Headers, media_type, parameters

MIME_BROKEN: Final = "mime_broken"
MIME_DEPTH: Final = "mime_depth"
MIME_PARTS: Final = "mime_parts"

_BOUNDARY_CHARACTERS_MAX: Final = 250


@dataclass(frozen=True, slots=True)
class Part:
    """A part; `body` is as transferred, `children` are empty unless it is a multipart."""

    headers: Headers
    media_type: str
    parameters: dict[str, str]
    body: bytes
    children: tuple[Part, ...] = ()

    def content(self) -> tuple[bytes, tuple[str, ...]]:
        """Return the bytes behind the transfer encoding, and flags."""
        return transferred(self.body, self.headers.first("content-transfer-encoding"))

    def leaves(self) -> Iterator[Part]:
        """Yield every part that is no multipart, in order."""
        if not self.children:
            yield self
        for each in self.children:
            yield from each.leaves()


@dataclass(slots=True)
class _Budget:
    """What is left of the number of parts, and what was noted on the way."""

    parts: int = MIME_PARTS_MAX
    flags: dict[str, None] = field(default_factory=dict)

    def note(self, *flags: str) -> None:
        self.flags.update(dict.fromkeys(flags))


def tree(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """Return the tree of parts of a mail, and flags; never fails.

    A multipart whose boundary is missing or never occurs is a text (RFC 2045, section 5.2: what
    is not understood is shown as plain text).
    """
    budget = _Budget()
    fields, body, flags = header_fields.split(raw, top=True)
    budget.note(*flags)
    return _part(fields, body, budget, depth=0, default="text/plain"), tuple(budget.flags)


def _part(fields: Headers, body: bytes, budget: _Budget, *, depth: int, default: str) -> Part:
    value = fields.first("content-type")
    kind = media_type(value) or default
    settings = parameters(value)
    if not kind.startswith("multipart/"):
        return Part(fields, kind, settings, body)
    if depth >= MIME_DEPTH_MAX:
        budget.note(MIME_DEPTH)
        return Part(fields, "application/octet-stream", settings, body)
    inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    children: list[Part] = []
    for piece in _pieces(body, settings.get("boundary", "")):
        if budget.parts == 0:
            budget.note(MIME_PARTS)
            break
        budget.parts -= 1
        child_fields, child_body, flags = header_fields.split(piece)
        budget.note(*flags)
        children.append(_part(child_fields, child_body, budget, depth=depth + 1, default=inner))
    if not children:
        budget.note(MIME_BROKEN)
        return Part(fields, "text/plain", settings, body)
    return Part(fields, kind, settings, body, tuple(children))


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """Yield what stands between the boundary's lines; a missing last one is the body's end."""
    if not boundary or len(boundary) > _BOUNDARY_CHARACTERS_MAX:
        return
    mark = b"--" + boundary.rstrip().encode(errors="replace")
    start: int | None = None
    at = body.find(mark)
    while at >= 0:
        behind = at + len(mark)
        if at == 0 or body[at - 1 : at] == b"\n":
            end = body.find(b"\n", behind) + 1 or len(body)
            rest = body[behind:end].strip(b" \t\r\n")
            if rest in {b"", b"--"}:
                if start is not None:
                    yield _without_line_end(body, start, at)
                if rest:
                    return
                start = behind = end
        at = body.find(mark, behind)
    if start is not None and start < len(body):
        yield body[start:]


def _without_line_end(body: bytes, start: int, end: int) -> bytes:
    """Return a piece without the line end before the boundary, which belongs to the boundary."""
    piece = body[start:end]
    return piece.removesuffix(b"\n").removesuffix(b"\r")
