"""Timeline: everything on a customer's journey in one line, over all channels.

What was changed or taken back is shown as it is now and keeps what it was; what agents answered
stands in between with what became of it. The journal's logs are joined here without a place to
keep the result, so it is a function of the *set* of what they hold: in whatever order and however
often it comes, the timeline is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import ConversationId, MessageId, OutboundId
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import Message
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound, OutboundKind
from maitred.identity.conversations.bursts import APART, continued, joint, turn_of
from maitred.identity.conversations.journey import BY_SYSTEMS
from maitred.identity.timeline.changes import ABOUT_EARLIER, Changes, place_of
from maitred.identity.timeline.moments import Delivery, Moment, Said, Version
from maitred.identity.timeline.sources import Sources, once

Order = tuple[int, int, int, str]
"""When, who speaks first at the same time, where it stands in the store, its id."""
_RANKS: Final = {Speaker.CUSTOMER: 0, Speaker.CLAIMED: 1, Speaker.SYSTEM: 1, Speaker.AGENT: 2}


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """What was said and done, oldest first; apart, what others `claimed` in his conversations.

    Nothing proves that who speaks there is the customer, even under his own address.
    """

    moments: tuple[Moment, ...] = ()
    claimed: tuple[Moment, ...] = ()


def timeline(sources: Sources) -> Timeline:
    """Return the timeline of a customer.

    At the same moment the customer speaks first; one sender's messages stay in his order.
    """
    found = once(sources)
    moments = _Story(sources, found.own, found.replies, found.deliveries).moments()
    claimed = _Story(sources, found.claims, {}, {}, speaker=Speaker.CLAIMED).moments()
    for name, (conversation, turn) in found.remembered.items():
        moment = _remembered(sources.home(conversation), turn, name)
        if turn.speaker is Speaker.CLAIMED:
            claimed[name] = moment
        elif turn.speaker is Speaker.SYSTEM:
            moments[name] = moment
    return Timeline(moments=_sorted(moments), claimed=_sorted(claimed))


@dataclass(slots=True)
class _Burst:
    """What somebody says in one breath, as far as it has been read."""

    turn: Turn
    reply_to: ReplyTo
    entries: dict[MessageId, MessageEntry]

    @property
    def name(self) -> MessageId:
        return self.messages()[0]

    def messages(self) -> tuple[MessageId, ...]:
        found = (self.turn.message, *self.turn.parts)
        return tuple(each for each in found if each is not None)

    def take(self, entry: MessageEntry) -> bool:
        """Go on with a message, if it belongs here."""
        message = entry.message
        between = joint(self.turn, self.reply_to, message, message.received_at)
        if between is None:
            return False
        self.turn = continued(self.turn, between, message, message.received_at)
        self.entries[message.id] = entry
        return True


class _Story:
    """What a number of messages, changes and replies come to."""

    def __init__(
        self,
        sources: Sources,
        entries: Mapping[MessageId, MessageEntry],
        replies: Mapping[OutboundId, Outbound],
        deliveries: Mapping[OutboundId, DeliveryDoc],
        speaker: Speaker = Speaker.CUSTOMER,
    ) -> None:
        self._sources = sources
        self._changes = Changes(entries, deliveries.values())
        self._edits = _edits(replies, deliveries)
        self._replies = {
            name: each
            for name, each in replies.items()
            if each.kind is not OutboundKind.EDIT or each.target not in replies
        }
        self._deliveries = deliveries
        self._speaker = speaker

    def moments(self) -> dict[str, Moment]:
        """Return what was said and answered, by the id of its first message."""
        found: dict[str, Moment] = {}
        open_: dict[ConversationId | None, _Burst] = {}
        for event in self._events():
            if isinstance(event, Outbound):
                found[event.id] = self._answered(event)
                # Whatever follows an answer is no part of what was answered.
                open_.pop(self._sources.home(event.conversation), None)
                continue
            conversation = self._home(event)
            burst = open_.get(conversation)
            known = burst.name if burst is not None else None
            if burst is not None and burst.take(event):
                found.pop(known or "", None)
            else:
                burst = _begun(event)
                if conversation is not None and _may_go_on(burst.turn):
                    open_[conversation] = burst
            found[burst.name] = self._moment(burst, conversation)
        return found

    def _events(self) -> list[MessageEntry | Outbound]:
        events: list[tuple[Order, MessageEntry | Outbound]] = [
            (_order(_speaker(entry.message), entry.message), entry)
            for entry in self._changes.spoken
        ]
        rank = _RANKS[Speaker.AGENT]
        events += [((each.at, rank, 0, each.id), each) for each in self._replies.values()]
        return [event for _, event in sorted(events, key=lambda each: each[0])]

    def _home(self, entry: MessageEntry) -> ConversationId | None:
        found = self._sources.moved.get(entry.message.id, entry.conversation)
        return self._sources.home(found) if found is not None else None

    def _moment(self, burst: _Burst, conversation: ConversationId | None) -> Moment:
        turn = burst.turn
        entries = [burst.entries[each] for each in burst.messages()]
        parts = tuple(map(self._changes.said, entries))
        text = ""
        for between, part in zip(
            [share.between for share in turn.shares] or [APART], parts, strict=True
        ):
            text += (between if text and part.text else "") + part.text
        return Moment(
            at=parts[0].at,
            until=max(part.at for part in parts),
            speaker=turn.speaker if turn.speaker is Speaker.SYSTEM else self._speaker,
            channel=turn.channel,
            conversation=conversation,
            kind=turn.kind,
            name=turn.name,
            trust=min(entry.message.actor.level for entry in entries),
            text=text,
            is_edited=any(len(part.versions) > 1 for part in parts),
            is_deleted=all(part.deleted_at for part in parts),
            parts=parts,
        )

    def _answered(self, reply: Outbound) -> Moment:
        known = self._deliveries.get(reply.id)
        said = (reply, *self._edits.get(reply.id, ()))
        return Moment(
            at=reply.at,
            until=reply.at,
            speaker=Speaker.AGENT,
            channel=reply.to.channel,
            conversation=self._sources.home(reply.conversation),
            name=reply.agent_name,
            agent=reply.agent,
            text=said[-1].text,
            is_edited=len(said) > 1,
            parts=(
                Said(
                    id=reply.id,
                    at=reply.at,
                    text=said[-1].text,
                    attachments=tuple(each.name for each in reply.files),
                    versions=tuple(Version(at=each.at, text=each.text) for each in said),
                    reactions=self._changes.reactions(reply.id),
                ),
            ),
            delivery=_delivery(known) if known is not None else None,
        )


def _edits(
    replies: Mapping[OutboundId, Outbound], deliveries: Mapping[OutboundId, DeliveryDoc]
) -> Mapping[OutboundId, Sequence[Outbound]]:
    """Return what stood in place of each reply later, in its order, as far as it arrived there."""
    found: defaultdict[OutboundId, list[Outbound]] = defaultdict(list)
    for each in sorted(replies.values(), key=lambda each: (each.at, each.id)):
        known = deliveries.get(each.id)
        is_lost = known is not None and known.state is DeliveryState.FAILED
        if each.kind is OutboundKind.EDIT and each.target is not None and not is_lost:
            found[each.target].append(each)
    return found


def _begun(entry: MessageEntry) -> _Burst:
    message = entry.message
    turn = turn_of(message, _speaker(message), message.received_at)
    return _Burst(turn, message.reply_to, {message.id: entry})


def _may_go_on(turn: Turn) -> bool:
    """Whether a turn is one of the customer's own words, which the next ones may go on with."""
    return turn.speaker is Speaker.CUSTOMER and turn.kind not in ABOUT_EARLIER


def _delivery(known: DeliveryDoc) -> Delivery:
    return Delivery(state=known.state, at=known.at, attempts=known.attempts, error=known.error)


def _remembered(conversation: ConversationId, turn: Turn, message: MessageId) -> Moment:
    """Return what a conversation knows of words whose entry stands in somebody else's log."""
    said = Said(
        id=message,
        at=turn.at,
        text=turn.text,
        attachments=turn.attachments,
        versions=(Version(at=turn.at, text=turn.text),),
    )
    return Moment(
        at=turn.at,
        until=turn.at,
        speaker=turn.speaker,
        channel=turn.channel,
        conversation=conversation,
        kind=turn.kind,
        name=turn.name,
        text=turn.text,
        parts=(said,),
    )


# -- order ------------------------------------------------------------------------------------
def _speaker(message: Message) -> Speaker:
    return Speaker.SYSTEM if message.kind in BY_SYSTEMS else Speaker.CUSTOMER


def _order(speaker: Speaker, message: Message) -> Order:
    return (message.received_at, _RANKS[speaker], place_of(message), message.id)


def _sorted(moments: Mapping[str, Moment]) -> tuple[Moment, ...]:
    def order(moment: Moment) -> Order:
        first = moment.parts[0]
        place = place_of(first.entry.message) if first.entry is not None else 0
        return (moment.at, _RANKS.get(moment.speaker, 1), place, first.id)

    return tuple(sorted(moments.values(), key=order))
