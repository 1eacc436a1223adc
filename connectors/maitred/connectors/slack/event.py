"""Reading a Slack event: which message it is, who wrote it, and whether it is for us at all.

Shapes: https://docs.slack.dev/reference/events/message and .../events/app_mention. Only what a
door needs is read here; the text is the decoder's business, and stays in the raw body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.connectors.slack import change as slack_change
from maitred.contracts.errors import BadPayload

TEAM_FACT: Final = "team"
"""The fact that tells the decoder the workspace by which this door names messages."""
ORGANISATION_FACT: Final = "organisation"
"""The fact that tells the decoder by which organisation's installation an answer goes."""
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_CHANGES: Final = frozenset({"message_changed", "message_deleted"})
_NOTICES: Final = re.compile(
    r"(?:channel|group|im|mpim|huddle|sh_room|pinned|unpinned|reminder|joiner|app_conversation)_.*+"
    r"|bot_(?!message).*+|(?:file|document)_mention|(?:message_replied|reply_broadcast)"
    r"|ekm_access_denied|tombstone|assistant_app_thread"
)
"""Subtypes of `message` that tell what happened to a channel, a file or a thread.

One that Slack may add, and that no list knows yet, is stored: it may be somebody's words.
"""
_SLACKBOT: Final = "USLACKBOT"
_REACTIONS: Final = frozenset({"reaction_added", "reaction_removed"})


class _Authorization(msgspec.Struct, frozen=True, kw_only=True):
    team_id: str | None = None
    enterprise_id: str | None = None
    is_enterprise_install: bool | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The outer shape of every request of the Events API; `event_time` is in UTC seconds."""

    type: str
    event_id: str | None = None
    event_time: int = 0
    team_id: str | None = None
    enterprise_id: str | None = None
    context_team_id: str | None = None
    api_app_id: str | None = None
    authorizations: tuple[_Authorization, ...] | None = None
    event: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def home(self) -> str:
        """The workspace by whose installation the event comes.

        In a channel that two companies share `team_id` may be the author's
        (https://docs.slack.dev/apis/events-api, "Event type structure").
        """
        through = self.authorizations[0].team_id if self.authorizations else None
        return self.context_team_id or through or self.team_id or ""

    @property
    def organisation(self) -> str:
        """The organisation by whose installation the event comes; empty if it is a workspace's.

        Source: https://api.slack.com/enterprise/apps/changes-apis, `authorizations`.
        """
        through = self.authorizations[0] if self.authorizations else _Authorization()
        return (through.enterprise_id or "") if through.is_enterprise_install else ""


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    subtype: str | None = None


class _Tokens(msgspec.Struct, frozen=True, kw_only=True):
    bot: tuple[str, ...] | None = None


class _Farewell(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    tokens: _Tokens = _Tokens()


class _BotProfile(msgspec.Struct, frozen=True, kw_only=True):
    app_id: str | None = None


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote a message; an edit and a delete carry the message itself inside."""

    subtype: str | None = None
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

    `provider_id` is the same for every delivery of the same words. `home` is the workspace by
    which messages are named: ours, also for what others write in a channel that we share.
    """

    provider_id: str
    event_id: str
    kind: str
    team: str
    user: str
    channel: str
    home: str
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


def farewell(envelope: Envelope) -> str | None:
    """Return who took the app away, or the token that it gave to its bot; None if nobody did.

    It is a workspace or an organisation, empty if that is not said. Sources:
    https://docs.slack.dev/reference/events/app_uninstalled and .../tokens_revoked.
    """
    try:
        said = msgspec.json.decode(envelope.event, type=_Farewell)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if said.type == "app_uninstalled" or (said.type == "tokens_revoked" and said.tokens.bot):
        # Without a workspace it is the organisation that says so, for all of them.
        return envelope.organisation or envelope.team_id or envelope.enterprise_id or ""
    return None


def read_event(envelope: Envelope, *, own_team: str, bot_user_id: str = "") -> SlackEvent | None:
    """Read a customer's message, edit, delete or reaction; None for everything else.

    In a channel a message that mentions the app comes as two events with two event ids, as
    `message` and as `app_mention`. Both are the same words, and a message is one by its channel
    and its `ts` (https://docs.slack.dev/messaging/retrieving-messages), so those name it, with
    our own workspace: in a channel shared with another company the event may name either, and
    our replies go out under ours. Edits, deletes and reactions share the `ts` of the message they
    are about; their event id names them. What Slack adds to a message by itself is no edit.

    Our own messages are known by the bot's user id, and by the id of the app that sent them,
    which is the app that the event is addressed to.

    Raises:
        BadPayload: it says to be one of these and lacks what each of them has.
    """
    if envelope.type != "event_callback":
        return None
    try:
        kind = msgspec.json.decode(envelope.event, type=_Kind)
        if not _is_wanted(kind):
            return None
        event = msgspec.json.decode(envelope.event, type=_Event)
        if kind.subtype == "message_changed" and slack_change.is_unsaid(envelope.event):
            return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadPayload("not an event as Slack describes it", code="malformed_event") from None
    author = _author(kind, event)
    if author is None or _is_ours(author, envelope, bot_user_id):
        return None
    if _is_ours(event, envelope, bot_user_id):
        return None
    channel = event.channel or (event.item.channel if event.item else None) or ""
    user = author.user or author.bot_id or ""
    plain = kind.type == "app_mention" or (kind.type == "message" and kind.subtype not in _CHANGES)
    same = event.ts if plain else envelope.event_id
    team = author.user_team or author.team or envelope.team_id or own_team
    if not all(_ID.fullmatch(part or "") for part in (channel, user, same, own_team, team)):
        raise BadPayload("an id is missing in an event", code="malformed_event")
    return SlackEvent(
        provider_id=f"{own_team}:{channel}:{same}" if plain else str(same),
        event_id=(envelope.event_id or "")[:100],
        kind=f"{kind.type}.{kind.subtype}" if kind.subtype else kind.type,
        team=team,
        user=user,
        channel=channel,
        home=own_team,
        by_bot=bool(author.bot_id) or user == _SLACKBOT,
    )


def _is_wanted(kind: _Kind) -> bool:
    if kind.type == "message":
        return not _NOTICES.fullmatch(kind.subtype or "")
    return kind.type == "app_mention" or kind.type in _REACTIONS


def _author(kind: _Kind, event: _Event) -> _Written | None:
    """Return what names the author; None where nobody says anything, or to nothing said.

    A message that was deleted and has answers stays as a `tombstone` by Slackbot; its author is
    the one of before. `message_replied` comes without its subtype, and has no author
    (https://docs.slack.dev/reference/events/message/message_replied).
    """
    if kind.type in _REACTIONS:
        return event if event.item is not None and event.item.type == "message" else None
    if kind.subtype in _CHANGES:
        inside = event.message or event.previous_message or event
        if inside.subtype == "tombstone":
            return event.previous_message or inside
        return None if _NOTICES.fullmatch(inside.subtype or "") else inside
    notice = bool(kind.subtype) or event.message is not None
    return None if notice and not (event.user or event.bot_id) else event


def _is_ours(author: _Written, envelope: Envelope, bot_user_id: str) -> bool:
    if bot_user_id and author.user == bot_user_id:
        return True
    profile = author.bot_profile
    app = author.app_id or (profile.app_id if profile else None)
    return bool(app) and app == envelope.api_app_id
