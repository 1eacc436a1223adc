"""The engine against the naive router, over logs that hypothesis makes up and shrinks.

After every event both must hold the same conversations in the same places, under the same epochs
and deadlines, and think the same of every agent. `Play` holds what must hold of the engine alone.
"""

from __future__ import annotations

from datetime import UTC
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from maitred.contracts.agents import Admitted, Command, Presence, Verb
from maitred.contracts.conversation import MoodTrack, Needs
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import Handoff, RoutingDoc, RoutingState
from maitred.router.events import CommandCame
from maitred.router.hours import calendar_of
from maitred.router.settings import Hours, Overflow, RoutingSettings
from tests.router.naive.house import having
from tests.router.naive.presence import look_at
from tests.router.naive.router import Naive
from tests.router.play import Play, agent, asks
from tests.router.play import settings as routing

STAFF = (
    agent("ann", skills={"billing": 0.9, "tech": 0.3}, languages={"en": 1, "fr": 0.4}, capacity=2),
    agent("bob", skills={"tech": 0.8}, capacity=3, per_channel={"chat": 1}, deescalation=0.9),
    agent("cyd", kind="ai", skills={"billing": 0.3, "tech": 0.3}, capacity=4, deescalation=0.1),
    agent("dan", skills={"billing": 0.9, "tech": 0.3}, languages={"en": 1}, capacity=1.5),
)
AGENTS = tuple(AgentId(each.id) for each in STAFF)
PLAIN: dict[str, object] = {
    "channel_units": {"email": 0.5, "sms": 0.7},
    "wrap_up_seconds": 20,
    "relax": (0.1, 0.5),
    "pass_over_seconds": 15,
    "idle_seconds": 0,
    "lost_seconds": 0,
    "ramp_seconds": 0,
    "angry_in_a_row": 0,
}
CARE: dict[str, object] = {"angry_in_a_row": 2, "cool_down_seconds": 40}
RAMP: dict[str, object] = {"ramp_first": 1, "ramp_seconds": 40}
SILENCE: dict[str, object] = {"idle_seconds": 20, "lost_seconds": 45}
ROUND: dict[str, object] = {"broadcast": {"chat": 3, "sms": 2}}
STEPS: dict[str, object] = {
    "rescue_share": 0.4,
    "overflow": (
        Overflow(name="second", after=0.3, skills=("billing",), instead={"tech": 0.3}),
        Overflow(name="anybody", after=0.8, skills=("tech",), channels=("chat", "sms")),
        Overflow(name="machines", after=0.2, any_agent=True),
    ),
}
NIGHT: dict[str, object] = {
    # It is Tuesday, 22:13:20, when a play begins.
    "hours": Hours(days={"tue": ("09:00-22:14", "22:16-24:00")}),
    "overflow": (
        Overflow(name="machines", after=0.5, any_agent=True, closed=True),
        Overflow(name="anybody", after=0.1, skills=("billing",), closed=True),
    ),
}
HOUSES = {
    "plain": routing(*STAFF, **PLAIN),
    "care and ramp": routing(*STAFF, **PLAIN | CARE | RAMP),
    "silence": routing(*STAFF, **PLAIN | SILENCE),
    "broadcast": routing(*STAFF, **PLAIN | ROUND),
    "overflow and rescue": routing(*STAFF, **PLAIN | STEPS),
    "night": routing(*STAFF, **PLAIN | NIGHT),
    "all together": routing(*STAFF, **PLAIN | CARE | RAMP | SILENCE | ROUND | STEPS),
}

NAMES = st.sampled_from("abcdefghijkl")
NEEDS = st.sampled_from(
    (
        asks(),
        asks(("billing", 0.6)),
        asks(("billing", 0.2), ("tech", 0.5)),
        asks(language="fr"),
        asks(("tech", 0.1), human_only=True),
    )
)
CHANNELS = st.sampled_from(("chat", "email", "sms"))
MOODS = st.sampled_from((MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.ANGRY, MoodLabel.ANGRY))
WHO = st.sampled_from(AGENTS)
REASONS = st.sampled_from(("", "low_confidence", "needs_human_authority"))
HANDOFFS = st.sampled_from((None, Handoff(summary="Charged twice.", tried=("Looked it up.",))))
SKILLS = st.sampled_from(({}, {}, {"billing": 0.5}, {"tech": 0.8}, {"law": 0.1}))
PAUSES = st.integers(0, 6_000)
LATE = st.sampled_from((0, 0, 0, 50_000))
DEADLINES_MAX = 12
"""So many at most come while time passes: whom nobody serves is offered again and again."""
SHOWN = (
    "state",
    "agent",
    "also",
    "epoch",
    "previous_agent",
    "step",
    "declined",
    "state_at",
    "due_at",
    "channel",
    "last_channel",
    "needs",
    "asked",
    "handoff",
    "mood",
    "unanswered",
    "waits_since",
)
SHOWN_OF_AGENTS = (
    "presence",
    "presence_at",
    "idle_since",
    "missed_offers",
    "seen_at",
    "allowance",
    "angry_in_a_row",
    "spared_until",
)


S = RoutingState


class Router(RuleBasedStateMachine):
    """What customers, agents and the clock may do."""

    chosen: ClassVar[RoutingSettings]

    def __init__(self) -> None:
        super().__init__()
        self.game = Play(self.chosen, calendar=calendar_of(self.chosen.hours, UTC))
        self.model = Naive(self.chosen, self.game.policy)
        self._said = 0

    @initialize(
        crowd=st.lists(
            st.tuples(NAMES, CHANNELS, NEEDS, MOODS),
            min_size=3,
            max_size=12,
            unique_by=lambda each: each[0],
        ),
        late=st.sets(WHO),
    )
    def morning(self, crowd: list[tuple[str, str, Needs, MoodLabel]], late: set[AgentId]) -> None:
        for name, channel, needs, mood in crowd:
            self.write(name, channel, needs, mood, 1_000)
        for who in AGENTS:
            if who not in late:
                self.say(who, Presence.ONLINE, 1_000)

    # -- customers
    @rule(name=NAMES, channel=CHANNELS, needs=NEEDS, mood=MOODS, pause=PAUSES)
    def write(self, name: str, channel: str, needs: Needs, mood: MoodLabel, pause: int) -> None:
        customer = f"of_{ord(name) // 3}"
        self._begin(pause)
        self.game.write(name, customer=customer, channel=channel, needs=needs, mood=mood)
        self.model.write(
            RoutingDoc(
                conversation=ConversationId(f"cnv_{name}"),
                customer=CustomerId(f"cus_{customer}"),
                state=S.WAITING,
                channel=channel,
                account="main",
                needs=needs,
                mood=MoodTrack(label=mood),
                arrived_at=self.game.now,
                state_at=self.game.now,
            )
        )
        self.model.end()

    # -- agents
    @rule(who=WHO, presence=st.sampled_from((*Presence, Presence.ONLINE)), pause=PAUSES)
    def say(self, who: AgentId, presence: Presence, pause: int) -> None:
        self._command(pause, who, Verb.PRESENCE, presence=presence)

    @precondition(lambda self: self._in(S.OFFERED))
    @rule(but=st.sampled_from((None, None, *AGENTS)), pause=PAUSES)
    def accept_all(self, but: AgentId | None, pause: int) -> None:
        for doc in self._in(S.OFFERED):
            for who in having(doc):
                if who != but:
                    self._command(pause, who, Verb.ACCEPT, doc)

    @precondition(lambda self: self._in(S.ASSIGNED))
    @rule(who=WHO, pause=PAUSES)
    def complete_all(self, who: AgentId, pause: int) -> None:
        for doc in self._in(S.ASSIGNED):
            if doc.agent == who:
                self._command(pause, who, Verb.COMPLETE, doc)

    @precondition(lambda self: self._in(S.OFFERED))
    @rule(data=st.data(), accepts=st.booleans(), reason=REASONS, pause=PAUSES)
    def answer(self, data: st.DataObject, accepts: bool, reason: str, pause: int) -> None:  # noqa: FBT001  (drawn by hypothesis)
        doc, who = self._drawn(data, S.OFFERED)
        verb = Verb.ACCEPT if accepts else Verb.DECLINE
        self._command(pause, who, verb, doc, reason=reason)

    @precondition(lambda self: self._in(S.ASSIGNED))
    @rule(
        data=st.data(),
        verb=st.sampled_from((Verb.REPLY, Verb.REQUEUE)),
        reason=REASONS,
        handoff=HANDOFFS,
        pause=PAUSES,
    )
    def serve(self, data: st.DataObject, verb: Verb, pause: int, **fields: object) -> None:
        doc, who = self._drawn(data, S.ASSIGNED)
        self._command(pause, who, verb, doc, text="Gladly.", **fields)

    @precondition(lambda self: self._in(S.ASSIGNED))
    @rule(
        data=st.data(),
        to=st.sampled_from((None, *AGENTS)),
        skills=SKILLS,
        language=st.sampled_from(("", "", "fr")),
        human=st.booleans(),
        handoff=HANDOFFS,
        pause=PAUSES,
    )
    def transfer(self, data: st.DataObject, pause: int, **fields: object) -> None:
        doc, who = self._drawn(data, S.ASSIGNED)
        self._command(pause, who, Verb.TRANSFER, doc, **fields)

    @rule(data=st.data(), who=WHO, verb=st.sampled_from(Verb), pause=PAUSES)
    def say_anything(self, data: st.DataObject, who: AgentId, verb: Verb, pause: int) -> None:
        doc = data.draw(st.sampled_from(self._docs()))
        self._command(pause, who, verb, doc)

    # -- the clock
    @rule(pause=st.integers(0, 60_000))
    def time_passes(self, pause: int) -> None:
        """Let the deadlines come in their order."""
        end = self.game.now + pause
        for _ in range(DEADLINES_MAX):
            first = min(self._deadlines(), default=(end,))
            if first[0] >= end:
                break
            self._comes(*first)
        self.game.now = max(self.game.now, end)

    @precondition(lambda self: self._deadlines())
    @rule(data=st.data(), late=LATE)
    def deadline_comes(self, data: st.DataObject, late: int) -> None:
        due_at, kind, name = data.draw(st.sampled_from(sorted(self._deadlines())))
        self.game.now = max(self.game.now, due_at + late)
        self._comes(due_at, kind, name)

    @rule()
    def restart(self) -> None:
        self.game.restart()

    # -- what both must agree on
    @invariant()
    def both_agree(self) -> None:
        house = self.model.house
        docs = {key: shown(doc, SHOWN) for key, doc in self.game.routing.items()}
        assert docs == {key: shown(doc, SHOWN) for key, doc in house.docs.items()}
        for who in AGENTS:
            found = shown(self.game.agent(who), SHOWN_OF_AGENTS)
            assert found == shown(house.agents[who], SHOWN_OF_AGENTS), who

    @invariant()
    def nobody_is_looked_at_too_late(self) -> None:
        for who in AGENTS:
            needed, due_at = look_at(self.model.house, who), self.game.agent(who).due_at
            assert not needed or 0 < due_at <= max(needed, self.game.now + 1), who

    def _begin(self, pause: int) -> None:
        self.game.now += pause
        self.model.begin(self.game.now)

    def _command(
        self,
        pause: int,
        who: AgentId,
        verb: Verb,
        doc: RoutingDoc | None = None,
        **fields: object,
    ) -> None:
        self._begin(pause)
        self._said += 1
        command = Command(id=f"c{self._said}", **fields)  # type: ignore[arg-type]
        if doc is not None:
            command = replace(command, conversation=doc.conversation, epoch=doc.epoch)
        said = Admitted(agent=who, verb=verb, command=command, at=self.game.now)
        self.game.handle(CommandCame(said))
        self.model.command(who, verb, command)
        self.model.end()

    def _comes(self, due_at: int, kind: str, name: str) -> None:
        self._begin(max(0, due_at - self.game.now))
        if kind == "agent":
            self.game.agent_due(name)
            self.model.agent_due(AgentId(name), due_at)
        else:
            self.game.due(name.removeprefix("cnv_"))
            self.model.due(ConversationId(name))
        self.model.end()

    # -- what may happen next
    def _docs(self) -> list[RoutingDoc]:
        return [doc for _, doc in sorted(self.model.house.docs.items())]

    def _in(self, state: RoutingState) -> list[RoutingDoc]:
        return [doc for doc in self._docs() if doc.state == state]

    def _drawn(self, data: st.DataObject, state: RoutingState) -> tuple[RoutingDoc, AgentId]:
        doc = data.draw(st.sampled_from(self._in(state)))
        return doc, data.draw(st.sampled_from(having(doc)))

    def _deadlines(self) -> list[tuple[int, str, str]]:
        agents = [(self.game.agent(who).due_at, "agent", who) for who in AGENTS]
        docs = [(doc.due_at, "conversation", doc.conversation) for doc in self._docs()]
        return [each for each in (*agents, *docs) if each[0]]


def shown(doc: object, names: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(doc, name) for name in names}


@pytest.mark.parametrize("name", HOUSES)
def test_the_engine_does_what_the_naive_router_does(name: str) -> None:
    class Here(Router):
        chosen = HOUSES[name]

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=50,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
