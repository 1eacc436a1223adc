"""Belonging: whose journey a message is part of, asked long after it was placed.

A message hangs on an identifier of its sender, never on a customer, so that merging and parting
customers moves no message. Here it is asked again of the component as it is now: a browser that
several accounts used holds the messages of each of them under one key, and a number that changed
hands those of its former owner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import (
    ComponentDoc,
    CustomerDoc,
    CustomerMembers,
    Member,
    StatementKind,
)
from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import Identifier, Level
from maitred.contracts.ids import CustomerId, IdentifierKey
from maitred.contracts.message import Message
from maitred.contracts.outbound import Outbound
from maitred.identity.customers.components import namesake
from maitred.identity.customers.writers import customer_of
from maitred.identity.evidence import Node, bearer
from maitred.identity.policy import THETA


def alone(customer: CustomerDoc, identifier: Identifier | None) -> ComponentDoc:
    """Return the component of a customer whose identifier was never seen with another.

    A mere claim has no `identifier` of its own.
    """
    own = namesake(customer.component)
    return ComponentDoc(
        id=customer.component,
        members=() if identifier is None else (Member(key=own, identifier=identifier),),
        customers=(CustomerMembers(customer=customer.id, members=(own,)),),
        contact_points=(own,) if customer.unidentified else (),
    )


class Belonging:
    """Tells what is one customer's, of all that stands under the keys of his component.

    `component` is the one that his identifiers are in. Whoever cannot be told from others (a mere
    claim, a contact point) is known by his conversation: what he said belongs where that does, and
    is nobody else's though it stands under the same key.
    """

    def __init__(self, customer: CustomerDoc, component: ComponentDoc) -> None:
        self._customer = customer
        self._customers = component.customers
        self._contact_points = frozenset(component.contact_points)
        self._keys = {member.identifier: member.key for member in component.members}
        self._known = frozenset(self._keys.values())
        self._near: defaultdict[IdentifierKey, set[IdentifierKey]] = defaultdict(set)
        for edge in component.edges:
            self._near[edge.a].add(edge.b)
            self._near[edge.b].add(edge.a)
        self._revoked = {
            word.message
            for word in component.statements
            if word.kind is StatementKind.REVOKED and word.message is not None
        }
        self._listed = frozenset((*customer.conversations, *customer.open_conversations))
        own = (each.members for each in component.customers if each.customer == customer.id)
        self.members: tuple[IdentifierKey, ...] = next(own, ())
        """The keys of his identifiers, whether they are his still or were for a time."""

    def logs(self) -> tuple[IdentifierKey, ...]:
        """Return the keys under which his messages may stand: his own, and those seen with them."""
        near: set[IdentifierKey] = set()
        if not self._customer.unidentified:
            near.update(*(self._near[key] for key in self.members))
        return (*self.members, *sorted(near.difference(self.members)))

    def has_entry(self, entry: MessageEntry, *, in_his: bool) -> bool:
        """Whether a message is his; `in_his` tells that it stands in a conversation of his."""
        message, nobody = entry.message, self._customer.unidentified
        if message.actor.level is Level.CLAIMED:
            # He keeps his words where his conversation went to the owner of the address.
            return in_his or (nobody and entry.customer == self._customer.id)
        on = bearer(tuple(self._nodes(message, in_his=in_his)), self._contact_points)
        if on is None:
            return in_his
        return not nobody and self._owner(on.key, message.received_at) == self._customer.id

    def has_conversation(self, said: Conversation) -> bool:
        """Whether a conversation is his: it goes where the identifier goes that opened it."""
        owner = self._owner(said.bearer, said.opened_at)
        if owner is not None:
            return owner == self._customer.id
        return said.customer == self._customer.id or said.id in self._listed

    def has_reply(self, reply: Outbound, *, in_his: bool) -> bool:
        """Whether what was sent to a customer was sent to him: it goes with its endpoint."""
        owner = self._owner(reply.to.key, reply.at)
        return in_his if owner is None else owner == self._customer.id

    def _owner(self, key: IdentifierKey | None, at: int) -> CustomerId | None:
        """Return whose identifier it was; nobody's where it tells nobody apart."""
        if key is None or key in self._contact_points:
            return None
        return customer_of(self._customers, key, at)

    def _nodes(self, message: Message, *, in_his: bool) -> Iterator[Node]:
        """Yield the sender, first, and what is still known to have been seen with him.

        What was taken back shows nothing. A browser that very many share takes in no evidence any
        more: in a conversation of his, an account of the customer says all the same who speaks.
        """
        actor = message.actor
        yield Node(message.actor_key, actor.identifier, actor.level)
        if actor.level < THETA or message.id in self._revoked:
            return
        is_stranger = in_his and message.actor_key not in self._known
        for seen in message.observed:
            key = self._keys.get(seen.identifier)
            if key is None or seen.level < THETA:
                continue
            if key in self._near[message.actor_key] or (is_stranger and key in self.members):
                yield Node(key, seen.identifier, seen.level)
