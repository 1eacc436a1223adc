"""`format=flowed`: lines that a mailer broke are made whole again (RFC 3676)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SIGNATURE: Final = "-- "


def is_flowed(parameters: Mapping[str, str]) -> bool:
    """Tell whether the parameters of a text/plain say so."""
    return parameters.get("format", "").strip().lower() == "flowed"


def unflowed(text: str, *, del_sp: bool = False) -> str:
    """Return a flowed text with each paragraph on one line, quotes with one mark a depth.

    A line that ends in a blank goes on in the next one if that is quoted as deep and not empty
    (section 4.5, where the signature's `-- ` is the exception). `del_sp` says that this blank is
    no part of the text.
    """
    written: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        marks = len(line) - len(content)
        # Space-stuffing (section 4.4).
        content = content.removeprefix(" ")
        is_signature = content == _SIGNATURE
        if paragraph and (marks != depth or is_signature or not content):
            written.append(_quoted(depth, "".join(paragraph).rstrip(" ")))
            paragraph = []
        depth = marks
        if is_signature:
            written.append(_quoted(depth, _SIGNATURE))
        elif content.endswith(" "):
            paragraph.append(content[:-1] if del_sp else content)
        else:
            written.append(_quoted(depth, "".join((*paragraph, content))))
            paragraph = []
    if paragraph:
        written.append(_quoted(depth, "".join(paragraph).rstrip(" ")))
    return "\n".join(written)


def _quoted(depth: int, content: str) -> str:
    return f"{'>' * depth} {content}" if depth else content
