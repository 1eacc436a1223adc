"""What a mail says, and what is enclosed with it."""

from __future__ import annotations

import html as html_escape
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import MESSAGE_HTML_BYTES_MAX
from maitred.contracts.message import Attachment, PartKind
from maitred.normalizer import html
from maitred.normalizer.email import invitation, tnef
from maitred.normalizer.email.alternative import preferred
from maitred.normalizer.email.files import (
    STORED_FACTOR,
    Files,
    declared_name,
    disposition_of,
)
from maitred.normalizer.email.headers import Headers
from maitred.normalizer.email.mime import Part
from maitred.normalizer.email.words import (
    TEXT_BYTES_MAX,
    Body,
    body_of_html,
    body_of_text,
    read_text,
)
from maitred.normalizer.pieces import Piece
from maitred.normalizer.text import TEXT_CUT, cut


@dataclass(frozen=True, slots=True)
class MailBody:
    """The body in its order, the HTML made safe (empty if there is none), and the files."""

    pieces: tuple[Piece, ...]
    html: str
    attachments: tuple[Attachment, ...]
    contents: Mapping[str, bytes]
    flags: tuple[str, ...]


@dataclass(slots=True)
class _Reader:
    files: Files
    kind_of_enclosed: PartKind
    flags: dict[str, None] = field(default_factory=dict)
    spare: list[Part] = field(default_factory=list)
    """Files whose words count only where there are no others."""
    has_words: bool = False
    is_enclosed: bool = False
    """Whether the mail that is read stands in another one, which shows its words alone."""
    room: int = TEXT_BYTES_MAX
    """Bytes of text parts that are still read; texts behind are files."""


def read(root: Part, owner: IdentifierKey) -> MailBody:
    """Return body and files of a tree of parts; `owner` is the sender's key.

    Of alternatives one is read (RFC 2046, section 5.1.4); the parts of any other multipart are
    read one after the other. Plain texts between HTML ones stand in the HTML as well, so that
    each form holds all words. An enclosed mail is a file, its own files are listed behind it, and
    its words are forwarded ones.
    """
    # What comes back in a report is the mail that it is about, not one that somebody passes on.
    enclosed = PartKind.QUOTE if root.media_type == "multipart/report" else PartKind.FORWARD
    reader = _Reader(Files(owner, STORED_FACTOR * len(root.body)), enclosed)
    bodies = [each for each in _bodies(root, reader) if each.says or each.source]
    if not any(each.says for each in bodies):
        bodies += _spare(root, reader)
    shown, flags = _shown(bodies)
    reader.flags.update(dict.fromkeys(flags))
    return MailBody(
        tuple(_apart(each for each in bodies if each.says)),
        shown,
        reader.files.listed("\n".join(each.source for each in bodies)),
        reader.files.contents,
        tuple({**reader.flags, **reader.files.flags}),
    )


def pieces_of_text(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a plain text: new words, quotes, signature."""
    return body_of_text(text).pieces()


def pieces_of_html(source: str) -> tuple[Piece, ...]:
    """Return the pieces of HTML: by its structure, and by its words where that tells nothing."""
    return body_of_html(source)[0].pieces()


def _shown(bodies: Collection[Body]) -> tuple[str, tuple[str, ...]]:
    """Return the HTML that shows all bodies, empty where all are plain text, and flags."""
    if not any(each.source for each in bodies):
        return "", ()
    joined = "\n".join(
        each.shown if each.source else f"<pre>{html_escape.escape(each.text, quote=False)}</pre>"
        for each in bodies
    )
    if not cut(joined, MESSAGE_HTML_BYTES_MAX)[1]:
        return joined, ()
    bounded, flags = html.bound(joined)
    shown, more = html.sanitise(bounded)
    return shown, flags + more


def _apart(bodies: Iterable[Body]) -> Iterator[Piece]:
    """Yield the pieces of bodies that follow each other, with a blank line between two."""
    before: Piece | None = None
    for body in bodies:
        if before is not None:
            yield Piece(before.kind, "\n\n")
        for piece in body.pieces():
            yield piece
            before = piece


def _bodies(part: Part, reader: _Reader, *, alternative: bool = False) -> list[Body]:
    if part.enclosed is not None:
        return _enclosed(part, part.enclosed, reader)
    if not part.children:
        return _leaf(part, reader, alternative=alternative)
    if part.media_type != "multipart/alternative":
        return [each for child in part.children for each in _bodies(child, reader)]
    offered = [_bodies(child, reader, alternative=True) for child in part.children]
    return preferred(offered)


def _leaf(part: Part, reader: _Reader, *, alternative: bool) -> list[Body]:
    kind = part.media_type
    # Some mailers name the body itself: a text is a file by its name only behind other words.
    is_file = disposition_of(part) == "attachment" or bool(
        reader.has_words and not alternative and declared_name(part)
    )
    if is_file or kind not in {"text/plain", "text/html"}:
        _file(part, reader, may_say=not is_file)
        return []
    if reader.room <= 0:
        reader.flags[TEXT_CUT] = None
        _file(part, reader, may_say=False)
        return []
    body = _text(part, reader)
    reader.has_words |= body.says
    return [body]


def _text(part: Part, reader: _Reader) -> Body:
    reader.room -= len(part.body)
    body, flags, files = read_text(part, is_shown=not reader.is_enclosed)
    reader.flags.update(dict.fromkeys(flags))
    for name, data in files:
        reader.files.add(name, "application/octet-stream", data)
    return body


def _file(part: Part, reader: _Reader, *, may_say: bool) -> None:
    data = reader.files.add_part(part)
    packed = tnef.read(data) if _is_packed(part, data) else None
    for each in packed.files if packed else ():
        reader.files.add(each.name, each.media_type or "application/octet-stream", each.data)
    if packed or (may_say and part.media_type.startswith("text/")):
        reader.spare.append(part)


def _is_packed(part: Part, data: bytes) -> bool:
    return part.media_type in tnef.MEDIA_TYPES or data.startswith(tnef.SIGNATURE)


def _enclosed(part: Part, mail: Part, reader: _Reader) -> list[Body]:
    """Return the words of an enclosed mail under the fields that a reader needs with them."""
    reader.files.add_part(part)
    before = reader.has_words, reader.is_enclosed
    reader.has_words, reader.is_enclosed = False, True
    bodies = _bodies(mail, reader)
    reader.has_words, reader.is_enclosed = before
    fields = "\n".join(
        f"{name}: {value}"
        for name in ("From", "Date", "To", "Subject")
        if (value := mail.headers.text(name.lower()))
    )
    words = [each.text.strip("\n") for each in bodies if each.says]
    text = "\n\n".join(each for each in (fields, *words) if each)
    return [Body((Piece(reader.kind_of_enclosed, text),))]


def _spare(root: Part, reader: _Reader) -> list[Body]:
    """Return the words of a mail whose texts say nothing: in its files, or before its parts."""
    found: list[Body] = []
    for part in reader.spare:
        data, _ = part.content()
        packed = tnef.read(data) if _is_packed(part, data) else None
        if packed is not None:
            kind, said = ("html", packed.html) if packed.html else ("plain", packed.text)
            part = Part(Headers({}), f"text/{kind}", {"charset": "utf-8"}, said.encode())  # noqa: PLW2901  (read as any other)
        body = _text(part, reader) if reader.room > 0 else Body(())
        is_event = part.media_type == "text/calendar"
        found.append(body_of_text(invitation.words(body.text)) if is_event else body)
    if not found and root.preamble.strip():
        found.append(_text(Part(root.headers, "text/plain", {}, root.preamble), reader))
    return found
