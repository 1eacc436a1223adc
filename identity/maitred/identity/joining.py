"""Joining: which conversation a message belongs to.

First by the thread it answers in, if its sender may be there; then by the customer's open
conversation, whatever channel that came on; else it opens one. What machines send, and changes to
what was said before, join what they are about or nothing: they never open and never reopen.

A sender who names a thread where he may not be gets a conversation of his own like anybody else,
so that nothing of his is lost, and stands in the thread as a claimed participant besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from maitred.contracts.agents import RoutingDoc, RoutingState
from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import JoinReason
from maitred.contracts.ids import ConversationId, MessageId, conversation_id
from maitred.contracts.limits import CLOSED_AGE_MS
from maitred.contracts.message import Message, MessageKind, ThreadEvidence
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.components import Tools
from maitred.identity.reading import require
from maitred.identity.threads import Links, Named, named, owned

_ABOUT_EARLIER: Final = frozenset({MessageKind.EDIT, MessageKind.DELETE, MessageKind.REACTION})
_FROM_POSTMASTERS: Final = frozenset({MessageKind.BOUNCE, MessageKind.COMPLAINT})
RECENT_MAX: Final = 4
"""How many of a customer's last conversations are searched for what an edit is about."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A conversation, as it stands, that a message names without its sender belonging there."""

    previous: Conversation
    evidence: ThreadEvidence


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a message belongs.

    `evidence` is what led there, if that was a thread. `still_open` are the customer's
    conversations that have not been closed, oldest first.
    """

    conversation: ConversationId | None
    reason: JoinReason
    previous: Conversation | None = None
    evidence: ThreadEvidence | None = None
    still_open: tuple[ConversationId, ...] = ()
    claimed: Claimed | None = None


def join(
    message: Message, links: Links, customer: CustomerDoc, view: View, tools: Tools, now: int
) -> Joined:
    """Return the conversation of a message that wants an answer.

    A thread's conversation counts if it is open and the sender is entitled to it: it is open in
    the name of his customer, or he has written in it before. Knowing its id is not enough: the
    first that he names in vain is `claimed`. A message that has opened one already, and is
    computed again, stands in that one.

    Raises:
        NotRead: a conversation, or where it stands, has not been loaded.
    """
    threads = named(message, links, view)
    listed = customer.open_conversations
    opened_before = conversation_id(message.id)
    _require_standing((*(each.conversation for each in threads), *listed), view, tools.subjects)
    open_documents = [
        document
        for conversation in listed
        if (document := _open(conversation, view, tools.subjects, now)) is not None
    ]
    open_documents.sort(key=lambda document: (document.opened_at, document.id))
    still_open = tuple(document.id for document in open_documents)
    again = _read_all((opened_before,), view, tools.subjects)
    if again:
        return Joined(opened_before, JoinReason.OPENED, again[0], still_open=still_open)
    claimed: Claimed | None = None
    for each in threads:
        document = _open(each.conversation, view, tools.subjects, now)
        if document is None:
            continue
        if each.conversation in still_open or message.actor_key in document.participants:
            return Joined(each.conversation, JoinReason.THREAD, document, each.evidence, still_open)
        if claimed is None and each.is_direct:
            claimed = Claimed(document, each.evidence)
    newest = open_documents[-1] if open_documents else None
    return Joined(
        newest.id if newest is not None else opened_before,
        JoinReason.OPEN_CONVERSATION if newest is not None else JoinReason.OPENED,
        newest,
        still_open=still_open,
        claimed=claimed,
    )


def join_quietly(
    message: Message, links: Links, customer: CustomerDoc | None, view: View, subjects: Subjects
) -> Joined:
    """Return the conversation of a message that wants no answer, closed or not, or none.

    Bounces and complaints come from postmasters, who are nobody's customers, so the thread alone
    decides. An edit, a delete or a reaction needs a sender who has written there, everything
    else one who is the customer or has written there.

    Raises:
        NotRead: a conversation has not been loaded.
    """
    if message.kind in _ABOUT_EARLIER:
        return _join_earlier(message, links, customer, view, subjects)
    for each, document in _standing(named(message, links, view), view, subjects):
        if (
            (message.kind in _FROM_POSTMASTERS and each.is_direct)
            or message.actor_key in document.participants
            or (customer is not None and document.id in customer.open_conversations)
        ):
            return Joined(document.id, JoinReason.THREAD, document, each.evidence)
    return Joined(None, JoinReason.NONE)


def join_own(
    message: Message, customer: CustomerDoc, view: View, subjects: Subjects, now: int
) -> Joined:
    """Return the newest open conversation of a customer in which the sender wrote, or none.

    Raises:
        NotRead: a conversation, or where it stands, has not been loaded.
    """
    _require_standing(customer.open_conversations, view, subjects)
    for conversation in reversed(customer.open_conversations):
        document = _open(conversation, view, subjects, now)
        if document is not None and message.actor_key in document.participants:
            return Joined(document.id, JoinReason.OPEN_CONVERSATION, document)
    return Joined(None, JoinReason.NONE)


def _join_earlier(
    message: Message, links: Links, customer: CustomerDoc | None, view: View, subjects: Subjects
) -> Joined:
    """Find where the message stands that this one changes, or else the thread it stands in."""
    exact = owned(links, view)
    threads = tuple(each.conversation for each in named(message, links, view))
    listed: tuple[ConversationId, ...] = ()
    if customer is not None:
        listed = (*customer.open_conversations, *customer.conversations[-RECENT_MAX:])
    target = () if message.target is None else (conversation_id(message.target),)
    require(view, *map(subjects.conversation, (*exact, *threads, *target, *listed)))
    possible = _read_all((*target, *threads, *reversed(listed)), view, subjects)
    ranked = [
        *_read_all(exact, view, subjects),
        *(document for document in possible if _holds(document, message.target)),
        *_read_all(threads, view, subjects),
    ]
    for document in ranked:
        if message.actor_key in document.participants:
            return Joined(document.id, JoinReason.THREAD, document)
    return Joined(None, JoinReason.NONE)


def _holds(document: Conversation, target: MessageId | None) -> bool:
    return target is not None and (
        document.opened_by == target or any(turn.message == target for turn in document.turns)
    )


def _read_all(
    conversations: tuple[ConversationId, ...], view: View, subjects: Subjects
) -> list[Conversation]:
    require(view, *map(subjects.conversation, conversations))
    found = (
        view.read(subjects.conversation(conversation), Conversation)
        for conversation in conversations
    )
    return [document for document in found if document is not None]


def _standing(
    threads: tuple[Named, ...], view: View, subjects: Subjects
) -> list[tuple[Named, Conversation]]:
    require(view, *(subjects.conversation(each.conversation) for each in threads))
    found = (
        (each, view.read(subjects.conversation(each.conversation), Conversation))
        for each in threads
    )
    return [(each, document) for each, document in found if document is not None]


def _require_standing(
    conversations: tuple[ConversationId, ...], view: View, subjects: Subjects
) -> None:
    require(
        view,
        *(subjects.conversation(conversation) for conversation in conversations),
        *(subjects.routing(conversation) for conversation in conversations),
    )


def _open(
    conversation: ConversationId, view: View, subjects: Subjects, now: int
) -> Conversation | None:
    """Return a conversation that a message may still join.

    The router writes where a conversation stands soon after it is opened, and what it closed
    expires after `CLOSED_AGE_MS`: so one without a word of the router is young, or long closed.
    """
    document = view.read(subjects.conversation(conversation), Conversation)
    routing = view.read(subjects.routing(conversation), RoutingDoc)
    if document is None:
        return None
    if routing is None:
        return document if document.last_at + CLOSED_AGE_MS > now else None
    return None if routing.state is RoutingState.CLOSED else document
