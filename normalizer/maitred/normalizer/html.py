"""HTML: made safe to show, and made readable as text."""

from __future__ import annotations

import html
import re
from typing import Final

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from maitred.contracts.limits import KIB, MESSAGE_HTML_BYTES_MAX
from maitred.normalizer.html_load import is_hostile
from maitred.normalizer.text import cut, scrub

SOURCE_CHARACTERS_MAX: Final = 256 * KIB
"""HTML is read up to here."""
CLOSING_BYTES_MAX: Final = 4 * KIB
"""Room for the ends of the elements that a cut leaves open."""
HTML_CUT: Final = "html_cut"
HTML_HOSTILE: Final = "html_hostile"

_UNREAD: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "-comment"})
_PARAGRAPH: Final = frozenset(
    "p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre".split()  # noqa: SIM905  (legible)
)
_BLOCK: Final = _PARAGRAPH | frozenset(
    "div li tr dt dd hr section article header footer address center form fieldset".split()  # noqa: SIM905  (legible)
)
_TAGS: Final = nh3.ALLOWED_TAGS | {"font"}
_ATTRIBUTES: Final = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"alt", "src", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "font": {"color"},
}
_SCHEMES: Final = {"http", "https", "mailto", "tel", "cid"}
_SPACES: Final = re.compile(r"[ \t\n\r\f\xa0]+")
_AROUND_LINE_END: Final = re.compile(r"[ \t]*\n[ \t]*")
# Inside the writer only: "here a line ends", "here a paragraph ends", and a blank to be kept.
_LINE, _PARAGRAPH_END, _BLANK = "\x01", "\x02", "\x03"
_MARKS: Final = re.compile("[\x01-\x03]")
_ENDS: Final = re.compile("[ \n\x01\x02]*+")
_LINE_ENDS: Final = re.compile(r"\n{3,}")


def bound(source: str) -> tuple[str, tuple[str, ...]]:
    """Return HTML scrubbed and cut to what is read, and flags."""
    flags = (HTML_CUT,) if len(source) > SOURCE_CHARACTERS_MAX else ()
    result, found = scrub(source[:SOURCE_CHARACTERS_MAX])
    return result, flags + found


def sanitise(source: str) -> tuple[str, tuple[str, ...]]:
    """Return HTML that can be shown to an agent, at most `MESSAGE_HTML_BYTES_MAX`, and flags.

    Scripts, styles, forms and event handlers are gone, and images load from nowhere but the
    message itself (`cid:`), so that reading a message tells its sender nothing. Hostile HTML
    gives nothing.
    """
    if is_hostile(source):
        return "", (HTML_HOSTILE,)
    result, too_long = cut(_safe(source), MESSAGE_HTML_BYTES_MAX)
    if not too_long:
        return result, ()
    # Cutting may split a tag and leaves elements open; cleaning again closes them.
    short, _ = cut(result, MESSAGE_HTML_BYTES_MAX - CLOSING_BYTES_MAX)
    whole, still = cut(_safe(short.rpartition("<")[0]), MESSAGE_HTML_BYTES_MAX)
    return ("" if still else whole), (HTML_CUT,)


def _safe(source: str) -> str:
    return nh3.clean(
        source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_own_images,
        url_schemes=_SCHEMES,
    )


def _own_images(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src" and not value.strip().lower().startswith("cid:"):
        return None
    return value


def readable(source: str) -> str:
    """Return the words of HTML as text: links with their address, lists, cells, line breaks."""
    if is_hostile(source):
        return _stripped(source)
    root = LexborHTMLParser(source).root
    if root is None:
        return ""
    writer = _Writer()
    node: LexborNode | None = root
    while node is not None:
        if writer.enter(node) and node.child is not None:
            node = node.child
            continue
        writer.leave(node)
        node = _following(node, root, writer)
    return writer.text()


def _stripped(source: str) -> str:
    """Return the text between tags without building a tree."""
    first, *pieces = source.split("<")
    words = [first]
    for piece in pieces:
        is_tag = ">" in piece and (piece[:1].isalpha() or piece[:1] in {"/", "!", "?"})
        words.append(piece.partition(">")[2] if is_tag else f"<{piece}")
    return html.unescape(" ".join(words)).strip()


def _following(node: LexborNode, root: LexborNode, writer: _Writer) -> LexborNode | None:
    """Return the next node in document order, leaving those that end before it."""
    current: LexborNode | None = node
    while current is not None and current.mem_id != root.mem_id:
        if current.next is not None:
            return current.next
        current = current.parent
        if current is not None:
            writer.leave(current)
    return None


def _line_ends(run: str) -> str:
    """Return the line ends that blanks, breaks and marks in a row amount to."""
    if _PARAGRAPH_END in run:
        return "\n\n"
    before, mark, behind = run.partition(_LINE)
    if not mark:
        return run
    # A break just before the end of its block shows nothing of its own.
    return "\n" * (max(1, before.count("\n")) + behind.count("\n"))


class _Writer:
    """Collects the text of a document in order."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._lists: list[int] = []
        self._links: list[tuple[str, int]] = []
        self._preformatted = 0

    def enter(self, node: LexborNode) -> bool:
        """Write what stands before a node's children; tell whether they are to be read."""
        tag = node.tag or ""
        if tag == "-text":
            self._write(node.text_content or "")
            return False
        if tag in _UNREAD:
            return False
        if tag in _BLOCK:
            self._pieces.append(_PARAGRAPH_END if tag in _PARAGRAPH else _LINE)
        opened = getattr(self, f"_enter_{tag}", None)
        if opened is not None:
            opened(node)
        return True

    def leave(self, node: LexborNode) -> None:
        """Write what stands behind a node's children."""
        tag = node.tag or ""
        if tag == "a" and self._links:
            self._close_link()
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "pre":
            self._preformatted -= 1
        if tag in _BLOCK:
            self._pieces.append(_PARAGRAPH_END if tag in _PARAGRAPH else _LINE)

    def text(self) -> str:
        """Return all of it, with at most one blank line in a row."""
        joined = _ENDS.sub(lambda match: _line_ends(match[0]), "".join(self._pieces))
        joined = _AROUND_LINE_END.sub("\n", joined).replace(_BLANK, " ")
        return _LINE_ENDS.sub("\n\n", joined).strip("\n").strip(" ")

    def _write(self, text: str) -> None:
        text = _MARKS.sub("", text)
        if self._preformatted:
            self._pieces.append(text.replace(" ", _BLANK))
            return
        folded = _SPACES.sub(" ", text)
        last = self._pieces[-1] if self._pieces else "\n"
        self._pieces.append(
            folded.lstrip(" ") if last[-1:] in {" ", "\n", _LINE, _PARAGRAPH_END} else folded
        )

    def _close_link(self) -> None:
        address, start = self._links.pop()
        shown = "".join(self._pieces[start:]).strip()
        plain = address.removeprefix("mailto:").removeprefix("tel:")
        if plain and plain not in shown and shown.rstrip("/") not in plain:
            self._pieces.append(f" ({plain})")
        elif plain and not shown:
            self._pieces.append(plain)

    def _enter_a(self, node: LexborNode) -> None:
        address = (node.attributes.get("href") or "").strip()
        known = address.lower().startswith(("http://", "https://", "mailto:", "tel:"))
        self._links.append((address if known else "", len(self._pieces)))

    def _enter_br(self, _node: LexborNode) -> None:
        self._pieces.append("\n")

    def _enter_hr(self, _node: LexborNode) -> None:
        self._pieces.append("---")

    def _enter_pre(self, _node: LexborNode) -> None:
        self._preformatted += 1

    def _enter_ul(self, _node: LexborNode) -> None:
        self._lists.append(-1)

    def _enter_ol(self, _node: LexborNode) -> None:
        self._lists.append(1)

    def _enter_li(self, _node: LexborNode) -> None:
        if not self._lists or self._lists[-1] < 0:
            self._pieces.append("- ")
            return
        self._pieces.append(f"{self._lists[-1]}. ")
        self._lists[-1] += 1

    def _enter_td(self, node: LexborNode) -> None:
        before = node.prev
        while before is not None and before.tag not in {"td", "th"}:
            before = before.prev
        if before is not None:
            self._pieces.append(" | ")

    _enter_th = _enter_td

    def _enter_img(self, node: LexborNode) -> None:
        words = (node.attributes.get("alt") or "").strip()
        if words:
            self._write(f"[{words}]")
