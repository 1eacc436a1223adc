"""Links: addresses of pages, as a reader would copy them out of the text."""

from __future__ import annotations

import re
import string
from typing import Final

from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities.sought import Sought

LINK_CHARACTERS_MAX: Final = 512
"""A longer one loses its query, which is what made it long; if that does not help it is no link
that anybody could use, and is left out."""

# Not in a link: what RFC 3986, appendix C, delimits it with, and the marks of Markdown, of Slack
# and of East Asian sentences.
_END: Final = (
    '\\s<>"`|\\\\^{}\u3001\u3002\uff0c\uff1b\uff01\uff1f\uff09\u300d\u300f\u3011\u300b\u2026'
)
_ANCHOR: Final = re.compile(r"://|[wW]{3}\.")
_REST: Final = re.compile(rf"[^{_END}]{{1,2000}}")
_SCHEME_CHARACTERS: Final = string.ascii_letters + string.digits + "+-"
_SCHEME_CHARACTERS_MAX: Final = 16
_WEB: Final = frozenset({"http", "https"})
_WWW: Final = "www."
_HOST: Final = re.compile(
    r"(?:\[[0-9a-f:.]{2,45}\]|[^\W_](?:[\w.\u0900-\u0dff\u0e31-\u0e4e-]{0,252}\w)?)(?::[0-9]{1,5})?"
    r"(?=[/?#]|\Z)",
    re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?*_~'\u2019\u201d\u201c\u00bb\u00ab"
_BRACKET: Final = re.compile(r"[()\[\]]")
_CLOSING: Final = {"(": ")", "[": "]"}


def find_links(sought: Sought) -> None:
    """Note the links of a text; those of other schemes are taken and not told.

    A link without a scheme that starts with `www.` gets `http` (GitHub Flavored Markdown, section
    6.9). Scheme and host are in small letters; user and password are left out.
    """
    text, done = sought.text, 0
    if "://" not in text and "ww." not in text and "WW." not in text:
        return
    for anchor in _ANCHOR.finditer(text):
        start, scheme = _scheme(text, anchor.start())
        rest = _REST.match(text, anchor.end())
        if not scheme or rest is None or start < done:
            continue
        written = _trimmed(rest[0])
        done = anchor.end() + len(written)
        sought.take(start, done)
        link = _link(scheme, written if anchor[0] == "://" else _WWW + written)
        if scheme in _WEB and link:
            sought.add(start, done, Entity(kind=EntityKind.LINK, value=link))


def _scheme(text: str, at: int) -> tuple[int, str]:
    """Return where a link begins, and its scheme; none where nothing of the sort is before."""
    before = text[max(0, at - _SCHEME_CHARACTERS_MAX) : at]
    if text[at] != ":":
        return at, "" if before[-1:].isalnum() or before[-1:] in {"@", ".", "/", "-"} else "http"
    scheme = before[len(before.rstrip(_SCHEME_CHARACTERS)) :].lstrip(string.digits + "+-")
    return at - len(scheme), scheme.lower()


def _link(scheme: str, rest: str) -> str:
    """Return the link in normal form, or nothing where there is no host."""
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    authority, path = rest[:end], rest[end:]
    host = authority.rpartition("@")[2]
    if not _HOST.match(host + path):
        return ""
    link = f"{scheme}://{host.lower()}{path}"
    if len(link) > LINK_CHARACTERS_MAX:
        link = re.split("[?#]", link, maxsplit=1)[0]
    return link if len(link) <= LINK_CHARACTERS_MAX else ""


def _trimmed(rest: str) -> str:
    """Return what of the match belongs to the link: no mark of the sentence, no closing bracket.

    A closing bracket belongs to the sentence, and with it all that follows, unless the link
    opened it.
    """
    opened = {")": 0, "]": 0}
    for bracket in _BRACKET.finditer(rest):
        mark = bracket[0]
        if mark in _CLOSING:
            opened[_CLOSING[mark]] += 1
        elif opened[mark]:
            opened[mark] -= 1
        else:
            rest = rest[: bracket.start()]
            break
    return rest.rstrip(_TRAILING)
