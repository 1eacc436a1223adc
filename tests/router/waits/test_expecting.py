"""For how long still: what a wait is estimated from, and what ends it before."""

from __future__ import annotations

import pytest

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.limits import MINUTE_MS, SECOND_MS
from maitred.contracts.routing import RoutingState
from maitred.router.handling.changing import WITHDRAWN
from tests.router.play import START, agent
from tests.router.waits.queues import (
    ANN,
    BOB,
    CYD,
    EVERYBODY,
    TAX,
    asked,
    closed,
    doc,
    full,
    one,
    online,
    three,
)


def test_without_anything_known_the_wait_is_unknown() -> None:
    assert one(asked(three(), EVERYBODY, [*full(ANN, BOB, CYD), doc()])).estimate is None
    told = closed(9, ANN, every_ms=MINUTE_MS)
    away = [online(BOB), AgentDoc(id=ANN, presence=Presence.AWAY, presence_at=START)]
    assert one(asked(three(), away, [*full(BOB), *told, doc()])).estimate is None
    taken = [
        doc(f"t{at}", state=RoutingState.CLOSED, previous_agent=ANN, closed_reason=WITHDRAWN)
        for at in range(9)
    ]
    assert one(asked(three(), EVERYBODY, [*full(ANN, BOB, CYD), *taken, doc()])).estimate is None


def test_the_wait_follows_from_how_quickly_slots_free_of_those_who_have_the_skill() -> None:
    crew = [
        agent(ANN, capacity=1, skills={"tax": 1.0}),
        agent(BOB, capacity=1),
        agent(CYD, capacity=1),
    ]
    told = [
        *closed(12, ANN, every_ms=5 * MINUTE_MS),
        *closed(60, BOB, every_ms=MINUTE_MS),
        *closed(60, CYD, every_ms=MINUTE_MS),
    ]
    busy = full(ANN, BOB, CYD)
    anybody = one(asked(crew, EVERYBODY, [*busy, *told, doc()])).estimate
    expert = one(asked(crew, EVERYBODY, [*busy, *told, doc(needs=TAX, step=9)])).estimate
    assert anybody is not None
    assert expert is not None
    assert 10 * SECOND_MS < anybody.p50 < MINUTE_MS
    assert 2 * MINUTE_MS < expert.p50 < 6 * MINUTE_MS
    assert expert.p10 < expert.p50 < expert.p90


def test_more_urgent_ones_ahead_make_it_longer_and_less_urgent_ones_do_not() -> None:
    told, crew = closed(60, ANN, every_ms=MINUTE_MS), [agent(ANN, capacity=1)]
    estimates = []
    for ahead, behind in ((0, 0), (0, 20), (3, 0), (20, 0)):
        others = [doc(f"h{at}", arrived_at=START - MINUTE_MS) for at in range(ahead)]
        others += [doc(f"l{at}", arrived_at=START + SECOND_MS) for at in range(behind)]
        queue = asked(crew, [online(ANN)], [*full(ANN), *told, *others, doc()])
        (found,) = [each for each in queue.shown if each.conversation == "cnv_x"]
        assert found.estimate is not None
        assert (found.place, found.ahead) == (ahead + 1, ahead)
        estimates.append(found.estimate.p50)
    assert estimates[0] == pytest.approx(estimates[1], rel=0.01)
    assert estimates[1] < estimates[2] < estimates[3]


def test_slots_that_go_to_the_more_urgent_who_come_later_do_not_count() -> None:
    crew = [agent(ANN, capacity=1)]
    mails = [doc("x", channel="email")]
    told = [
        *closed(60, ANN, every_ms=MINUTE_MS),
        *(
            doc(f"m{at}", channel="email", state=RoutingState.CLOSED, previous_agent=ANN)
            for at in range(6)
        ),
    ]
    found = one(asked(crew, [online(ANN)], [*full(ANN), *told, *mails])).estimate
    assert found is not None
    assert found.p50 > 4 * MINUTE_MS


def test_a_step_after_which_somebody_has_room_ends_the_wait() -> None:
    crew = [agent(ANN, capacity=1, skills={"tax": 0.9}), agent(BOB, skills={"tax": 0.2})]
    first = doc(needs=TAX, due_at=START + 6 * SECOND_MS)
    found = one(asked(crew, EVERYBODY[:2], [*full(ANN), first], relax=[0.1]))
    assert found.why.endswith("any level of tax will do in 4 s")
    assert found.estimate == (4_000, 4_000, 4_000)
    assert found.again_at == first.due_at


def test_what_is_kept_for_one_is_free_for_all_when_that_is_over() -> None:
    kept = doc(state=RoutingState.HELD, previous_agent=ANN, due_at=START + 7 * SECOND_MS)
    found = one(asked(three(), EVERYBODY, [*full(ANN), kept]))
    assert found.estimate == (5_000, 5_000, 5_000)
