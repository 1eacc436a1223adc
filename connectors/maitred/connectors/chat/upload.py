"""Uploads: a message that comes with files, read from one bounded request.

It is a form (RFC 7578): the frame of the message first, under `frame`, then, where somebody is
signed in, the site's word under `identity`, and the files under `file`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

import msgspec
from aiohttp import BodyPartReader, MultipartReader, StreamReader, hdrs, web
from aiohttp.http_exceptions import BadHttpMessage

from maitred.connectors.chat.frames import Fault, Message, NotTaken, read
from maitred.connectors.chat.settings import ChatAccount
from maitred.contracts.limits import CHAT_FRAME_BYTES_MAX, CHAT_IDENTITY_CHARACTERS_MAX

CONTENT_TYPE: Final = "application/vnd.maitred.chat+files"
FILE_NAME_CHARACTERS_MAX: Final = 200
LINES_MAX: Final = 2_000
"""Boundaries, and fields of parts: the library takes 128 of each of our dozen parts."""
_CHUNK_BYTES: Final = 64 * 1024
_ANY: Final = "application/octet-stream"
"""What a file is whose sender does not say (RFC 7578, section 4.4, leaves it to us)."""
_UNREADABLE: Final = (ValueError, RuntimeError, BadHttpMessage)
"""What the library raises of a form that is none."""
Heard = Callable[[int], None]
"""Is told how many bytes have come."""


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What the head of a stored message says of one of its files."""

    name: str
    type: str
    size: int


class _Body:
    """The body of a form, of which no more is read line by line than a form of ours has.

    The library would read a preamble of any length so, and let nobody else come to his turn.
    """

    def __init__(self, content: StreamReader) -> None:
        self._content = content
        self._lines_left = LINES_MAX

    async def readline(self, *, max_line_length: int | None = None) -> bytes:
        self._lines_left -= 1
        if self._lines_left < 0:
            raise ValueError("too many lines before a part")
        return await self._content.readline(max_line_length=max_line_length)

    async def read(self, n: int = -1) -> bytes:
        return await self._content.read(n)

    def at_eof(self) -> bool:
        return self._content.at_eof()

    def unread_data(self, data: bytes) -> None:
        self._content.unread_data(data)


@dataclass(slots=True)
class Upload:
    """A message with files; `entries` and `contents` are in the order in which they came."""

    frame: Message
    raw: bytes
    identity: str | None = None
    entries: list[FileEntry] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)

    def body(self) -> bytes:
        """Return what is stored: the frame with the list of its files, a line feed, the files."""
        head: dict[str, Any] = msgspec.json.decode(self.raw)
        head["files"] = self.entries
        return b"\n".join((msgspec.json.encode(head), b"".join(self.contents)))


def form_of(request: web.Request) -> MultipartReader:
    """Return the form that a request brings.

    Raises:
        AssertionError, KeyError, ValueError: it brings none, in the library's words.
    """
    return MultipartReader(request.headers, cast("StreamReader", _Body(request.content)))


async def read_upload(form: MultipartReader, account: ChatAccount, heard: Heard) -> Upload:
    """Read a form; the request as a whole is bounded already. `heard` is told of every piece.

    Raises:
        NotTaken: it is no such form, or its files are not what the account takes.
    """
    try:
        return await _read(form, account, heard)
    except _UNREADABLE:
        raise NotTaken(Fault(code="bad_frame")) from None


async def _read(form: MultipartReader, account: ChatAccount, heard: Heard) -> Upload:
    first = await form.next()
    if not isinstance(first, BodyPartReader) or first.name != "frame":
        raise NotTaken(Fault(code="bad_frame"))
    raw = await _part(first, CHAT_FRAME_BYTES_MAX, heard)
    frame = read(raw, has_files=True)
    if not isinstance(frame, Message):
        raise NotTaken(Fault(code="bad_frame"))
    upload = Upload(frame, raw)
    try:
        while (part := await form.next()) is not None:
            await _add(part, upload, account, heard)
    except NotTaken as refusal:
        raise NotTaken(Fault(code=refusal.fault.code, id=frame.id)) from None
    if not upload.entries:
        raise NotTaken(Fault(code="bad_frame", id=frame.id))
    return upload


async def _add(part: object, upload: Upload, account: ChatAccount, heard: Heard) -> None:
    if not isinstance(part, BodyPartReader):
        raise NotTaken(Fault(code="bad_frame"))
    if part.name == "identity" and upload.identity is None:
        upload.identity = (await _part(part, CHAT_IDENTITY_CHARACTERS_MAX, heard)).decode()
        return
    if part.name != "file":
        raise NotTaken(Fault(code="bad_frame"))
    if len(upload.entries) >= account.files_max:
        raise NotTaken(Fault(code="too_many_files"))
    kind = part.headers.get(hdrs.CONTENT_TYPE, _ANY).partition(";")[0].strip().lower()
    if not is_taken(kind, account.file_types):
        raise NotTaken(Fault(code="type_not_taken"))
    data = await _part(part, account.file_bytes_max, heard)
    name = (part.filename or "").encode(errors="replace").decode()[:FILE_NAME_CHARACTERS_MAX]
    upload.entries.append(FileEntry(name=name, type=kind, size=len(data)))
    upload.contents.append(data)


def is_taken(kind: str, types: tuple[str, ...]) -> bool:
    """Tell whether a media type is one of those that an account takes."""
    return kind in types or f"{kind.partition('/')[0]}/*" in types


async def _part(part: BodyPartReader, bytes_max: int, heard: Heard) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(_CHUNK_BYTES):
        data += chunk
        heard(len(chunk))
        if len(data) > bytes_max:
            raise NotTaken(Fault(code="too_large"))
    return bytes(data)
