"""Sources: what a timeline is made of, each thing once, whatever order it comes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from maitred.contracts.conversation import Turn
from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import ConversationId, MessageId, OutboundId
from maitred.contracts.message import Message
from maitred.contracts.outbound import DeliveryDoc, Outbound, OutboundKind
from maitred.contracts.revision import Revision

Name = TypeVar("Name")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a timeline is made of, in any order.

    `entries` are the customer's own, `claims` those of writers whom nothing proves to be him, in
    his conversations; `remembered` is what his conversations still know others to have said, whose
    own logs are not read. `moved` says where a message stands since an operator moved it, `joined`
    into which conversation another one went up.
    """

    entries: Iterable[MessageEntry] = ()
    claims: Iterable[MessageEntry] = ()
    revisions: Iterable[Revision] = ()
    replies: Iterable[Outbound] = ()
    deliveries: Iterable[DeliveryDoc] = ()
    remembered: Iterable[tuple[ConversationId, Turn]] = ()
    moved: Mapping[MessageId, ConversationId] = field(default_factory=dict)
    joined: Mapping[ConversationId, ConversationId] = field(default_factory=dict)

    def home(self, conversation: ConversationId) -> ConversationId:
        """Return the conversation that another one stands in now."""
        return self.joined.get(conversation, conversation)


@dataclass(frozen=True, slots=True)
class Once:
    """The same by id: messages in their newest reading, replies with the last word about each."""

    own: Mapping[MessageId, MessageEntry]
    claims: Mapping[MessageId, MessageEntry]
    replies: Mapping[OutboundId, Outbound]
    deliveries: Mapping[OutboundId, DeliveryDoc]
    remembered: Mapping[MessageId, tuple[ConversationId, Turn]]


def once(sources: Sources) -> Once:
    """Return each thing once; a code, which is for its addressee's eyes alone, is none of them."""
    newest: dict[MessageId, Message] = {}
    for each in sorted(sources.revisions, key=lambda each: (each.number, _encoded(each))):
        newest[each.message.id] = each.message
    own = _readings(sources.entries, newest)
    claims = _readings(sources.claims, newest)
    replies = _unique(
        (each.id, each) for each in sources.replies if each.kind is not OutboundKind.CODE
    )
    last = {}
    for told in sorted(sources.deliveries, key=lambda told: (told.at, _encoded(told))):
        last[told.id] = told
    return Once(
        own=own,
        claims={name: entry for name, entry in claims.items() if name not in own},
        replies=replies,
        deliveries={name: told for name, told in last.items() if name in replies},
        remembered=_unique(
            (turn.message, (conversation, turn))
            for conversation, turn in sources.remembered
            if turn.message is not None and turn.message not in own and turn.message not in claims
        ),
    )


def _readings(
    entries: Iterable[MessageEntry], newest: Mapping[MessageId, Message]
) -> dict[MessageId, MessageEntry]:
    found = _unique((entry.message.id, entry) for entry in entries)
    return {
        name: msgspec.structs.replace(entry, message=newest[name]) if name in newest else entry
        for name, entry in found.items()
    }


def _unique(named: Iterable[tuple[Name, T]]) -> dict[Name, T]:
    """Return each thing once; of two that differ, the same one whichever comes first."""
    found: dict[Name, T] = {}
    for name, each in named:
        known = found.setdefault(name, each)
        if known != each:
            found[name] = min(known, each, key=_encoded)
    return found


def _encoded(value: object) -> bytes:
    return msgspec.json.encode(value)
