"""Boundaries: where the parts of a multipart stand (RFC 2046, section 5.1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

CHARACTERS_MAX: Final = 998
"""A line's (RFC 5322, section 2.1.1); section 5.1.1 allows 70, and some mailers write more."""

# A line of a boundary nobody declared: what follows are the fields of a part.
_LIKELY: Final = re.compile(
    rb"(?:\A|[\r\n])--([^\s][^\r\n]{0,998}+)\r?\n(?=Content-[A-Za-z-]{1,40}:)",
    re.IGNORECASE,
)

# Some mailers end every part with the last boundary; the fields of a part follow all the same.
_FIELDS_FOLLOW: Final = re.compile(rb"Content-[A-Za-z-]{1,40}:", re.IGNORECASE)

Span = tuple[int, int]


def spans(body: bytes, boundary: str) -> list[Span]:
    """Return where the parts stand between the boundary's lines; empty if there is none.

    A missing last one is the body's end; parts behind the last one are parts all the same. Where
    the declared boundary never stands on a line of its own, it may stand at the beginning of one
    (which section 5.1.1 allows), in another case, or be another one than declared.
    """
    mark = b"--" + boundary.rstrip().encode("utf-8", "replace")
    if boundary.strip() and len(mark) <= CHARACTERS_MAX:
        found = _between(body, mark, _is_alone)
        if found:
            return found
        found = _between(body, mark, _is_anything) or _in_another_case(body, mark)
        if found:
            return found
    likely = _LIKELY.search(body)
    return _between(body, b"--" + likely[1].rstrip(), _is_alone) if likely else []


def preamble(body: bytes, first: int) -> bytes:
    """Return what stands before the first part's boundary line."""
    line = body.rfind(b"\n", 0, max(first - 1, 0)) + 1
    return body[:line]


def _in_another_case(body: bytes, mark: bytes) -> list[Span]:
    lower = mark.lower()
    at = body.lower().find(lower)
    return _between(body, body[at : at + len(mark)], _is_alone) if at >= 0 else []


def _is_alone(rest: bytes) -> bool:
    return rest in {b"", b"--"}


def _is_anything(_rest: bytes) -> bool:
    return True


def _between(body: bytes, mark: bytes, fits: Callable[[bytes], bool]) -> list[Span]:
    found: list[Span] = []
    start: int | None = None
    at = body.find(mark)
    while at >= 0:
        behind = at + len(mark)
        if at == 0 or body[at - 1] in b"\r\n":
            end = body.find(b"\n", behind) + 1 or len(body)
            rest = body[behind:end].strip(b" \t\r\n")
            if fits(rest):
                if start is not None:
                    found.append((start, _without_line_end(body, start, at)))
                is_last = rest.startswith(b"--") and not _FIELDS_FOLLOW.match(body, end)
                start = None if is_last else end
                behind = end
        at = body.find(mark, behind)
    if start is not None and start < len(body):
        found.append((start, len(body)))
    return found


def _without_line_end(body: bytes, start: int, end: int) -> int:
    """Return where a part ends; the line end before a boundary belongs to the boundary."""
    if end > start and body[end - 1] == ord("\n"):
        end -= 1
    if end > start and body[end - 1] == ord("\r"):
        end -= 1
    return end
