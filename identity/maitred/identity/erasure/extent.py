"""Erasure: what is one person's, and what becomes of the documents that he shares with others.

Everything personal stands under a subject keyed by sender, conversation or customer, so most of an
erasure is a purge of subjects. This is the rest: whose a message is that came from an endpoint of
several people, and what a conversation of somebody else's is without what he wrote there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import msgspec

from maitred.contracts.assignments import Assignment
from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import ClaimDoc, ComponentDoc, CustomerDoc, Epoch
from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import (
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    component_id,
    customer_id,
)
from maitred.contracts.message import Entity, Message
from maitred.identity.customers.components import namesake
from maitred.identity.customers.writers import NAME_CHARACTERS_MAX


@dataclass(frozen=True, slots=True)
class Holding:
    """The identifiers that one customer is known by.

    All that stands under `whole` is his. Under `shared` stands what is others' too: what came in
    his `epochs` is his, or where there are none, what belongs to him or to a conversation of his.
    `leaving` are those that nobody but he is known by.
    """

    whole: frozenset[IdentifierKey] = frozenset()
    shared: Mapping[IdentifierKey, tuple[Epoch, ...]] = field(default_factory=dict)
    leaving: frozenset[IdentifierKey] = frozenset()

    def with_(self, other: Holding) -> Holding:
        """Return both together; what is wholly his in one of them is so."""
        whole = self.whole | other.whole
        shared = {
            key: other.shared.get(key) or self.shared.get(key, ())
            for key in (*self.shared, *other.shared)
        }
        return Holding(
            whole,
            {key: epochs for key, epochs in shared.items() if key not in whole},
            self.leaving | other.leaving,
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data is meant: what he is known by, the customers that he is, his conversations.

    `claimed` are the keys of mere claims to his identifiers: who wrote under them is not known, but
    nobody else is named by what stands there.
    """

    customer: CustomerId
    holding: Holding
    claimed: frozenset[IdentifierKey] = frozenset()
    customers: frozenset[CustomerId] = frozenset()
    conversations: frozenset[ConversationId] = frozenset()

    @property
    def keys(self) -> frozenset[IdentifierKey]:
        """Return the keys under which everything is about him."""
        return self.holding.whole | self.claimed

    def wrote(self, entry: MessageEntry) -> bool:
        """Whether a message is his."""
        key = entry.message.actor_key
        if key in self.keys:
            return True
        epochs = self.holding.shared.get(key)
        if epochs is None:
            return False
        if epochs:
            return any(epoch.holds(entry.message.received_at) for epoch in epochs)
        if entry.conversation is not None:
            return entry.conversation in self.conversations
        return entry.customer in self.customers


@dataclass(frozen=True, slots=True)
class Part:
    """What a person has in a conversation of somebody else's; `counted` of it as messages."""

    messages: frozenset[MessageId] = frozenset()
    counted: int = 0
    entities: frozenset[Entity] = frozenset()


def holding_of(customer: CustomerDoc, component: ComponentDoc | None) -> Holding:
    """Return what a customer is known by, as his component says it.

    A contact point is shared by whoever writes from there, and so is a name that nothing vouches
    for: of a customer who is known by it, only his own conversations are meant.
    """
    if component is None:
        key = namesake(customer.component)
        if customer.id != customer_id(component_id(key)):
            return Holding(shared={key: ()})
        return Holding(whole=frozenset({key}), leaving=frozenset({key}))
    entry = next((each for each in component.customers if each.customer == customer.id), None)
    if entry is None:
        return Holding()
    points = frozenset(component.contact_points)
    lent = {epoch.key for epoch in entry.epochs}
    own = frozenset(entry.members) - lent
    shared: dict[IdentifierKey, tuple[Epoch, ...]] = {
        key: tuple(epoch for epoch in entry.epochs if epoch.key == key) for key in lent
    }
    near = {key for edge in component.edges for key in (edge.a, edge.b) if own & {edge.a, edge.b}}
    shared |= dict.fromkeys(points & (own | near), ())
    return Holding(whole=own - points, shared=shared, leaving=own)


def without(
    said: Conversation, person: Person, part: Part, last: Message | None
) -> Conversation | None:
    """Return a conversation of somebody else's without what a person has in it.

    `last` is what somebody else wrote there last: where he was the last to write, answers go there
    again, and the gates are shut until somebody writes. None where nobody else has written, so
    that nothing of it remains.
    """
    turns = tuple(turn for turn in said.turns if not _is_by(turn, person.keys, part.messages))
    told = "\n".join(turn.text for turn in turns)
    kept = tuple(
        entity
        for entity in said.entities
        if entity not in part.entities or (entity.value and entity.value in told)
    )
    left = msgspec.structs.replace(
        said,
        turns=turns,
        entities=kept,
        participants=tuple(key for key in said.participants if key not in person.keys),
        messages=max(0, said.messages - part.counted),
        subject="" if said.opened_by in part.messages else said.subject,
        bearer=None if said.bearer in person.keys else said.bearer,
        hint=None if said.hint in person.customers else said.hint,
        mood=said.mood.silenced() if part.messages else said.mood,
        joined=tuple(each for each in said.joined if each not in person.conversations),
    )
    if said.reply_to.key not in person.keys:
        return left
    if last is None:
        return None
    return msgspec.structs.replace(
        left,
        reply_to=last.reply_to,
        account=last.account,
        trust=last.actor.level,
        name=last.name.strip()[:NAME_CHARACTERS_MAX],
        bearer=left.bearer or last.actor_key,
        may_read=False,
        act_until=0,
    )


def only_his(said: Conversation, person: Person) -> Conversation:
    """Return a person's own conversation without the words and names of others in it.

    Agents' words and what systems report are about him and stay. Others' turns stay as places, so
    that it shows where something was left out.
    """
    known = person.keys | person.holding.shared.keys()
    alone = known.issuperset(said.participants)
    return msgspec.structs.replace(
        said,
        turns=tuple(
            turn if _may_be_shown(turn, known, alone=alone) else _left_out(turn)
            for turn in said.turns
        ),
        participants=tuple(key for key in said.participants if key in known),
        mood=said.mood if alone else said.mood.silenced(),
        hint=None,
    )


def _may_be_shown(turn: Turn, known: Collection[IdentifierKey], *, alone: bool) -> bool:
    if turn.speaker is Speaker.CUSTOMER:
        return turn.actor in known if turn.actor is not None else alone
    return turn.speaker is not Speaker.CLAIMED


def _left_out(turn: Turn) -> Turn:
    return msgspec.structs.replace(
        turn, text="", name="", actor=None, attachments=(), message=None, parts=(), shares=()
    )


def tells_of(assignment: Assignment, person: Person, messages: Collection[MessageId]) -> bool:
    """Whether what an agent was told holds anything of a person.

    `messages` are those of his that stand in conversations of others.
    """
    brief = assignment.brief
    turns = brief.turns if brief is not None else ()
    if assignment.turn is not None:
        turns = (*turns, assignment.turn)
    if any(_is_by(turn, person.keys, messages) for turn in turns):
        return True
    return brief is not None and (
        brief.identity.customer in person.customers
        or any(step.conversation in person.conversations for step in brief.journey)
    )


def says_anything(assignment: Assignment) -> bool:
    """Whether what an agent was told says anything of whom it is about.

    What does not is left where it stands: that a conversation is gone is still to be heard.
    """
    return assignment.brief is not None or assignment.turn is not None


def unclaimed(document: ClaimDoc, person: Person) -> ClaimDoc:
    """Return who claimed an identifier, without the person."""
    return msgspec.structs.replace(
        document,
        claimants=tuple(
            each
            for each in document.claimants
            if each.customer not in person.customers and each.key not in person.keys
        ),
    )


def _is_by(turn: Turn, keys: Collection[IdentifierKey], messages: Collection[MessageId]) -> bool:
    if turn.actor is not None and turn.actor in keys:
        return True
    return turn.message in messages or any(part in messages for part in turn.parts)
