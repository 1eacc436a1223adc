"""The body of a Slack message: what is said in it, quoted in it and passed on by it, in order.

A message says the same twice, in `blocks` and in `text`. Slack shows the blocks; the text is what
stands in for them in a notification, may be shorter, and is all there is in older messages
(docs.slack.dev/messaging/formatting-message-text, "How blocks and text work together").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from maitred.contracts.message import Attachment, PartKind
from maitred.normalizer.pieces import Piece
from maitred.normalizer.slack import blocks as block_kit
from maitred.normalizer.slack import files, mrkdwn
from maitred.normalizer.slack.shape import first, items, words

_LINK: Final = re.compile(r"https?://[^\s<>|?]{1,2000}+")


@dataclass(frozen=True, slots=True)
class Body:
    """What a message holds; two bodies that are equal say the same."""

    pieces: tuple[Piece, ...]
    attachments: tuple[Attachment, ...]
    flags: tuple[str, ...]


def read(said: Mapping[str, object], names: Mapping[str, str]) -> Body:
    """Read a message's text, blocks, files and attachments; previews of links are left out.

    `names` are those of users by their id.
    """
    extras = items(said, "attachments")
    if not extras and "files" not in said:
        return Body(_said(said, names), (), ())
    links = frozenset(_LINK.findall(words(said, "text")))
    shares = [extra for extra in extras if _is_share(extra, links)]
    posts = [extra for extra in extras if not (_is_share(extra, links) or _is_preview(extra))]
    holders = (said, *shares, *posts)
    return Body(
        (
            *_said(said, names),
            *(piece for post in posts for piece in _post(post, names)),
            *files.pieces(said, words(said, "user")),
            *(piece for share in shares for piece in _share(share, names)),
        ),
        tuple(file for holder in holders for file in files.attachments(holder)),
        tuple(dict.fromkeys(flag for holder in holders for flag in files.flags(holder))),
    )


def _said(said: Mapping[str, object], names: Mapping[str, str]) -> tuple[Piece, ...]:
    """Return the blocks, or the text where that says more."""
    text = words(said, "text")
    shown = tuple(block_kit.pieces(said.get("blocks"), names))
    if not shown:
        return tuple(block_kit.lines(text, names))
    # What people write is in both, and differs by a few marks; of what apps post either may be
    # no more than a title.
    by_hand = any(block.get("type") == "rich_text" for block in items(said, "blocks"))
    if (2 if by_hand else 1) * _size(shown) >= len(text):
        return shown
    written = tuple(block_kit.lines(text, names))
    return written if _size(written) > _size(shown) else shown


def _size(found: tuple[Piece, ...]) -> int:
    return sum(len(piece.text) for piece in found)


def _is_share(extra: Mapping[str, object], links: frozenset[str]) -> bool:
    """Tell a message that is passed on from the preview of a link to one.

    Of what it previews the link stands in the message, in `links` without its query.
    """
    if extra.get("is_share") is True:
        return True
    if extra.get("is_msg_unfurl") is not True or "message_blocks" not in extra:
        return False
    return words(extra, "from_url").partition("?")[0] not in links


def _is_preview(extra: Mapping[str, object]) -> bool:
    """Tell what Slack or an app shows of a link: nobody wrote that here."""
    marks = ("is_msg_unfurl", "is_app_unfurl", "is_reply_unfurl", "is_thread_root_unfurl")
    return any(extra.get(mark) is True for mark in marks) or bool(
        first(extra, "from_url", "original_url", "app_unfurl_url")
    )


def _post(post: Mapping[str, object], names: Mapping[str, str]) -> Iterator[Piece]:
    """Yield what a classic attachment of an app says.

    Fields: docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments.
    """
    blocks = tuple(block_kit.pieces(post.get("blocks"), names))
    lines = [
        words(post, "pretext"),
        mrkdwn.link(words(post, "title_link"), words(post, "title")),
        words(post, "text"),
        *(
            ": ".join(filter(None, (words(field, "title"), words(field, "value"))))
            for field in items(post, "fields")
        ),
    ]
    text = "\n".join(line for line in lines if line)
    if not blocks or text:
        yield from block_kit.lines(text or words(post, "fallback"), names)
    yield from blocks


def _share(share: Mapping[str, object], names: Mapping[str, str]) -> Iterator[Piece]:
    """Yield a message that is passed on, with who wrote it."""
    found = [
        piece
        for shared in items(share, "message_blocks")
        for piece in block_kit.pieces(_message(shared).get("blocks"), names)
    ]
    author = first(share, "author_subname", "author_name", "author_id")
    if author:
        yield Piece(PartKind.FORWARD, f"{author}:\n")
    if not found:
        found = list(block_kit.lines(first(share, "text", "fallback"), names))
    for piece in found:
        yield Piece(PartKind.FORWARD, piece.text)


def _message(shared: dict[str, object]) -> dict[str, object]:
    message = shared.get("message")
    return message if isinstance(message, dict) else {}
