"""Allowing: whether a channel can carry what is to go out by it.

It is asked when an agent speaks, so that he hears why not at once, and again before the connector
is called: his customer may have moved to another channel in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from maitred.connectors.port import Capabilities
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import MINUTE_MS
from maitred.contracts.outbound import OutboundFile, OutboundKind

TOO_LONG = "too_long"
TOO_MANY_FILES = "too_many_files"
FILE_TOO_LARGE = "file_too_large"
CANNOT_EDIT = "cannot_edit"
OUTSIDE_WINDOW = "outside_window"
_MARGIN_MS: Final = MINUTE_MS
"""So long before its end a window counts as closed: a reply takes its time."""


def closes_at(able: Capabilities, to: ReplyTo, last_at: int) -> int | None:
    """Return when a channel lets free text through no more; None if it always does.

    `last_at` is when the customer wrote last; both are UTC milliseconds.
    """
    ours = to.extra.get("from", "")
    windows = (each.ms for each in able.windows if ours.startswith(each.prefix))
    ms = next(windows, None)
    return None if ms is None else last_at + ms - _MARGIN_MS


def refusal(
    able: Capabilities, kind: OutboundKind, text: str, files: Sequence[OutboundFile]
) -> str:
    """Return in a word why a channel cannot carry it; empty if it can."""
    if kind is OutboundKind.EDIT and not able.edits:
        return CANNOT_EDIT
    if len(text) > able.text_characters_max:
        return TOO_LONG
    if len(files) > able.files_max:
        return TOO_MANY_FILES
    if any(each.blob.size > able.file_bytes_max for each in files):
        return FILE_TOO_LARGE
    return ""
