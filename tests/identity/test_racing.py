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

from maitred.contracts.documents import ComponentDoc, CustomerDoc, Edge, IdentifierDoc, Member
from maitred.contracts.identifiers import Identifier, Level, Observed
from maitred.contracts.ids import ConversationId, IdentifierKey
from maitred.contracts.message import Message
from maitred.contracts.view import NotRead
from maitred.identity.evidence import edges_of, nodes_of
from maitred.identity.reading import read_customer
from maitred.identity.resolver import partition
from tests.identity.world import START, TOOLS, Loaded, Stale, World, account, email, said, visitor

PEOPLE = [
    *(visitor(f"v{n}") for n in range(5)),
    *(email(f"p{n}@example.com") for n in range(4)),
    *(account(f"a{n}") for n in range(3)),
]
CONFLICTS_MAX = 5_000
observed = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True)
traffic = st.lists(observed, min_size=2, max_size=14)


def _messages(shown: list[list[Observed]]) -> list[Message]:
    return [said(f"m{number}", *people, at=START + number) for number, people in enumerate(shown)]


def _global(messages: list[Message]) -> set[frozenset[Identifier]]:
    """Return the partition of all evidence at once, without any store."""
    members: dict[IdentifierKey, Member] = {}
    edges: list[Edge] = []
    for message in messages:
        nodes = nodes_of(message, TOOLS.keys, TOOLS.policy)
        members.update({n.key: Member(key=n.key, identifier=n.identifier) for n in nodes})
        edges.extend(edges_of(nodes, message.id, message.received_at))
    clusters = partition(members.values(), edges, (), TOOLS.policy)
    return {frozenset(members[key].identifier for key in cluster) for cluster in clusters}


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
    world, inbox, conflicts = World(), list(messages), list[str]()
    running = [_resolver(world, inbox, conflicts) for _ in range(resolvers)]
    while running:
        chosen = chance.choice(running)
        if next(chosen, running) is running:
            running.remove(chosen)
    return world, conflicts


def _hold(world: World) -> None:
    """Check what must be true of the documents after any history."""
    everything = world.everything()
    pointers = [d for _, d in world.store.values() if isinstance(d, IdentifierDoc)]
    components = world.components()
    members = [member.key for component in components for member in component.members]
    assert len(members) == len(set(members)), "an identifier is in one component"
    for component in components:
        inside = [key for customer in component.customers for key in customer.members]
        assert sorted(inside) == [member.key for member in component.members]
    for pointer in pointers:
        owner = world.owner(pointer)
        known = everything.read(TOOLS.subjects.customer(owner), CustomerDoc)
        assert known is not None
        assert known.alias_of is None, "a component names nobody who is an alias"
    for _, document in world.store.values():
        if isinstance(document, CustomerDoc):
            end, found = read_customer(everything, TOOLS.subjects, document.id)
            assert found is not None
            assert end in set(world.customers().values())
    listed = [c for customer in _living(world) for c in customer.open_conversations]
    assert len(listed) == len(set[ConversationId](listed)), "a conversation has one customer"
    for subject, (revision, document) in world.store.items():
        assert not isinstance(document, IdentifierDoc) or revision == 1, subject


@settings(max_examples=60, deadline=None)
@given(traffic, st.integers(0, 2**16))
def test_racing_resolvers_agree_with_the_partition_of_all_evidence(
    shown: list[list[Observed]], seed: int
) -> None:
    messages = _messages(shown)
    world, _ = _race(messages, 3, Random(seed))  # noqa: S311  (a seed for who comes next)
    assert set(world.customers()) == _global(messages)
    _hold(world)


@settings(max_examples=60, deadline=None)
@given(traffic, st.randoms(use_true_random=False))
def test_any_order_of_arrival_and_any_duplicates_end_in_the_same_customers(
    shown: list[list[Observed]], chance: Random
) -> None:
    messages = _messages(shown)
    again = [*messages, *messages[::3]]
    chance.shuffle(again)
    world = World()
    for message in again:
        world.take(message)
    assert set(world.customers()) == _global(messages)
    _hold(world)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("people", [PEOPLE, PEOPLE[:9]], ids=["shared", "own"])
def test_a_busy_store_loses_no_message_and_no_evidence(seed: int, people: list[Observed]) -> None:
    chance = Random(seed)  # noqa: S311  (a seed for who comes next)
    shown = [chance.sample(people, chance.choice((1, 1, 1, 1, 2))) for _ in range(80)]
    messages = _messages(shown)
    world, conflicts = _race(messages, 8, chance)
    assert conflicts, "a race in which nobody ever collides proves nothing"
    assert set(world.customers()) == _global(messages)
    _hold(world)
    shown_pairs = {
        (edge.a, edge.b)
        for message in messages
        for edge in edges_of(nodes_of(message, TOOLS.keys, TOOLS.policy), message.id, START)
    }
    kept = {(edge.a, edge.b) for component in world.components() for edge in component.edges}
    assert kept == shown_pairs
    if people is not PEOPLE:
        assert sum(customer.messages for customer in _living(world)) == len(messages)


def _living(world: World) -> list[CustomerDoc]:
    documents = [document for _, document in world.store.values()]
    return [d for d in documents if isinstance(d, CustomerDoc) and d.alias_of is None]


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
