"""What an operator said is taken back, and leaves nothing behind."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.documents import CustomerDoc
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.ids import OperationId
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import ThreadHints
from maitred.contracts.operations import OperationKind
from maitred.contracts.routing import RoutingState
from tests.identity.steward import Steward, known, parts, state, who
from tests.identity.world import (
    START,
    TOOLS,
    World,
    account,
    email,
    key_of,
    phone,
    said,
    visitor,
)

LINK, UNLINK, CANNOT = OperationKind.LINK, OperationKind.UNLINK, OperationKind.CANNOT_LINK
SHARED, BLOCKED = OperationKind.SHARED, OperationKind.BLOCKED
ANN, BOB, CAT = (email(f"{name}@example.com") for name in ("ann", "bob", "cat"))


@pytest.fixture
def world() -> World:
    return World(now=START + DAY_MS)


@pytest.fixture
def desk(world: World) -> Steward:
    return Steward(world)


# -- what is taken back
def test_a_link_taken_back_leaves_everything_as_it_was(world: World, desk: Steward) -> None:
    known(world, ANN, BOB, CAT)
    before = state(world)
    operation = desk.say(LINK, ANN, BOB).receipt.operation
    assert state(world) != before
    receipt = desk.undo(operation).receipt
    assert state(world) == before
    assert len(receipt.after) == 2
    record = desk.record(operation)
    assert (record.undone_by, record.undone_why) == ("joe", "a slip")
    assert (record.by, record.why) == ("eve", "she called"), "it is still known who said it"


def test_what_is_undone_is_not_undone_again(world: World, desk: Steward) -> None:
    known(world, ANN, BOB)
    operation = desk.say(LINK, ANN, BOB).receipt.operation
    desk.undo(operation)
    before = dict(world.store)
    again = desk.undo(operation)
    assert again.already is not None
    assert again.already.undone_by == "joe"
    assert world.store == before


@pytest.mark.parametrize("first", [0, 1])
def test_links_in_a_chain_are_taken_back_in_any_order(
    world: World, desk: Steward, first: int
) -> None:
    known(world, ANN, BOB, CAT)
    before = state(world)
    operations = [desk.say(LINK, ANN, other).receipt.operation for other in (BOB, CAT)]
    desk.undo(operations[first])
    left = CAT if first == 0 else BOB
    gone = BOB if first == 0 else CAT
    assert who(world, ANN, BOB, CAT) == parts((ANN, left), (gone,))
    desk.undo(operations[1 - first])
    assert state(world) == before


def test_what_came_while_two_were_one_stays_with_whoever_wrote_it(
    world: World, desk: Steward
) -> None:
    ann = world.take(said("a", ANN, name="Ann"))
    bob = world.take(said("b", BOB, name="Bob", at=START + 1))
    operation = desk.say(LINK, ANN, BOB).receipt.operation
    both = world.take(said("b2", BOB, name="Bobby", at=START + 2))
    assert both.customer == ann.customer
    assert both.conversation == bob.conversation, "the newest open one"
    world.route(ann.conversation, RoutingState.CLOSED)
    world.route(bob.conversation, RoutingState.CLOSED)
    new = world.take(said("b3", BOB, name="Bobby", at=START + 3))
    assert new.opened
    desk.undo(operation)
    mine, his = world.customer(ann.customer), world.customer(bob.customer)
    assert (mine.name, mine.messages, mine.conversations) == ("Ann", 1, (ann.conversation,))
    assert (his.name, his.messages) == ("Bobby", 3)
    assert set(his.conversations) == {bob.conversation, new.conversation}
    assert his.open_conversations == (new.conversation,)
    assert world.conversation(new).customer == bob.customer
    assert world.conversation(both).customer == bob.customer
    assert world.conversation(ann).customer == ann.customer


def test_a_name_that_came_with_a_merge_goes_with_it(world: World, desk: Steward) -> None:
    ann = world.take(said("a", ANN))
    world.take(said("b", BOB, name="Bob", at=START + 1))
    operation = desk.say(LINK, ANN, BOB).receipt.operation
    assert world.customer(ann.customer).name == "Bob"
    desk.undo(operation)
    assert world.customer(ann.customer).name == ""


def test_the_conversations_of_two_who_wrote_much_come_back_whole(
    world: World, desk: Steward
) -> None:
    for person in (ANN, BOB):
        for number in range(40):
            name = f"{person.identifier.value} {number}"
            placed = world.take(said(name, person, at=START + number))
            world.route(placed.conversation, RoutingState.CLOSED)
    before = state(world)
    desk.undo(desk.say(LINK, ANN, BOB).receipt.operation)
    assert state(world) == before


def test_who_only_claimed_to_be_somebody_stays_with_the_conversation(
    world: World, desk: Steward
) -> None:
    known(world, ANN)
    bob = world.take(said("b", BOB, at=START + 1, thread=ThreadHints(own=("b@x",))))
    claim = email("bob@example.com", Level.CLAIMED)
    guest = said("g", claim, at=START + 2, thread=ThreadHints(own=("g@x",), refers_to=("b@x",)))
    shown = world.conversation(bob)
    world.store[TOOLS.subjects.conversation(shown.id)] = (
        9,
        msgspec.structs.replace(shown, participants=(*shown.participants, key_of(claim))),
    )
    placed = world.take(guest)
    assert placed.customer == bob.customer
    assert world.customer(bob.customer).messages == 2
    before = state(world)
    desk.undo(desk.say(LINK, ANN, BOB).receipt.operation)
    assert state(world) == before


def test_a_cannot_link_and_a_split_are_taken_back(world: World, desk: Steward) -> None:
    world.take(said("a", ANN, BOB, name="Ann"))
    world.take(said("b", BOB, name="Bob", at=START + 1))
    before = state(world)
    for kind in (CANNOT, UNLINK):
        operation = desk.say(kind, ANN, BOB).receipt.operation
        assert who(world, ANN, BOB) == parts((ANN,), (BOB,))
        desk.undo(operation)
        assert state(world) == before


def test_the_gates_shut_where_the_answer_would_go_to_somebody_else_now(
    world: World, desk: Steward
) -> None:
    ann = world.take(said("a", ANN))
    known(world, BOB)
    operation = desk.say(LINK, ANN, BOB).receipt.operation
    both = world.take(said("b", BOB, at=START + 2, thread=ThreadHints()))
    # Bob wrote last in what Ann had begun, and was told of all that was hers.
    shown = msgspec.structs.replace(
        world.conversation(ann),
        reply_to=world.conversation(both).reply_to,
        may_read=True,
        act_until=START + DAY_MS,
    )
    world.store[TOOLS.subjects.conversation(shown.id)] = (9, shown)
    desk.undo(operation)
    said_then = world.conversation(ann)
    assert said_then.customer == ann.customer
    assert (said_then.may_read, said_then.act_until) == (False, 0)


# -- whatever is said
PEOPLE = [
    *(email(f"p{number}@example.com") for number in range(4)),
    *(visitor(f"v{number}") for number in range(3)),
    *(account(f"a{number}") for number in range(3)),
    phone("+15552000001"),
]
words = st.tuples(
    st.sampled_from([LINK, LINK, UNLINK, CANNOT, SHARED, BLOCKED]),
    st.permutations(PEOPLE).map(lambda people: people[:2]),
)
sightings = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True)
steps = st.lists(st.one_of(words, sightings), min_size=4, max_size=20)


def spoken(desk: Steward, word: tuple[OperationKind, list[Observed]]) -> OperationId | None:
    """Say a word, if there is anything to be said; there may be nothing to unlink."""
    kind, (a, b) = word
    with suppress(Permanent):
        return desk.say(kind, a, None if kind in {SHARED, BLOCKED} else b).receipt.operation
    assert kind is UNLINK
    return None


@settings(max_examples=150, deadline=None)
@given(st.lists(sightings, min_size=2, max_size=8), st.lists(words, max_size=8), st.randoms())
def test_words_taken_back_in_any_order_leave_everything_as_it_was(
    shown: list[list[Observed]],
    said_then: list[tuple[OperationKind, list[Observed]]],
    chance: Random,
) -> None:
    world = World(now=START + DAY_MS)
    desk = Steward(world)
    for number, people in enumerate(shown):
        name = f"Name {number}" if number % 2 else ""
        world.take(said(f"m{number}", *people, at=START + number, name=name))
    before = state(world)
    operations = [each for word in said_then if (each := spoken(desk, word)) is not None]
    chance.shuffle(operations)
    for operation in operations:
        desk.undo(operation)
    after = state(world)
    # Who was named by an operator alone is known without having written.
    assert after.pop("who").items() >= before.pop("who").items()
    assert after == before


@settings(max_examples=100, deadline=None)
@given(steps, st.randoms())
def test_messages_between_words_end_where_they_would_have_without_them(
    history: list[object], chance: Random
) -> None:
    world, plain = World(now=START + DAY_MS), World(now=START + DAY_MS)
    desk, operations = Steward(world), []
    for number, step in enumerate(history):
        if isinstance(step, list):
            message = said(f"m{number}", *step, at=START + number)
            world.take(message)
            plain.take(message)
        elif (operation := spoken(desk, step)) is not None:
            operations.append(operation)
            if chance.random() < 0.3:
                desk.undo(operations.pop(chance.randrange(len(operations))))
    chance.shuffle(operations)
    for operation in operations:
        desk.undo(operation)
    assert set(world.customers()) >= set(plain.customers())
    assert messages(world) == messages(plain)
    hold(world)


def messages(world: World) -> int:
    documents = [document for _, document in world.store.values()]
    customers = [d for d in documents if isinstance(d, CustomerDoc) and d.alias_of is None]
    return sum(each.messages for each in customers)


def hold(world: World) -> None:
    """Check that everybody's conversations and words are his, and nobody else's."""
    living = [
        document
        for _, document in world.store.values()
        if isinstance(document, CustomerDoc) and document.alias_of is None
    ]
    members = {
        entry.customer: set(entry.members)
        for component in world.components()
        for entry in component.customers
    }
    listed = [each for document in living for each in document.conversations]
    assert len(listed) == len(set(listed)), "a conversation has one customer"
    for document in living:
        for writer in document.writers:
            assert writer.key in members.get(document.id, {writer.key})
