"""Plays events to an engine and holds, after each one, what must always hold."""

from __future__ import annotations

from collections import Counter

import msgspec

from maitred.contracts.agents import Admitted, AgentDoc, AgentKind, Command, Presence, Verb
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.conversation import MoodTrack, Needs, SkillNeed, Speaker, Turn
from maitred.contracts.entry import Work
from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import MoodLabel
from maitred.contracts.operations import ChangeKind, ConversationChange
from maitred.contracts.routing import Decision, Due, RoutingDoc, RoutingState
from maitred.router.agents.roster import holders
from maitred.router.engine import Engine
from maitred.router.events import (
    ChangeCame,
    CommandCame,
    DueCame,
    Effect,
    Event,
    Forget,
    Note,
    SaveAgent,
    SaveRouting,
    Say,
    Tell,
    WorkArrived,
)
from maitred.router.hours import ALWAYS_OPEN, Calendar
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import AgentSettings, RoutingSettings

TENANT = Tenant("acme")
HOLDING = {RoutingState.OFFERED, RoutingState.ASSIGNED, RoutingState.WRAPPING}
ACCEPTED = {RoutingState.ASSIGNED, RoutingState.WRAPPING}
START = 1_700_000_000_000


def settings(*agents: AgentSettings, **more: object) -> RoutingSettings:
    return msgspec.convert({"agents": agents, **more}, RoutingSettings, from_attributes=True)


def agent(name: str, **more: object) -> AgentSettings:
    return msgspec.convert({"id": name, **more}, AgentSettings)


def work(
    name: str,
    *,
    at: int = START,
    customer: str = "",
    channel: str = "chat",
    mood: MoodLabel = MoodLabel.CALM,
    tier: str = "standard",
    needs: Needs | None = None,
    hint: str = "",
    reply_to: ReplyTo | None = None,
    **gates: object,
) -> WorkArrived:
    conversation = ConversationId(f"cnv_{name}")
    return WorkArrived(
        work=Work(
            conversation=conversation,
            customer=CustomerId(f"cus_{customer or name}"),
            channel=channel,
            account="main",
            needs=needs or Needs(),
            mood=MoodTrack(label=mood),
            tier=tier,
            hint=CustomerId(f"cus_{hint}") if hint else None,
            accepted_at=at,
            **gates,  # type: ignore[arg-type]
        ),
        turn=Turn(at=at, speaker=Speaker.CUSTOMER, channel=channel, text="hello"),
        message=MessageId(f"msg_{name}"),
        reply_to=reply_to,
    )


def reads_at(value: str, channel: str = "chat") -> ReplyTo:
    identifier = Identifier(kind=IdentifierKind.VISITOR, value=value)
    return ReplyTo(channel=channel, account="main", endpoint=identifier, key=IdentifierKey(value))


def asks(*skills: tuple[str, float], language: str = "", human_only: bool = False) -> Needs:
    return Needs(
        skills=tuple(SkillNeed(skill=skill, level=level) for skill, level in skills),
        language=language,
        human_only=human_only,
    )


class Play:
    """One engine, the store behind it, and a clock that only the test moves."""

    def __init__(
        self, chosen: RoutingSettings, *, reload: bool = False, calendar: Calendar = ALWAYS_OPEN
    ) -> None:
        self.settings = chosen
        self.policy = IndexPolicy(chosen, calendar)
        self.engine = Engine(chosen, self.policy, TENANT)
        self.now = START
        self.routing: dict[ConversationId, RoutingDoc] = {}
        self.agents: dict[AgentId, AgentDoc] = {}
        self.last: list[Effect] = []
        self._reload = reload
        self._commands = 0

    # -- what happens
    def handle(self, event: Event) -> list[Effect]:
        if self._reload:
            self.restart()
        before = dict(self.routing)
        self.last = self.engine.handle(event, self.now)
        for effect in self.last:
            if isinstance(effect, SaveRouting):
                self.routing[effect.doc.conversation] = effect.doc
            elif isinstance(effect, SaveAgent):
                self.agents[effect.doc.id] = effect.doc
            elif isinstance(effect, Forget):
                self.routing.pop(effect.conversation, None)
        self._hold(before)
        return self.last

    def restart(self) -> None:
        """Start a new engine from the documents, handed over in another order."""
        self.engine = Engine(self.settings, self.policy, TENANT)
        self.engine.load(
            [self.routing[key] for key in sorted(self.routing, reverse=True)],
            list(self.agents.values()),
        )

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def write(self, name: str, **more: object) -> list[Effect]:
        return self.handle(work(name, at=self.now, **more))  # type: ignore[arg-type]

    def online(self, *names: str) -> None:
        for name in names:
            self.presence(name, Presence.ONLINE)

    def presence(self, name: str, presence: Presence) -> list[Effect]:
        return self.command(name, Verb.PRESENCE, presence=presence)

    def command(self, name: str, verb: Verb, on: str | None = None, **more: object) -> list[Effect]:
        self._commands += 1
        fields: dict[str, object] = {"id": f"c{self._commands}", **more}
        if on is not None:
            conversation = ConversationId(f"cnv_{on}")
            fields["conversation"] = conversation
            doc = self.routing.get(conversation)
            fields.setdefault("epoch", doc.epoch if doc else 0)
        command = msgspec.convert(fields, Command)
        admitted = Admitted(agent=AgentId(name), verb=verb, command=command, at=self.now)
        return self.handle(CommandCame(admitted))

    def change(
        self,
        kind: ChangeKind,
        name: str,
        *,
        into: str = "",
        arrived_at: int = 0,
        agent: str | None = None,
        **more: object,
    ) -> list[Effect]:
        """Let an operator change a conversation; `more` is what the one is that it stands in."""
        event = work(into or name, at=self.now, **more)  # type: ignore[arg-type]
        change = ConversationChange(
            conversation=ConversationId(f"cnv_{name}"),
            kind=kind,
            at=self.now,
            into=ConversationId(f"cnv_{into}") if into else None,
            work=event.work if kind is not ChangeKind.ERASED else None,
            reply_to=event.reply_to,
            arrived_at=arrived_at,
            agent=AgentId(agent) if agent else None,
        )
        return self.handle(ChangeCame(change))

    def due(self, name: str) -> list[Effect]:
        """Let the conversation's deadline come, at its time or now if that has passed."""
        doc = self.doc(name)
        assert doc.due_at
        self.now = max(self.now, doc.due_at)
        return self.handle(DueCame(_due(doc)))

    def agent_due(self, name: str) -> list[Effect]:
        """Let an agent's deadline come, at its time or now if that has passed."""
        due_at = self.agent(name).due_at
        assert due_at
        self.now = max(self.now, due_at)
        return self.handle(DueCame(Due(agent=AgentId(name), due_at=due_at)))

    def until(self, name: str, seconds: float) -> None:
        """Let time pass, and an agent's deadlines come when they are due."""
        end = self.now + round(seconds * 1000)
        while 0 < self.agent(name).due_at <= end:
            self.agent_due(name)
        self.now = end

    # -- what is seen
    def doc(self, name: str) -> RoutingDoc:
        return self.routing[ConversationId(f"cnv_{name}")]

    def agent(self, name: str) -> AgentDoc:
        return self.agents.get(AgentId(name), AgentDoc(id=AgentId(name)))

    def stands(self, name: str) -> tuple[str, str | None]:
        doc = self.doc(name)
        return doc.state.value, doc.agent

    def told(self, state: AssignmentState | None = None) -> list[Assignment]:
        found = [effect.assignment for effect in self.last if isinstance(effect, Tell)]
        return [each for each in found if state in {None, each.state}]

    def notes(self) -> list[Decision]:
        return [effect.decision for effect in self.last if isinstance(effect, Note)]

    def said(self) -> list[Say]:
        return [effect for effect in self.last if isinstance(effect, Say)]

    # -- what always holds
    def _hold(self, before: dict[ConversationId, RoutingDoc]) -> None:
        house = self.engine.house
        docs = house.docs()
        assert {doc.conversation: doc for doc in docs} == self.routing, "a change was not saved"
        for each in self.settings.agents:
            assert house.roster.doc(AgentId(each.id)) == self.agent(each.id), "nor one of an agent"
            self._hold_agent(self.agent(each.id), docs)
        self._hold_capacity(docs)
        for doc in docs:
            old = before.get(doc.conversation)
            self._hold_epoch(doc, old)
            self._hold_deadline(doc)
            if doc.state in {RoutingState.WAITING, RoutingState.HELD}:
                self._hold_work_conservation(doc)
        self._hold_words(before)

    def _hold_epoch(self, doc: RoutingDoc, old: RoutingDoc | None) -> None:
        """Hold that who has it was offered it under this epoch, and nobody is a second holder."""
        having = holders(doc)
        assert (doc.agent is not None) == (doc.state in HOLDING)
        assert len(set(having)) == len(having)
        assert not doc.also or doc.state == RoutingState.OFFERED
        assert old is None or doc.epoch >= old.epoch
        new = set(having).difference(holders(old) if old and old.epoch == doc.epoch else ())
        for agent in new:
            assert doc.state == RoutingState.OFFERED
            assert not doc.asked.human_only or self._is_human(agent), "a machine again"
            assert any(
                (each.conversation, each.agent, each.epoch) == (doc.conversation, agent, doc.epoch)
                for each in self.told(AssignmentState.OFFERED)
            )
        if new:
            assert old is None or doc.epoch > old.epoch

    def _is_human(self, name: AgentId) -> bool:
        return any(
            each.id == name and each.kind == AgentKind.HUMAN for each in self.settings.agents
        )

    def _hold_deadline(self, doc: RoutingDoc) -> None:
        if doc.state in {RoutingState.OFFERED, RoutingState.HELD, RoutingState.WRAPPING}:
            assert doc.due_at
        if doc.state == RoutingState.WAITING:
            step_at = self.policy.next_step_at(doc)
            in_time = 0 < doc.due_at <= max(step_at, self.now + 1)
            assert not step_at or in_time, "a step would never come"
            assert not doc.declined or doc.due_at
        if doc.state in {RoutingState.ASSIGNED, RoutingState.CLOSED}:
            assert not doc.due_at

    def _hold_agent(self, doc: AgentDoc, docs: list[RoutingDoc]) -> None:
        """Hold that whatever ends for an agent has a deadline that is early enough."""
        chosen = self.settings
        assert not doc.spared_until or 0 < doc.due_at <= doc.spared_until
        if doc.allowance:
            assert doc.presence == Presence.ONLINE
            assert 0 < doc.due_at <= doc.presence_at + round(chosen.ramp_seconds * 1000) + 6
        idle = chosen.idle_seconds if doc.presence == Presence.ONLINE else 0
        silence = (idle or chosen.lost_seconds) + (chosen.idle_seconds or chosen.lost_seconds) / 4
        has = any(each.state in ACCEPTED and each.agent == doc.id for each in docs)
        assert not has or doc.presence != Presence.OFFLINE
        if has and (idle or chosen.lost_seconds):
            assert 0 < doc.due_at <= max(doc.seen_at + round(silence * 1000), self.now + 1)

    def _hold_capacity(self, docs: list[RoutingDoc]) -> None:
        units: Counter[str] = Counter()
        channels: Counter[tuple[str, str]] = Counter()
        for doc in docs:
            for holder in holders(doc):
                units[holder] += self.settings.units_of(doc.channel)
                channels[holder, doc.channel] += 1
        for each in self.settings.agents:
            assert units[each.id] <= round(each.capacity * 1000)
            for channel, most in each.per_channel.items():
                assert channels[each.id, channel] <= most

    def _hold_work_conservation(self, doc: RoutingDoc) -> None:
        """Who ramps up has no more room than his allowance; who is spared does not suit the angry.

        Both end at a deadline that `_hold_agent` bounds.
        """
        signature = self.policy.signature(doc)
        for each in self.settings.agents:
            name = AgentId(each.id)
            agent = self.agent(name)
            online = agent.presence == Presence.ONLINE
            if not online or (doc.state == RoutingState.HELD and name != doc.previous_agent):
                continue
            if agent.spared and doc.mood.label == MoodLabel.ANGRY:
                continue
            fits = self.policy.fit(signature, each.agent()).value > 0
            room = self.engine.house.roster.has_room(name, doc.channel)
            assert not (fits and room), f"{doc.conversation} waits while {name} has room"

    def _hold_words(self, before: dict[ConversationId, RoutingDoc]) -> None:
        """Hold that only the holder spoke, and that what was taken from an agent has landed."""
        for say in self.said():
            holder = before[say.conversation]
            assert (holder.agent, holder.state in ACCEPTED) == (say.agent, True)
        for told in self.told(AssignmentState.REVOKED):
            assert told.conversation is not None
            doc = self.routing.get(told.conversation)
            if doc is not None:
                assert told.agent not in holders(doc) or doc.epoch > told.epoch
                assert doc.state != RoutingState.CLOSED or doc.closed_reason in {
                    "joined",
                    "withdrawn",
                }


def _due(doc: RoutingDoc) -> Due:
    return Due(conversation=doc.conversation, epoch=doc.epoch, due_at=doc.due_at)


def held_by(name: str, *others: str, **more: object) -> Play:
    """Return a play in which `name` holds conversation `x`."""
    game = Play(settings(*(agent(each, **more) for each in (name, *others))))
    game.online(name)
    game.write("x")
    game.command(name, Verb.ACCEPT, on="x")
    game.online(*others)
    return game
