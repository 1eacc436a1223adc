"""Laws of the engine, on logs of events that hypothesis makes up.

`Play` holds the invariants after each event: capacity, one holder, no work left lying, a
deadline wherever one is needed, every change saved. Here two more: the same log gives the same
effects, and an engine that starts again before every event gives them too. They hold for agents
who are asked several at once, fall silent, ramp up, are spared, and hand on what they have.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maitred.contracts.agents import Presence, RestsOn, Verb
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.message import MoodLabel
from maitred.contracts.operations import ChangeKind
from maitred.contracts.routing import Due, Handoff, RoutingDoc
from maitred.router.events import DueCame, Effect
from tests.router.play import Play, agent, asks
from tests.router.play import settings as routing

AGENTS = ("ann", "bob", "cyd", "dan", "nobody")
NAMES = tuple("abcdefgh")
CHANNELS = ("chat", "email", "sms")
NEEDS = (
    asks(),
    asks(("billing", 0.6)),
    asks(("billing", 0.2), ("tech", 0.5)),
    asks(language="fr"),
    asks(human_only=True),
)
WRITE, DUE, STALE_DUE, COMMAND, CHANGE, ACCEPT, AGENT_DUE = range(7)
OFTEN = (WRITE, WRITE, DUE, COMMAND, COMMAND, ACCEPT, ACCEPT, AGENT_DUE)
KINDS = (*ChangeKind, ChangeKind.JOINED)
WORDS = ("", "low_confidence", "needs_human_authority", "Not my kind of thing.")

STEP = st.tuples(
    st.sampled_from((*OFTEN, STALE_DUE, COMMAND, CHANGE)),
    st.sampled_from(NAMES),
    st.sampled_from(AGENTS),
    st.sampled_from(tuple(Verb)),
    st.integers(0, 2**16),
    st.integers(0, 40_000),
)
SETTINGS = routing(
    agent("ann", skills={"billing": 0.9, "tech": 0.3}, languages={"en": 1, "fr": 0.4}, capacity=2),
    agent("bob", skills={"tech": 0.8}, capacity=3, per_channel={"chat": 1}, deescalation=0.9),
    agent("cyd", kind="ai", skills={"billing": 0.3, "tech": 0.3}, capacity=4, deescalation=0.1),
    agent("dan", capacity=0.5),
    channel_units={"email": 0.5, "sms": 0.7},
    wrap_up_seconds=20,
    relax=(0.1, 0.5),
    pass_over_seconds=15,
    broadcast={"chat": 3, "sms": 2},
    idle_seconds=100,
    lost_seconds=160,
    ramp_first=1,
    ramp_seconds=40,
    angry_in_a_row=2,
    cool_down_seconds=30,
    rescue_share=0.3,
)

Step = tuple[int, str, str, Verb, int, int]


def play(log: list[Step], *, reload: bool) -> list[list[Effect]]:
    game = Play(SETTINGS, reload=reload)
    game.online("ann", "bob")
    return [one(game, step) for step in log]


def one(game: Play, step: Step) -> list[Effect]:
    kind, name, who, verb, number, pause = step
    game.now += pause
    doc = game.routing.get(ConversationId(f"cnv_{name}"))
    if kind == WRITE:
        return game.write(
            name,
            customer=name if number % 3 else "shared",
            channel=CHANNELS[number % 3],
            needs=NEEDS[number // 3 % len(NEEDS)],
            # Some people get nothing but angry customers.
            mood=tuple(MoodLabel)[number // 15 % 5] if number % 2 else MoodLabel.ANGRY,
            tier=("standard", "vip")[number // 75 % 2],
            hint="" if number % 4 else "shared",
            may_read=number % 2 == 0,
            act_until=game.now + number % 20_000,
        )
    if kind == CHANGE:
        other = NAMES[number % len(NAMES)]
        return game.change(
            KINDS[number // 8 % len(KINDS)],
            name,
            into=other if other != name else "",
            arrived_at=game.now - number,
            agent=who if number % 2 else None,
            needs=NEEDS[number // 3 % len(NEEDS)],
        )
    if kind == DUE and doc and doc.due_at:
        return game.due(name)
    if kind == AGENT_DUE and game.agent(who).due_at:
        return game.agent_due(who)
    if kind in {DUE, STALE_DUE, AGENT_DUE}:
        about = {"agent": AgentId(who)} if number % 2 else {"conversation": ConversationId(name)}
        return game.handle(DueCame(Due(**about, epoch=number % 4, due_at=game.now)))
    having = (doc.agent, *doc.also) if doc and doc.agent else ()
    if kind == ACCEPT and having:
        return game.command(having[number % len(having)] or who, Verb.ACCEPT, on=name)
    if verb == Verb.PRESENCE:
        return game.presence(who, tuple(Presence)[number % 4])
    # Mostly the holder speaks, and mostly with the epoch that counts.
    speaker = having[number % len(having)] if having and number % 4 else AgentId(who)
    return game.command(speaker or who, verb, on=name, **said(doc, number))


def said(doc: RoutingDoc | None, number: int) -> dict[str, object]:
    """Return what stands in a command, of whatever verb."""
    return {
        "epoch": doc.epoch - (number % 7 == 0) if doc else 0,
        "text": "Gladly.",
        "rests_on": tuple(RestsOn)[number % 4],
        "reason": WORDS[number // 4 % len(WORDS)],
        "to": AGENTS[number % len(AGENTS)] if number % 3 else None,
        "skills": {"billing": 0.2} if number % 11 == 0 else {},
        "language": "fr" if number % 13 == 0 else "",
        "human": number % 5 == 0,
        "handoff": Handoff(summary=f"It was {number}.") if number % 2 else None,
    }


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=60))
def test_the_laws_hold_and_the_same_log_gives_the_same_effects_even_with_restarts(
    log: list[Step],
) -> None:
    first = play(log, reload=False)
    assert play(log, reload=False) == first
    assert play(log, reload=True) == first
