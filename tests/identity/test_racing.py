"""Many writers at once: the same customers as one writer, whatever comes in between.

Each resolver places messages with reads that are as old as they were made, and loses its
compare-and-set when another was faster. The sequential answer is the partition of all evidence.
"""

from __future__ import annotations

from collections.abc import Generator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.documents import ComponentDoc
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message
from maitred.contracts.view import NotRead
from tests.identity.truth import customers_of, evidence_of, hold, living
from tests.identity.world import (
    START,
    Loaded,
    Stale,
    World,
    account,
    email,
    phone,
    said,
    slack,
    visitor,
)

NUMBERS = [phone(f"+1415555010{n}") for n in range(2)]
PEOPLE = [
    *(visitor(f"v{n}") for n in range(5)),
    *(email(f"p{n}@example.com") for n in range(4)),
    *(account(f"a{n}") for n in range(3)),
    *(Observed(identifier=each.identifier, level=Level.PROVEN) for each in NUMBERS),
    *NUMBERS,
    slack("U1"),
    email("info@example.com"),
    email("p0@example.com", Level.CLAIMED),
    email("p1@example.com", Level.ASSERTED),
]
OWN = [*(visitor(f"v{n}") for n in range(5)), *(email(f"p{n}@example.com") for n in range(4))]
CONFLICTS_MAX = 5_000
observed = st.lists(
    st.sampled_from(PEOPLE), min_size=1, max_size=3, unique_by=lambda each: each.identifier
)
traffic = st.lists(observed, min_size=2, max_size=14)
steps = st.sampled_from([1, 17 * DAY_MS])
"""Milliseconds from message to message: within one session, or so that numbers change hands."""


def _messages(shown: list[list[Observed]], step: int) -> list[Message]:
    return [
        said(f"m{number}", *people, at=START + number * step) for number, people in enumerate(shown)
    ]


def _world(messages: list[Message]) -> World:
    return World(now=max(message.received_at for message in messages))


def _agree(world: World, messages: list[Message]) -> None:
    """Check that the store says what all evidence at once does, at any time."""
    for at in {message.received_at for message in messages} | {0}:
        assert set(world.customers(at)) == customers_of(messages, at)
    hold(world)


def _resolver(world: World, inbox: list[Message], conflicts: list[str]) -> Generator[None]:
    """Place messages, stopping before every read and every commit for others to come between."""
    while inbox:
        message = inbox.pop(0)
        view = Loaded()
        while True:
            yield
            try:
                _, documents = world.compute(message, view)
            except NotRead as needed:
                # One by one: the view may stand between two states.
                for subject in needed.subjects:
                    world.load(view, (subject,))
                    yield
                continue
            yield
            try:
                world.commit(view, documents)
            except Stale as stale:
                conflicts.append(str(stale))
                assert len(conflicts) < CONFLICTS_MAX, "somebody never commits"
                view = Loaded()
                continue
            break


def _race(messages: list[Message], resolvers: int, chance: Random) -> tuple[World, list[str]]:
    world, inbox, conflicts = _world(messages), list(messages), list[str]()
    running = [_resolver(world, inbox, conflicts) for _ in range(resolvers)]
    while running:
        chosen = chance.choice(running)
        if next(chosen, running) is running:
            running.remove(chosen)
    return world, conflicts


@settings(max_examples=60, deadline=None)
@given(traffic, steps, st.integers(0, 2**16))
def test_racing_resolvers_agree_with_the_partition_of_all_evidence(
    shown: list[list[Observed]], step: int, seed: int
) -> None:
    messages = _messages(shown, step)
    world, _ = _race(messages, 3, Random(seed))  # noqa: S311  (a seed for who comes next)
    _agree(world, messages)
    assert sum(customer.messages for customer in living(world)) == len(messages)


@settings(max_examples=80, deadline=None)
@given(traffic, steps, st.randoms(use_true_random=False))
def test_any_order_of_arrival_and_any_duplicates_end_in_the_same_customers(
    shown: list[list[Observed]], step: int, chance: Random
) -> None:
    messages = _messages(shown, step)
    again = [*messages, *messages[::3]]
    chance.shuffle(again)
    world = _world(messages)
    for message in again:
        world.take(message)
    _agree(world, messages)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("people", [PEOPLE, OWN], ids=["shared", "own"])
@pytest.mark.parametrize("step", [1, DAY_MS])
def test_a_busy_store_loses_no_message_and_no_evidence(
    seed: int, people: list[Observed], step: int
) -> None:
    chance = Random(seed)  # noqa: S311  (a seed for who comes next)
    shown = [chance.sample(people, chance.choice((1, 1, 1, 1, 2))) for _ in range(80)]
    messages = _messages(shown, step)
    world, conflicts = _race(messages, 8, chance)
    assert conflicts, "a race in which nobody ever collides proves nothing"
    _agree(world, messages)
    _, edges = evidence_of(messages)
    kept = [edge for component in world.components() for edge in component.edges]
    # Which message showed it first depends on which came first, and decides nothing.
    assert sorted((e.a, e.b, e.level, e.first_at, e.last_at) for e in kept) == [
        (e.a, e.b, e.level, e.first_at, e.last_at) for e in edges
    ]
    assert sum(customer.messages for customer in living(world)) == len(messages)


def test_takeover_is_impossible_whatever_a_stranger_claims_and_when() -> None:
    chance = Random(7)  # noqa: S311  (a seed for who comes next)
    victim = email("ann@example.com")
    claim = email("ann@example.com", Level.CLAIMED)
    honest = [said(f"h{n}", victim, visitor("home"), at=START + n) for n in range(6)]
    hostile = [
        *(said(f"c{n}", visitor("eve"), claim, at=START + n) for n in range(6)),
        *(said(f"f{n}", claim, victim, visitor("eve"), at=START + n) for n in range(6)),
    ]
    for _ in range(20):
        messages = [*honest, *hostile]
        chance.shuffle(messages)
        world, _ = _race(messages, 3, chance)
        (component,) = [d for _, d in world.store.values() if isinstance(d, ComponentDoc)]
        assert {m.identifier for m in component.members} == {
            victim.identifier,
            visitor("home").identifier,
        }
        (customer,) = [c.customer for c in component.customers]
        assert world.customer(customer).messages == len(honest)
