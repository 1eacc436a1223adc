"""Who waits: why, in whose way, until when, and for how long; nothing is changed by asking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from maitred.contracts.agents import AgentDoc
from maitred.contracts.conversation import MoodTrack, Needs
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import HOUR_MS, MINUTE_MS, SECOND_MS
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.explaining.wording import CAUSES
from maitred.router.house import House
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import AgentSettings, RoutingSettings
from maitred.router.waits.waiting import Queue, waiting
from tests.router.play import START, agent, asks, settings
from tests.router.waits.queues import (
    ANGRY,
    ANN,
    BOB,
    CYD,
    EVERYBODY,
    NOW,
    TAX,
    asked,
    closed,
    doc,
    full,
    one,
    online,
    three,
)

TWO = [
    agent(ANN, capacity=1, skills={"tax": 0.9}),
    agent(BOB, capacity=1, skills={"tax": 0.8}),
    agent(CYD, capacity=1),
]
LATER = {"due_at": START + 6 * SECOND_MS}
CASES: list[tuple[str, list[AgentSettings], list[AgentDoc], RoutingDoc, str, str]] = [
    (
        "all who have it are full",
        TWO,
        EVERYBODY,
        doc(needs=TAX, **LATER),
        "full",
        "needs tax at 0.7: two have it, both full (Ann, Bob); tax relaxes to 0.35 in 4 s",
    ),
    (
        "a language is relaxed as well",
        [agent(ANN, capacity=1, languages={"en": 1.0}), agent(BOB, languages={"fr": 1.0})],
        [online(ANN)],
        doc(needs=asks(language="fr"), step=1),
        "offline",
        (
            "needs the language fr: only one has it, not on line (Bob); "
            "the language is no bar any more in 58 s"
        ),
    ),
    (
        "each has another reason",
        three(skills={"tax": 0.9}),
        [online(ANN), online(BOB, spared_until=NOW + 1), AgentDoc(id=CYD)],
        doc(needs=TAX, mood=ANGRY, step=9),
        "full",
        (
            "needs tax: three have it, one full (Ann), one spared angry customers for now (Bob), "
            "one not on line (Cyd)"
        ),
    ),
    (
        "it is kept for one",
        three(),
        EVERYBODY,
        doc(state=RoutingState.HELD, previous_agent=ANN, due_at=START + 7 * SECOND_MS),
        "held",
        "kept for Ann until 22:13:27 UTC; Ann is full",
    ),
    (
        "all who suit declined",
        three(),
        EVERYBODY,
        doc(declined=(ANN, BOB, CYD), due_at=START + 22 * SECOND_MS, step=9),
        "declined",
        "declined by all three who suit (Ann, Bob, Cyd); asked again in 20 s",
    ),
    (
        "the only one declined",
        [agent(ANN, skills={"tax": 1.0}), agent(BOB)],
        EVERYBODY[:2],
        doc(needs=TAX, declined=(ANN,), due_at=START + 22 * SECOND_MS, step=9),
        "declined",
        "needs tax: declined by the only one who suits (Ann); asked again in 20 s",
    ),
    (
        "nobody has the skill",
        three(),
        EVERYBODY,
        doc(needs=TAX, step=9),
        "nobody",
        "needs tax: nobody in the house has `tax`",
    ),
    (
        "nobody is that good yet",
        [agent(ANN, capacity=1, skills={"tax": 0.5})],
        EVERYBODY[:1],
        doc(needs=TAX, due_at=START + 6 * SECOND_MS),
        "nobody",
        (
            "needs tax at 0.7: nobody is that good at `tax`, the best is at 0.5; "
            "tax relaxes to 0.35 in 4 s"
        ),
    ),
    (
        "nobody speaks it",
        three(languages={"en": 1.0}),
        EVERYBODY,
        doc(needs=asks(language="fr"), step=1),
        "nobody",
        (
            "needs the language fr: nobody in the house speaks `fr`; "
            "the language is no bar any more in 58 s"
        ),
    ),
    (
        "nobody has all of it",
        [agent(ANN, skills={"tax": 1.0}), agent(BOB, skills={"law": 1.0})],
        EVERYBODY[:2],
        doc(needs=asks(("law", 0.0), ("tax", 0.0))),
        "nobody",
        "needs law and tax: nobody in the house has all of it",
    ),
    (
        "machines only",
        [agent(ANN, kind="ai")],
        EVERYBODY[:1],
        doc(needs=asks(human_only=True)),
        "nobody",
        "needs a human: nobody in the house is human",
    ),
    (
        "nobody is on line",
        three(),
        [],
        doc(),
        "offline",
        "three may have it, all three not on line (Ann, Bob, Cyd)",
    ),
    (
        "somebody has room after all",
        three(),
        [online(ANN), online(BOB), online(CYD, presence_at=START)],
        doc(),
        "free",
        "three may have it, one free and asked next (Cyd), two full (Ann, Bob)",
    ),
]


@pytest.mark.parametrize(
    ("agents", "states", "waits", "cause", "why"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_why_it_waits(
    agents: list[AgentSettings], states: list[AgentDoc], waits: RoutingDoc, cause: str, why: str
) -> None:
    busy = full(ANN, BOB) if cause == "free" else full(*(AgentId(each.id) for each in agents))
    queue = asked(agents, states, [*busy, waits])
    assert (one(queue).cause, one(queue).why) == (cause, why)
    assert queue.causes == {cause: 1}
    assert cause in CAUSES


def test_many_are_counted_and_not_named() -> None:
    names = [AgentId(f"a{number:02}") for number in range(40)]
    crew = [agent(each, capacity=1) for each in names]
    queue = asked(crew, [online(each) for each in names], [*full(*names), doc()])
    assert one(queue).why == "40 may have it, all 40 full"


def test_the_most_urgent_are_told_and_all_are_counted() -> None:
    docs = [
        *full(ANN),
        doc("calm", arrived_at=START - MINUTE_MS),
        doc("angry", arrived_at=START - MINUTE_MS, mood=ANGRY),
        doc("mail", arrived_at=START - HOUR_MS, channel="email"),
        doc("tax", needs=TAX, step=9),
    ]
    chosen = settings(agent(ANN, capacity=1))
    policy = IndexPolicy(chosen)
    house = House(chosen, policy)
    house.put_agent(online(ANN))
    for each in docs:
        house.put(each)
    queue = waiting(house, policy, chosen, NOW, most=2)
    assert [each.conversation for each in queue.shown] == ["cnv_angry", "cnv_calm"]
    assert [each.place for each in queue.shown] == [1, 2]
    assert (queue.count, queue.causes) == (4, {"full": 3, "nobody": 1})


def test_what_is_left_of_the_sla_goes_below_0_when_it_is_late() -> None:
    late = one(asked(three(), [], [doc()], now=START + 90 * SECOND_MS))
    assert (late.sla_ms, late.left_ms, late.age_ms) == (60_000, -30_000, 90_000)


ANYBODY = st.sampled_from([ANN, BOB, CYD])
STATES = st.sampled_from([RoutingState.WAITING, RoutingState.HELD, RoutingState.CLOSED])
DOCS = st.builds(
    doc,
    st.integers(0, 30).map(str),
    state=STATES,
    channel=st.sampled_from(["chat", "email", "fax"]),
    needs=st.sampled_from([Needs(), TAX, asks(("law", 1.0), language="fr", human_only=True)]),
    mood=st.sampled_from([MoodTrack(), ANGRY]),
    previous_agent=ANYBODY,
    declined=st.lists(ANYBODY, max_size=3, unique=True).map(tuple),
    arrived_at=st.integers(START - 10 * HOUR_MS, START),
    state_at=st.integers(START - HOUR_MS, START),
    due_at=st.integers(START, START + HOUR_MS),
    step=st.integers(0, 3),
)


@given(
    st.lists(DOCS, max_size=12),
    st.sets(ANYBODY),
    st.lists(st.integers(1, 40), min_size=3, max_size=3),
    st.integers(-HOUR_MS, 3 * HOUR_MS),
)
@examples(max_examples=80, deadline=None)
def test_whatever_waits_is_told_in_order_and_every_range_is_one(
    docs: list[RoutingDoc], there: set[AgentId], paces: list[int], later: int
) -> None:
    told = [
        each
        for name, count in zip((ANN, BOB, CYD), paces, strict=True)
        for each in closed(count, name, every_ms=MINUTE_MS)
    ]
    states = [online(each) for each in sorted(there)]
    crew = [agent(ANN, skills={"tax": 0.9}), agent(BOB, languages={"fr": 0.5}), agent(CYD)]
    queue = asked(crew, states, [*told, *docs], now=START + later)
    waits = {each.conversation: each for each in docs}.values()
    assert queue.count == sum(each.state != RoutingState.CLOSED for each in waits)
    assert sum(queue.causes.values()) == queue.count == len(queue.shown)
    assert [each.place for each in queue.shown] == list(range(1, queue.count + 1))
    for each in queue.shown:
        assert each.why
        assert each.ahead >= 0
        assert each.estimate is None or 0 <= each.estimate.p10 <= each.estimate.p50
        assert each.estimate is None or each.estimate.p50 <= each.estimate.p90


def test_an_empty_house_has_nobody_who_waits() -> None:
    chosen = RoutingSettings()
    policy = IndexPolicy(chosen)
    assert waiting(House(chosen, policy), policy, chosen, NOW) == Queue(NOW, 0, {}, ())
