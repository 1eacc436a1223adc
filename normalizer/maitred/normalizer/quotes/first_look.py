"""First look: whether a text can quote anything, told from its signs without reading its lines.

Most mails quote nothing. A text without any sign of a quote needs no second look.
"""

from __future__ import annotations

import re
from typing import Final

from maitred.normalizer.quotes.folding import COLONS
from maitred.normalizer.quotes.lines import readable

_SIGNS: Final = (">", "|", "@", "```", "~~~", "--", "__", "==", "##", "**", "~~", "++")
_SIGNS_ABROAD: Final = tuple("\u2010\u2011\u2012\u2013\u2014\u2015\u2500")
# An introduction and the title of a forward end with a colon, and bold ones with a star behind it.
_INTRODUCES: Final = re.compile(
    rf"[{COLONS}][ \t*_\u2010\u2013\u2014-]{{0,8}}+(?![^\r\n])|20\d\d[^\r\n]{{0,80}}GMT"
)
FIELDS_MIN: Final = 2
"""A header block has more than one colon."""


def may_quote(text: str) -> bool:
    """Return whether a text may hold a quote.

    No means no, but for titles between signs that no program writes ("-=Original message=-").
    """
    if any(sign in text for sign in _SIGNS):
        return True
    if not text.isascii():
        text = readable(text)
        if any(sign in text for sign in _SIGNS_ABROAD):
            return True
    colons = sum(map(text.count, COLONS))
    return colons >= FIELDS_MIN or (colons > 0 and _INTRODUCES.search(text) is not None)
