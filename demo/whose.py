"""The verdict on who is who: what was proven is one journey, and no impostor is in it.

Like the verdict on chaos, each rule is a function to its faults, over what the journal and its
documents hold when nothing is under way any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from demo.verdict import read_documents, read_entries
from maitred.contracts.assignments import Assignment
from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import ConversationId, CustomerId, MessageId
from maitred.contracts.subjects import Subjects
from maitred.gateway.bus.connection import Connection


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody who proved who he is, by `code` or `site`, and all that he wrote."""

    by: str
    name: str
    said: tuple[MessageId, ...]


@dataclass(frozen=True, slots=True)
class Imposture:
    """What somebody wrote over `channel` in the name of a customer who had proven who he is."""

    channel: str
    victim: Proof
    said: tuple[MessageId, ...]


@dataclass(frozen=True, slots=True)
class Belongings:
    """What the store holds about whose everything is."""

    entries: Mapping[MessageId, MessageEntry]
    conversations: Mapping[ConversationId, Conversation]
    customers: Mapping[CustomerId, CustomerDoc]
    told: Sequence[Assignment]

    def owner(self, message: MessageId) -> CustomerId | None:
        """Return whose journey a message is on now; None: it is in no entry, or on none."""
        entry = self.entries.get(message)
        if entry is None:
            return None
        conversation = self.conversations.get(entry.conversation) if entry.conversation else None
        return self._standing(conversation.customer if conversation else entry.customer)

    def owners(self, messages: Iterable[MessageId]) -> set[CustomerId | None]:
        """Return whose journeys some messages are on now."""
        return {self.owner(each) for each in messages}

    def is_one_journey(self, proof: Proof) -> bool:
        """Whether all that somebody wrote, by mail and chat, is on one known customer's journey."""
        owners = self.owners(proof.said)
        (first, *others) = owners or {None}
        doc = self.customers.get(first) if first else None
        channels = {
            self.entries[each].message.channel for each in proof.said if each in self.entries
        }
        return not others and doc is not None and not doc.unidentified and len(channels) > 1

    def got_in(self, imposture: Imposture) -> bool:
        """Whether an impostor's words count as the customer's, or his agent was told of those.

        What the impostor said before in the same chat is his own: his agent may know of that.
        """
        customer = self.owners(imposture.victim.said) - {None}
        rooms, private = self._rooms(imposture.said), self._rooms(imposture.victim.said)
        briefs = [each.brief for each in self.told if each.brief and each.conversation in rooms]
        return (
            not customer.isdisjoint(self.owners(imposture.said))
            or not rooms.isdisjoint(private)
            or any(self._standing(each.identity.customer) in customer for each in briefs)
            or any(step.conversation in private for each in briefs for step in each.journey)
        )

    def _standing(self, name: CustomerId | None) -> CustomerId | None:
        """Return the customer that one who may have been merged goes by now."""
        while name and name in self.customers and (alias := self.customers[name].alias_of):
            name = alias
        return name

    def _rooms(self, messages: Iterable[MessageId]) -> set[ConversationId]:
        found = {self.entries[each].conversation for each in messages if each in self.entries}
        return {each for each in found if each}


async def read_belongings(connection: Connection, subjects: Subjects) -> Belongings:
    """Read the store once nothing moves.

    Raises:
        StoreUnavailable: it does not answer.
    """
    entries = await read_entries(connection, subjects, "message", MessageEntry)
    conversations = await read_documents(connection, subjects, "conversation", Conversation)
    customers = await read_documents(connection, subjects, "customer", CustomerDoc)
    return Belongings(
        entries={each.message.id: each for each in entries},
        conversations={each.id: each for each in conversations},
        customers={each.id: each for each in customers},
        told=await read_entries(connection, subjects, "assign", Assignment),
    )


def faults_of_identity(
    held: Belongings, proofs: Sequence[Proof], impostures: Sequence[Imposture]
) -> list[str]:
    """Return everything that must not be, in plain words."""
    return [
        *everything_is_there(held, [*proofs, *impostures]),
        *proofs_join(held, proofs),
        *nobody_shares(held, proofs),
        *no_impostor_got_in(held, impostures),
    ]


def everything_is_there(held: Belongings, stories: Iterable[Proof | Imposture]) -> list[str]:
    """What was acknowledged is in an entry; else the other rules would pass by missing it."""
    return [
        f"{message} was acknowledged and is in no entry"
        for each in stories
        for message in each.said
        if message not in held.entries
    ]


def proofs_join(held: Belongings, proofs: Iterable[Proof]) -> list[str]:
    """Whoever proved who he is has one journey, with all that he wrote before."""
    return [
        f"{each.name} proved by {each.by} who he is, and his journey is in pieces"
        for each in proofs
        if not held.is_one_journey(each)
    ]


def nobody_shares(held: Belongings, proofs: Iterable[Proof]) -> list[str]:
    """No two who proved who they are are on one journey."""
    owned = [(owner, each.name) for each in proofs for owner in held.owners(each.said) if owner]
    first = dict(reversed(owned))
    return [
        f"{first[owner]} and {name} are on one journey"
        for owner, name in owned
        if first[owner] != name
    ]


def no_impostor_got_in(held: Belongings, impostures: Iterable[Imposture]) -> list[str]:
    """Nobody who only says that he is a customer is on the customer's journey, or is told of it."""
    return [
        f"an impostor by {each.channel} got into the journey of {each.victim.name}"
        for each in impostures
        if held.got_in(each)
    ]
