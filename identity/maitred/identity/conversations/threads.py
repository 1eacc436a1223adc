"""Threads: a channel's own ids, and the conversations that they name.

Knowing such an id is no permission: it says where a message would belong, never that its sender
may be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts import thread_evidence
from maitred.contracts.documents import ThreadDoc
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, MessageId
from maitred.contracts.limits import DAY_MS, THREAD_REFERENCES_MAX
from maitred.contracts.message import Message, ThreadEvidence, ThreadEvidenceKind
from maitred.contracts.view import View
from maitred.identity.customers.components import Tools
from maitred.identity.reading import require

BORROWED_MAX: Final = 5
"""Of the ids that a message refers to and nobody has written, the nearest so many are noted."""
NAMED_MAX: Final = 8
"""Of the conversations that a message names, so many are looked at, the surest first."""
SUBJECT_WINDOW_MS: Final = 14 * DAY_MS
"""For how long an equal subject by the same sender is taken for the same matter."""
_BY_ID: Final = frozenset({ThreadEvidenceKind.ANSWERS, ThreadEvidenceKind.REFERS})
_DIRECT: Final = _BY_ID | {ThreadEvidenceKind.REPLY_TOKEN}


@dataclass(frozen=True, slots=True)
class Named:
    """A conversation that a message names, and by what."""

    conversation: ConversationId
    evidence: ThreadEvidence

    @property
    def is_direct(self) -> bool:
        """Whether somebody must have known an id of the conversation itself to name it."""
        return self.evidence.kind in _DIRECT


@dataclass(frozen=True, slots=True)
class Links:
    """Where a message's own ids, and those that it refers to, stand as thread documents.

    Made once where a message is placed, since every subject costs a keyed hash. `subjects` are
    by foreign id, `refers_to` nearest first; `equal` is where equal subjects by this sender to
    this account meet. `named` are the conversations of its reply tokens, and where they stand;
    `proof` is where a token that proves its sender is used up.
    """

    subjects: Mapping[str, str]
    own: tuple[str, ...]
    refers_to: tuple[str, ...]
    equal: str
    fingerprint: str
    named: tuple[str, ...]
    proof: str = ""

    def all(self) -> tuple[str, ...]:
        """Return the subjects of every document that may tell where the message belongs."""
        alone = (each for each in (self.equal, self.fingerprint, self.proof) if each)
        return (*self.own, *self.refers_to, *alone, *self.named)


def links_of(message: Message, tools: Tools) -> Links:
    """Return where the threads of a message stand."""
    channel, thread = message.channel, message.thread
    own = _bounded(thread.own)
    refers_to = _bounded(thread.refers_to)
    evidence = (each.id for each in thread.evidence if each.kind in _BY_ID)
    subjects = {
        foreign: tools.subjects.thread(tools.keys.thread(channel, foreign))
        for foreign in dict.fromkeys((*own, *refers_to, *_bounded(tuple(evidence))))
    }
    equal = fingerprint = ""
    for each in thread.evidence:
        if each.kind is ThreadEvidenceKind.SUBJECT:
            # The sender is part of the key, so nobody reaches another's conversation by its
            # subject. No foreign id holds a line feed.
            place = f"subject\n{message.account}\n{message.actor_key}\n{each.id}"
            equal = tools.subjects.thread(tools.keys.thread(channel, place))
    if thread.fingerprint:
        key = tools.keys.fingerprint(message.actor_key, thread.fingerprint)
        fingerprint = tools.subjects.thread(key)
    proof = ""
    if thread.proof:
        # No foreign id holds a line feed.
        proof = tools.subjects.thread(tools.keys.thread(channel, f"proof\n{thread.proof}"))
    tokens = [
        ConversationId(each.id)
        for each in thread.evidence
        if each.kind is ThreadEvidenceKind.REPLY_TOKEN
    ]
    return Links(
        subjects=subjects,
        own=tuple(subjects[each] for each in own),
        refers_to=tuple(subjects[each] for each in refers_to),
        equal=equal,
        fingerprint=fingerprint,
        named=(
            *map(tools.subjects.conversation, tokens),
            *map(tools.subjects.routing, tokens),
        ),
        proof=proof,
    )


def named(message: Message, links: Links, view: View) -> tuple[Named, ...]:
    """Return the conversations that a message names, each once, the surest evidence first.

    They are bounded, since a stranger may name fifty, and each costs two reads.

    Raises:
        NotRead: a thread has not been loaded.
    """
    require(view, *links.all())
    found: dict[ConversationId, Named] = {}
    for each in sorted(_all_named(message, links, view), key=lambda each: -each.evidence.score):
        found.setdefault(each.conversation, each)
    return tuple(found.values())[:NAMED_MAX]


def owned(links: Links, view: View) -> tuple[ConversationId, ...]:
    """Return the conversations in which a message of the same id stands already.

    Raises:
        NotRead: a thread has not been loaded.
    """
    require(view, *links.own)
    found = (view.read(subject, ThreadDoc) for subject in links.own)
    return tuple(
        document.conversation
        for document in found
        if document is not None and document.conversation is not None and not document.borrowed
    )


def original_of(message: Message, links: Links, view: View) -> MessageId | None:
    """Return the message that this one repeats on another way, if it does.

    A message that is computed again finds its own fingerprint and repeats nothing.
    """
    known = view.read(links.fingerprint, ThreadDoc) if links.fingerprint else None
    return known.message if known is not None and known.message != message.id else None


def is_spent(message: Message, links: Links, view: View) -> bool:
    """Whether another message has used up the token that would prove this one's sender.

    Who is copied in on an answer sees the token, but comes second.
    """
    known = view.read(links.proof, ThreadDoc) if links.proof else None
    return known is not None and known.message != message.id


def new_threads(
    message: Message,
    links: Links,
    conversation: ConversationId,
    customer: CustomerId,
    view: View,
) -> dict[str, ThreadDoc]:
    """Return the thread documents that a message adds.

    Who wrote an id first keeps it: a stranger who reuses somebody's Message-ID captures nothing.
    Who merely refers to one borrows it until its owner comes, so nobody captures an id that is
    still to come either. What machines and edits bring names no thread of its own.
    """
    document = ThreadDoc(
        conversation=conversation,
        customer=customer,
        message=message.id,
        actor_key=message.actor_key,
        at=message.received_at,
    )
    names_threads = message.kind.wants_an_answer
    wanted = links.own if names_threads else ()
    wanted = (*wanted, *(each for each in (links.fingerprint, links.proof) if each))
    added = {subject: document for subject in wanted if _is_free(subject, view)}
    if names_threads:
        unowned = [each for each in links.refers_to if view.read(each, ThreadDoc) is None]
        borrowed = msgspec.structs.replace(document, borrowed=True)
        added |= dict.fromkeys(unowned[:BORROWED_MAX], borrowed)
        if links.equal and not _is_fresh(view.read(links.equal, ThreadDoc), document):
            added[links.equal] = document
    return added


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
    keys = (tools.keys.thread(channel, foreign) for foreign in _bounded(thread_ids))
    return dict.fromkeys(map(tools.subjects.thread, keys), document)


def _all_named(message: Message, links: Links, view: View) -> Iterator[Named]:
    for each in _evidence(message):
        if each.kind is ThreadEvidenceKind.REPLY_TOKEN:
            yield Named(ConversationId(each.id), each)
        elif each.kind in _BY_ID and each.id in links.subjects:
            yield from _named_by(view.read(links.subjects[each.id], ThreadDoc), each)
        elif each.kind is ThreadEvidenceKind.SUBJECT:
            known = view.read(links.equal, ThreadDoc)
            if known is not None and message.received_at - known.at <= SUBJECT_WINDOW_MS:
                yield from _named_by(known, each)
    for foreign in message.thread.own:
        # Where it is borrowed, somebody answered this message before it came.
        subject = links.subjects.get(foreign)
        owner = view.read(subject, ThreadDoc) if subject is not None else None
        if owner is not None and owner.borrowed:
            yield from _named_by(owner, thread_evidence.shares(foreign))


def _evidence(message: Message) -> Iterator[ThreadEvidence]:
    """Yield the decoder's evidence, then that of ids which it gave none for.

    A channel whose decoder gives no evidence at all refers to what it answers.
    """
    given = message.thread.evidence
    yield from given
    known = {each.id for each in given}
    for steps, foreign in enumerate(message.thread.refers_to):
        if foreign in known:
            continue
        yield thread_evidence.refers(foreign, steps) if given else thread_evidence.answers(foreign)


def _named_by(document: ThreadDoc | None, evidence: ThreadEvidence) -> Iterator[Named]:
    if document is None or document.conversation is None:
        return
    if document.borrowed:
        evidence = thread_evidence.shares(evidence.id)
    yield Named(document.conversation, evidence)


def _is_fresh(known: ThreadDoc | None, document: ThreadDoc) -> bool:
    """Whether a subject is noted well enough: once a day keeps its window open."""
    return (
        known is not None
        and known.conversation == document.conversation
        and document.at - known.at < DAY_MS
    )


def _is_free(subject: str, view: View) -> bool:
    known = view.read(subject, ThreadDoc)
    return known is None or known.borrowed


def _bounded(foreign_ids: Sequence[str]) -> tuple[str, ...]:
    found = dict.fromkeys(foreign for foreign in foreign_ids if foreign)
    return tuple(found)[:THREAD_REFERENCES_MAX]
