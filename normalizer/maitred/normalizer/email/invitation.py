"""The words of a calendar entry (iCalendar, RFC 5545), for mails that say nothing else."""

from __future__ import annotations

import re
from typing import Final

LINES_MAX: Final = 5_000
_FOLD: Final = re.compile(r"\n[ \t]")
_ESCAPED: Final = re.compile(r"\\([nN,;\\])")
_TOLD: Final = ("SUMMARY", "LOCATION", "COMMENT", "DESCRIPTION")


def words(source: str) -> str:
    """Return what the first event says of itself, a paragraph each; empty if it is none."""
    found: dict[str, str] = {}
    for line in _FOLD.sub("", source).split("\n")[:LINES_MAX]:
        name, _, value = line.partition(":")
        name = name.partition(";")[0].upper()
        if name in _TOLD and value.strip():
            found.setdefault(name, _ESCAPED.sub(_plain, value).strip())
    return "\n\n".join(found[name] for name in _TOLD if name in found)


def _plain(match: re.Match[str]) -> str:
    return "\n" if match[1] in "nN" else match[1]
