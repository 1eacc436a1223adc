"""Keeping: how long each document and log entry lives.

Memory grows with the number of subjects, so what nobody will need again carries a TTL with its
last write; what others may point to has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from maitred.contracts import limits
from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import ClaimDoc, CustomerDoc, IdentifierDoc, ThreadDoc
from maitred.contracts.identifiers import IdentifierKind
from maitred.contracts.ids import component_id, customer_id
from maitred.contracts.outbound import DeliveryDoc, ScheduledDoc
from maitred.contracts.proofs import CodesDoc, ProofDoc
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.identity.customers.writers import STANDARD

LOG_KINDS: Final = (
    "message",
    "revision",
    "suppressed",
    "admitted",
    "change",
    "assign",
    "decision",
    "due",
    "policy",
    "shadow",
    "outbound",
    "report",
    "undelivered",
)
"""Kinds of log entries whose age can be set one by one."""
DOCUMENT_KINDS: Final = ("conversation", "thread", "delivery")
"""Kinds of documents whose age can be."""
_KIND: Final = 3
"""Which token of a subject names the kind."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """The retention settings, in milliseconds; `kinds` go before the general ones."""

    log_ms: int = limits.LOG_AGE_MS
    closed_ms: int = limits.CLOSED_AGE_MS
    kinds: Mapping[str, int] = field(default_factory=dict)

    def entry_ttl_ms(self, subject: str) -> int:
        """Return how long a log entry under `subject` lives."""
        if not self.kinds:
            return self.log_ms
        return self.kinds.get(subject.split(".", _KIND + 1)[_KIND], self.log_ms)

    def document_ttl_ms(self, document: msgspec.Struct) -> int | None:
        """Return how long a document lives after this write; nothing means for ever.

        A visitor who never said who he is leaves nothing behind once his token has expired: his
        component and customer are derived from his key, so they come back the same if he does.
        Nor does who is known by one conversation alone, once its messages are gone. What
        operators did, and erasures, are never let go.
        """
        match document:
            case Conversation():
                return self.kinds.get("conversation", self.log_ms)
            case RoutingDoc(state=RoutingState.CLOSED):
                return self.closed_ms
            case ThreadDoc():
                return self.kinds.get("thread", self.closed_ms)
            case DeliveryDoc():
                return self.kinds.get("delivery", self.closed_ms)
            case ScheduledDoc(outbound=None):
                return limits.HOUR_MS
            case ClaimDoc():
                return limits.CLAIM_AGE_MS
            case CodesDoc():
                return limits.CODES_WINDOW_MS + limits.MINUTE_MS
            case ProofDoc():
                return limits.PROOF_READ_AGE_MS if document.proofs else limits.CODES_WINDOW_MS
            case IdentifierDoc() | CustomerDoc():
                return self._stranger_ttl_ms(document)
        return None

    def _stranger_ttl_ms(self, document: IdentifierDoc | CustomerDoc) -> int | None:
        match document:
            case IdentifierDoc() if document.identifier.kind is IdentifierKind.VISITOR:
                own = document.component == component_id(document.key)
                return limits.CHAT_TOKEN_AGE_MS_MAX if own else None
            case CustomerDoc(channels=("chat",), generation=0) if _is_alone(document):
                return limits.CHAT_TOKEN_AGE_MS_MAX
            case CustomerDoc(unidentified=True):
                return self.log_ms
        return None


def _is_alone(document: CustomerDoc) -> bool:
    """Whether a customer is one identifier that was never seen with another, nor described."""
    is_plain = document.tier == STANDARD and not document.preferences
    return is_plain and document.id == customer_id(document.component)
