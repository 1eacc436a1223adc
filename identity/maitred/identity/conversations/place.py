"""Place: where a message belongs, and which documents say so from now on.

Pure: it reads through a view and returns what to write. The shell compares-and-sets every
document written against what was read, so two places that touch the same customer or component
collide, and one of them is computed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import Claimant, CustomerDoc
from maitred.contracts.entry import JoinReason, SuppressedEntry
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import (
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    component_id,
    unidentified_customer_id,
)
from maitred.contracts.message import Message, MessageKind, ThreadEvidence
from maitred.contracts.view import View
from maitred.identity.conversations import loops
from maitred.identity.conversations.joining import Claimed, Joined, join, join_own, join_quietly
from maitred.identity.conversations.sight import Seen, first_subjects, second_subjects, see
from maitred.identity.conversations.threads import (
    Links,
    is_spent,
    new_threads,
    original_of,
)
from maitred.identity.customers.components import Tools, read_roots
from maitred.identity.customers.whose import Whose, whose
from maitred.identity.customers.writers import customer_of, fresh, with_message
from maitred.identity.evidence import Node, bearer
from maitred.identity.gates import act_until, may_read
from maitred.identity.hints import hint_of, noted
from maitred.identity.reading import after, read_customer, require

__all__ = ["Placement", "Tools", "place"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a message belongs.

    If `suppressed` is there, nothing else is. `previous` is the conversation as it stood, if
    there was one; `opened` tells that this message begins one. `evidence` is the thread that led
    there, `claimed` a conversation of others that the message names besides. `loop` says why the
    message counts as an automatic reply, if it goes on with a loop. `bearer` is the identifier that
    the message hangs on, `instead_of` the claim of his own address that its sender replaces in the
    conversation; `unidentified` tells that it tells nobody apart; `may_read` and
    `act_until` are what the gates say of its writer, `hint` is who he seems to be. `documents` are
    to be written by subject: pointers, components, customers, claims, threads, and conversations
    that went to another customer; the one of this message is the caller's.
    """

    suppressed: SuppressedEntry | None = None
    customer: CustomerId | None = None
    component: ComponentId | None = None
    conversation: ConversationId | None = None
    joined: JoinReason = JoinReason.NONE
    opened: bool = False
    previous: Conversation | None = None
    evidence: ThreadEvidence | None = None
    claimed: Claimed | None = None
    loop: str = ""
    bearer: IdentifierKey | None = None
    instead_of: IdentifierKey | None = None
    unidentified: bool = False
    may_read: bool = False
    act_until: int = 0
    hint: CustomerId | None = None
    documents: Mapping[str, msgspec.Struct] = field(default_factory=dict)


def place(
    message: Message,
    sequence: int,
    view: View,
    tools: Tools,
    now: int,
    seen: Seen | None = None,
) -> Placement:
    """Return where `message` belongs; `sequence` is where it stands in INBOUND.

    `now` is in UTC milliseconds; nothing is dated later than it. `seen` is what the message itself
    shows, for who has worked it out already.

    Raises:
        NotRead: documents are needed that the view has not loaded, as many as are known to be
            needed at once.
        BadPayload: the message's `actor_key` does not fit its `actor`.
        Permanent: aliases of a component or a customer go round in a circle.
    """
    seen = seen or see(message, tools)
    nodes, links, claims = seen.nodes, seen.links, seen.claims
    require(view, *first_subjects(message, seen, tools.subjects))
    original = original_of(message, links, view)
    if original is not None:
        return Placement(
            suppressed=SuppressedEntry(
                id=message.id,
                original=original,
                actor_key=message.actor_key,
                channel=message.channel,
                account=message.account,
                recipients=message.recipients,
                received_at=message.received_at,
                sequence=sequence,
            )
        )
    require(view, *second_subjects(message, seen, view, tools.subjects))
    if is_spent(message, links, view):
        message = msgspec.structs.replace(message, proven_at=0)
    at = min(message.received_at, now)
    if message.kind is MessageKind.VERIFICATION:
        return _place_proof(message, nodes, view, tools, at)
    if not message.kind.wants_an_answer:
        return _place_quietly(message, nodes, links, view, tools)
    is_claim = message.actor.level is Level.CLAIMED
    if is_claim:
        found = _nobody(message, view, tools, at)
    else:
        found = whose(message, nodes, view, tools, at)
        view = after(view, found.documents)
    joined = join(message, links, found.customer, view, tools, now)
    if is_claim:
        found = _joined_by_thread(found, joined, view, tools)
    loop = loops.find(message, found.customer, joined.previous, view, tools.subjects)
    if loop is not None:
        return _place_in_loop(message, links, found.customer, joined, loop, view)
    is_new = joined.reason is JoinReason.OPENED and joined.previous is None
    taken = _taken_over(joined, found.customer, view, tools)
    customer = with_message(
        found.customer,
        message,
        found.bearer,
        joined.still_open,
        joined.conversation if is_new or taken else None,
        at,
    )
    documents = {**found.documents, **taken}
    documents[tools.subjects.customer(customer.id)] = customer
    if joined.conversation is not None:
        documents |= new_threads(message, links, joined.conversation, customer.id, view)
    claimant = Claimant(customer=customer.id, key=message.actor_key, at=at)
    documents |= noted(claims, claimant, view, tools)
    return Placement(
        customer=customer.id,
        component=found.component,
        conversation=joined.conversation,
        joined=joined.reason,
        opened=is_new,
        previous=joined.previous,
        evidence=joined.evidence,
        claimed=joined.claimed,
        bearer=found.bearer,
        instead_of=joined.instead_of,
        unidentified=is_claim or customer.unidentified,
        may_read=may_read(found.standing),
        # What was asked under a claim is not proven by who answers for its address.
        act_until=0 if joined.instead_of else act_until(found.standing),
        hint=hint_of(claims, customer.id, view, tools.subjects, at),
        documents=documents,
    )


def _nobody(message: Message, view: View, tools: Tools, at: int) -> Whose:
    """Return the customer of a mere claim: known by the conversation that it opens, and no more.

    Two who claim one name are two, until a thread shows them in one conversation.
    """
    name = unidentified_customer_id(message.id)
    require(view, tools.subjects.customer(name))
    known = view.read(tools.subjects.customer(name), CustomerDoc)
    component = component_id(message.actor_key)
    customer = known or fresh(name, component, at)
    return Whose(
        component, msgspec.structs.replace(customer, unidentified=True), message.actor_key, {}
    )


def _joined_by_thread(found: Whose, joined: Joined, view: View, tools: Tools) -> Whose:
    """Return the customer of the conversation that a mere claim goes on with, where it does."""
    if joined.previous is None:
        return found
    name, known = read_customer(view, tools.subjects, joined.previous.customer)
    if known is None or name == found.customer.id:
        return found
    return replace(found, component=known.component, customer=known)


def _taken_over(
    joined: Joined, customer: CustomerDoc, view: View, tools: Tools
) -> dict[str, msgspec.Struct]:
    """Return, by subject, the customer of a mere claim, without what is taken over.

    He keeps what he wrote and is merged with nobody: who holds the mailbox now may not be who
    claimed it then.
    """
    if joined.instead_of is None or joined.previous is None:
        return {}
    name, known = read_customer(view, tools.subjects, joined.previous.customer)
    if known is None or name == customer.id or not known.unidentified:
        return {}
    left = msgspec.structs.replace(
        known,
        open_conversations=_without(known.open_conversations, joined.previous.id),
        conversations=_without(known.conversations, joined.previous.id),
    )
    return {tools.subjects.customer(name): left}


def _without(ids: tuple[ConversationId, ...], gone: ConversationId) -> tuple[ConversationId, ...]:
    return tuple(each for each in ids if each != gone)


def _place_proof(
    message: Message, nodes: tuple[Node, ...], view: View, tools: Tools, at: int
) -> Placement:
    """Place a proof: it may merge, and stands in the conversation of its session."""
    if message.actor.level is Level.CLAIMED:
        return Placement()
    found = whose(message, nodes, view, tools, at)
    view = after(view, found.documents)
    joined = join_own(message, found.customer, view, tools.subjects, at)
    documents = dict(found.documents)
    documents.setdefault(tools.subjects.customer(found.customer.id), found.customer)
    return Placement(
        customer=found.customer.id,
        component=found.component,
        conversation=joined.conversation,
        joined=joined.reason,
        previous=joined.previous,
        bearer=found.bearer,
        unidentified=found.customer.unidentified,
        may_read=may_read(found.standing),
        act_until=act_until(found.standing),
        documents=documents,
    )


def _place_in_loop(
    message: Message,
    links: Links,
    customer: CustomerDoc,
    joined: Joined,
    loop: loops.Loop,
    view: View,
) -> Placement:
    """Place what goes on with a loop: in the conversation that it is about, and nothing else."""
    conversation = loop.conversation
    message = loops.as_auto_reply(message, loop.reason)
    return Placement(
        customer=customer.id,
        component=customer.component,
        conversation=conversation.id,
        joined=joined.reason if joined.previous is not None else JoinReason.LOOP,
        previous=conversation,
        evidence=joined.evidence,
        loop=loop.reason,
        documents=new_threads(message, links, conversation.id, customer.id, view),
    )


def _place_quietly(
    message: Message, nodes: tuple[Node, ...], links: Links, view: View, tools: Tools
) -> Placement:
    """Place what wants no answer: it makes no customer and teaches nothing about one."""
    known, is_shared = _known_customer(nodes, view, tools, message.received_at)
    joined = join_quietly(message, links, known, view, tools, is_shared=is_shared)
    customer, component = (known.id, known.component) if known is not None else (None, None)
    documents: dict[str, msgspec.Struct] = {}
    if joined.previous is not None and joined.conversation is not None:
        if customer is None:
            customer, about = read_customer(view, tools.subjects, joined.previous.customer)
            component = about.component if about is not None else None
        documents |= new_threads(message, links, joined.conversation, customer, view)
    return Placement(
        customer=customer,
        component=component,
        conversation=joined.conversation,
        joined=joined.reason,
        previous=joined.previous,
        evidence=joined.evidence,
        documents=documents,
    )


def _known_customer(
    nodes: tuple[Node, ...], view: View, tools: Tools, at: int
) -> tuple[CustomerDoc | None, bool]:
    """Return the customer that a sender is known as, and whether others write from there too.

    Where they do, whoever is signed in there says it, and else nobody does.
    """
    actor = nodes[0]
    if actor.level is Level.CLAIMED:
        return None, False
    _, roots = read_roots((actor.key,), view, tools.subjects)
    documents = [root.document for root in roots.values() if root.document is not None]
    shared = {key for document in documents for key in document.contact_points}
    is_shared = actor.key in shared
    on = (bearer(nodes, shared) if is_shared else None) or actor
    if on is not actor:
        _, roots = read_roots((on.key,), view, tools.subjects)
    for root in roots.values():
        name = customer_of(root.customers, on.key, at)
        known = read_customer(view, tools.subjects, name)[1] if name is not None else None
        return known, is_shared
    return None, is_shared
