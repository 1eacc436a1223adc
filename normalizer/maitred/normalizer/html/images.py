"""Images of other hosts: told from tracking pixels, and held back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from selectolax.lexbor import LexborNode

from maitred.normalizer.html.sight import declarations

REMOTE: Final = "data-remote"
"""The attribute that keeps the address of an image that was held back, without its scheme."""

_SCHEME: Final = re.compile(r"\s{0,9}+(?:https?:)?[/\\]{2}", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"([\w.-]{1,253}(?::\d{1,5})?)([/?#]\S*)?", re.ASCII)
_SIZE: Final = re.compile(r"\s{0,9}+(\d{1,9})(?:\.\d{0,9})?\s{0,9}(?:px|pt)?\s{0,9}")
# How senders of mail name the image that tells them of a mail being read; it counts only where
# neither a size nor a description says that the image is there to be looked at.
_TELLTALE: Final = re.compile(
    r"(?:^|/)(?:open|opened|opens|pixel|px|beacon|track|tracker|tracking|trk|o)(?:[/.]|$)",
    re.IGNORECASE,
)


def is_remote(source: str) -> bool:
    """Tell whether an image loads from another host."""
    return _SCHEME.match(source) is not None


def is_tracker(attributes: Mapping[str, str | None]) -> bool:
    """Tell whether an image is remote, and not there to be looked at.

    That is one of no more than a pixel, or of nothing in one direction; or one that is named as a
    tracker and has neither size nor words.
    """
    source = attributes.get("src") or ""
    if not is_remote(source):
        return False
    style = declarations(attributes.get("style") or "")
    written = (style.get(name) or attributes.get(name) or "" for name in ("width", "height"))
    sizes = [int(match[1]) for each in written if (match := _SIZE.fullmatch(each))]
    if sizes:
        return min(sizes) == 0 or max(sizes) <= 1
    path = _SCHEME.sub("", source, count=1).partition("/")[2].partition("?")[0]
    described = attributes.get("alt") or attributes.get("title")
    return not described and _TELLTALE.search(path) is not None


def hold_back(node: LexborNode) -> None:
    """Make a placeholder of a remote image, which says what it shows and where it is from."""
    attributes = node.attributes
    source = attributes.get("src") or ""
    if not is_remote(source):
        if not _ADDRESS.fullmatch(attributes.get(REMOTE) or "-"):
            del node.attrs[REMOTE]
        return
    del node.attrs["src"]
    address = _ADDRESS.fullmatch("".join(_SCHEME.sub("", source, count=1).split()))
    if address is None:
        return
    node.attrs[REMOTE] = address[0]
    node.attrs["alt"] = attributes.get("alt") or attributes.get("title") or f"[{address[1]}]"
    node.attrs["title"] = address[1]


def has_remote(node: LexborNode) -> bool:
    """Tell whether a node is a remote image, or holds one."""
    images = node.css("img") if node.is_element_node else []
    return any(is_remote(image.attributes.get("src") or "") for image in images)
