"""Evidence of a message that is taken back counts as never seen, and comes back when undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.documents import ComponentDoc, Edge
from maitred.contracts.entry import JoinReason, MessageEntry
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.ids import IdentifierKey, MessageId, operation_id
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.contracts.view import NotRead
from maitred.identity.bulk import Sighting
from maitred.identity.evidence import edges_of, join_edges, nodes_of
from maitred.identity.operators.ground import Target
from maitred.identity.operators.operations import Order, Outcome, undone
from maitred.identity.operators.revocation import Log, LogsWanted, revoked, shown, slot_of
from tests.identity.world import (
    START,
    TOOLS,
    Loaded,
    Stale,
    World,
    account,
    email,
    phone,
    said,
    visitor,
)

ANN, BOB, CAT = (email(f"{name}@example.com") for name in ("ann", "bob", "cat"))
PEOPLE = [
    *(visitor(f"v{number}") for number in range(3)),
    *(email(f"p{number}@example.com") for number in range(3)),
    *(account(f"a{number}") for number in range(2)),
]


@dataclass
class Archive:
    """A world that keeps its messages, and an operator who revokes some."""

    world: World = field(default_factory=lambda: World(now=START + 999 * DAY_MS))
    logs: dict[IdentifierKey, list[Message]] = field(default_factory=dict)
    now: int = START + 1_000 * DAY_MS
    before_each: Callable[[], None] = lambda: None
    """What others do before each read and each commit of a revocation."""

    def take(self, *messages: Message) -> None:
        for message in messages:
            placed = self.world.take(message)
            self.logs.setdefault(message.actor_key, []).append(message)
            entry = MessageEntry(
                message=message,
                customer=placed.customer,
                conversation=placed.conversation,
                joined=JoinReason.NONE,
            )
            subject = TOOLS.subjects.message(message.actor_key)
            self.world.store[subject] = (self.world.store.get(subject, (0, None))[0] + 1, entry)

    def revoke(self, message: Message) -> Outcome:
        self.now += 1
        order = Order(
            id=operation_id("eve", "revoked", self.now, message.id),
            kind=OperationKind.REVOKED,
            by="eve",
            why="a shop's tablet",
            at=self.now,
            a=Target(message.actor_key),
            message=message.id,
        )
        logs: dict[IdentifierKey, Log] = {}
        while True:
            view = Loaded()
            while True:
                try:
                    found = revoked(order, sighting(message), logs, view, TOOLS)
                except NotRead as needed:
                    self.before_each()
                    self.world.load(view, needed.subjects)
                    continue
                break
            self.before_each()
            if isinstance(found, LogsWanted):
                logs |= {key: self.log(key, found) for key in found.senders}
                continue
            with suppress(Stale):
                self.world.commit(view, found.documents)
                return found

    def log(self, key: IdentifierKey, wanted: LogsWanted) -> Log:
        messages = self.logs.get(key, [])
        edges = [edge for each in messages for edge in shown(sighting(each), TOOLS.keys)]
        return Log(
            messages[-1].id if messages else None,
            tuple(edge for edge in edges if slot_of(edge) in wanted.slots),
        )

    def undo(self, outcome: Outcome) -> None:
        self.now += 1
        documents = [document for _, document in self.world.store.values()]
        (record,) = [
            each
            for each in documents
            if isinstance(each, OperationDoc) and each.id == outcome.receipt.operation
        ]
        view = Loaded()
        while True:
            try:
                found = undone(record, "joe", "a slip", self.now, view, TOOLS)
            except NotRead as needed:
                self.world.load(view, needed.subjects)
                continue
            break
        self.world.commit(view, found.documents)

    def edges(self) -> tuple[Edge, ...]:
        return join_edges(edge for each in self.world.components() for edge in each.edges)


def sighting(message: Message) -> Sighting:
    return Sighting(message.id, message.received_at, (message.actor, *message.observed))


def evidence(messages: Iterable[Message]) -> tuple[Edge, ...]:
    return join_edges(
        edge
        for message in messages
        for edge in edges_of(
            nodes_of(message, TOOLS.keys, TOOLS.policy), message.id, message.received_at
        )
    )


def test_the_only_message_that_showed_two_together_is_taken_back() -> None:
    archive = Archive()
    one = said("a", ANN, BOB)
    archive.take(one, said("b", BOB, at=START + 1))
    assert len(archive.world.customers()) == 1
    outcome = archive.revoke(one)
    assert len(archive.world.customers()) == 2
    assert archive.edges() == ()
    archive.undo(outcome)
    assert len(archive.world.customers()) == 1
    assert archive.edges() == evidence([one])


def test_what_others_showed_as_well_still_counts_from_their_days_on() -> None:
    archive = Archive()
    days = [said(f"d{day}", ANN, BOB, at=START + day * DAY_MS) for day in (0, 3, 5)]
    other = said("o", BOB, ANN, at=START + 4 * DAY_MS)
    archive.take(*days, other)
    archive.revoke(days[0])
    archive.revoke(days[2])
    (edge,) = archive.edges()
    assert (edge.first_at, edge.last_at) == (
        START + 3 * DAY_MS - START % DAY_MS,
        START + 4 * DAY_MS - START % DAY_MS,
    )
    assert edge.source == days[1].id
    assert len(archive.world.customers()) == 1


def test_the_same_day_seen_twice_is_not_taken_back_with_one_of_the_two() -> None:
    archive = Archive()
    messages = [said(name, ANN, BOB, at=START + number) for number, name in enumerate("ab")]
    archive.take(*messages)
    archive.revoke(messages[0])
    assert archive.edges() == evidence(messages[1:])
    archive.revoke(messages[1])
    assert archive.edges() == ()


def test_a_third_one_s_message_is_found_in_his_log() -> None:
    archive = Archive()
    third = said("c", account("4711"), ANN, BOB, at=START + DAY_MS)
    one = said("a", ANN, BOB)
    archive.take(one, third)
    archive.revoke(one)
    assert archive.edges() == evidence([third])


def test_what_the_log_no_longer_reaches_stays() -> None:
    archive = Archive()
    messages = [said(f"d{day}", ANN, BOB, at=START + day * DAY_MS) for day in (0, 2, 4)]
    archive.take(*messages)
    before = archive.edges()
    del archive.logs[messages[0].actor_key][0]
    outcome = archive.revoke(messages[2])
    (edge,) = archive.edges()
    assert (edge.first_at, edge.last_at) == (before[0].first_at, evidence(messages[1:2])[0].last_at)
    archive.undo(outcome)
    assert archive.edges() == before


def test_a_message_placed_again_shows_nothing_once_it_is_revoked() -> None:
    archive = Archive()
    one = said("a", ANN, BOB)
    archive.take(one)
    archive.revoke(one)
    archive.world.take(one)
    assert archive.edges() == ()


def test_a_message_is_revoked_once() -> None:
    archive = Archive()
    one = said("a", ANN, BOB)
    archive.take(one)
    first = archive.revoke(one)
    again = archive.revoke(one)
    assert again.already is not None
    assert again.already.id == first.receipt.operation


@pytest.mark.parametrize(
    "nothing",
    [
        said("x", ANN),
        said("x", phone("+15552000001"), ANN),
        said("x", email("ann@example.com", Level.CLAIMED), BOB),
        said("x", visitor("v1"), email("ann@example.com", Level.CLAIMED)),
        said("x", email("support@example.com"), BOB),
    ],
)
def test_a_message_that_shows_nothing_together_is_refused(nothing: Message) -> None:
    archive = Archive()
    archive.take(nothing)
    with pytest.raises(Permanent) as refused:
        archive.revoke(nothing)
    assert refused.value.code == "nothing"


@pytest.mark.parametrize("moment", range(12))
@pytest.mark.parametrize("held", [False, True], ids=["parted", "held by a third"])
def test_whoever_writes_at_any_moment_of_a_revocation_is_not_forgotten(
    moment: int, *, held: bool
) -> None:
    """A message that shows what is known already changes no component, only its customer."""
    archive = Archive()
    one, two = said("a", ANN, BOB), said("b", ANN, BOB, at=START + 9)
    archive.take(one)
    if held:
        archive.take(said("x", ANN, CAT, at=START + 1), said("y", BOB, CAT, at=START + 2))
    moments = 0

    def writes() -> None:
        nonlocal moments
        if moments == moment:
            archive.take(two)
        moments += 1

    archive.before_each = writes
    archive.revoke(one)
    if moments <= moment:
        archive.take(two)
    (pair,) = map(slot_of, evidence([two]))
    (kept,) = [edge for edge in archive.edges() if slot_of(edge) == pair]
    assert kept.source == two.id
    assert len(archive.world.customers()) == 1


def test_who_reads_a_component_before_and_its_customer_after_a_revocation_looks_again() -> None:
    archive = Archive()
    one, two = said("a", ANN, BOB), said("b", ANN, BOB, at=START + 9)
    archive.take(one, said("x", ANN, CAT, at=START + 1), said("y", BOB, CAT, at=START + 2))
    view = Loaded()
    component = TOOLS.subjects.component(archive.world.components()[0].id)
    pointer = TOOLS.subjects.identifier(one.actor_key)
    archive.world.load(view, (pointer, component))
    archive.revoke(one)
    asked_again = 0
    while True:
        try:
            _, documents = archive.world.compute(two, view)
        except NotRead as needed:
            asked_again += component in needed.subjects
            archive.world.load(view, needed.subjects)
            continue
        break
    assert asked_again == 1
    written = documents[component]
    assert isinstance(written, ComponentDoc)
    assert set(evidence([two])) <= set(written.edges)


sightings = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True)
days = st.integers(0, 5)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(sightings, days), min_size=2, max_size=10), st.data())
def test_revoked_is_as_if_never_seen_and_undone_as_if_never_revoked(
    history: list[tuple[list[Observed], int]], data: st.DataObject
) -> None:
    archive = Archive()
    messages = [
        said(f"m{number}", *people, at=START + day * DAY_MS + number)
        for number, (people, day) in enumerate(history)
    ]
    archive.take(*messages)
    customers, folded = archive.world.customers(), slots(archive.edges())
    showing = [each for each in messages if evidence([each])]
    gone = data.draw(st.lists(st.sampled_from(showing), unique_by=_id)) if showing else []
    outcomes = [archive.revoke(each) for each in gone]
    left = [each for each in messages if each not in gone]
    assert slots(archive.edges()) == slots(evidence(left))
    plain = World(now=archive.world.now)
    for message in left:
        plain.take(message)
    alone = {frozenset([person.identifier]) for people, _ in history for person in people}
    assert (
        set(plain.customers()) <= set(archive.world.customers()) <= set(plain.customers()) | alone
    )
    for outcome in data.draw(st.permutations(outcomes)):
        archive.undo(outcome)
    assert archive.world.customers() == customers
    assert slots(archive.edges()) == folded


def _id(message: Message) -> MessageId:
    return message.id


def slots(edges: Iterable[Edge]) -> set[tuple[object, ...]]:
    return {(*slot_of(edge), edge.first_at, edge.last_at) for edge in edges}
