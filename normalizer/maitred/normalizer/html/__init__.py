"""HTML: made safe to show, made readable as text, and cut by whose words they are."""

from __future__ import annotations

from maitred.normalizer.html.document import SOURCE_CHARACTERS_MAX, bound
from maitred.normalizer.html.reading import Reading, pieces, read, readable, sanitise

__all__ = [
    "SOURCE_CHARACTERS_MAX",
    "Reading",
    "bound",
    "pieces",
    "read",
    "readable",
    "sanitise",
]
