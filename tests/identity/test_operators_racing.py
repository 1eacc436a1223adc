"""Operators at work while customers write: each as if he had been alone.

Resolvers and operators read documents one by one, as old as they may be, and lose their
compare-and-set when another was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from functools import partial
from random import Random

import msgspec
import pytest

from maitred.contracts.documents import CustomerDoc, IdentifierDoc
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import operation_id
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.contracts.view import NotRead
from maitred.identity.evidence import edges_of, join_edges, nodes_of
from maitred.identity.operators.ground import Target
from maitred.identity.operators.operations import Order, undone
from maitred.identity.operators.operations import said as ordered
from maitred.identity.resolver import partition
from tests.identity.world import (
    START,
    TOOLS,
    Loaded,
    Stale,
    World,
    account,
    email,
    key_of,
    said,
    visitor,
)

Documents = Mapping[str, msgspec.Struct]
PEOPLE = [
    *(visitor(f"v{number}") for number in range(3)),
    *(email(f"p{number}@example.com") for number in range(4)),
    *(account(f"a{number}") for number in range(2)),
]
WORDS = (OperationKind.LINK, OperationKind.UNLINK, OperationKind.CANNOT_LINK, OperationKind.SHARED)
TRIES_MAX = 5_000


def carried_out(
    world: World, step: Callable[[Loaded], Documents], lost: list[str]
) -> Generator[None]:
    """Carry a step out, stopping before every read and every commit for others to come between."""
    for _ in range(TRIES_MAX):
        view = Loaded()
        while True:
            yield
            try:
                documents = step(view)
                unread = tuple(each for each in documents if each not in view.documents)
                if unread:
                    raise NotRead(*unread)
            except NotRead as needed:
                for subject in needed.subjects:
                    view.documents[subject] = world.store.get(subject, (0, None))
                    yield
                continue
            yield
            try:
                world.commit(view, documents)
            except Stale as stale:
                lost.append(str(stale))
                break
            return
    raise AssertionError("somebody never commits")


def resolver(world: World, inbox: list[Message], lost: list[str]) -> Generator[None]:
    while inbox:
        yield from carried_out(world, partial(placed, world, inbox.pop(0)), lost)


def placed(world: World, message: Message, view: Loaded) -> Documents:
    return world.compute(message, view)[1]


def uttered(order: Order, view: Loaded) -> Documents:
    return ordered(order, view, TOOLS).documents


def taken_back(record: OperationDoc, view: Loaded) -> Documents:
    return undone(record, "joe", "so", record.at + 1, view, TOOLS).documents


def operator(
    world: World,
    name: str,
    words: list[tuple[OperationKind, list[Observed]]],
    lost: list[str],
    chance: Random,
) -> Generator[None]:
    """Say one word after the other, and take one back now and then."""
    for number, (kind, (a, b)) in enumerate(words):
        at = START + DAY_MS + number
        order = Order(
            id=operation_id(name, kind.value, at, key_of(a)),
            kind=kind,
            by=name,
            why="it races",
            at=at,
            a=Target(key_of(a), a.identifier),
            b=None if kind is OperationKind.SHARED else Target(key_of(b), b.identifier),
        )
        with suppress(Permanent):
            yield from carried_out(world, partial(uttered, order), lost)
        records = [each for _, each in world.store.values() if isinstance(each, OperationDoc)]
        standing = [each for each in records if not each.undone_at]
        if standing and chance.random() < 0.5:
            yield from carried_out(world, partial(taken_back, chance.choice(standing)), lost)


def race(running: list[Generator[None]], chance: Random) -> None:
    while running:
        chosen = chance.choice(running)
        if next(chosen, running) is running:
            running.remove(chosen)


def hold(world: World, messages: list[Message]) -> None:
    """Check that all evidence is there, that it was heeded, and that each has what is his."""
    shown = [
        edge
        for message in messages
        for edge in edges_of(nodes_of(message, TOOLS.keys, TOOLS.policy), message.id, START)
    ]
    kept = [edge for component in world.components() for edge in component.edges]
    assert {(e.a, e.b, e.level) for e in join_edges(shown)} == {(e.a, e.b, e.level) for e in kept}
    for component in world.components():
        found = partition(component.members, component.edges, component.statements, TOOLS.policy)
        assert {each.members for each in found.clusters} == {
            each.members for each in component.customers
        }
    pointers = [d for _, d in world.store.values() if isinstance(d, IdentifierDoc)]
    owners = {pointer.key: world.owner(pointer) for pointer in pointers}
    living = [
        document
        for _, document in world.store.values()
        if isinstance(document, CustomerDoc) and document.alias_of is None
    ]
    for document in living:
        for writer in document.writers:
            assert owners[writer.key] == document.id, "what he wrote is with somebody else"
    assert sum(document.messages for document in living) == len(messages)
    listed = [each for document in living for each in document.conversations]
    assert len(listed) == len(set(listed)), "a conversation has one customer"


@pytest.mark.parametrize("seed", range(40))
def test_operators_and_resolvers_at_once_end_as_one_after_the_other(seed: int) -> None:
    chance = Random(seed)  # noqa: S311  (a seed for who comes next)
    world, lost = World(now=START + DAY_MS), list[str]()
    messages = [
        said(f"m{n}", *chance.sample(PEOPLE, chance.choice((1, 1, 1, 2))), at=START + n)
        for n in range(50)
    ]
    inbox = list(messages)
    words = [[(chance.choice(WORDS), chance.sample(PEOPLE, 2)) for _ in range(8)] for _ in range(2)]
    race(
        [
            *(resolver(world, inbox, lost) for _ in range(3)),
            *(operator(world, f"o{n}", each, lost, chance) for n, each in enumerate(words)),
        ],
        chance,
    )
    assert lost, "a race in which nobody ever collides proves nothing"
    hold(world, messages)


def test_who_saw_a_component_before_a_split_and_its_customer_after_it_looks_again() -> None:
    world = World(now=START + DAY_MS)
    older, one, other = (visitor(f"v{number}") for number in range(3))
    named = world.take(said("a", older)).customer
    world.take(said("b", one, other, at=START + 1))
    world.take(said("c", older, one, at=START + 2))
    assert named is not None
    last_read = TOOLS.subjects.customer(named)

    def split() -> None:
        order = Order(
            id=operation_id("eve", "cannot_link", 1, key_of(older)),
            kind=OperationKind.CANNOT_LINK,
            by="eve",
            why="two people",
            at=START + DAY_MS,
            a=Target(key_of(older)),
            b=Target(key_of(one)),
        )
        steps = carried_out(world, partial(uttered, order), [])
        assert not list(filter(None, steps))

    message = said("d", other, at=START + 3)
    view = Loaded()
    while True:
        try:
            placement, documents = world.compute(message, view)
        except NotRead as needed:
            if last_read in needed.subjects:
                split()
                last_read = ""
            world.load(view, needed.subjects)
            continue
        break
    assert not last_read
    world.commit(view, documents)
    pointer = world.get(TOOLS.subjects.identifier(key_of(other)), IdentifierDoc)
    assert placement.customer == world.owner(pointer) != named
