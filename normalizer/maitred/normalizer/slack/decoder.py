"""Slack: one Events API callback in, one message out.

Shapes: docs.slack.dev/reference/events/message with the pages of its subtypes, .../app_mention,
.../reaction_added. What a message says is read in `body`, where it stands in `place`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import MessageId
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Correspondent, MessageKind, PartKind
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.payload import child, json_object, required, string
from maitred.normalizer.pieces import Piece
from maitred.normalizer.port import DecodeContext, Decoded
from maitred.normalizer.slack import body as slack_body
from maitred.normalizer.slack import emoji
from maitred.normalizer.slack.body import Body
from maitred.normalizer.slack.place import Place, foreign_team, home, milliseconds, place
from maitred.normalizer.slack.shape import first

FOREIGN_TEAM: Final = "foreign_team"
"""Flag: its author belongs to another company's workspace."""
ORGANISATION_FACT: Final = "organisation"
"""The fact by which the door names the organisation whose installation brought a message."""
WORKFLOW: Final = "workflow"
"""Flag: a workflow posted it, in which somebody may have filled in a form."""

_SPOKEN: Final = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Subtypes in which somebody says something; the others tell what happened to a channel."""
_SLACKBOT: Final = "USLACKBOT"
_NOTHING: Final = Body((), (), ())


@dataclass(frozen=True, slots=True)
class _Event:
    """One callback: its envelope, the event in it, and our workspace."""

    inbound: Inbound
    envelope: dict[str, object]
    event: dict[str, object]
    team: str

    def place(self, where: dict[str, object], which: dict[str, object]) -> Place:
        return place(self.inbound, self.team, where, which)


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read an `event_callback` about a message, a mention, an edit, a delete or a reaction.

    An edit, a delete or a reaction names in `target` the message that it is about. Files stay at
    Slack: their attachments name the address in `remote`. What an app posts counts as an
    automatic reply, so that two machines never talk to each other.

    Raises:
        BadPayload: it is no such callback, a field that names its place is missing, or it tells
            of a change that leaves all words as they were (a preview of a link was added).
    """
    envelope = json_object(raw)
    event = child(envelope, "event")
    read = _Event(inbound, envelope, event, home(inbound, envelope))
    kind = string(event, "type")
    if kind in {"message", "app_mention"}:
        draft = _message(read)
    elif kind in {"reaction_added", "reaction_removed"}:
        draft = _reaction(read)
    else:
        raise BadPayload("a Slack event of another type", code="unsupported_event")
    return finish(inbound, sequence, context, draft)


def _message(read: _Event) -> Draft:
    event = read.event
    subtype = string(event, "subtype")
    if subtype == "message_changed":
        return _change(read)
    if subtype == "message_deleted":
        return _delete(read, string(event, "deleted_ts"))
    _require_spoken(event)
    return _draft(
        read,
        read.place(event, event),
        author=event,
        kind=MessageKind.AUTO_REPLY if _is_by_app(event) else MessageKind.MESSAGE,
        body=slack_body.read(event, _names(read, event)),
    )


def _change(read: _Event) -> Draft:
    said = child(read.event, "message")
    before = child(read.event, "previous_message")
    if string(said, "subtype") == "tombstone":
        # What a deleted message leaves behind where others have answered it.
        return _delete(read, string(said, "ts"))
    _require_spoken(said)
    names = _names(read, said)
    body = slack_body.read(said, names)
    if before and body == slack_body.read(before, names):
        raise BadPayload("a change that leaves the words as they were", code="unsupported_event")
    at = read.place(read.event, said)
    return _draft(read, at, author=said, kind=MessageKind.EDIT, body=body, target=at.id)


def _delete(read: _Event, ts: str) -> Draft:
    before = child(read.event, "previous_message")
    at = read.place(read.event, {**before, "ts": ts})
    return _draft(read, at, author=before, kind=MessageKind.DELETE, body=_NOTHING, target=at.id)


def _reaction(read: _Event) -> Draft:
    item = child(read.event, "item")
    if item.get("type") != "message":
        raise BadPayload("a reaction to something else", code="unsupported_event")
    at = read.place(item, item)
    name = required(read.event, "reaction")
    removed = read.event.get("type") == "reaction_removed"
    shown = () if removed else (Piece(PartKind.TEXT, emoji.shown(name)),)
    return _draft(
        read,
        at,
        author=read.event,
        kind=MessageKind.REACTION,
        body=Body(shown, (), ()),
        target=at.id,
        extra={"reaction": name, "removed": "1" if removed else ""},
    )


def _require_spoken(said: dict[str, object]) -> None:
    """Refuse what tells of a channel, and of an answer to a message.

    Slack leaves out the subtype of `message_replied`: it has the message that was answered in it
    and no author (docs.slack.dev/reference/events/message/message_replied).

    Raises:
        BadPayload: nobody says anything in it.
    """
    replied = isinstance(said.get("message"), dict) and not first(said, "user", "bot_id")
    if replied or string(said, "subtype") not in _SPOKEN:
        raise BadPayload("a Slack message of another subtype", code="unsupported_event")


def _draft(
    read: _Event,
    at: Place,
    *,
    author: dict[str, object],
    kind: MessageKind,
    body: Body,
    target: MessageId | None = None,
    extra: Mapping[str, str] | None = None,
) -> Draft:
    name = _name(author)
    foreign = foreign_team(read.envelope, author, read.team)
    workflow = child(author, "bot_profile").get("is_workflow_bot") is True
    # The time of a change is the event's, not that of the message it changes.
    ts = at.ts if target is None else first(read.event, "ts", "event_ts")
    return Draft(
        pieces=body.pieces,
        kind=kind,
        name=name,
        sender=Correspondent(
            address=first(author, "user", "bot_id"), name=read.inbound.evidence.name or name
        ),
        to=(Correspondent(address=at.channel),),
        attachments=body.attachments,
        thread=at.said_here() if target is None else at.said_of_it(),
        target=target,
        sent_at=milliseconds(ts),
        reply_thread=at.reply_thread,
        is_private=at.direct,
        reply_extra=_way_back(read.inbound, at),
        flags=(
            *body.flags,
            *((FOREIGN_TEAM,) if foreign else ()),
            *((WORKFLOW,) if workflow else ()),
        ),
        channel_extra={
            "team": at.team,
            "channel": at.channel,
            "subtype": string(author, "subtype"),
            "foreign_team": foreign,
            "app": name if _is_by_app(author) else "",
            **(extra or {}),
        },
    )


def _way_back(inbound: Inbound, at: Place) -> dict[str, str]:
    """Return where an answer goes: in which workspace, and by whose installation of the app."""
    where = {"channel": at.channel, "team": at.team}
    organisation = inbound.evidence.facts.get(ORGANISATION_FACT)
    return {**where, ORGANISATION_FACT: organisation} if organisation else where


def _is_by_app(author: dict[str, object]) -> bool:
    return (
        author.get("subtype") == "bot_message"
        or bool(string(author, "bot_id"))
        or author.get("user") == _SLACKBOT
    )


def _name(author: dict[str, object]) -> str:
    """Return the name that the event itself gives its author, which few do."""
    return (
        first(child(author, "user_profile"), "display_name", "real_name", "name")
        or first(author, "username")
        or first(child(author, "bot_profile"), "name")
    )


def _names(read: _Event, author: dict[str, object]) -> dict[str, str]:
    """Return the names that are known by user id: those of the author."""
    name = read.inbound.evidence.name or _name(author)
    return {string(author, "user"): name} if name else {}
