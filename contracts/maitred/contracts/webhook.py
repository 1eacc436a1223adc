"""Webhook: the JSON of the generic channel, by which any system can be a channel without code.

`docs/webhook.md` describes it, with the JSON Schemas of both directions in `docs/schemas/`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

import msgspec
import orjson
from msgspec import Meta

from maitred.contracts.errors import BadPayload
from maitred.contracts.limits import ATTACHMENTS_MAX

TEXT_CHARACTERS_MAX: Final = 100_000
_END: Final = r"(?![\s\S])"
"""The very end, in every dialect: `$` also stands before a last line feed in some of them."""

Id = Annotated[str, Meta(pattern=r"^[!-~]{1,200}" + _END)]
"""A name of the other system's own."""
WebhookId = Annotated[str, Meta(pattern=r"^[!-\-/-~]{1,200}" + _END)]
"""A `webhook-id`; without a full stop, as Standard Webhooks asks, since one ends it in what is
signed."""
_OutboundId = Annotated[str, Meta(pattern=r"^out_[0-9A-Za-z]{1,64}" + _END)]
_Word = Annotated[str, Meta(pattern=r"^[a-z0-9_]{0,64}" + _END)]
_Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS_MAX)]
_Name = Annotated[str, Meta(max_length=200)]
_Subject = Annotated[str, Meta(max_length=998)]
_Address = Annotated[str, Meta(max_length=320)]
_Url = Annotated[str, Meta(max_length=2_048, pattern=r"^(https?://[!-~]+)?" + _END)]
_At = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""UTC milliseconds; the largest whole number that JSON carries exactly everywhere."""


class Sender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wrote. `id` is where an answer goes; the rest are claims, unless the account is trusted.

    `account` is the company's own id for him, as a site's identity token has it.
    """

    id: Id
    name: _Name = ""
    email: _Address = ""
    phone: _Address = ""
    account: _Address = ""


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that came with a message: its bytes in base64, or the address that has them."""

    name: _Name
    content_type: Annotated[str, Meta(max_length=128)] = "application/octet-stream"
    data: bytes | None = None
    url: _Url = ""


class Message(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="message",
):
    """What somebody wrote; the request's `webhook-id` is its name.

    `thread` names what belongs together, `answers` the reply of ours or the message that it is
    an answer to. `at` is when it was written.
    """

    sender: Sender
    text: _Text = ""
    subject: _Subject = ""
    thread: Id | None = None
    answers: Id | None = None
    files: Annotated[tuple[File, ...], Meta(max_length=ATTACHMENTS_MAX)] = ()
    at: _At | None = None


class Edit(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="edit",
):
    """What somebody wrote instead of the message whose `webhook-id` was `target`."""

    sender: Sender
    target: WebhookId
    text: _Text
    at: _At | None = None


class Delete(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="delete",
):
    """That somebody takes the message back whose `webhook-id` was `target`."""

    sender: Sender
    target: WebhookId
    at: _At | None = None


class Status(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="status",
):
    """What became of a reply of ours: `sent`, `delivered`, `read` or `failed` with a word why."""

    reply: _OutboundId
    state: Literal["sent", "delivered", "read", "failed"]
    error: _Word = ""
    at: _At | None = None


class To(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a reply is for: the `id` of a sender."""

    id: str


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers, as the customer may know him; either may be empty."""

    name: str
    picture: str


class ReplyFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes out with a reply, its bytes in base64."""

    name: str
    content_type: str
    data: bytes


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="reply"):
    """What an agent answers; `id` is the `webhook-id` too, and the same for every retry."""

    id: str
    to: To
    agent: Agent
    text: str
    subject: str
    thread: str
    files: tuple[ReplyFile, ...]
    at: int


class Correction(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="edit"):
    """What stands instead of the earlier reply `target`."""

    id: str
    target: str
    to: To
    agent: Agent
    text: str
    thread: str
    at: int


Spoken = Message | Edit | Delete
Event = Spoken | Status
"""What a system posts to us."""
Answer = Reply | Correction
"""What we post to a system."""

_NAMES: Final = "|".join(
    {
        "type",
        *(
            name
            for each in (Sender, File, Message, Edit, Delete, Status)
            for name in each.__struct_fields__
        ),
    }
)
_PLACE: Final = re.compile(rf"\$(?:\.(?:{_NAMES})|\[[0-9]+\])*`")
"""Where msgspec found a fault: no other names, since a field's may be made to look like a place."""
_EVENTS: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(Event)
_SCHEMAS: Final = {
    "webhook.in.json": (Event, "What a system posts to Maitred's generic channel"),
    "webhook.out.json": (Answer, "What Maitred's generic channel posts to a system"),
}


def read(raw: bytes) -> Event:
    """Read what a system posted.

    Raises:
        BadPayload: it is not of the schema, says nothing, or a file has not one of `data` and
            `url`; the message repeats nothing of it.
    """
    try:
        event = _EVENTS.decode(raw)
    except msgspec.ValidationError as error:
        raise BadPayload(f"not an event: {_why(str(error))}", code="bad_event") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadPayload("not an event: no JSON", code="bad_event") from None
    match event:
        case Message():
            if any((each.data is None) == (not each.url) for each in event.files):
                raise BadPayload("a file needs either data or an address", code="bad_event")
            if not event.text.strip() and not event.files:
                raise BadPayload("a message that says nothing", code="empty")
        case Edit() if not event.text.strip():
            raise BadPayload("an edit that says nothing", code="empty")
    return event


def _why(said: str) -> str:
    """Return what msgspec found, without what was posted: names of ours, and types."""
    what, _, place = said.rpartition(" - at `")
    if not what or not _PLACE.fullmatch(place):
        what, place = said, "$`"
    if what.startswith("Object contains unknown field"):
        what = "a field that is none of the schema's"
    elif not what.startswith(("Expected ", "Object missing required field ")):
        what = "a value that is none of the schema's"
    return f"{what}, at {place.removesuffix('`')}"


def schemas() -> dict[str, bytes]:
    """Return the JSON Schemas (draft 2020-12) of both directions, by file name."""
    return {name: _schema(shape, title) for name, (shape, title) in _SCHEMAS.items()}


def _schema(shape: Any, title: str) -> bytes:  # noqa: ANN401  (a union of shapes has no type)
    (top,), parts = msgspec.json.schema_components((shape,), ref_template="#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **top,
        "$defs": parts,
    }
    return orjson.dumps(
        schema, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    )
