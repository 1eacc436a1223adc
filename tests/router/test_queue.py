"""The queue against a naive scan, and what becomes of stale entries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.contracts.agents import RoutingDoc, RoutingState
from maitred.contracts.conversation import MoodTrack
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.router.house import House
from maitred.router.policy import IndexPolicy
from tests.router.play import START, agent, asks, settings

AGENTS = (AgentId("ann"), AgentId("bob"))
SETTINGS = settings(agent("ann", skills={"tax": 0.7}), agent("bob", deescalation=1.0))
NOW = START + 1_000_000

DOCS = st.builds(
    lambda number, age, mood, channel, previous, skilled, state: RoutingDoc(
        conversation=ConversationId(f"cnv_{number}"),
        customer=CustomerId("cus_x"),
        state=state if previous else RoutingState.WAITING,
        previous_agent=previous,
        channel=channel,
        account="main",
        needs=asks(("tax", 0.1)) if skilled else asks(),
        mood=MoodTrack(label=mood),
        arrived_at=START + age,
        state_at=START,
    ),
    st.integers(0, 9),
    st.integers(0, 5).map(lambda age: age * 100_000),
    st.sampled_from((MoodLabel.CALM, MoodLabel.ANGRY)),
    st.sampled_from(("chat", "email")),
    st.sampled_from((None, *AGENTS)),
    st.booleans(),
    st.sampled_from((RoutingState.WAITING, RoutingState.HELD, RoutingState.CLOSED)),
)


def naive(policy: IndexPolicy, docs: list[RoutingDoc], who: AgentId) -> ConversationId | None:
    ranked = []
    profile = next(each.agent() for each in SETTINGS.agents if each.id == who)
    for doc in docs:
        previous = doc.previous_agent == who
        waits = doc.state == RoutingState.WAITING or (doc.state == RoutingState.HELD and previous)
        signature = policy.signature(doc)
        fit = policy.fit(signature, profile).value
        if waits and fit > 0:
            since = policy.virtual_arrival(doc)
            weight = policy.weight(fit, policy.slope(signature), previous=previous)
            index = weight * (policy.clock(NOW) - since)
            ranked.append((-index, since, doc.conversation))
    return min(ranked)[2] if ranked else None


@given(st.lists(DOCS, max_size=40))
def test_the_heads_of_the_classes_give_what_a_scan_of_everything_gives(
    changes: list[RoutingDoc],
) -> None:
    policy = IndexPolicy(SETTINGS)
    house = House(SETTINGS, policy)
    for change in changes:
        house.put(change)
        for who in AGENTS:
            head = house.queue.best_for(who, NOW)
            assert (head.conversation if head else None) == naive(policy, house.docs(), who)


def test_going_to_and_fro_between_classes_leaves_no_heap_of_stale_entries() -> None:
    house = House(SETTINGS, IndexPolicy(SETTINGS))
    doc = RoutingDoc(
        conversation=ConversationId("cnv_x"),
        customer=CustomerId("cus_x"),
        state=RoutingState.WAITING,
        previous_agent=AGENTS[0],
        channel="chat",
        account="main",
        arrived_at=START,
        state_at=START,
    )
    house.put(replace(doc, conversation=ConversationId("cnv_calm")))
    for number in range(1_000):
        label = (MoodLabel.CALM, MoodLabel.ANGRY)[number % 2]
        house.put(replace(doc, mood=MoodTrack(label=label)))
    sizes = [
        len(heap)
        for group in house.queue._classes.values()
        for heap in (group.common, *group.by_agent.values())
    ]
    assert len(house.queue) == 2
    assert max(sizes) <= 2 * 2 + 17


def test_an_entry_from_before_a_hold_or_under_another_agent_counts_no_more() -> None:
    house = House(SETTINGS, IndexPolicy(SETTINGS))
    ann, bob = AGENTS
    doc = RoutingDoc(
        conversation=ConversationId("cnv_x"),
        customer=CustomerId("cus_x"),
        state=RoutingState.WAITING,
        previous_agent=ann,
        channel="chat",
        account="main",
        arrived_at=START,
        state_at=START,
    )
    # A neighbour keeps the class, and with it the old entries, alive.
    house.put(replace(doc, conversation=ConversationId("cnv_y"), arrived_at=START + 1))
    house.put(doc)
    house.put(replace(doc, state=RoutingState.HELD, previous_agent=bob))
    head_of_ann = house.queue.best_for(ann, NOW)
    head_of_bob = house.queue.best_for(bob, NOW)
    assert head_of_ann is not None
    assert head_of_ann.conversation == "cnv_y"
    assert head_of_bob is not None
    assert (head_of_bob.conversation, head_of_bob.previous) == ("cnv_x", True)
