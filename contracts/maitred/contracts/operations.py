"""Operations: what operators do about identities and conversations, audited and undone for ever."""

from __future__ import annotations

import msgspec

from maitred.contracts.documents import Edge, Epoch
from maitred.contracts.entry import Work
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    OperationId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.vocabulary import Vocabulary


class OperationKind(Vocabulary):
    """What an operator can do; the first six are statements about identifiers."""

    LINK = "link"
    UNLINK = "unlink"
    CANNOT_LINK = "cannot_link"
    SHARED = "shared"
    BLOCKED = "blocked"
    REVOKED = "revoked"
    SPLIT = "split"
    """Messages of a conversation become one of their own."""
    JOIN = "join"
    """A conversation goes up into another one."""
    UNKNOWN = "unknown"


class OperationDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="operation"):
    """What was done, by whom and why: the audit record and the receipt to undo it by.

    `a` and `b` are identifiers' keys, `message` is the one whose evidence was revoked;
    `conversation` was split or joined, `other` came of the split or took the joined one in, and
    `moved` are the messages that changed sides. `undone_by` and `undone_at` tell that it is undone.
    """

    version: int = 1
    id: OperationId
    tenant: Tenant
    kind: OperationKind
    by: str
    why: str
    at: int
    a: IdentifierKey | None = None
    b: IdentifierKey | None = None
    message: MessageId | None = None
    conversation: ConversationId | None = None
    other: ConversationId | None = None
    moved: tuple[MessageId, ...] = ()
    edges: tuple[Edge, ...] = ()
    """What the revoked message had shown, so that it comes back when the message itself is gone."""
    undone_by: str = ""
    undone_why: str = ""
    undone_at: int = 0


class ChangeKind(Vocabulary):
    """What became of a conversation without anybody having written."""

    OPENED = "opened"
    """It came of a split, or its join was undone: somebody must have it."""
    CHANGED = "changed"
    """Messages of it, or a conversation that was joined into it, stand elsewhere now."""
    JOINED = "joined"
    """It stands in `into` now."""
    ERASED = "erased"
    """Its customer was erased."""
    WITHDRAWN = "withdrawn"
    """Its customer left, or needs no answer any more."""
    UNKNOWN = "unknown"


class ConversationChange(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="change"
):
    """What the router must know of a conversation that an operator changed.

    `work` is there where somebody must have it, or may have it already: that of the conversation,
    or of `into`. `reply_to` is where its customer wrote last, `arrived_at` the first arrival of
    what it holds and `agent` who had it before.
    """

    version: int = 1
    conversation: ConversationId
    kind: ChangeKind
    at: int
    into: ConversationId | None = None
    work: Work | None = None
    reply_to: ReplyTo | None = None
    arrived_at: int = 0
    agent: AgentId | None = None


class ErasureState(Vocabulary):
    """How far an erasure is."""

    ASKED = "asked"
    PURGING = "purging"
    DONE = "done"
    UNKNOWN = "unknown"


class PurgedSubject(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages of one stream were purged under one subject, over all attempts.

    `until` is the last sequence up to which they were: what stood there is gone for this reason.
    """

    stream: str
    subject: str
    count: int
    until: int = 0


class PendingPurge(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be purged: all under a subject up to a sequence, or single messages there.

    It is written down first, so that whoever goes on after a crash does it, and counts it once.
    """

    stream: str
    subject: str
    count: int
    until: int
    sequences: tuple[int, ...] = ()


class ErasureRequest(msgspec.Struct, frozen=True, kw_only=True):
    """That an erasure was asked for, by whom and why, and when it was found to be done.

    `keys` and `customers` are whom it was about: some may be somebody else's since.
    """

    by: str
    why: str
    asked_at: int
    verified_at: int
    keys: tuple[IdentifierKey, ...] = ()
    customers: tuple[CustomerId, ...] = ()


class ErasureDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="erasure"):
    """An erasure: the order, how far it has got, and in the end the certificate.

    It holds keys and ids only. `subjects` is what was purged, `rewritten` are documents of others
    out of which he was taken; `verified_at` is when reading back found nothing of him any more.
    Who comes back and is erased again has one certificate: `earlier` are the orders before.
    """

    version: int = 1
    customer: CustomerId
    tenant: Tenant
    by: str
    why: str
    asked_at: int
    state: ErasureState = ErasureState.ASKED
    keys: tuple[IdentifierKey, ...] = ()
    shared: tuple[IdentifierKey, ...] = ()
    """Endpoints that others use too: only his own messages are taken from there."""
    epochs: tuple[Epoch, ...] = ()
    """When those of them were his that changed hands."""
    conversations: tuple[ConversationId, ...] = ()
    customers: tuple[CustomerId, ...] = ()
    """The customer's own id and those of customers that were merged into him."""
    subjects: tuple[PurgedSubject, ...] = ()
    rewritten: tuple[str, ...] = ()
    pending: tuple[PendingPurge, ...] = ()
    earlier: tuple[ErasureRequest, ...] = ()
    verified_at: int = 0
