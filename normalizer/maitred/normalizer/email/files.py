"""Files that come with a mail: listed with their names, stored with their bytes, within bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import ATTACHMENTS_MAX
from maitred.contracts.message import Attachment
from maitred.normalizer.assemble import stored
from maitred.normalizer.email.headers import subject_of
from maitred.normalizer.email.mime import Part
from maitred.normalizer.email.parameters import file_name, parameters

STORED_FACTOR: Final = 3
"""Files inside of enclosed mails are stored twice or more; in all, so many times the mail's size.

What is beyond is listed without its bytes; they stand in the outer files.
"""
CUT_ENCLOSED: Final = "enclosed"

_CONTENT_ID: Final = re.compile(r"cid:([^\s\"'<>)]{1,300})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _File:
    attachment: Attachment
    disposition: str
    content_id: str


@dataclass(slots=True)
class Files:
    """The files of one mail as they are found."""

    owner: IdentifierKey
    room: int
    """Bytes that may still be stored."""
    contents: dict[str, bytes] = field(default_factory=dict)
    flags: dict[str, None] = field(default_factory=dict)
    _found: list[_File] = field(default_factory=list)

    def add_part(self, part: Part) -> bytes:
        """List a part as a file; return its bytes."""
        data, flags = part.content()
        self.flags.update(dict.fromkeys(flags))
        self.add(
            name_of(part),
            part.media_type,
            data,
            disposition=disposition_of(part),
            content_id=part.headers.first("content-id").strip("<> "),
        )
        return data

    def add(
        self,
        name: str,
        kind: str,
        data: bytes,
        *,
        disposition: str = "",
        content_id: str = "",
    ) -> None:
        """List a file; beyond the bound of files one more is listed, so that it shows."""
        if len(self._found) > ATTACHMENTS_MAX:
            return
        blob, cut = None, ""
        if len(data) > self.room:
            cut = CUT_ENCLOSED
        elif data:
            self.room -= len(data)
            blob = stored(data, self.owner)
            self.contents[blob.sha256] = data
        attachment = Attachment(
            name=file_name(name), content_type=kind, size=len(data), blob=blob, cut=cut
        )
        self._found.append(_File(attachment, disposition, content_id))

    def listed(self, source: str) -> tuple[Attachment, ...]:
        """Return the files in their order; `source` is the HTML that may show some of them."""
        shown = {unquote(each) for each in _CONTENT_ID.findall(source)} if self._found else set()
        return tuple(_with_place(each, shown) for each in self._found)


def _with_place(file: _File, shown: set[str]) -> Attachment:
    """Tell whether a file stands in the text (RFC 2183, section 2.1; RFC 2392).

    Mailers give a Content-ID to true attachments as well, so it tells nothing against
    `attachment`, except where the HTML refers to it.
    """
    found = file.attachment
    inline = (
        file.disposition == "inline"
        or file.content_id in shown
        or bool(file.content_id and file.disposition != "attachment")
    )
    if not inline:
        return found
    return Attachment(
        name=found.name,
        content_type=found.content_type,
        size=found.size,
        blob=found.blob,
        inline=True,
        cut=found.cut,
    )


def disposition_of(part: Part) -> str:
    """Return `inline`, `attachment` or what else a part says it is, in lower case."""
    value = part.headers.first("content-disposition")
    return value.replace(";", " ").partition(" ")[0].lower() if value else ""


def declared_name(part: Part) -> str:
    """Return the name of a file as its sender gave it, empty if he gave none."""
    value = part.headers.first("content-disposition")
    found: Mapping[str, str] = parameters(value) if value else {}
    return found.get("filename") or found.get("name") or part.parameters.get("name", "")


def name_of(part: Part) -> str:
    """Return the name of a file; a mail without one is called as its subject."""
    name = declared_name(part)
    if not name and part.enclosed is not None:
        name = subject_of(part.enclosed.headers).replace("/", "_")
    return name or part.headers.text("content-description")
