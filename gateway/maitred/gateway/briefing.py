"""Briefing: what an agent is told of a conversation, gathered from documents behind the gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts.assignments import Assignment, Brief
from maitred.contracts.conversation import Conversation
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.conversations.gathering import gathered, latest
from maitred.identity.conversations.joins import members
from maitred.identity.gates import brief_may_show_journey
from maitred.identity.reading import read_customer, require
from maitred.router.explaining import brief as briefs

EARLIER_MAX: Final = 5
"""Earlier conversations shown in a brief."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """Makes the briefs of one tenant; `machines` are the agents that repeat what they are told."""

    subjects: Subjects
    machines: frozenset[AgentId] = frozenset()

    def brief(self, assignment: Assignment, routing: RoutingDoc, view: View) -> Brief:
        """Return the brief that goes with an assignment.

        Raises:
            NotRead: a document has not been loaded.
            ValueError: the conversation is not there.
        """
        own, joined = self.group(routing.conversation, view)
        said = gathered(own, joined)
        to_machine = assignment.agent in self.machines
        show = brief_may_show_journey(said, to_machine=to_machine)
        if show:
            routing = self.with_replies(routing, joined, view)
        elif joined:
            # What stood apart is told as carefully as the rest of the journey.
            said = msgspec.structs.replace(latest(own, joined), id=own.id)
        _, customer = read_customer(view, self.subjects, said.customer)
        earlier: list[tuple[Conversation, RoutingDoc | None]] = []
        if show and customer is not None:
            hidden = {own.id, *(each.id for each in joined)}
            ids = [each for each in customer.conversations if each not in hidden][-EARLIER_MAX:]
            earlier = self._earlier(ids, view)
        return briefs.compose(
            said,
            routing,
            customer,
            earlier,
            show_journey=show,
            why=assignment.decision,
            to_machine=to_machine,
        )

    def conversation(self, conversation: ConversationId, view: View) -> Conversation:
        """Return a conversation that somebody has, with those that were joined into it.

        Raises:
            NotRead: it has not been loaded.
            ValueError: it is not there.
        """
        return gathered(*self.group(conversation, view))

    def group(
        self, conversation: ConversationId, view: View
    ) -> tuple[Conversation, tuple[Conversation, ...]]:
        """Return a conversation, and those that were joined into it.

        Raises:
            NotRead: one of them has not been loaded.
            ValueError: the conversation is not there.
        """
        found = view.read(self.subjects.conversation(conversation), Conversation)
        if found is None:
            raise ValueError("a routed conversation is not there")
        return found, members(found, view, self.subjects) if found.joined else ()

    def _earlier(
        self, ids: Sequence[ConversationId], view: View
    ) -> list[tuple[Conversation, RoutingDoc | None]]:
        require(view, *map(self.subjects.conversation, ids), *map(self.subjects.routing, ids))
        found: list[tuple[Conversation, RoutingDoc | None]] = []
        for each in ids:
            before = view.read(self.subjects.conversation(each), Conversation)
            state = view.read(self.subjects.routing(each), RoutingDoc)
            if before is not None and before.joined_into is None:
                found.append((before, state))
        return found

    def with_replies(
        self, routing: RoutingDoc, joined: Sequence[Conversation], view: View
    ) -> RoutingDoc:
        """Return where a conversation stands, with what agents said in those joined into it.

        Nobody handed it on: then the last handoff of one of those is told.

        Raises:
            NotRead: where one of them stands has not been loaded.
        """
        wanted = [self.subjects.routing(each.id) for each in joined]
        require(view, *wanted)
        others = [each for subject in wanted if (each := view.read(subject, RoutingDoc))]
        replies = (*routing.replies, *(turn for each in others for turn in each.replies))
        told = [routing, *sorted(others, key=lambda each: each.state_at, reverse=True)]
        handoff = next((each.handoff for each in told if each.handoff is not None), None)
        return msgspec.structs.replace(routing, replies=replies, handoff=handoff)
