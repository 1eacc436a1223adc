"""The frames of the chat protocol, both ways, and how those of a stranger are read.

`docs/chat.md` describes the protocol.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from maitred.connectors.chat.settings import Asking
from maitred.contracts.limits import CHAT_TEXT_CHARACTERS_MAX

_SEQUENCE_MAX: Final = 2**53 - 1
"""The largest whole number that a browser can hold."""

_Name = Annotated[str, msgspec.Meta(max_length=200)]
_Email = Annotated[str, msgspec.Meta(max_length=320)]
_Page = Annotated[str, msgspec.Meta(max_length=8_192)]
_Title = Annotated[str, msgspec.Meta(max_length=1_000)]
_Phone = Annotated[str, msgspec.Meta(max_length=64)]
_Code = Annotated[str, msgspec.Meta(max_length=64)]
_Language = Annotated[str, msgspec.Meta(max_length=64)]
_ClientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
_Sequence = Annotated[int, msgspec.Meta(ge=0, le=_SEQUENCE_MAX)]


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """The first frame: who the client was before, and the last reply that it has seen.

    `identity` is the site's signed word about who is signed in there.
    """

    token: str | None = None
    after: _Sequence = 0
    identity: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor writes; name, address and where he was are claims."""

    id: _ClientId
    text: str
    name: _Name = ""
    email: _Email = ""
    page: _Page = ""
    referrer: _Page = ""
    title: _Title = ""
    language: _Language = ""


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor wrote instead of an earlier message of his, which `target` names."""

    id: _ClientId
    target: _ClientId
    text: str


class Delete(msgspec.Struct, frozen=True, kw_only=True):
    """That a visitor takes an earlier message of his back."""

    id: _ClientId
    target: _ClientId


class Verify(msgspec.Struct, frozen=True, kw_only=True):
    """That a visitor wants to prove that an address or a number is his; never stored."""

    id: _ClientId
    email: _Email = ""
    phone: _Phone = ""
    language: _Language = ""


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """The code that came to that address; never stored."""

    id: _ClientId
    code: _Code


class Typing(msgspec.Struct, frozen=True, kw_only=True):
    """That a visitor is writing; never stored."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """The last reply that has reached a visitor; `after` is the one that he marked before."""

    seq: _Sequence
    after: _Sequence = 0


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """The last reply that a visitor has looked at; `after` is the one that he marked before."""

    seq: _Sequence
    after: _Sequence = 0


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """Asks whether somebody is there."""


class FilesFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What files a message may bring: how many, of what size each and together, of which types."""

    count: int
    bytes: int
    total: int
    types: tuple[str, ...]


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="welcome"):
    """Answers a hello.

    `signed_in` tells that the site's word was good. `offers` is what can be verified here, and
    `verified` what this session has verified lately: `email`, `phone`. `pre_chat` is what to ask
    before the first message, and whether it must be answered.
    """

    token: str
    visitor: str
    resumed: bool
    signed_in: bool
    offers: tuple[str, ...]
    verified: tuple[str, ...]
    title: str
    pre_chat: dict[str, Asking]
    files: FilesFrame


class Ack(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """The message is stored."""

    id: str
    message: str
    duplicate: bool


class Verifying(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="verifying"):
    """Answers whoever wants to verify, whatever becomes of it."""

    id: str


class Verified(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="verified"):
    """The code was right; `message` is what the journal will hold of it."""

    id: str
    kind: str
    message: str


class AgentTyping(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="typing"):
    """An agent is writing an answer."""


class AgentRead(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="read"):
    """An agent has read what the visitor wrote, up to `message`, the name of an ack for it."""

    message: str


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    """Answers a ping."""


class Marked(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="marked"):
    """That replies up to `seq` have arrived (`delivered`) or were looked at (`read`) is stored."""

    state: str
    seq: int


class FileFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a reply; by its handle the visitor fetches it, and nobody else."""

    name: str
    type: str
    size: int
    handle: str


class ReplyFrame(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="reply", omit_defaults=True
):
    """What an agent answered; where `target` names an earlier reply, instead of that one."""

    id: str
    seq: int
    text: str
    name: str
    at: int
    picture: str = ""
    target: str = ""
    files: tuple[FileFrame, ...] = ()


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


Spoken = Message | Edit | Delete
"""What is stored and answered by an ack."""
Proving = Verify | Code
"""What proves an address: answered, and never stored."""
Mark = Received | Read
"""What became of replies at the visitor's: reported, then answered."""
Frame = Hello | Ping | Spoken | Proving | Mark | Typing

_KINDS: Final[dict[str, type[Frame]]] = {
    "hello": Hello,
    "message": Message,
    "edit": Edit,
    "delete": Delete,
    "verify": Verify,
    "code": Code,
    "typing": Typing,
    "received": Received,
    "read": Read,
    "ping": Ping,
}


def read(data: bytes, *, has_files: bool = False) -> Frame:
    """Read a frame; a message that comes with files may do without words.

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
        frame: Frame = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise NotTaken(Fault(code="bad_frame", id=_id_of(data))) from None
    if isinstance(frame, Message | Edit):
        if len(frame.text) > CHAT_TEXT_CHARACTERS_MAX:
            raise NotTaken(Fault(code="too_long", id=frame.id))
        if not has_files and not frame.text.strip():
            raise NotTaken(Fault(code="bad_frame", id=frame.id))
    if isinstance(frame, Verify) and bool(frame.email) == bool(frame.phone):
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
