"""Splitting: messages of a conversation stand in one of their own by an operator's word.

A split moves turns: those of the messages that are named stand in a conversation of their own from
then on, and nowhere else. The journal's entries stay as they are and say where a message stood
when it came; the record of the operation says what was moved. To undo a split moves back what
still stands where it was moved to; what came since stays where it is. So operations may be undone
in any order.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import ThreadDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    MessageId,
    OperationId,
    conversation_id,
    digest,
    operation_id,
)
from maitred.contracts.limits import OPEN_CONVERSATIONS_MAX
from maitred.contracts.operations import (
    ChangeKind,
    ConversationChange,
    OperationDoc,
    OperationKind,
)
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.conversations.gathering import with_needs_of
from maitred.identity.conversations.joins import EDGES_MAX, followed, members
from maitred.identity.conversations.threads import links_of
from maitred.identity.customers.components import Tools
from maitred.identity.customers.writers import MERGED_CONVERSATIONS_MAX
from maitred.identity.operators.orders import After, News, Order, Outcome, known, recorded, without
from maitred.identity.operators.retelling import Teller, accepted_at, counted, less
from maitred.identity.reading import read_customer, require


def split(
    order: Order,
    conversation: ConversationId,
    messages: Sequence[MessageId],
    teller: Teller,
) -> Outcome:
    """Return what lets `messages` of a conversation stand in one of their own.

    They must stand among its last turns; what was said in one breath moves as one. Words of
    claimed participants stay, since they have a conversation of their own.

    Raises:
        NotRead: a document has not been loaded.
        Unread: messages of the conversation have not been read.
        Permanent: there is no such conversation (`not_found`), a message does not stand in it
            (`not_there`) or is kept no more (`gone`), or nothing would be left on one of the two
            sides (`nothing`).
    """
    view, subjects = teller.view, teller.tools.subjects
    document = known(conversation, view, subjects)
    others = members(document, view, subjects)
    moved, kept = _sides(document, messages, others)
    leaving, _ = teller.entries(document, moved), teller.entries(document, kept)
    spoken = [each for each in leaving if each.message.kind.wants_an_answer]
    if len(spoken) < counted(moved):
        raise Permanent("the journal keeps one of these messages no more", code="gone")
    ids = tuple(each for turn in moved for each in _ids(turn))
    operation = operation_id(order.by, OperationKind.SPLIT, order.at, conversation, *ids)
    name = _fresh_name(document, spoken[0].message.id, operation, view, subjects)
    owner, customer = read_customer(view, subjects, document.customer)
    skeleton = msgspec.structs.replace(
        document,
        id=name,
        customer=owner,
        turns=(),
        joined=(),
        joined_into=None,
        split_from=document.id,
        split_by=operation,
    )
    apart = teller.retold(skeleton, moved, customer, left_out=0)
    rest = teller.retold(less(document, leaving), kept, customer, left_out=document.left_out)
    rest = with_needs_of(rest, others)
    documents: dict[str, msgspec.Struct] = {
        subjects.conversation(document.id): rest,
        subjects.conversation(name): apart,
        **_rethreaded(leaving, document.id, name, view, teller.tools),
    }
    if customer is not None:
        documents[subjects.customer(owner)] = msgspec.structs.replace(
            customer,
            open_conversations=(*customer.open_conversations, name)[-OPEN_CONVERSATIONS_MAX:],
            conversations=(*customer.conversations, name)[-MERGED_CONVERSATIONS_MAX:],
        )
    record = OperationDoc(
        id=operation,
        tenant=subjects.tenant,
        kind=OperationKind.SPLIT,
        by=order.by,
        why=order.why,
        at=order.at,
        conversation=document.id,
        other=name,
        moved=ids,
    )
    news = News(After(view, documents), subjects, order.at)
    changes = (
        news.tell(
            ChangeKind.OPENED,
            name,
            arrived_at=accepted_at(spoken[0]),
            agent=_agent(document.id, view, subjects),
        ),
        news.tell(ChangeKind.CHANGED, document.id),
    )
    return recorded(record, documents, changes, view, subjects)


def split_undone(
    record: OperationDoc, origin: ConversationId, other: ConversationId, teller: Teller
) -> Outcome:
    """Return what moves back what still stands where it was moved to.

    A conversation that is empty then goes up into the one that it came of, unless that one went up
    into it. `record` says already who undoes it.

    Raises:
        NotRead: a document has not been loaded.
        Unread: messages of the conversations have not been read.
        Permanent: one of the two is gone (`not_found`), or they are of different customers by now
            (`different_customers`).
    """
    view, subjects = teller.view, teller.tools.subjects
    known(origin, view, subjects)
    apart = known(other, view, subjects)
    homes = _homes(record, origin, apart, view, subjects)
    if not homes:
        return recorded(record, {}, (), view, subjects)
    owner, customer = read_customer(view, subjects, apart.customer)
    back = [turn for turns in homes.values() for turn in turns]
    kept = [turn for turn in apart.turns if turn not in back]
    is_empty = not apart.left_out and not counted(kept)
    first = next(iter(homes))
    above = {each.id for each in followed(view, subjects, first)}
    goes_up = is_empty and apart.id not in above
    if is_empty:
        homes[first] += kept
    returning = {home: teller.entries(apart, turns) for home, turns in homes.items()}
    documents: dict[str, msgspec.Struct] = {}
    for home, turns in homes.items():
        document = known(home, view, subjects)
        if read_customer(view, subjects, document.customer)[0] != owner:
            raise Permanent(
                "they are conversations of different customers by now", code="different_customers"
            )
        if goes_up and home == first and apart.joined:
            joined = dict.fromkeys((*document.joined, apart.id))
            document = msgspec.structs.replace(document, joined=tuple(joined))
        whole = sorted((*document.turns, *turns), key=lambda turn: turn.at)
        told = teller.retold(document, whole, customer, left_out=document.left_out)
        told = with_needs_of(told, members(document, view, subjects))
        documents[subjects.conversation(home)] = told
        documents |= _held(told, After(view, documents), subjects)
        documents |= _rethreaded(returning[home], apart.id, home, view, teller.tools)
    if is_empty:
        documents[subjects.conversation(apart.id)] = msgspec.structs.replace(
            apart,
            turns=(),
            messages=0,
            joined_into=apart.joined_into or (first if goes_up else None),
        )
    else:
        gone = [entry for entries in returning.values() for entry in entries]
        rest = teller.retold(less(apart, gone), kept, customer, left_out=apart.left_out)
        rest = with_needs_of(rest, members(apart, view, subjects))
        documents[subjects.conversation(apart.id)] = rest
    if customer is not None:
        gone_id = apart.id if goes_up else None
        documents[subjects.customer(owner)] = msgspec.structs.replace(
            customer,
            open_conversations=without(customer.open_conversations, gone_id),
            conversations=without(customer.conversations, gone_id),
        )
    news = News(After(view, documents), subjects, record.undone_at)
    agent = _agent(apart.id, view, subjects)
    changes = [
        news.tell(
            ChangeKind.OPENED,
            home,
            arrived_at=accepted_at(entries[0]) if entries else 0,
            agent=agent,
        )
        for home, entries in returning.items()
    ]
    if goes_up and apart.joined_into is None:
        changes[0] = news.tell(ChangeKind.JOINED, apart.id)
    else:
        changes.append(news.tell(ChangeKind.CHANGED, apart.id))
    return recorded(record, documents, _once_each(changes), view, subjects)


def _held(document: Conversation, after: View, subjects: Subjects) -> dict[str, msgspec.Struct]:
    """Let what went up into another one when it was empty be read there again."""
    if document.joined_into is None:
        return {}
    subject = subjects.conversation(document.joined_into)
    require(after, subject)
    above = after.read(subject, Conversation)
    if above is None or document.id in above.joined:
        return {}
    return {subject: msgspec.structs.replace(above, joined=(*above.joined, document.id))}


def _homes(
    record: OperationDoc,
    origin: ConversationId,
    apart: Conversation,
    view: View,
    subjects: Subjects,
) -> dict[ConversationId, list[Turn]]:
    """Return where the turns that still stand apart go back to.

    That is where they were taken from; but if that one came of a split which was undone meanwhile,
    they would have gone back with the others, and do so now.
    """
    moved = set(record.moved)
    homes: dict[ConversationId, list[Turn]] = {}
    for turn in apart.turns:
        if moved.intersection(_ids(turn)):
            homes.setdefault(_home(origin, _ids(turn), view, subjects), []).append(turn)
    return homes


def _home(
    conversation: ConversationId, ids: tuple[MessageId, ...], view: View, subjects: Subjects
) -> ConversationId:
    for _ in range(EDGES_MAX):
        document = known(conversation, view, subjects)
        if document.split_from is None or document.split_by is None:
            break
        subject = subjects.operation(document.split_from, document.split_by)
        require(view, subject)
        earlier = view.read(subject, OperationDoc)
        if earlier is None or not earlier.undone_at or not set(ids) & set(earlier.moved):
            break
        conversation = document.split_from
    return conversation


def _once_each(changes: Sequence[ConversationChange]) -> tuple[ConversationChange, ...]:
    """Keep one change of each conversation, the first: all of them tell what it is in the end."""
    found: dict[ConversationId, ConversationChange] = {}
    for each in changes:
        found.setdefault(each.conversation, each)
    return tuple(found.values())


def _sides(
    document: Conversation, messages: Sequence[MessageId], others: Sequence[Conversation]
) -> tuple[list[Turn], list[Turn]]:
    """Return the turns that leave and those that stay; `others` are read together with it."""
    wanted = set(messages)
    moved = [turn for turn in document.turns if wanted.intersection(_ids(turn))]
    kept = [turn for turn in document.turns if turn not in moved]
    absent = wanted.difference(*map(_ids, moved))
    for other in others if absent else ():
        if any(absent.intersection(_ids(turn)) for turn in other.turns):
            raise Permanent(
                f"it stands in {other.id}, which was joined into this one: split that one",
                code="not_there",
            )
    if absent:
        raise Permanent(
            f"{min(absent)} does not stand among the last turns of {document.id}",
            code="not_there",
        )
    if any(turn.speaker is Speaker.CLAIMED for turn in moved):
        raise Permanent(
            "what a claimed participant wrote has a conversation of its own", code="not_there"
        )
    if not counted(moved):
        raise Permanent("none of these is a message of the customer", code="nothing")
    if not counted(kept):
        raise Permanent(
            "no message of the customer would be left among its last turns", code="nothing"
        )
    return moved, kept


def _ids(turn: Turn) -> tuple[MessageId, ...]:
    return (turn.message, *turn.parts) if turn.message is not None else ()


def _fresh_name(
    document: Conversation,
    first: MessageId,
    operation: OperationId,
    view: View,
    subjects: Subjects,
) -> ConversationId:
    """Name a conversation after its first message, or after its split where that name is taken."""
    name = conversation_id(first)
    require(view, subjects.conversation(name))
    if name == document.id or view.read(subjects.conversation(name), Conversation) is not None:
        name = ConversationId("cnv_" + digest("split", operation))
    # The shell must know the revision of whatever is written.
    require(view, subjects.conversation(name))
    return name


def _rethreaded(
    entries: Sequence[MessageEntry],
    origin: ConversationId,
    target: ConversationId,
    view: View,
    tools: Tools,
) -> dict[str, msgspec.Struct]:
    """Return the threads of messages, by subject, that name where these stand now."""
    changed: dict[str, msgspec.Struct] = {}
    for entry in entries:
        links = links_of(entry.message, tools)
        places = set(links.all()) - set(links.named)
        require(view, *places)
        for subject in sorted(places):
            thread = view.read(subject, ThreadDoc)
            if (
                thread is not None
                and thread.message == entry.message.id
                and thread.conversation == origin
            ):
                changed[subject] = msgspec.structs.replace(thread, conversation=target)
    return changed


def _agent(conversation: ConversationId, view: View, subjects: Subjects) -> AgentId | None:
    """Return who has a conversation, or had it last."""
    require(view, subjects.routing(conversation))
    routing = view.read(subjects.routing(conversation), RoutingDoc)
    if routing is None:
        return None
    return routing.agent or (None if routing.seems else routing.previous_agent)
