"""Keeping: how long each document and log entry lives.

Memory grows with the number of subjects, so what nobody will need again carries a TTL with its
last write; what others may point to has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from maitred.contracts import limits
from maitred.contracts.agents import RoutingDoc, RoutingState
from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc, IdentifierDoc, ThreadDoc
from maitred.contracts.identifiers import IdentifierKind
from maitred.contracts.ids import component_id, customer_id
from maitred.contracts.outbound import DeliveryDoc


@dataclass(frozen=True, slots=True)
class Keeping:
    """The retention settings, in milliseconds."""

    log_ms: int = limits.LOG_AGE_MS
    closed_ms: int = limits.CLOSED_AGE_MS

    def document_ttl_ms(self, document: msgspec.Struct) -> int | None:
        """Return how long a document lives after this write; nothing means for ever.

        A visitor who never said who he is leaves nothing behind once his token has expired: his
        component and customer are derived from his key, so they come back the same if he does.
        """
        match document:
            case Conversation():
                return self.log_ms
            case RoutingDoc(state=RoutingState.CLOSED):
                return self.closed_ms
            case ThreadDoc() | DeliveryDoc():
                return self.closed_ms
            case IdentifierDoc() if document.identifier.kind is IdentifierKind.VISITOR:
                own = document.component == component_id(document.key)
                return limits.CHAT_TOKEN_AGE_MS_MAX if own else None
            case CustomerDoc(channels=("chat",)) if document.id == customer_id(document.component):
                return limits.CHAT_TOKEN_AGE_MS_MAX
        return None
