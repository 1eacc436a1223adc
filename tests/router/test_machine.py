"""The engine against the naive router, over logs that hypothesis makes up and shrinks.

After every event both must hold the same conversations in the same places, under the same epochs
and deadlines. `Play` holds what must hold of the engine alone.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.conversation import MoodTrack, Needs
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from tests.router.naive import Naive
from tests.router.play import Play, agent, asks
from tests.router.play import settings as routing

NAMES = tuple("abcdefghij")
AGENTS = ("ann", "bob", "cyd", "dan")
SETTINGS = routing(
    agent("ann", skills={"billing": 0.9, "tech": 0.3}, languages={"en": 1, "fr": 0.4}, capacity=2),
    agent("bob", skills={"tech": 0.8}, capacity=3, per_channel={"chat": 1}, deescalation=0.9),
    agent("cyd", kind="ai", skills={"billing": 0.3, "tech": 0.3}, capacity=4, deescalation=0.1),
    agent("dan", skills={"billing": 0.9, "tech": 0.3}, languages={"en": 1}, capacity=1.5),
    channel_units={"email": 0.5, "sms": 0.7},
    wrap_up_seconds=20,
    relax=(0.1, 0.5),
    pass_over_seconds=15,
    idle_seconds=0,
    lost_seconds=0,
    ramp_seconds=0,
    angry_in_a_row=0,
)
NEEDS = st.sampled_from(
    (
        asks(),
        asks(("billing", 0.6)),
        asks(("billing", 0.2), ("tech", 0.5)),
        asks(language="fr"),
        asks(("tech", 0.1), human_only=True),
    )
)
PAUSES = st.integers(0, 40_000)
SHOWN = (
    "state",
    "agent",
    "epoch",
    "previous_agent",
    "step",
    "declined",
    "due_at",
    "channel",
    "mood",
    "unanswered",
)


class Router(RuleBasedStateMachine):
    """What customers, agents and the clock may do."""

    def __init__(self) -> None:
        super().__init__()
        self.game = Play(SETTINGS)
        self.model = Naive(SETTINGS, self.game.policy)

    # -- customers
    @rule(
        name=st.sampled_from(NAMES),
        channel=st.sampled_from(("chat", "email", "sms")),
        needs=NEEDS,
        mood=st.sampled_from((MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.ANGRY)),
        pause=PAUSES,
    )
    def write(self, name: str, channel: str, needs: Needs, mood: MoodLabel, pause: int) -> None:
        self._begin(pause)
        self.game.write(name, channel=channel, needs=needs, mood=mood)
        self.model.write(
            RoutingDoc(
                conversation=ConversationId(f"cnv_{name}"),
                customer=CustomerId(f"cus_{name}"),
                state=RoutingState.WAITING,
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
    @rule(name=st.sampled_from(AGENTS), pause=PAUSES)
    def come(self, name: str, pause: int) -> None:
        self._begin(pause)
        # Who is on line already gives a sign of life and nothing more.
        comes = self.game.agent(name).presence != Presence.ONLINE
        self.game.presence(name, Presence.ONLINE)
        self.model.come(AgentId(name))
        self.model.end([AgentId(name)] if comes else [])

    @rule(
        name=st.sampled_from(AGENTS),
        presence=st.sampled_from((Presence.AWAY, Presence.OFFLINE)),
        pause=PAUSES,
    )
    def leave(self, name: str, presence: Presence, pause: int) -> None:
        self._begin(pause)
        self.game.presence(name, presence)
        self.model.leave(AgentId(name), presence)
        self.model.end()

    @precondition(lambda self: self._held())
    @rule(
        data=st.data(),
        verb=st.sampled_from(
            (Verb.ACCEPT, Verb.ACCEPT, Verb.DECLINE, Verb.REQUEUE, Verb.COMPLETE, Verb.TRANSFER)
        ),
        to=st.sampled_from(AGENTS),
        pause=PAUSES,
    )
    def command(self, data: st.DataObject, verb: Verb, to: str, pause: int) -> None:
        doc = data.draw(st.sampled_from(self._held()))
        assert doc.agent is not None
        self._begin(pause)
        self.game.command(doc.agent, verb, on=doc.conversation.removeprefix("cnv_"), to=to)
        match verb:
            case Verb.ACCEPT:
                self.model.accept(doc)
            case Verb.DECLINE:
                self.model.decline(doc)
            case Verb.REQUEUE:
                self.model.requeue(doc)
            case Verb.COMPLETE:
                self.model.complete(doc)
            case _:
                self.model.transfer(doc, AgentId(to))
        self.model.end()

    # -- the clock
    @precondition(lambda self: self._waiting_for_time())
    @rule(data=st.data())
    def due(self, data: st.DataObject) -> None:
        doc = data.draw(st.sampled_from(self._waiting_for_time()))
        self._begin(max(0, doc.due_at - self.game.now))
        self.game.due(doc.conversation.removeprefix("cnv_"))
        self.model.due(doc)
        self.model.end()

    @rule()
    def restart(self) -> None:
        self.game.restart()

    @invariant()
    def both_agree(self) -> None:
        found = {key: self._shown(doc) for key, doc in self.game.routing.items()}
        assert found == {key: self._shown(doc) for key, doc in self.model.docs.items()}

    @staticmethod
    def _shown(doc: RoutingDoc) -> dict[str, object]:
        return {name: getattr(doc, name) for name in SHOWN}

    def _begin(self, pause: int) -> None:
        self.game.now += pause
        self.model.begin(self.game.now)

    def _held(self) -> list[RoutingDoc]:
        return sorted(
            (doc for doc in self.model.docs.values() if doc.agent), key=lambda d: d.conversation
        )

    def _waiting_for_time(self) -> list[RoutingDoc]:
        return sorted(
            (doc for doc in self.model.docs.values() if doc.due_at), key=lambda d: d.conversation
        )


TestRouter = Router.TestCase
TestRouter.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
