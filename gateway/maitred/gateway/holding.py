"""Holding: which agent has which conversation at present, and where its customer reads.

It follows the routing documents, and is only as current as whoever notes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from maitred.contracts.ids import AgentId, ConversationId, IdentifierKey
from maitred.contracts.routing import RoutingDoc, RoutingState

_HELD: Final = frozenset({RoutingState.ASSIGNED, RoutingState.WRAPPING})


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that an agent holds, and the endpoint that his replies go to."""

    conversation: ConversationId
    agent: AgentId
    epoch: int
    channel: str
    endpoint: IdentifierKey


class Holding:
    """The conversations that agents hold, which their capacity bounds."""

    def __init__(self) -> None:
        self._held: dict[ConversationId, Held] = {}
        self._at: dict[tuple[str, IdentifierKey], set[ConversationId]] = {}

    def clear(self) -> None:
        """Know nothing any more."""
        self._held.clear()
        self._at.clear()

    def note(self, doc: RoutingDoc) -> None:
        """Take in where a conversation stands now."""
        self.forget(doc.conversation)
        to = doc.reply_to
        if doc.state not in _HELD or doc.agent is None or to is None:
            return
        self._held[doc.conversation] = Held(
            doc.conversation, doc.agent, doc.epoch, to.channel, to.key
        )
        self._at.setdefault((to.channel, to.key), set()).add(doc.conversation)

    def forget(self, conversation: ConversationId) -> None:
        """Take in that nobody holds a conversation."""
        held = self._held.pop(conversation, None)
        if held is None:
            return
        place = (held.channel, held.endpoint)
        self._at[place].discard(conversation)
        if not self._at[place]:
            del self._at[place]

    def of(self, conversation: ConversationId) -> Held | None:
        """Return who holds a conversation."""
        return self._held.get(conversation)

    def at(self, channel: str, endpoint: IdentifierKey) -> list[Held]:
        """Return the conversations whose customer reads at an endpoint."""
        return [self._held[each] for each in sorted(self._at.get((channel, endpoint), ()))]
