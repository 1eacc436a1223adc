"""Links: where an address has to be written beside the words that are shown for it."""

from __future__ import annotations

import re
from typing import Final

_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:")
_PREFIX: Final = re.compile(r"^(?:https?://|mailto:|tel:)?(?:www\.)?", re.IGNORECASE)
# A browser drops these from an address (URL standard, 4.4); a blank would end it in a text.
_WHITE: Final = {ord("\t"): None, ord("\n"): None, ord("\r"): None, ord(" "): "%20"}


def address(href: str) -> str:
    """Return what a link points to as it is written in a text; empty if it leads nowhere."""
    plain = href.strip().translate(_WHITE)
    if not plain.lower().startswith(_SCHEMES):
        return ""
    if plain[:7].lower() == "mailto:":
        return plain[7:].partition("?")[0]
    return plain[4:] if plain[:4].lower() == "tel:" else plain


def says(shown: str, target: str) -> bool:
    """Tell whether the words of a link are its address, whole or without its end."""
    if not shown or " " in shown or "\n" in shown:
        return False
    words, whole = _bare(shown), _bare(target)
    if words == whole:
        return True
    start = words.rstrip("….")
    if start != words:
        return bool(start) and whole.startswith(start)
    named = "." in words or "@" in words
    return named and whole.startswith(words) and whole[len(words)] in "/?#"


def _bare(text: str) -> str:
    return _PREFIX.sub("", text, count=1).rstrip("/").lower()
