"""Filling: which agent takes what, when several have room, and whom a rescue share goes to."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.agents import AgentDoc, Presence, Verb
from maitred.contracts.conversation import MoodTrack
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import Due, RoutingDoc, RoutingState
from maitred.router.deciding import filling
from maitred.router.deciding.filling import _rescues
from maitred.router.engine import Engine
from maitred.router.events import DueCame, SaveRouting, Tell
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import RoutingSettings
from tests.router.naive.deciding import fill
from tests.router.naive.house import House
from tests.router.play import START, TENANT, Play, agent, asks, settings

NOW = START + 1_000_000


def waiting(name: str, age: int = 0, *, skilled: bool = True, previous: str = "") -> RoutingDoc:
    return RoutingDoc(
        conversation=ConversationId(f"cnv_{name}"),
        customer=CustomerId(f"cus_{name}"),
        state=RoutingState.WAITING,
        previous_agent=AgentId(previous) if previous else None,
        channel="chat",
        account="main",
        needs=asks(("tax", 0.1)) if skilled else asks(),
        mood=MoodTrack(label=MoodLabel.CALM),
        arrived_at=START + age,
        state_at=START,
    )


def started(chosen: RoutingSettings, docs: list[RoutingDoc], **idle_since: int) -> dict[str, str]:
    """Return who has what after a start at which all agents on line have room at once."""
    engine = Engine(chosen, IndexPolicy(chosen), TENANT)
    online = [
        AgentDoc(id=AgentId(name), presence=Presence.ONLINE, idle_since=START + idle)
        for name, idle in idle_since.items()
    ]
    engine.load(docs, online)
    effects = engine.handle(DueCame(Due(due_at=0)), NOW)
    saved = [effect.doc for effect in effects if isinstance(effect, SaveRouting)]
    return {doc.conversation.removeprefix("cnv_"): doc.agent for doc in saved if doc.agent}


def test_of_several_with_room_whoever_suits_best_takes_it() -> None:
    chosen = settings(agent("ann", skills={"tax": 0.3}), agent("bob", skills={"tax": 0.9}))
    assert started(chosen, [waiting("x")], ann=0, bob=0) == {"x": "bob"}


@pytest.mark.parametrize(
    ("idle", "expected"), [({"ann": 5, "bob": 4}, "bob"), ({"ann": 4, "bob": 4}, "ann")]
)
def test_of_equals_the_longest_idle_goes_first_and_then_the_first_by_id(
    idle: dict[str, int], expected: str
) -> None:
    assert started(settings(agent("ann"), agent("bob")), [waiting("x", skilled=False)], **idle) == {
        "x": expected
    }


def test_who_knows_the_customer_is_not_beaten_to_him_by_who_comes_first_by_id() -> None:
    chosen = settings(agent("ann", capacity=1), agent("bob", capacity=1))
    docs = [waiting("x", skilled=False, previous="bob"), waiting("y", 1, skilled=False)]
    assert started(chosen, docs, ann=0, bob=1) == {"x": "bob", "y": "ann"}


@pytest.mark.parametrize("together", [filling.TOGETHER_MAX, 1])
def test_very_many_with_room_take_turns_in_groups(
    together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "TOGETHER_MAX", together)
    chosen = settings(
        agent("ann", skills={"tax": 0.3}, capacity=1), agent("bob", skills={"tax": 0.9}, capacity=1)
    )
    first = "bob" if together > 1 else "ann"
    assert started(chosen, [waiting("x")], ann=0, bob=1) == {"x": first}


AGENTS = ("ann", "bob", "cyd")
STAFF = st.tuples(*(st.tuples(st.sampled_from((0.3, 0.6, 0.6)), st.integers(1, 3)) for _ in AGENTS))
DOCS = st.lists(
    st.builds(
        waiting,
        st.sampled_from("abcdefgh"),
        st.integers(0, 2),
        skilled=st.booleans(),
        previous=st.sampled_from(("", *AGENTS)),
    ),
    max_size=8,
    unique_by=lambda doc: doc.conversation,
)


@hypothesis.settings(max_examples=60)
@given(
    STAFF,
    DOCS,
    st.lists(st.integers(0, 1), min_size=3, max_size=3),
    st.sampled_from((0.0, 0.5, 1.0)),
)
def test_it_is_the_greedy_order_by_descending_rank(
    staff: tuple[tuple[float, int], ...], docs: list[RoutingDoc], idle: list[int], share: float
) -> None:
    people = zip(AGENTS, staff, strict=True)
    chosen = settings(
        *(agent(who, skills={"tax": s}, capacity=c) for who, (s, c) in people), rescue_share=share
    )
    house = House(chosen, IndexPolicy(chosen))
    house.now = NOW
    house.docs = {doc.conversation: doc for doc in docs}
    for who, since in zip(map(AgentId, AGENTS), idle, strict=True):
        house.agents[who] = AgentDoc(id=who, presence=Presence.ONLINE, idle_since=START + since)
    fill(house)
    expected = {doc.conversation[4:]: doc.agent for doc in house.docs.values() if doc.agent}
    assert started(chosen, docs, **dict(zip(AGENTS, idle, strict=True))) == expected


# -- the rescue share
def test_a_rescued_slot_goes_to_who_is_latest_by_his_own_target() -> None:
    chosen = {"lam": 0.6, "agents": (agent("ann", capacity=1),)}
    for share, expected, rule in ((0.0, "chat", "slot_free"), (1.0, "mail", "rescue")):
        game = Play(settings(**chosen, rescue_share=share))
        game.write("mail", channel="email")
        game.wait(50_000)
        game.write("chat", mood=MoodLabel.ANGRY)
        game.wait(100)
        game.online("ann")
        (offer,) = [effect.assignment for effect in game.last if isinstance(effect, Tell)]
        assert offer.decision is not None
        assert (offer.conversation, offer.decision.rule) == (f"cnv_{expected}", rule)


def test_while_nobody_is_late_a_rescue_share_changes_nothing() -> None:
    game = Play(settings(agent("ann", capacity=1), rescue_share=1.0))
    game.write("mail", channel="email")
    game.wait(60)
    game.write("chat")
    game.wait(50)
    game.online("ann")
    assert game.stands("chat") == ("offered", "ann")
    game.command("ann", Verb.ACCEPT, on="chat")
    game.wait(20_000)
    game.write("other")
    game.command("ann", Verb.COMPLETE, on="chat")
    assert game.stands("mail") == ("offered", "ann")


def test_slots_are_rescued_as_often_as_the_share_says() -> None:
    for share in (0.0, 0.1, 0.5, 1.0):
        drawn = [
            _rescues(share, AgentId(f"agent{number % 7}"), START + number * 977, number % 2)
            for number in range(4_000)
        ]
        assert sum(drawn) / len(drawn) == pytest.approx(share, abs=0.02)
