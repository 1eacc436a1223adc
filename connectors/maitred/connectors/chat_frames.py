"""The frames of the chat protocol, both ways, and how those of a stranger are read.

`docs/chat.md` describes the protocol.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from maitred.contracts.limits import CHAT_TEXT_CHARACTERS_MAX

_SEQUENCE_MAX: Final = 2**53 - 1
"""The largest whole number that a browser can hold."""

_Name = Annotated[str, msgspec.Meta(max_length=200)]
_Email = Annotated[str, msgspec.Meta(max_length=320)]
_Page = Annotated[str, msgspec.Meta(max_length=2_048)]
_ClientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
_Sequence = Annotated[int, msgspec.Meta(ge=0, le=_SEQUENCE_MAX)]


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The first frame: who the client was before, and the last reply that it has seen."""

    token: str | None = None
    after: _Sequence = 0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor writes; name, address and page are claims."""

    id: _ClientId
    text: str
    name: _Name = ""
    email: _Email = ""
    page: _Page = ""


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """Asks whether somebody is there."""


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="welcome"):
    """Answers a hello."""

    token: str
    visitor: str
    resumed: bool


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """The message is stored."""

    id: str
    message: str
    duplicate: bool


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    """Answers a ping."""


class ReplyFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="reply"):
    """What an agent answered."""

    id: str
    seq: int
    text: str
    name: str
    at: int


class Fault(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="error", omit_defaults=True
):
    """Something was not taken; `id` names the message if it was about one."""

    code: str
    id: str = ""
    retry_after_ms: int = 0


class NotTaken(Exception):
    """A frame cannot be taken; `fault` says so to its sender."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class _Typed(msgspec.Struct, frozen=True):
    type: str


class _Named(msgspec.Struct, frozen=True):
    id: _ClientId


_KINDS: Final[dict[str, type[Hello | Message | Ping]]] = {
    "hello": Hello,
    "message": Message,
    "ping": Ping,
}


def read(data: bytes) -> Hello | Message | Ping:
    """Read a frame.

    Raises:
        NotTaken: it is no frame of ours; the fault never repeats what was sent, but for the
            client's own well-formed id.
    """
    try:
        kind = _KINDS.get(msgspec.json.decode(data, type=_Typed).type)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise NotTaken(Fault(code="bad_frame")) from None
    if kind is None:
        raise NotTaken(Fault(code="unknown_type"))
    try:
        frame: Hello | Message | Ping = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise NotTaken(Fault(code="bad_frame", id=_id_of(data))) from None
    if isinstance(frame, Message):
        if len(frame.text) > CHAT_TEXT_CHARACTERS_MAX:
            raise NotTaken(Fault(code="too_long", id=frame.id))
        if not frame.text.strip():
            raise NotTaken(Fault(code="bad_frame", id=frame.id))
    return frame


def write(frame: msgspec.Struct) -> str:
    """Return a frame as the text that goes out."""
    return msgspec.json.encode(frame).decode()


def _id_of(data: bytes) -> str:
    try:
        return msgspec.json.decode(data, type=_Named).id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
