"""Threads: a channel's own ids, and the conversations that they name.

Knowing such an id is no permission: it says where a message would belong, never that its sender
may be there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maitred.contracts.documents import ThreadDoc
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, MessageId
from maitred.contracts.limits import THREAD_REFERENCES_MAX
from maitred.contracts.message import Message
from maitred.contracts.view import View
from maitred.identity.components import Tools


def own_subjects(message: Message, tools: Tools) -> tuple[str, ...]:
    """Return the subjects of the ids by which later messages may refer to this one."""
    return _subjects(message.channel, message.thread.own, tools)


def referred_subjects(message: Message, tools: Tools) -> tuple[str, ...]:
    """Return the subjects of the ids that a message refers to, nearest first."""
    return _subjects(message.channel, message.thread.refers_to, tools)


def fingerprint_subject(message: Message, tools: Tools) -> str | None:
    """Return the subject of a message's content by its sender, if it has a fingerprint."""
    if not message.thread.fingerprint:
        return None
    key = tools.keys.fingerprint(message.actor_key, message.thread.fingerprint)
    return tools.subjects.thread(key)


def original_of(message: Message, view: View, tools: Tools) -> MessageId | None:
    """Return the message that this one repeats on another way, if it does.

    A message that is computed again finds its own fingerprint and repeats nothing.
    """
    subject = fingerprint_subject(message, tools)
    known = view.read(subject, ThreadDoc) if subject is not None else None
    return known.message if known is not None and known.message != message.id else None


def new_threads(
    message: Message,
    conversation: ConversationId,
    customer: CustomerId,
    view: View,
    tools: Tools,
) -> dict[str, ThreadDoc]:
    """Return the thread documents that a message adds.

    Who wrote an id first keeps it: a stranger who reuses somebody's Message-ID captures nothing.
    What machines and edits bring names no thread of its own.
    """
    document = ThreadDoc(
        conversation=conversation,
        customer=customer,
        message=message.id,
        actor_key=message.actor_key,
    )
    wanted = own_subjects(message, tools) if message.kind.wants_an_answer else ()
    fingerprint = fingerprint_subject(message, tools)
    if fingerprint is not None:
        wanted = (*wanted, fingerprint)
    return {subject: document for subject in wanted if view.read(subject, ThreadDoc) is None}


def thread_documents(
    tools: Tools,
    channel: str,
    thread_ids: Sequence[str],
    *,
    conversation: ConversationId,
    customer: CustomerId,
    message: MessageId,
    actor_key: IdentifierKey,
) -> Mapping[str, ThreadDoc]:
    """Return, by subject, the documents that let a customer's answer find its conversation.

    For what we sent: `thread_ids` are the ids that the provider gave it, `message` names the
    reply (its outbound id), and `actor_key` is the endpoint that it went to.
    """
    document = ThreadDoc(
        conversation=conversation, customer=customer, message=message, actor_key=actor_key
    )
    return dict.fromkeys(_subjects(channel, thread_ids, tools), document)


def _subjects(channel: str, foreign_ids: Sequence[str], tools: Tools) -> tuple[str, ...]:
    bounded = [foreign for foreign in foreign_ids if foreign][:THREAD_REFERENCES_MAX]
    keys = (tools.keys.thread(channel, foreign) for foreign in bounded)
    return tuple(dict.fromkeys(tools.subjects.thread(key) for key in keys))
