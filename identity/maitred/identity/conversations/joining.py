"""Joining: which conversation a message belongs to.

First by the thread it answers in, if its sender may be there; then by the customer's open
conversation, whatever channel that came on; else it opens one. What machines send, and changes to
what was said before, join what they are about or nothing: they never open and never reopen.

A sender who names a thread where he may not be gets a conversation of his own like anybody else,
so that nothing of his is lost, and stands in the thread as a claimed participant besides.

Who is authenticated, and brings a token of it, may go on with what was opened under the mere claim
of his own address: everything that was answered there went to him. From then on it is his, and no
claim enters it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Keys, Level
from maitred.contracts.ids import ConversationId, IdentifierKey, MessageId, conversation_id
from maitred.contracts.limits import CLOSED_AGE_MS
from maitred.contracts.message import Message, MessageKind, ThreadEvidence, ThreadEvidenceKind
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.conversations.joins import followed
from maitred.identity.conversations.threads import Links, Named, named, owned
from maitred.identity.customers.components import Tools
from maitred.identity.reading import read_customer, require

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
    conversations that have not been closed, oldest first. `instead_of` is the claim of his own
    address that the sender replaces there, if he does.
    """

    conversation: ConversationId | None
    reason: JoinReason
    previous: Conversation | None = None
    evidence: ThreadEvidence | None = None
    still_open: tuple[ConversationId, ...] = ()
    claimed: Claimed | None = None
    instead_of: IdentifierKey | None = None


def join(
    message: Message, links: Links, customer: CustomerDoc, view: View, tools: Tools, now: int
) -> Joined:
    """Return the conversation of a message that wants an answer.

    A thread's conversation counts if it is open and the sender is entitled to it: it is open in
    the name of his customer, or he has written in it before. Knowing its id is not enough: the
    first that he names in vain is `claimed`. A mere claim must know an id at least. A message that
    has opened one already, and is computed again, stands in that one.

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
        if message.actor.level is Level.CLAIMED and not each.is_direct:
            # Whoever writes under somebody's name can write his subject as well.
            continue
        path = followed(view, tools.subjects, each.conversation)
        _require_standing(tuple(named.id for named in path), view, tools.subjects)
        document = _open(path[-1].id, view, tools.subjects, now) if path else None
        if document is None:
            continue
        replaced = _own_claim(message, each, document, tools.keys)
        if document.id in still_open or replaced or _goes_on(path, message, customer, view, tools):
            return Joined(
                document.id,
                JoinReason.THREAD,
                document,
                each.evidence,
                still_open,
                instead_of=replaced,
            )
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
    message: Message,
    links: Links,
    customer: CustomerDoc | None,
    view: View,
    tools: Tools,
    *,
    is_shared: bool = False,
) -> Joined:
    """Return the conversation of a message that wants no answer, closed or not, or none.

    Bounces and complaints come from postmasters, who are nobody's customers, so the thread alone
    decides. An edit, a delete or a reaction needs a sender who has written there, everything
    else one who is the customer or has written there. Where others write from the same place
    (`is_shared`), to have written there is not enough to change what was said: it must be a
    conversation of the customer himself.

    Raises:
        NotRead: a conversation, or a customer, has not been loaded.
    """
    if message.kind in _ABOUT_EARLIER:
        found = _join_earlier(message, links, customer, view, tools.subjects)
        is_his = not is_shared or _is_of(found.previous, customer, view, tools.subjects)
        return found if is_his else Joined(None, JoinReason.NONE)
    for each, document in _standing(named(message, links, view), view, tools.subjects):
        if (
            (message.kind in _FROM_POSTMASTERS and each.is_direct)
            or _wrote_in(document, message)
            or _own_claim(message, each, document, tools.keys)
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


def _wrote_in(document: Conversation, message: Message) -> bool:
    return message.actor_key in document.participants


def _goes_on(
    path: tuple[Conversation, ...],
    message: Message,
    customer: CustomerDoc,
    view: View,
    tools: Tools,
) -> bool:
    """Whether a sender wrote in a thread before, and is not known to be somebody else since.

    Who was parted from its customer is another one's guest there, as anybody who knows its id: he
    may not read what is answered to that one.
    """
    if not any(_wrote_in(each, message) for each in path):
        return False
    if customer.unidentified:
        return True
    return read_customer(view, tools.subjects, path[-1].customer)[0] == customer.id


def _own_claim(
    message: Message, thread: Named, document: Conversation, keys: Keys
) -> IdentifierKey | None:
    """Return the claim of the sender's own address that wrote in a conversation which he names.

    Only our own word names it surely enough: a Message-ID belongs to who used it first.
    """
    by_token = thread.evidence.kind is ThreadEvidenceKind.REPLY_TOKEN
    if message.actor.level < Level.AUTHENTICATED or not by_token:
        return None
    claim = keys.claimed(message.actor.identifier)
    return claim if claim in document.participants else None


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


def _is_of(
    document: Conversation | None, customer: CustomerDoc | None, view: View, subjects: Subjects
) -> bool:
    if document is None or customer is None:
        return False
    return read_customer(view, subjects, document.customer)[0] == customer.id


def _holds(document: Conversation, target: MessageId | None) -> bool:
    return target is not None and (
        document.opened_by == target or any(turn.holds(target) for turn in document.turns)
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
    if document is None or document.joined_into is not None:
        return None
    if routing is None:
        return document if document.last_at + CLOSED_AGE_MS > now else None
    return None if routing.state is RoutingState.CLOSED else document
