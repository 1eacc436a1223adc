"""Orders: what an operator wants done with conversations, and what it comes to.

Pure: what is written is compared with what was read, the customer's document in every case, so
whoever writes for him at that moment has to look again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.operations import ChangeKind, ConversationChange, OperationDoc
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.conversations.gathering import gathered, work_of
from maitred.identity.conversations.joins import followed, members
from maitred.identity.reading import require

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants it, why, and when (UTC milliseconds)."""

    by: str
    why: str
    at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order comes to: its record, documents to write by subject, and news for dispatch."""

    record: OperationDoc
    documents: Mapping[str, msgspec.Struct]
    changes: tuple[ConversationChange, ...] = ()


def known(conversation: ConversationId, view: View, subjects: Subjects) -> Conversation:
    """Return a conversation.

    Raises:
        NotRead: it has not been loaded.
        Permanent: there is none (`not_found`).
    """
    require(view, subjects.conversation(conversation))
    found = view.read(subjects.conversation(conversation), Conversation)
    if found is None:
        raise Permanent(f"no conversation is known as {conversation}", code="not_found")
    return found


def without(
    conversations: tuple[ConversationId, ...], gone: ConversationId | None
) -> tuple[ConversationId, ...]:
    """Return a customer's list without one of its conversations, if one is gone."""
    return tuple(each for each in conversations if each != gone)


def recorded(
    record: OperationDoc,
    documents: Mapping[str, msgspec.Struct],
    changes: tuple[ConversationChange, ...],
    view: View,
    subjects: Subjects,
) -> Outcome:
    """Return what is written together with the record of it.

    Raises:
        NotRead: what is written has not been loaded, so its revision is not known.
    """
    subject = subjects.operation(record.conversation or "none", record.id)
    require(view, subject, *documents)
    return Outcome(record, {**documents, subject: record}, changes)


@dataclass(frozen=True, slots=True)
class After:
    """Documents as they are once an order is written."""

    view: View
    documents: Mapping[str, msgspec.Struct]

    def read(self, subject: str, shape: type[T]) -> T | None:
        """Return a document as it will be."""
        written = self.documents.get(subject)
        return written if isinstance(written, shape) else self.view.read(subject, shape)

    def missing(self, *subjects: str) -> tuple[str, ...]:
        """Return those that are not written and have not been loaded."""
        return self.view.missing(*(each for each in subjects if each not in self.documents))


@dataclass(frozen=True, slots=True)
class News:
    """Tells the router what conversations are now."""

    view: View
    subjects: Subjects
    at: int

    def tell(
        self,
        kind: ChangeKind,
        about: ConversationId,
        *,
        arrived_at: int = 0,
        agent: AgentId | None = None,
    ) -> ConversationChange:
        """Return the news of a conversation, with all that stands where it stands."""
        stands = followed(self.view, self.subjects, about)[-1]
        whole = gathered(stands, members(stands, self.view, self.subjects))
        is_joined = kind is ChangeKind.JOINED
        return ConversationChange(
            conversation=about if is_joined else stands.id,
            kind=kind,
            at=self.at,
            into=stands.id if is_joined else None,
            work=work_of(whole, arrived_at or self.at),
            reply_to=whole.reply_to,
            arrived_at=arrived_at,
            agent=agent,
        )


def news_of(
    documents: Mapping[str, msgspec.Struct], view: View, subjects: Subjects, at: int
) -> tuple[ConversationChange, ...]:
    """Return what the router must know of conversations that are written, though nobody wrote.

    Those that went to another customer, or whose gates are others now: whoever has one must not
    answer by what the gates said before.

    Raises:
        NotRead: a conversation has not been loaded.
    """
    written = [each for each in documents.values() if isinstance(each, Conversation)]
    if not written:
        return ()
    news = News(After(view, documents), subjects, at)
    changed = []
    for document in written:
        before = view.read(subjects.conversation(document.id), Conversation)
        if before is not None and _standing_of(before) != _standing_of(document):
            changed.append(news.tell(ChangeKind.CHANGED, document.id))
    return tuple(changed)


def _standing_of(document: Conversation) -> tuple[CustomerId, bool, bool, int]:
    return document.customer, document.unidentified, document.may_read, document.act_until
