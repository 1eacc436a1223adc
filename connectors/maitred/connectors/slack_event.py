"""Reading a Slack event: which message it is, who wrote it, and whether it is for us at all.

Shapes: https://docs.slack.dev/reference/events/message and .../events/app_mention. Only what a
door needs is read here; the text is the decoder's business, and stays in the raw body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts.errors import BadPayload

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_WRITTEN: Final = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Subtypes of `message` that somebody wrote; the others but edits and deletes are notices."""
_CHANGES: Final = frozenset({"message_changed", "message_deleted"})
_REACTIONS: Final = frozenset({"reaction_added", "reaction_removed"})


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The outer shape of every request of the Events API."""

    type: str
    event_id: str | None = None
    team_id: str | None = None
    api_app_id: str | None = None
    event: msgspec.Raw = msgspec.Raw(b"null")


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    subtype: str | None = None


class _BotProfile(msgspec.Struct, frozen=True, kw_only=True):
    app_id: str | None = None


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote a message; an edit and a delete carry the message itself inside."""

    user: str | None = None
    team: str | None = None
    user_team: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    bot_profile: _BotProfile | None = None


class _Item(msgspec.Struct, frozen=True, kw_only=True):
    type: str | None = None
    channel: str | None = None


class _Event(_Written, frozen=True, kw_only=True):
    channel: str | None = None
    ts: str | None = None
    message: _Written | None = None
    previous_message: _Written | None = None
    item: _Item | None = None


@dataclass(frozen=True, slots=True)
class SlackEvent:
    """An event that is a customer's: `team` and `user` are the author's, not the receiver's.

    `provider_id` is the same for every delivery of the same words.
    """

    provider_id: str
    event_id: str
    kind: str
    team: str
    user: str
    channel: str
    by_bot: bool


def read_envelope(body: bytes) -> Envelope:
    """Read the outer shape, and of an event its type.

    Raises:
        BadPayload: it is no JSON object of that shape.
    """
    try:
        envelope = msgspec.json.decode(body, type=Envelope)
        if envelope.type == "event_callback":
            msgspec.json.decode(envelope.event, type=_Kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadPayload("not a request of the Events API", code="malformed_event") from None
    return envelope


def read_event(body: bytes, *, own_team: str, bot_user_id: str = "") -> SlackEvent | None:
    """Read a customer's message, edit, delete or reaction; None for everything else.

    In a channel a message that mentions the app comes as two events with two event ids, as
    `message` and as `app_mention`. Both are the same words, and a message is one by its channel
    and its `ts` (https://docs.slack.dev/messaging/retrieving-messages), so those name it, with
    the workspace that the event came from. Edits, deletes and reactions share the `ts` of the
    message they are about; their event id names them.

    Our own messages are known by the bot's user id, and by the id of the app that sent them,
    which is the app that the event is addressed to.

    Raises:
        BadPayload: it says to be one of these and lacks what each of them has.
    """
    envelope = read_envelope(body)
    if envelope.type != "event_callback":
        return None
    try:
        kind = msgspec.json.decode(envelope.event, type=_Kind)
        if not _is_wanted(kind):
            return None
        event = msgspec.json.decode(envelope.event, type=_Event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadPayload("not an event as Slack describes it", code="malformed_event") from None
    if kind.type in _REACTIONS and (event.item is None or event.item.type != "message"):
        return None
    inside = (event.message or event.previous_message) if kind.subtype in _CHANGES else None
    author = inside or event
    if _is_ours(author, envelope, bot_user_id) or _is_ours(event, envelope, bot_user_id):
        return None
    channel = event.channel or (event.item.channel if event.item else None) or ""
    user = author.user or author.bot_id or ""
    plain = kind.type == "app_mention" or (kind.type == "message" and kind.subtype not in _CHANGES)
    same = event.ts if plain else envelope.event_id
    home = envelope.team_id or own_team
    team = author.user_team or author.team or home
    if not all(_ID.fullmatch(part or "") for part in (channel, user, same, home, team)):
        raise BadPayload("an id is missing in an event", code="malformed_event")
    return SlackEvent(
        provider_id=f"{home}:{channel}:{same}" if plain else str(same),
        event_id=(envelope.event_id or "")[:100],
        kind=f"{kind.type}.{kind.subtype}" if kind.subtype else kind.type,
        team=team,
        user=user,
        channel=channel,
        by_bot=bool(author.bot_id),
    )


def _is_wanted(kind: _Kind) -> bool:
    if kind.type == "message":
        return (kind.subtype or "") in _WRITTEN | _CHANGES
    return kind.type == "app_mention" or kind.type in _REACTIONS


def _is_ours(author: _Written, envelope: Envelope, bot_user_id: str) -> bool:
    if bot_user_id and author.user == bot_user_id:
        return True
    profile = author.bot_profile
    app = author.app_id or (profile.app_id if profile else None)
    return bool(app) and app == envelope.api_app_id
