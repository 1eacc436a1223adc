"""Uniting: a conversation goes up into another one by an operator's word, and comes back.

A join moves nothing (see `joins`): the one that took another in asks for what both asked for, and
is read together with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import ConversationId, operation_id
from maitred.contracts.limits import OPEN_CONVERSATIONS_MAX
from maitred.contracts.operations import (
    ChangeKind,
    ConversationChange,
    OperationDoc,
    OperationKind,
)
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.conversations.gathering import together, with_needs_of
from maitred.identity.conversations.joins import GROUP_MAX, followed, members
from maitred.identity.operators.orders import After, News, Order, Outcome, known, recorded, without
from maitred.identity.operators.retelling import Teller
from maitred.identity.reading import read_customer, require

JOINED: Final = "joined"
"""Why the router closes a conversation that went up into another."""


def join(
    order: Order, conversation: ConversationId, into: ConversationId, teller: Teller
) -> Outcome:
    """Return what lets a conversation go up into another one of the same customer.

    Where `into` went up into another itself, that one takes it in.

    Raises:
        NotRead: a document has not been loaded.
        Permanent: there is no such conversation (`not_found`), it stands in another already, or in
            the same (`joined`), they are of different customers (`different_customers`), or more
            than `GROUP_MAX` would stand in one (`full`).
    """
    view, subjects = teller.view, teller.tools.subjects
    document = known(conversation, view, subjects)
    known(into, view, subjects)
    target = followed(view, subjects, into)[-1]
    if document.joined_into is not None:
        raise Permanent(f"it stands in {document.joined_into} already", code="joined")
    if target.id == document.id:
        raise Permanent("they are one conversation already", code="joined")
    if target.joined_into is not None:
        raise Permanent(f"{target.id} was joined into another: undo that first", code="joined")
    owner, customer = read_customer(view, subjects, document.customer)
    if read_customer(view, subjects, target.customer)[0] != owner:
        raise Permanent(
            "they are conversations of different customers; link the customers first, if they "
            "are one",
            code="different_customers",
        )
    size = 2 + len(members(document, view, subjects)) + len(members(target, view, subjects))
    if size > GROUP_MAX:
        raise Permanent(f"no more than {GROUP_MAX} conversations stand in one", code="full")
    documents: dict[str, msgspec.Struct] = {
        subjects.conversation(document.id): msgspec.structs.replace(
            document, joined_into=target.id
        ),
        subjects.conversation(target.id): msgspec.structs.replace(
            target,
            joined=(*target.joined, document.id),
            needs=together(target.needs, document.needs),
        ),
    }
    if customer is not None:
        documents[subjects.customer(owner)] = msgspec.structs.replace(
            customer, open_conversations=without(customer.open_conversations, document.id)
        )
    record = OperationDoc(
        id=operation_id(order.by, OperationKind.JOIN, order.at, document.id, target.id),
        tenant=subjects.tenant,
        kind=OperationKind.JOIN,
        by=order.by,
        why=order.why,
        at=order.at,
        conversation=document.id,
        other=target.id,
    )
    news = News(After(view, documents), subjects, order.at)
    changes = (news.tell(ChangeKind.JOINED, document.id),)
    return recorded(record, documents, changes, view, subjects)


def join_undone(
    record: OperationDoc, conversation: ConversationId, into: ConversationId, teller: Teller
) -> Outcome:
    """Return what takes the edge away; what came since stays in the one that had taken it in.

    `record` says already who undoes it.

    Raises:
        NotRead: a document has not been loaded.
        Unread: messages of the one that had taken it in have not been read.
        Permanent: the conversation is gone (`not_found`).
    """
    view, subjects = teller.view, teller.tools.subjects
    document = known(conversation, view, subjects)
    if document.joined_into != into or not (document.turns or document.messages):
        # Nothing stands in it that could stand alone.
        return recorded(record, {}, (), view, subjects)
    alone = msgspec.structs.replace(document, joined_into=None)
    require(view, subjects.conversation(into), subjects.routing(document.id))
    target = view.read(subjects.conversation(into), Conversation)
    others = _others(target, document, view, subjects) if target is not None else ()
    if target is not None and not target.messages and not target.turns and not others:
        return _swapped(record, alone, target, view, subjects)
    documents: dict[str, msgspec.Struct] = {subjects.conversation(document.id): alone}
    if target is not None:
        documents[subjects.conversation(into)] = _parted(target, document, others, teller)
    after = After(view, documents)
    news = News(after, subjects, record.undone_at)
    changes: list[ConversationChange] = []
    routing = view.read(subjects.routing(document.id), RoutingDoc)
    if routing is None or not _was_over(routing):
        owner, customer = read_customer(view, subjects, document.customer)
        if customer is not None:
            documents[subjects.customer(owner)] = msgspec.structs.replace(
                customer,
                open_conversations=_by_age(
                    (*customer.open_conversations, document.id), after, subjects
                )[-OPEN_CONVERSATIONS_MAX:],
            )
        arrived_at = routing.arrived_at if routing is not None else document.opened_at
        changes.append(news.tell(ChangeKind.OPENED, document.id, arrived_at=arrived_at))
    if target is not None:
        changes.append(news.tell(ChangeKind.CHANGED, into))
    return recorded(record, documents, tuple(changes), view, subjects)


def _was_over(routing: RoutingDoc) -> bool:
    """Whether a conversation had been closed before it went up into another."""
    return routing.state is RoutingState.CLOSED and routing.closed_reason != JOINED


def _others(
    target: Conversation, document: Conversation, view: View, subjects: Subjects
) -> tuple[Conversation, ...]:
    """Return what else is read together with a conversation, once one is taken from it."""
    gone = {document.id, *(each.id for each in members(document, view, subjects))}
    return tuple(each for each in members(target, view, subjects) if each.id not in gone)


def _swapped(
    record: OperationDoc,
    alone: Conversation,
    target: Conversation,
    view: View,
    subjects: Subjects,
) -> Outcome:
    """Let what took a conversation in, and holds nothing itself any more, go up into that one."""
    owner, customer = read_customer(view, subjects, alone.customer)
    up = dict.fromkeys((*alone.joined, target.id))
    documents: dict[str, msgspec.Struct] = {
        subjects.conversation(alone.id): msgspec.structs.replace(alone, joined=tuple(up)),
        subjects.conversation(target.id): msgspec.structs.replace(
            target, joined=without(target.joined, alone.id), joined_into=alone.id
        ),
    }
    if customer is not None:
        listed = without(customer.open_conversations, target.id)
        documents[subjects.customer(owner)] = msgspec.structs.replace(
            customer,
            open_conversations=tuple(dict.fromkeys((*listed, alone.id)))[-OPEN_CONVERSATIONS_MAX:],
            conversations=without(customer.conversations, target.id),
        )
    news = News(After(view, documents), subjects, record.undone_at)
    return recorded(record, documents, (news.tell(ChangeKind.JOINED, target.id),), view, subjects)


def _parted(
    target: Conversation,
    document: Conversation,
    others: Sequence[Conversation],
    teller: Teller,
) -> Conversation:
    """Return a conversation without one that had been joined into it, and what that asked for."""
    _, customer = read_customer(teller.view, teller.tools.subjects, target.customer)
    told = teller.retold(target, target.turns, customer, left_out=target.left_out)
    return msgspec.structs.replace(
        target,
        joined=without(target.joined, document.id),
        needs=with_needs_of(told, others).needs,
    )


def _by_age(
    conversations: tuple[ConversationId, ...], view: View, subjects: Subjects
) -> tuple[ConversationId, ...]:
    require(view, *map(subjects.conversation, conversations))
    ages = {}
    for each in dict.fromkeys(conversations):
        document = view.read(subjects.conversation(each), Conversation)
        ages[each] = (document.opened_at if document is not None else 0, each)
    return tuple(sorted(ages, key=lambda each: ages[each]))
