"""Telling a change that somebody made from one that Slack made by itself.

Slack tells of both as `message_changed`: an edit, and a preview that it added to a link, a thread
that grew, a message that was pinned (https://docs.slack.dev/reference/events/message/message_changed).
Only what is said counts, and whatever is in doubt counts as said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

_OF_A_PREVIEW: Final = ("from_url", "original_url", "app_unfurl_url", "is_app_unfurl")
_WITHOUT_WORDS: Final = ("actions", "context_actions", "divider")
_OF_A_FILE: Final = ("id", "mode", "file_access", "name", "title", "preview", "plain_text")


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    text: Any = None
    blocks: Any = None
    files: Any = None
    attachments: Any = None
    subtype: Any = None


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    message: _Said | None = None
    previous_message: _Said | None = None


def is_unsaid(event: msgspec.Raw) -> bool:
    """Tell that a `message_changed` leaves text, blocks, files and what is passed on as they were.

    Raises:
        msgspec.DecodeError, RecursionError: it is no such event.
    """
    change = msgspec.json.decode(event, type=_Change)
    if change.message is None or change.previous_message is None:
        return False
    return _words(change.message) == _words(change.previous_message)


def _words(said: _Said) -> tuple[object, ...]:
    return (
        said.text or "",
        [kept for kept in _each(said.blocks, _block) if kept],
        _each(said.files, _file),
        [kept for kept in _each(said.attachments, _attachment) if kept],
        # Slack takes a message off by this alone.
        said.subtype == "tombstone",
    )


def _each(values: object, of: Callable[[dict[str, Any]], object]) -> list[object]:
    """Return what counts of each object in a list; what is no object counts whole."""
    listed = values if isinstance(values, list) else [values] if values else []
    return [of(value) if isinstance(value, dict) else value for value in listed]


def _block(block: dict[str, Any]) -> object:
    """Return a block without its id, which Slack may have made; None for one of buttons."""
    if block.get("type") in _WITHOUT_WORDS:
        return None
    return {name: value for name, value in block.items() if name != "block_id"}


def _file(file: dict[str, Any]) -> object:
    # The rest are thumbnails and counts, which come as Slack makes them.
    transcription = file.get("transcription")
    heard = transcription.get("preview") if isinstance(transcription, dict) else None
    return [heard, *(file.get(name) for name in _OF_A_FILE)]


def _attachment(attachment: dict[str, Any]) -> object:
    """Return an attachment that is the message itself, None for the preview of a link."""
    if attachment.get("is_share") is not True and any(map(attachment.get, _OF_A_PREVIEW)):
        return None
    return attachment
