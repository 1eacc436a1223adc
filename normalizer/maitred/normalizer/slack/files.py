"""Files in Slack: what they are, where they are, and the words that Slack shows of them.

Shape: docs.slack.dev/reference/objects/file-object. A file stays at Slack, in `remote`; whoever
fetches it needs the app's token. In a Slack Connect channel an event tells only the file's id
(docs.slack.dev/apis/slack-connect, `check_file_info`), which then stands for its name; where it is
asked for by its id is written into `remote`, and nobody but the app may ask.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

from maitred.contracts.limits import ATTACHMENTS_MAX
from maitred.contracts.message import Attachment, PartKind
from maitred.normalizer.payload import child, integer, string
from maitred.normalizer.pieces import Piece
from maitred.normalizer.slack.shape import first, items, words

FILE_WITHHELD: Final = "file_withheld"
"""Flag: Slack names a file, and gives it only when asked, or not at all."""
PREVIEW_CUT: Final = "preview_cut"
"""Flag: of a text file or a transcript only the start is in the text."""
TRANSCRIBED: Final = "transcribed"
"""Flag: the text holds what Slack heard in a voice clip."""

_URL_CHARACTERS_MAX: Final = 4_096
_REASONS: Final = frozenset(
    {"check_file_info", "access_denied", "file_not_found", "tombstone", "hidden_by_limit"}
)
"""Values of `file_access` and `mode` that say why there is no file."""
_ID: Final = re.compile(r"F[A-Z0-9]{1,20}")
_TAG: Final = re.compile(r"<[^<>]{0,1000}+>")


def attachments(said: Mapping[str, object]) -> tuple[Attachment, ...]:
    """Return the files of a message, in order."""
    return tuple(_attachment(file) for file in items(said, "files")[: ATTACHMENTS_MAX + 1])


def pieces(said: Mapping[str, object], author: str) -> Iterator[Piece]:
    """Yield the words that Slack gives of files: a snippet, a post, a mail, a transcript.

    They are new words where `author` made the file himself, else he passes them on.
    """
    for file in items(said, "files"):
        text = _words(file)
        if text:
            own = words(file, "mode") != "email" and words(file, "user") in {"", author}
            yield Piece(PartKind.TEXT if own else PartKind.FORWARD, f"{text}\n")


def flags(said: Mapping[str, object]) -> Iterator[str]:
    """Yield what a reader should know of the files."""
    for file in items(said, "files"):
        transcript = child(child(file, "transcription"), "preview")
        if _reason(file):
            yield FILE_WITHHELD
        if words(transcript, "content"):
            yield TRANSCRIBED
        cut = file.get("preview_is_truncated") is True or transcript.get("has_more") is True
        if cut and _words(file):
            yield PREVIEW_CUT


def _attachment(file: dict[str, object]) -> Attachment:
    remote = (
        string(file, "url_private_download", _URL_CHARACTERS_MAX)
        or string(file, "url_private", _URL_CHARACTERS_MAX)
        or string(file, "external_url", _URL_CHARACTERS_MAX)
        or string(file, "permalink", _URL_CHARACTERS_MAX)
        or _asked_for(file)
    )
    return Attachment(
        name=string(file, "name") or string(file, "title") or string(file, "id"),
        content_type=string(file, "mimetype"),
        size=integer(file, "size"),
        remote=remote,
        cut=_reason(file),
    )


def _asked_for(file: dict[str, object]) -> str:
    """Return the address of the method that tells where a file is, if Slack says to call it."""
    name = string(file, "id")
    asked = string(file, "file_access") == "check_file_info" and _ID.fullmatch(name)
    return f"https://slack.com/api/files.info?file={name}" if asked else ""


def _reason(file: dict[str, object]) -> str:
    reasons = (string(file, "file_access"), string(file, "mode"))
    return next((reason for reason in reasons if reason in _REASONS), "")


def _words(file: dict[str, object]) -> str:
    mode = words(file, "mode")
    if mode == "snippet":
        return words(file, "preview")
    if mode in {"post", "space", "email"}:
        plain = first(file, "plain_text", "preview_plain_text")
        return plain or html.unescape(_TAG.sub("", words(file, "preview")))
    return words(child(child(file, "transcription"), "preview"), "content")
