"""Files that a visitor brought along with his message.

The connector stores such a message as one line of JSON, the frame with the list of its files, and
behind its line feed the bytes of the files, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import CHAT_FILES_MAX
from maitred.contracts.message import Attachment
from maitred.normalizer.assemble import stored
from maitred.normalizer.payload import integer, string

CONTENT_TYPE: Final = "application/vnd.maitred.chat+files"


@dataclass(frozen=True, slots=True)
class BroughtFile:
    """A file and its bytes."""

    attachment: Attachment
    sha256: str
    data: bytes


def split(content_type: str, raw: bytes) -> tuple[bytes, bytes | None]:
    """Return the frame of a stored message, and the bytes of its files where it brings some."""
    if content_type != CONTENT_TYPE:
        return raw, None
    head, _, content = raw.partition(b"\n")
    return head, content


def brought_files(
    frame: dict[str, object], content: bytes, owner: IdentifierKey
) -> tuple[BroughtFile, ...]:
    """Return the files that a frame lists; their names and types are the visitor's claims.

    Raises:
        BadPayload: the list and the bytes do not fit each other.
    """
    listed = frame.get("files")
    if not isinstance(listed, list) or not 0 < len(listed) <= CHAT_FILES_MAX:
        raise BadPayload("a chat frame whose files are not listed", code="bad_files")
    found = []
    start = 0
    for entry in listed:
        fields = entry if isinstance(entry, dict) else {}
        size = integer(fields, "size")
        data = content[start : start + size] if size >= 0 else b""
        if len(data) != size:
            raise BadPayload("a chat frame whose files are cut off", code="bad_files")
        start += size
        found.append(_file(fields, data, owner))
    if start != len(content):
        raise BadPayload("a chat frame with more bytes than files", code="bad_files")
    return tuple(found)


def _file(fields: dict[str, object], data: bytes, owner: IdentifierKey) -> BroughtFile:
    blob = stored(data, owner)
    attachment = Attachment(
        name=string(fields, "name"),
        content_type=string(fields, "type"),
        size=len(data),
        blob=blob,
    )
    return BroughtFile(attachment=attachment, sha256=blob.sha256, data=data)
