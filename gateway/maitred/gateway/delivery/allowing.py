"""Allowing: whether a channel can carry what is to go out by it.

It is asked when an agent speaks, so that he hears why not at once, and again before the connector
is called: his customer may have moved to another channel in between.
"""

from __future__ import annotations

from collections.abc import Sequence

from maitred.connectors.port import Capabilities
from maitred.contracts.outbound import OutboundFile, OutboundKind

TOO_LONG = "too_long"
TOO_MANY_FILES = "too_many_files"
FILE_TOO_LARGE = "file_too_large"
CANNOT_EDIT = "cannot_edit"


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
