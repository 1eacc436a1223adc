"""What a mail says, and what is enclosed with it."""

from __future__ import annotations

import html as html_escape
from collections.abc import Mapping
from dataclasses import dataclass, field

from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import ATTACHMENTS_MAX
from maitred.contracts.message import Attachment
from maitred.normalizer import html
from maitred.normalizer.assemble import stored
from maitred.normalizer.charset import text_of
from maitred.normalizer.headers import media_type, parameters
from maitred.normalizer.mime import Part


@dataclass(frozen=True, slots=True)
class MailBody:
    """The text, the HTML made safe (empty if there is none), and the files."""

    text: str
    html: str
    attachments: tuple[Attachment, ...]
    contents: Mapping[str, bytes]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """One piece of the body in either form; `html` is empty for plain text."""

    text: str = ""
    html: str = ""


@dataclass(slots=True)
class _Reader:
    owner: IdentifierKey
    attachments: list[Attachment] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    flags: dict[str, None] = field(default_factory=dict)
    has_words: bool = False


def read(root: Part, owner: IdentifierKey) -> MailBody:
    """Return body and files of a tree of parts; `owner` is the sender's key.

    Of alternatives the plain text is read, or else the HTML as text (RFC 2046, section 5.1.4);
    the pieces of any other multipart are read one after the other. Plain pieces between HTML ones
    stand in the HTML as well, so that each form holds all words.
    """
    reader = _Reader(owner)
    words = [each for each in _words(root, reader) if each.text.strip() or each.html]
    shown = ""
    if any(each.html for each in words):
        source = "\n".join(
            each.html or f"<pre>{html_escape.escape(each.text, quote=False)}</pre>"
            for each in words
        )
        bounded, flags = html.bound(source)
        shown, more = html.sanitise(bounded)
        reader.flags.update(dict.fromkeys(flags + more))
    text = "\n\n".join(each.text.strip("\r\n") for each in words if each.text.strip())
    return MailBody(text, shown, tuple(reader.attachments), reader.contents, tuple(reader.flags))


def _words(part: Part, reader: _Reader, *, alternative: bool = False) -> list[_Words]:
    if not part.children:
        return _leaf(part, reader, alternative=alternative)
    if part.media_type != "multipart/alternative":
        return [each for child in part.children for each in _words(child, reader)]
    offered = [_words(child, reader, alternative=True) for child in part.children]
    plain = _best([each for each in offered if each and not any(one.html for one in each)])
    rich = _best([each for each in offered if any(one.html for one in each)])
    if plain is None or rich is None:
        return plain or rich or []
    text = "\n\n".join(each.text for each in plain)
    source = "\n".join(each.html for each in rich if each.html)
    return [_Words(text, source)]


def _best(offered: list[list[_Words]]) -> list[_Words] | None:
    """Return the first that says anything."""
    saying = (each for each in offered if any(one.text.strip() for one in each))
    return next(saying, None)


def _leaf(part: Part, reader: _Reader, *, alternative: bool) -> list[_Words]:
    disposition = part.headers.first("content-disposition")
    kind = disposition.partition(";")[0].strip().lower()
    name = parameters(disposition).get("filename") or part.parameters.get("name", "")
    # Some mailers name the body itself: a text is a file by its name only behind other words.
    is_file = kind == "attachment" or bool(name and reader.has_words and not alternative)
    if is_file or part.media_type not in {"text/plain", "text/html"}:
        _enclose(part, reader, name, inline=kind == "inline" or bool(_content_id(part)))
        return []
    data, flags = part.content()
    text, more = text_of(data, part.parameters.get("charset", ""))
    reader.flags.update(dict.fromkeys(flags + more))
    reader.has_words |= bool(text.strip())
    if part.media_type == "text/plain":
        return [_Words(text)]
    source, bounds = html.bound(text)
    reader.flags.update(dict.fromkeys(bounds))
    return [_Words(html.readable(source), source)]


def _content_id(part: Part) -> str:
    return part.headers.first("content-id").strip("<> ")


def _enclose(part: Part, reader: _Reader, name: str, *, inline: bool) -> None:
    """List a file; beyond the bound of files one more is listed, so that it shows."""
    if len(reader.attachments) > ATTACHMENTS_MAX:
        return
    data, flags = part.content()
    reader.flags.update(dict.fromkeys(flags))
    blob = stored(data, reader.owner) if data else None
    if blob is not None:
        reader.contents[blob.sha256] = data
    declared = part.headers.first("content-type")
    reader.attachments.append(
        Attachment(
            name=name,
            content_type=media_type(declared) or part.media_type,
            size=len(data),
            blob=blob,
            inline=inline,
        )
    )
