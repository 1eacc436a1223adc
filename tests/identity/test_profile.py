"""What an operator is shown of a customer: who, how surely, by whose word, who else he may be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.documents import Statement, StatementKind
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.ids import CustomerId, conversation_id
from maitred.contracts.limits import CLAIM_AGE_MS, DAY_MS
from maitred.contracts.operations import OperationKind
from maitred.contracts.view import NotRead
from maitred.identity.operators.profile import (
    Profile,
    customer_of_conversation,
    customer_of_identifier,
    profile_of,
)
from tests.identity.steward import Steward
from tests.identity.world import (
    START,
    TOOLS,
    Loaded,
    World,
    account,
    email,
    key_of,
    phone,
    said,
    visitor,
)

ANN, BOB = email("ann@example.com"), email("bob@example.com")
NOW = START + DAY_MS


def asked(world: World, step: Callable[[Loaded], Profile]) -> Profile:
    view = Loaded()
    while True:
        try:
            return step(view)
        except NotRead as needed:
            world.load(view, needed.subjects)


def profile(world: World, who: CustomerId | Observed | None, at: int = NOW) -> Profile:
    def step(view: Loaded) -> Profile:
        customer = who
        if isinstance(who, Observed):
            customer = customer_of_identifier(
                TOOLS.keys.identifier(who.identifier), view, TOOLS, at
            )
        assert customer is not None
        assert not isinstance(customer, Observed)
        return profile_of(customer, view, TOOLS, at)

    return asked(world, step)


def test_one_who_was_never_seen_with_another_is_known_by_one_identifier() -> None:
    world = World()
    ann = world.take(said("a", ANN, name="Ann"))
    found = profile(world, ANN)
    assert found.customer.id == ann.customer
    (known,) = found.identifiers
    assert (known.identifier, known.level, known.messages) == (ANN.identifier, None, 1)
    assert (known.first_at, known.last_at) == (START, START)
    assert found == profile(world, ann.customer)


def test_nobody_was_last_seen_before_the_first_time() -> None:
    world = World(now=NOW)
    late = START + DAY_MS - 1
    world.take(said("a", visitor("v1"), ANN, at=late))
    spans = [(known.first_at, known.last_at) for known in profile(world, ANN).identifiers]
    assert spans == [(late, late), (late, late)]
    Steward(world).say(OperationKind.SHARED, BOB)
    (never,) = profile(world, BOB).identifiers
    assert never.last_at == 0


def test_identifiers_have_the_level_of_the_surest_evidence_that_counts() -> None:
    world, browser, mine = World(now=NOW), visitor("v1"), account("4711")
    world.take(said("a", browser, ANN))
    world.take(said("b", browser, mine, at=START + 1))
    desk = Steward(world)
    desk.say(OperationKind.LINK, ANN, BOB)
    levels = {known.identifier: known.level for known in profile(world, mine).identifiers}
    assert levels == {
        browser.identifier: Level.AUTHENTICATED,
        mine.identifier: Level.AUTHENTICATED,
        ANN.identifier: Level.SIGNED,
        BOB.identifier: Level.SIGNED,
    }


def test_who_went_up_into_another_is_shown_as_that_one_with_the_words_that_did_it() -> None:
    world = World(now=NOW)
    ann, bob = world.take(said("a", ANN)), world.take(said("b", BOB, at=START + 1))
    desk = Steward(world)
    operation = desk.say(OperationKind.LINK, ANN, BOB).receipt.operation
    found = profile(world, bob.customer)
    assert found.customer.id == ann.customer
    (word,) = found.words
    assert (word.id, word.by, word.why) == (operation, "eve", "she called")
    desk.undo(operation)
    assert profile(world, bob.customer).words == ()


def test_a_word_about_somebody_else_names_him() -> None:
    world = World(now=NOW)
    world.take(said("a", ANN))
    Steward(world).say(OperationKind.CANNOT_LINK, ANN, BOB)
    found = profile(world, ANN)
    assert [known.identifier for known in found.identifiers] == [ANN.identifier]
    assert found.others == {key_of(BOB): BOB.identifier}


def test_who_claims_to_be_him_and_whom_he_claims_to_be_are_possibly_the_same() -> None:
    world = World(now=NOW)
    ann = world.take(said("a", ANN))
    chat = world.take(said("c", visitor("v1"), email("ann@example.com", Level.CLAIMED)))
    found = profile(world, ANN)
    assert found.possible == (chat.customer,)
    assert [each.customer for each in found.identifiers[0].claimants] == [chat.customer]
    assert profile(world, chat.customer).possible == (ann.customer,)
    assert profile(world, ANN, at=NOW + CLAIM_AGE_MS + DAY_MS).possible == ()


def test_a_mere_claim_is_known_by_nothing() -> None:
    world = World()
    spoofed = world.take(said("x", email("ann@example.com", Level.CLAIMED)))
    found = profile(world, spoofed.customer)
    assert found.customer.unidentified
    assert found.identifiers == ()


def test_a_number_that_changed_hands_tells_from_when_to_when() -> None:
    world, number = World(now=START + 400 * DAY_MS), phone("+15552000001")
    desk = Steward(world)
    desk.now = START
    desk.say(OperationKind.LINK, account("4711"), number)
    desk.now = START + 200 * DAY_MS
    desk.say(OperationKind.LINK, account("4712"), number)
    found = profile(world, account("4711"), at=START + 300 * DAY_MS)
    (epoch,) = next(each.epochs for each in found.identifiers if each.epochs)
    assert (epoch.since, epoch.until > START) == (0, True)


def test_a_contact_point_is_told_apart() -> None:
    world = World(now=NOW)
    world.take(said("a", ANN))
    Steward(world).say(OperationKind.SHARED, ANN)
    found = profile(world, ANN)
    assert found.customer.unidentified
    assert found.identifiers[0].is_contact_point


def test_what_is_not_known_is_not_found() -> None:
    world = World()
    for step in (
        lambda view: customer_of_identifier(key_of(ANN), view, TOOLS, NOW),
        lambda view: customer_of_conversation(conversation_id(said("a", ANN).id), view, TOOLS),
        lambda view: profile_of(CustomerId("cus_x"), view, TOOLS, NOW),
    ):
        with pytest.raises(Permanent) as missing:
            asked(world, step)  # type: ignore[arg-type]
        assert missing.value.code == "not_found"


def test_a_word_without_a_record_is_shown_as_what_it_is() -> None:
    """Records cannot be lost alone; should one be, the word is still there to be undone."""
    word = Statement(
        operation=Steward(World()).order(OperationKind.LINK, ANN, BOB).id,
        kind=StatementKind.LINK,
        a=min(key_of(ANN), key_of(BOB)),
        b=max(key_of(ANN), key_of(BOB)),
        at=START,
    )
    world = World(now=NOW)
    Steward(world).say(OperationKind.LINK, ANN, BOB)
    world.store = {k: v for k, v in world.store.items() if ".operation." not in k}
    (found,) = profile(world, ANN).words
    assert (found.kind, found.a, found.b, found.by) == (OperationKind.LINK, word.a, word.b, "")
