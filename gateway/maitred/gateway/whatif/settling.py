"""Settling: from where on a replay of a log that has lost its beginning can be trusted.

The age of entries, and erasures, take inputs out of the log. A replay then begins in an empty
house, and what it says differs from what was recorded until everything that the lost inputs had
left behind is over: conversations that were under way, agents who were at hand, and who had served
whom. Until then a difference proves nothing, and an answer that is the same is one all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.ids import AgentId, ConversationId
from maitred.gateway.whatif.tape import Input
from maitred.router.events import CommandCame, Event
from maitred.router.house import House
from maitred.router.replaying.replay import Difference


class Settling:
    """Watches a replay and tells when all that it stands on is known."""

    def __init__(self, erased_until: int) -> None:
        self._erased_until = erased_until
        self.since: int | None = 0
        """The input from which on the state is complete; nothing while it is not."""
        self.at = 0
        """When that was, in UTC milliseconds; 0 for the beginning of the log."""
        self._not_before = 0
        self._strange: set[ConversationId] = set()
        self._strangers: set[AgentId] = set()
        self._left: set[AgentId] = set()

    def unsettle(self, agents: Iterable[AgentId], not_before: int) -> None:
        """Take nothing for known any more, and not again before a time."""
        self.since = None
        self._not_before = max(self._not_before, not_before)
        self._strangers.update(agents)
        self._left.clear()

    def meets(self, differing: Iterable[Difference], house: House) -> bool:
        """Return whether the record tells of a conversation that nobody has heard of here."""
        told = {each.conversation for each in differing if each.conversation is not None}
        return any(house.get(conversation) is None for conversation in told)

    def saw(self, item: Input, events: Sequence[Event], differing: Sequence[Difference]) -> None:
        """Learn from one input, while not everything is known, what is known now."""
        strange = {each.conversation for each in differing if each.conversation is not None}
        self._strange |= strange
        self._strangers.update(each.agent for each in differing if each.agent is not None)
        for answer in item.answers:
            conversation = answer.body.conversation
            if conversation is not None and conversation not in strange:
                self._strange.discard(conversation)
        for event in events:
            self._presence(event)
        is_late = item.at >= self._not_before and item.sequence > self._erased_until
        if is_late and not self._strange and not self._strangers:
            self.since, self.at = item.sequence + 1, item.at

    def _presence(self, event: Event) -> None:
        """Whoever is seen to go and to come again is known."""
        if not isinstance(event, CommandCame) or event.admitted.verb != Verb.PRESENCE:
            return
        agent, presence = event.admitted.agent, event.admitted.command.presence
        if presence == Presence.ONLINE and agent in self._left:
            self._strangers.discard(agent)
        elif presence in {Presence.AWAY, Presence.OFFLINE}:
            self._left.add(agent)
