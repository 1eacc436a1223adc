"""What operators say about identifiers: what it does, what it is told to do, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from maitred.contracts.documents import IdentifierDoc
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import IdentifierKind, Observed
from maitred.contracts.limits import DAY_MS
from maitred.contracts.operations import OperationKind
from maitred.identity.operators.ground import Target
from maitred.identity.operators.obstacles import Reason
from maitred.identity.operators.operations import Order
from maitred.identity.operators.operations import said as ordered
from tests.identity.steward import Steward, known, parts, who
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


# -- what is said
def test_a_link_makes_two_one_customer_and_says_what_moved(world: World, desk: Steward) -> None:
    ann = world.take(said("a", ANN, name="Ann"))
    bob = world.take(said("b", BOB, at=START + 1, name="Bob"))
    world.take(said("b2", BOB, at=START + 2))
    outcome = desk.say(LINK, ANN, BOB)
    assert who(world, ANN, BOB) == parts((ANN, BOB))
    assert world.customer(ann.customer).messages == 3
    assert world.customer(bob.customer).alias_of == ann.customer
    receipt = outcome.receipt
    assert {side.customer for side in receipt.before} == {ann.customer, bob.customer}
    (after,) = receipt.after
    assert (after.customer, after.messages, after.conversations) == (ann.customer, 3, 2)
    (move,) = receipt.moves
    assert (move.source, move.target, move.messages) == (bob.customer, ann.customer, 2)
    assert move.identifiers == (key_of(BOB),)
    assert move.conversations == (bob.conversation,)
    gained = {(gain.readers, gain.of, gain.messages) for gain in receipt.gains}
    assert gained == {
        ((key_of(ANN),), (key_of(BOB),), 2),
        ((key_of(BOB),), (key_of(ANN),), 1),
    }
    record = desk.record(receipt.operation)
    assert (record.kind, record.by, record.why) == (LINK, "eve", "she called")
    assert {record.a, record.b} == {key_of(ANN), key_of(BOB)}


def test_who_was_never_seen_may_be_linked_and_is_known_when_he_writes(
    world: World, desk: Steward
) -> None:
    new = phone("+15552000001")
    ann = world.take(said("a", ANN))
    desk.say(LINK, ANN, new)
    pointer = world.get(TOOLS.subjects.identifier(key_of(new)), IdentifierDoc)
    assert world.owner(pointer) == ann.customer
    text = world.take(said("t", new, at=START + DAY_MS))
    assert (text.customer, text.conversation) == (ann.customer, ann.conversation)
    assert who(world, ANN, new) == parts((ANN, new))


def test_two_of_whom_nobody_ever_wrote_can_be_one(world: World, desk: Steward) -> None:
    desk.say(LINK, ANN, BOB)
    one, two = world.take(said("a", ANN)), world.take(said("b", BOB, at=START + 1))
    assert one.customer == two.customer
    assert one.conversation == two.conversation


def test_an_unlink_takes_back_what_was_seen_and_not_what_is_seen_later(
    world: World, desk: Steward
) -> None:
    world.take(said("a", ANN, BOB))
    desk.say(UNLINK, ANN, BOB)
    assert who(world, ANN, BOB) == parts((ANN,), (BOB,))
    world.take(said("b", ANN, BOB, at=START))
    assert who(world, ANN, BOB) == parts((ANN,), (BOB,))
    world.now = START + 3 * DAY_MS
    world.take(said("c", ANN, BOB, at=START + 3 * DAY_MS))
    assert who(world, ANN, BOB) == parts((ANN, BOB))


def test_an_unlink_tells_over_whom_two_are_one_all_the_same(world: World, desk: Steward) -> None:
    world.take(said("a", ANN, BOB))
    world.take(said("b", BOB, CAT, at=START + 1))
    world.take(said("c", CAT, ANN, at=START + 2))
    outcome = desk.say(UNLINK, ANN, BOB)
    assert outcome.receipt.held_by == (key_of(CAT),)
    assert who(world, ANN, BOB, CAT) == parts((ANN, BOB, CAT))
    assert desk.say(CANNOT, ANN, BOB).receipt.held_by == ()
    assert len(who(world, ANN, BOB, CAT)) == 2


def test_a_cannot_link_holds_whatever_is_seen_later(world: World, desk: Steward) -> None:
    known(world, ANN, BOB)
    desk.say(CANNOT, BOB, ANN)
    world.now = START + 9 * DAY_MS
    for day in range(3, 6):
        world.take(said(f"m{day}", ANN, BOB, at=START + day * DAY_MS))
    assert who(world, ANN, BOB) == parts((ANN,), (BOB,))


@pytest.mark.parametrize("kind", [SHARED, BLOCKED])
def test_who_is_shared_holds_nobody_together_and_the_gates_shut(
    world: World, desk: Steward, kind: OperationKind
) -> None:
    kiosk = visitor("kiosk")
    first = world.take(said("a", kiosk, ANN))
    world.take(said("b", kiosk, BOB, at=START + 1))
    shown = world.conversation(first)
    world.store[TOOLS.subjects.conversation(shown.id)] = (
        9,
        msgspec.structs.replace(shown, may_read=True, act_until=START + DAY_MS),
    )
    outcome = desk.say(kind, kiosk)
    assert who(world, kiosk, ANN, BOB) == parts((kiosk,), (ANN,), (BOB,))
    pointer = world.get(TOOLS.subjects.identifier(key_of(kiosk)), IdentifierDoc)
    assert world.customer(world.owner(pointer)).unidentified
    said_then = world.conversation(first)
    assert (said_then.may_read, said_then.act_until) == (False, 0)
    desk.undo(outcome.receipt.operation)
    assert who(world, kiosk, ANN, BOB) == parts((kiosk, ANN, BOB))
    assert not world.customer(first.customer).unidentified


# -- what is not done
def test_a_link_that_a_limit_forbids_is_told_and_not_written(world: World, desk: Steward) -> None:
    many = [email(f"m{number}@example.com") for number in range(6)]
    for number, other in enumerate(many[1:]):
        world.take(said(f"m{number}", many[0], other, at=START + number))
    known(world, ANN)
    before = dict(world.store)
    outcome = desk.say(LINK, ANN, many[3])
    (obstacle,) = outcome.receipt.obstacles
    assert (obstacle.reason, obstacle.kind, obstacle.limit) == (
        Reason.LIMIT,
        IdentifierKind.EMAIL,
        6,
    )
    assert not outcome.documents
    assert world.store == before


def test_a_link_that_a_cannot_link_forbids_names_the_operation(world: World, desk: Steward) -> None:
    world.take(said("a", ANN, BOB))
    known(world, CAT)
    cannot = desk.say(CANNOT, BOB, CAT).receipt.operation
    (obstacle,) = desk.say(LINK, ANN, CAT).receipt.obstacles
    assert (obstacle.reason, obstacle.operation) == (Reason.CANNOT_LINK, cannot)
    assert {obstacle.key, obstacle.other} == {key_of(BOB), key_of(CAT)}
    desk.undo(cannot)
    assert not desk.say(LINK, ANN, CAT).receipt.obstacles


@pytest.mark.parametrize(
    ("prepare", "other", "reason"),
    [
        (lambda desk: desk.say(SHARED, BOB), BOB, Reason.SHARED),
        (lambda desk: desk.say(BLOCKED, BOB), BOB, Reason.BLOCKED),
        (Steward.idle, email("support@example.com"), Reason.ROLE),
        (lambda desk: desk.say(LINK, BOB, account("4711")), BOB, Reason.HUB),
    ],
)
def test_a_link_to_what_holds_nobody_together_is_told(
    world: World,
    desk: Steward,
    prepare: Callable[[Steward], object],
    other: Observed,
    reason: Reason,
) -> None:
    known(world, ANN, BOB)
    prepare(desk)
    people = account("4712") if reason is Reason.HUB else ANN
    before = who(world, ANN, BOB)
    (obstacle,) = desk.say(LINK, people, other).receipt.obstacles
    assert (obstacle.reason, obstacle.key) == (reason, key_of(other))
    assert who(world, ANN, BOB) == before


def test_a_number_may_be_linked_to_its_new_owner_and_stays_the_former_one_s_for_his_time(
    world: World, desk: Steward
) -> None:
    number, former, new = phone("+15552000001"), account("4711"), account("4712")
    desk.say(LINK, former, number)
    desk.now += 200 * DAY_MS
    outcome = desk.say(LINK, new, number)
    assert not outcome.receipt.obstacles
    members = [set(side.identifiers) for side in outcome.receipt.after]
    assert {key_of(former), key_of(number)} in members
    assert {key_of(new), key_of(number)} in members


@pytest.mark.parametrize("kind", [LINK, CANNOT, SHARED, BLOCKED, UNLINK])
def test_what_was_said_already_is_not_said_again(
    world: World, desk: Steward, kind: OperationKind
) -> None:
    known(world, ANN, BOB)
    if kind is UNLINK:
        desk.say(LINK, ANN, BOB)
    pair = (ANN,) if kind in {SHARED, BLOCKED} else (ANN, BOB)
    first = desk.say(kind, *pair)
    before = dict(world.store)
    again = desk.say(kind, *pair[::-1])
    assert again.already is not None
    assert again.already.id == first.receipt.operation
    assert (again.already.by, again.already.why) == ("eve", "she called")
    assert world.store == before


@pytest.mark.parametrize(("kind", "people"), [(CANNOT, (ANN, BOB)), (SHARED, (BOB,))])
def test_a_link_that_something_parts_by_now_says_what_when_it_is_said_again(
    world: World, desk: Steward, kind: OperationKind, people: tuple[Observed, ...]
) -> None:
    known(world, ANN, BOB)
    desk.say(LINK, ANN, BOB)
    parting = desk.say(kind, *people)
    before = dict(world.store)
    again = desk.say(LINK, ANN, BOB)
    assert again.already is None
    assert [each.operation for each in again.receipt.obstacles] == [parting.receipt.operation]
    assert world.store == before
    desk.undo(parting.receipt.operation)
    assert desk.say(LINK, ANN, BOB).already is not None


def test_links_and_unlinks_of_one_pair_follow_each_other_whatever_the_clocks_say(
    world: World, desk: Steward
) -> None:
    known(world, ANN, BOB)
    for _ in range(3):
        assert desk.say(LINK, ANN, BOB).already is None
        assert len(who(world, ANN, BOB)) == 1
        desk.now -= 5
        assert desk.say(UNLINK, ANN, BOB).already is None
        assert len(who(world, ANN, BOB)) == 2
        desk.now -= 5


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ((LINK, ANN, ANN), "same"),
        ((UNLINK, ANN, BOB), "nothing"),
        ((UNLINK, ANN, CAT), "nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(
    world: World, desk: Steward, order: tuple[OperationKind, Observed, Observed], code: str
) -> None:
    known(world, ANN, BOB)
    with pytest.raises(Permanent) as refused:
        desk.say(*order)
    assert refused.value.code == code


def test_who_is_named_by_a_key_must_be_known(world: World, desk: Steward) -> None:
    known(world, ANN, BOB)
    order = by_key(desk.order(LINK, ANN, BOB))
    assert desk.commit(lambda view: ordered(order, view, TOOLS)).receipt.operation
    stranger = by_key(desk.order(LINK, ANN, CAT))
    with pytest.raises(Permanent, match="no identifier is known") as refused:
        desk.commit(lambda view: ordered(stranger, view, TOOLS))
    assert refused.value.code == "not_found"


def by_key(order: Order) -> Order:
    """Return the order with its identifiers named by their keys alone."""
    assert order.b is not None
    return replace(order, a=Target(order.a.key), b=Target(order.b.key))
