"""Slack: one Events API callback in, one message out.

Shapes: docs.slack.dev/reference/events/message, .../app_mention, .../reaction_added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import MessageId, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import ATTACHMENTS_MAX, WEBHOOK_BYTES_MAX
from maitred.contracts.message import Attachment, MessageKind, ThreadHints
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.mrkdwn import plain
from maitred.normalizer.payload import child, integer, json_object, required, string
from maitred.normalizer.port import DecodeContext, Decoded

_TIMESTAMP: Final = re.compile(r"([0-9]{1,11})\.([0-9]{6})")
_SPOKEN: Final = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Subtypes in which somebody says something; the others tell what happened to a channel."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in Slack a message stands; `thread_ts` is empty outside threads."""

    inbound: Inbound
    team: str
    channel: str
    ts: str
    thread_ts: str
    direct: bool

    @property
    def own(self) -> str:
        return f"{self.team}:{self.channel}:{self.ts}"

    @property
    def thread(self) -> tuple[str, ...]:
        if not self.thread_ts or self.thread_ts == self.ts:
            return ()
        return (f"{self.team}:{self.channel}:{self.thread_ts}",)

    @property
    def reply_thread(self) -> str:
        return self.thread_ts or ("" if self.direct else self.ts)

    @property
    def id(self) -> MessageId:
        """The message's id, by the formula of the connector."""
        inbound = self.inbound
        return message_id(inbound.tenant, inbound.channel, inbound.account, self.own)


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read an `event_callback` about a message, a mention, an edit, a delete or a reaction.

    An edit, a delete or a reaction names in `target` the message that it is about. Files stay at
    Slack: their attachments name the address in `remote`. What an app posts counts as an
    automatic reply, so that two machines never talk to each other.

    Raises:
        BadPayload: it is no such callback, or a field that names its place is missing.
    """
    envelope = json_object(raw)
    event = child(envelope, "event")
    team = required(envelope, "team_id")
    kind = string(event, "type")
    if kind in {"message", "app_mention"}:
        draft = _message(inbound, team, event)
    elif kind in {"reaction_added", "reaction_removed"}:
        draft = _reaction(inbound, team, event)
    else:
        raise BadPayload("a Slack event of another type", code="unsupported_event")
    return finish(inbound, sequence, context, draft)


def _message(inbound: Inbound, team: str, event: dict[str, object]) -> Draft:
    subtype = string(event, "subtype")
    if subtype == "message_changed":
        return _edit(inbound, team, event)
    if subtype == "message_deleted":
        return _delete(inbound, team, event)
    if subtype not in _SPOKEN:
        raise BadPayload("a Slack message of another subtype", code="unsupported_event")
    place = _place(inbound, team, event, event)
    by_app = subtype == "bot_message" or bool(string(event, "bot_id"))
    return _draft(
        place,
        said=event,
        kind=MessageKind.AUTO_REPLY if by_app else MessageKind.MESSAGE,
        thread=ThreadHints(own=(place.own,), refers_to=place.thread),
    )


def _edit(inbound: Inbound, team: str, event: dict[str, object]) -> Draft:
    said = child(event, "message")
    place = _place(inbound, team, event, said)
    # The time of the change is the event's, not that of the message it changes.
    return _draft(
        place,
        said=said,
        kind=MessageKind.EDIT,
        target=place.id,
        thread=ThreadHints(refers_to=(place.own, *place.thread)),
        at=string(event, "ts") or string(event, "event_ts"),
    )


def _delete(inbound: Inbound, team: str, event: dict[str, object]) -> Draft:
    before = child(event, "previous_message")
    place = _place(inbound, team, event, {**before, "ts": event.get("deleted_ts")})
    return _draft(
        place,
        said={},
        kind=MessageKind.DELETE,
        target=place.id,
        thread=ThreadHints(refers_to=(place.own, *place.thread)),
        at=string(event, "ts") or string(event, "event_ts"),
    )


def _reaction(inbound: Inbound, team: str, event: dict[str, object]) -> Draft:
    item = child(event, "item")
    if item.get("type") != "message":
        raise BadPayload("a reaction to something else", code="unsupported_event")
    place = _place(inbound, team, item, item)
    name = required(event, "reaction")
    removed = event.get("type") == "reaction_removed"
    return _draft(
        place,
        said={"text": "" if removed else f":{name}:"},
        kind=MessageKind.REACTION,
        target=place.id,
        thread=ThreadHints(refers_to=(place.own,)),
        at=string(event, "event_ts"),
        extra={"reaction": name, "removed": "1" if removed else ""},
    )


def _place(
    inbound: Inbound, team: str, where: dict[str, object], which: dict[str, object]
) -> _Place:
    channel = required(where, "channel")
    ts = required(which, "ts")
    if _milliseconds(ts) is None:
        raise BadPayload("a Slack timestamp of another form", code="bad_field")
    thread_ts = string(which, "thread_ts")
    # Reactions do not carry the channel's type; ids of direct messages start with a D.
    direct = string(where, "channel_type") == "im" or channel.startswith("D")
    known = thread_ts if _milliseconds(thread_ts) is not None else ""
    return _Place(inbound, team, channel, ts, known, direct)


def _draft(
    place: _Place,
    *,
    said: dict[str, object],
    kind: MessageKind,
    thread: ThreadHints,
    target: MessageId | None = None,
    at: str = "",
    extra: dict[str, str] | None = None,
) -> Draft:
    return Draft(
        text=plain(string(said, "text", WEBHOOK_BYTES_MAX)),
        kind=kind,
        attachments=_files(said),
        thread=thread,
        target=target,
        sent_at=_milliseconds(at or place.ts),
        reply_thread=place.reply_thread,
        reply_extra={"channel": place.channel},
        channel_extra={
            "team": place.team,
            "channel": place.channel,
            "subtype": string(said, "subtype"),
            **(extra or {}),
        },
    )


def _milliseconds(ts: str) -> int | None:
    match = _TIMESTAMP.fullmatch(ts)
    return int(match[1]) * 1_000 + int(match[2]) // 1_000 if match else None


def _files(said: dict[str, object]) -> tuple[Attachment, ...]:
    files = said.get("files")
    if not isinstance(files, list):
        return ()
    return tuple(
        Attachment(
            name=string(each, "name") or string(each, "title"),
            content_type=string(each, "mimetype"),
            size=integer(each, "size"),
            remote=string(each, "url_private_download", 4_096)
            or string(each, "url_private", 4_096),
        )
        for each in files[: ATTACHMENTS_MAX + 1]
        if isinstance(each, dict)
    )
