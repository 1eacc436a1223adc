"""Safe: HTML that can be shown to an agent, and tells nobody that it is."""

from __future__ import annotations

import re
from typing import Final

import nh3
from selectolax.lexbor import LexborHTMLParser

from maitred.contracts.limits import KIB, MESSAGE_HTML_BYTES_MAX
from maitred.normalizer.html.document import HTML_CUT, Found
from maitred.normalizer.html.images import REMOTE, has_remote, hold_back, is_tracker
from maitred.normalizer.text import cut, scrub

CLOSING_BYTES_MAX: Final = 4 * KIB
"""Room for the ends of the elements that a cut leaves open."""
ROUNDS_MAX: Final = 4
"""As often HTML is cleaned to see that it stays as it is."""
IMAGES_MAX: Final = 1_000
"""As many images get a placeholder; all others lose their source alone."""
TRACKER_REMOVED: Final = "tracker_removed"


def _own(tag: str, attribute: str, value: str) -> str | None:
    """Keep no source of an image but the message itself."""
    if tag == "img" and attribute == "src" and not value.strip().lower().startswith("cid:"):
        return None
    return value


_DROPPED: Final = {
    "script", "style", "title", "template", "iframe", "noembed", "noframes", "svg", "math",
    "object", "embed", "applet", "audio", "video", "canvas", "select", "textarea",
}  # fmt: skip
_CLEANER: Final = nh3.Cleaner(
    tags=(nh3.ALLOWED_TAGS - {"area", "map"}) | {"font"},
    clean_content_tags=_DROPPED,
    attributes={
        "*": {"dir", "lang", "title"},
        "a": {"href"},
        "img": {"alt", "src", "width", "height", REMOTE},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
        "ol": {"start"},
        "font": {"color"},
    },
    attribute_filter=_own,
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)
# A parser drops the first line end of `pre` (HTML standard, 13.1.2.5): a second one keeps it.
_PRE_LINE: Final = re.compile(r"(<pre\b[^<>]{0,1000}>)(?=\n)")


def shown(tree: LexborHTMLParser, found: Found) -> tuple[str, tuple[str, ...]]:
    """Return a document as HTML that can be shown to an agent, and flags; the tree is changed.

    It has at most `MESSAGE_HTML_BYTES_MAX`, and cleaning it again changes nothing.
    """
    tracked = (TRACKER_REMOVED,) if _take_away(found) else ()
    # Character references may have held what was scrubbed from the source already.
    source, flags = scrub(tree.html or "")
    flags = tracked + flags
    result, too_long = cut(_stable(source).strip(" \t\n"), MESSAGE_HTML_BYTES_MAX)
    if not too_long:
        return result, flags
    # Cutting may split a tag and leaves elements open; cleaning again closes them.
    short, _ = cut(result, MESSAGE_HTML_BYTES_MAX - CLOSING_BYTES_MAX)
    if short.rfind("<") > short.rfind(">"):
        short = short[: short.rfind("<")]
    whole, still = cut(_stable(short), MESSAGE_HTML_BYTES_MAX)
    return ("" if still else whole), (*flags, HTML_CUT)


def _take_away(found: Found) -> bool:
    """Take from a tree what is hidden, and remote images; tell whether one was a tracker."""
    tracked = False
    for node in found.images[:IMAGES_MAX]:
        if is_tracker(node.attributes):
            tracked = True
            node.decompose()
        else:
            hold_back(node)
    for node in found.hidden:
        tracked = tracked or has_remote(node)
        node.decompose()
    return tracked


def _stable(source: str) -> str:
    """Return HTML cleaned until it stays as it is, so that no other parser reads it otherwise."""
    result = _PRE_LINE.sub(r"\1\n", source)
    for _ in range(ROUNDS_MAX):
        before, result = result, _PRE_LINE.sub(r"\1\n", _CLEANER.clean(result))
        if before == result:
            return result
    return nh3.clean(result, tags=set())
