"""The queue against a naive scan of everything, and what it forgets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.contracts.agents import Agent, AgentDoc, Presence
from maitred.contracts.conversation import MoodTrack
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.house import House
from maitred.router.policies.index import IndexPolicy
from maitred.router.port import Fit, Signature
from maitred.router.queueing import classes, heads
from maitred.router.queueing.columns import Columns
from maitred.router.queueing.queue import Queue
from maitred.router.settings import RoutingSettings
from tests.router.play import START, agent, asks, settings

AGENTS = tuple(map(AgentId, ("ann", "ann2", "bob", "cyd", "dan")))
SETTINGS = settings(
    agent("ann", skills={"tax": 0.7}),
    agent("ann2", skills={"tax": 0.7}, capacity=1),
    agent("bob", deescalation=1.0),
    agent("cyd", skills={"tax": 0.7}, per_channel={"chat": 0}),
    agent("dan", skills={"tax": 0.9}),
)
LEVEL = replace(SETTINGS, sigma=0.0)
"""To have served the customer before counts for nothing, so there are more equals."""
SPARED = AgentDoc(id=AGENTS[-1], presence=Presence.ONLINE, spared_until=START * 2)
NOW = START + 1_000_000


class Ranked(NamedTuple):
    minus_rank: float
    virtual_arrival: int
    conversation: ConversationId
    previous: bool


def doc(
    name: str,
    age: int = 0,
    *,
    state: RoutingState = RoutingState.WAITING,
    previous: AgentId | None = None,
    holder: AgentId | None = None,
    channel: str = "chat",
    mood: MoodLabel = MoodLabel.CALM,
    skilled: bool = False,
    declined: tuple[AgentId, ...] = (),
) -> RoutingDoc:
    held = state == RoutingState.ASSIGNED
    return RoutingDoc(
        conversation=ConversationId(f"cnv_{name}"),
        customer=CustomerId("cus_x"),
        state=state if state != RoutingState.HELD or previous else RoutingState.WAITING,
        agent=holder or AGENTS[0] if held else None,
        previous_agent=previous,
        channel=channel,
        account="main",
        needs=asks(("tax", 0.1)) if skilled else asks(),
        mood=MoodTrack(label=mood),
        arrived_at=START + age,
        state_at=START,
        declined=declined,
    )


DOCS = st.builds(
    doc,
    st.sampled_from("abcdefghijkl"),
    st.integers(0, 3).map(lambda age: age * 100_000),
    state=st.sampled_from(
        (
            *(RoutingState.WAITING,) * 4,
            RoutingState.HELD,
            RoutingState.CLOSED,
            RoutingState.ASSIGNED,
        )
    ),
    previous=st.sampled_from((None, None, *AGENTS)),
    holder=st.sampled_from(AGENTS),
    channel=st.sampled_from(("chat", "email")),
    mood=st.sampled_from((MoodLabel.CALM, MoodLabel.ANGRY)),
    skilled=st.booleans(),
    declined=st.sets(st.sampled_from(AGENTS), max_size=3).map(lambda each: tuple(sorted(each))),
)


def eligible(house: House, policy: IndexPolicy, who: AgentId) -> Iterator[RoutingDoc]:
    profile = next(each.agent() for each in SETTINGS.agents if each.id == who)
    for each in house.docs():
        kept = each.state == RoutingState.HELD and each.previous_agent == who
        room = house.roster.has_room(who, each.channel)
        spared = house.roster.is_spared(who, each.mood.label)
        suits = policy.fit(policy.signature(each), profile).value > 0
        if (each.state == RoutingState.WAITING or kept) and suits and room and not spared:
            yield each


def naive(house: House, policy: IndexPolicy, who: AgentId) -> list[Ranked]:
    """Return all that an agent may take, as it ranks."""
    profile = next(each.agent() for each in SETTINGS.agents if each.id == who)
    ranked = []
    for each in eligible(house, policy, who):
        signature, since = policy.signature(each), policy.virtual_arrival(each)
        fit, previous = policy.fit(signature, profile).value, each.previous_agent == who
        weight = policy.weight(fit, policy.slope(signature), previous=previous)
        rank = weight * (policy.clock(NOW) - since)
        ranked.append(Ranked(-rank, since, each.conversation, previous))
    return sorted(ranked)


def latest(house: House, policy: IndexPolicy, who: AgentId) -> ConversationId | None:
    """Return what is the latest by its own target, of what an agent may take."""
    late = []
    for each in eligible(house, policy, who):
        since, target = policy.virtual_arrival(each), policy.target(each.channel)
        if NOW - since > target:
            late.append((-(1 / target) * (NOW - since), since, each.conversation))
    return min(late)[2] if late else None


def tie_break(ranked: list[Ranked]) -> str:
    first, *others = ranked
    ages = [each.virtual_arrival for each in others if each.minus_rank == first.minus_rank]
    if first.virtual_arrival in ages:
        return "conversation"
    return "arrival" if ages else ""


@pytest.mark.parametrize("chosen", [SETTINGS, LEVEL], ids=["sigma", "level"])
@pytest.mark.parametrize("loop_max", [heads.LOOP_MAX, 0], ids=["loop", "numpy"])
@hypothesis.settings(max_examples=60)
@given(st.lists(DOCS, max_size=25))
def test_the_firsts_of_the_classes_give_what_a_scan_of_everything_gives(
    chosen: RoutingSettings, loop_max: int, changes: list[RoutingDoc]
) -> None:
    policy = IndexPolicy(chosen)
    house = House(chosen, policy)
    house.put_agent(SPARED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "LOOP_MAX", loop_max)
        patch.setattr(classes, "EMPTY_MAX", 2)
        for change in changes:
            house.put(change)
            for who in AGENTS:
                head, ranked = house.queue.best_for(who, NOW), naive(house, policy, who)
                found = None if head is None else Ranked(-head.score, *head[1:3], head.previous)
                assert found == (ranked[0] if ranked else None)
                assert head is None or head.tie_break == tie_break(ranked)
                overdue = house.queue.best_for(who, NOW, overdue=True)
                expected = latest(house, policy, who)
                assert (overdue.conversation if overdue else None) == expected


@given(st.lists(DOCS, max_size=25, unique_by=lambda each: each.conversation), st.randoms())
def test_the_order_in_which_conversations_were_put_does_not_matter(
    docs: list[RoutingDoc], shuffled: object
) -> None:
    other = docs.copy()
    shuffled.shuffle(other)  # type: ignore[attr-defined]
    orders = [drained(docs, who) for who in AGENTS]
    assert orders == [drained(other, who) for who in AGENTS]


def drained(docs: list[RoutingDoc], who: AgentId) -> list[object]:
    house = House(SETTINGS, IndexPolicy(SETTINGS))
    for each in docs:
        house.put(each)
    taken = []
    while head := house.queue.best_for(who, NOW):
        taken.append(head)
        house.queue.remove(head.conversation)
    return taken


VIRTUAL = st.one_of(st.just(None), st.integers(0, 2**50))


@given(
    st.lists(st.tuples(VIRTUAL, st.floats(1e-12, 1e6), st.integers(0, 2)), min_size=1),
    st.integers(2**40, 2**51),
    st.none() | st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_a_loop_and_numpy_give_the_same_bits(
    rows: list[tuple[int | None, float, int]], now: int, shut: list[bool] | None
) -> None:
    columns = Columns()
    for slot, (virtual, _, kind) in enumerate(rows):
        columns.append(kind, 1.0)
        columns.put(slot, None if virtual is None else (virtual, ConversationId("cnv_x")))
    slots = list(range(len(rows)))
    weights = [weight for _, weight, _ in rows]
    few = heads.best_of_few(slots, weights, columns, now, shut)
    many = heads.best_of_many(np.array(slots), np.array(weights), columns, now, shut)
    assert many[0] == few[0]
    assert many[0] == -math.inf or many == few


# -- what is forgotten
def sizes(queue: Queue) -> list[int]:
    """Return how many entries each heap has."""
    lines = [line for group in queue._classes.all for line in group.lines.values()]
    own = [line for desk in queue._desks.values() if desk.own for line in desk.own._lines.values()]
    return [
        *(len(line) for line in (*lines, *own)),
        *(len(group._firsts) for group in queue._classes.all),
    ]


def test_going_to_and_fro_between_classes_leaves_no_heap_of_stale_entries() -> None:
    house = House(SETTINGS, IndexPolicy(SETTINGS))
    house.put(doc("calm", previous=AGENTS[0]))
    for number in range(1_000):
        mood = (MoodLabel.CALM, MoodLabel.ANGRY)[number % 2]
        declined = AGENTS[number // 2 % 4 : number // 2 % 5]
        house.put(doc("x", mood=mood, previous=AGENTS[0], declined=declined))
    assert len(house.queue) == 2
    assert max(sizes(house.queue)) <= 2 * 2 + 17


def test_refusals_make_no_classes_and_leave_no_lines() -> None:
    house = House(SETTINGS, IndexPolicy(SETTINGS))
    for number in range(200):
        who = AgentId(f"nobody{number}")
        house.put(doc(str(number % 20), number, declined=(AGENTS[0], who)))
    queue = house.queue
    assert len(queue._classes.all) == 1
    assert len(queue._classes.all[0].lines) == 20
    assert len(queue._passed) == 21
    assert queue.best_for(AGENTS[0], NOW) is None
    for number in range(20):
        house.put(doc(str(number), state=RoutingState.CLOSED))
    assert not queue._passed
    assert not queue._classes.all[0].lines


def test_classes_that_stand_empty_are_forgotten_and_their_work_is_found_when_it_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(classes, "EMPTY_MAX", 10)
    house = House(SETTINGS, IndexPolicy(SETTINGS))
    house.put(doc("stays", 999_000))
    for number in range(100):
        for state in (RoutingState.WAITING, RoutingState.CLOSED):
            house.put(doc("x", channel=f"channel{number}", previous=AGENTS[0], state=state))
            head = house.queue.best_for(AGENTS[0], NOW)
            assert head is not None
            assert (head.conversation == "cnv_x") == (state == RoutingState.WAITING)
    assert len(house.queue._classes.all) <= 12
    own = house.queue._desks[AGENTS[0]].own
    assert own is not None
    assert len(own._lines) <= 2 + 17


def test_a_policy_is_asked_once_for_a_class_and_a_profile() -> None:
    asked = []

    class Counting(IndexPolicy):
        def fit(self, signature: Signature, agent: Agent) -> Fit:
            asked.append((signature, agent.id))
            return super().fit(signature, agent)

    house = House(SETTINGS, Counting(SETTINGS))
    for number in range(30):
        house.put(doc(str(number), number, declined=(AGENTS[number % 2],)))
    for _ in range(5):
        for who in AGENTS:
            house.queue.best_for(who, NOW)
    assert sorted(who for _, who in asked) == ["ann", "bob", "dan"]


def test_an_entry_from_before_a_hold_or_under_another_agent_counts_no_more() -> None:
    house = House(SETTINGS, IndexPolicy(SETTINGS))
    ann, _, bob, *_ = AGENTS
    # A neighbour keeps the class, and with it the old entries, alive.
    house.put(doc("y", 1, previous=ann))
    house.put(doc("x", previous=ann))
    house.put(doc("x", state=RoutingState.HELD, previous=bob))
    head_of_ann = house.queue.best_for(ann, NOW)
    head_of_bob = house.queue.best_for(bob, NOW)
    assert head_of_ann is not None
    assert head_of_ann.conversation == "cnv_y"
    assert head_of_bob is not None
    assert (head_of_bob.conversation, head_of_bob.previous) == ("cnv_x", True)
    assert house.queue.held_for(bob) == ["cnv_x"]
    assert house.queue.held_for(ann) == []
