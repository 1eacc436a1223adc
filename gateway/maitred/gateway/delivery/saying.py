"""Saying: what agents say, put where delivery finds it; at once, or when its time has come.

Until then it stands in a document of its own, and the routing document knows its time: so a reply
for tomorrow holds up nothing, and survives whatever happens to the process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from maitred.contracts.ids import MessageId
from maitred.contracts.outbound import Outbound, ScheduledDoc
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.gateway.briefing import Briefing
from maitred.gateway.journal.effects import Effects, Entry
from maitred.router.events import Effect, Say, SendDue, TakeBack


@dataclass(frozen=True, slots=True)
class Saying:
    """Turns what the engine has agents say into entries and documents."""

    subjects: Subjects
    briefing: Briefing

    def wanted(self, effect: Effect) -> Iterable[str]:
        """Name what an effect is made of, and what it writes."""
        match effect:
            case Say(conversation=conversation, send_at=0):
                yield self.subjects.conversation(conversation)
            case Say(conversation=conversation, reply=reply):
                yield self.subjects.conversation(conversation)
                yield self.subjects.scheduled(conversation, reply)
            case SendDue(conversation=conversation, reply=reply):
                yield self.subjects.scheduled(conversation, reply)
            case TakeBack(conversation=conversation, reply=reply):
                yield self.subjects.scheduled(conversation, reply)

    def effects(
        self, effect: Say | SendDue | TakeBack, routing: RoutingDoc, view: View, at: int
    ) -> Effects:
        """Return what an effect comes to; `routing` is where its conversation stands after it.

        Raises:
            NotRead: a document has not been loaded.
        """
        where = self.subjects.scheduled(effect.conversation, effect.reply)
        if isinstance(effect, TakeBack):
            return Effects(documents={where: ScheduledDoc()})
        if isinstance(effect, SendDue):
            known = view.read(where, ScheduledDoc)
            if known is None or known.outbound is None:
                return Effects()
            out = self._entry(replace(known.outbound, at=at))
            return Effects(documents={where: ScheduledDoc()}, entries=(out,))
        said = self._said(effect, routing, view, at)
        if effect.send_at:
            return Effects(documents={where: ScheduledDoc(outbound=said)})
        return Effects(entries=(self._entry(said),))

    def _said(self, say: Say, routing: RoutingDoc, view: View, at: int) -> Outbound:
        conversation = self.briefing.conversation(say.conversation, view)
        return Outbound(
            kind=say.kind,
            id=say.reply,
            tenant=self.subjects.tenant,
            conversation=say.conversation,
            customer=conversation.customer,
            agent=say.agent,
            agent_name=say.agent_name,
            agent_picture=say.agent_picture,
            by_machine=say.by_machine,
            # The gates were asked about whoever wrote last when the agent spoke. Somebody else may
            # have written since, whom his words are not for.
            to=routing.reply_to or conversation.reply_to,
            subject=conversation.subject,
            text=say.text,
            asks_proof=say.asks_proof,
            content=say.content,
            files=say.files,
            target=say.target,
            not_before=say.send_at,
            at=at,
        )

    def _entry(self, reply: Outbound) -> Entry:
        where = self.subjects.outbound(reply.to.channel, reply.conversation, reply.to.key)
        return Entry(where, reply, f"outbound:{reply.id}")


def with_scheduled(routing: RoutingDoc) -> RoutingDoc:
    """Return a conversation with what is still to be sent among its replies, at its time."""
    later = tuple(
        replace(each.turn, at=each.send_at, message=MessageId(each.reply))
        for each in routing.uttered
        if each.turn is not None
    )
    return replace(routing, replies=(*routing.replies, *later)) if later else routing
