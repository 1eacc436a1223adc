"""Who a writer seems to be: good for choosing an agent, and for nothing else."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import (
    Claimant,
    ClaimDoc,
    ComponentDoc,
    CustomerDoc,
    IdentifierDoc,
)
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.limits import CLAIM_AGE_MS, CLAIMANTS_MAX
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.view import NotRead
from maitred.identity.conversations.place import Placement
from maitred.identity.hints import CLAIMS_MAX, claims_of
from maitred.identity.policy import Policy
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
    slack,
    visitor,
)

ADDRESS = "ann@example.com"
ANN = email(ADDRESS)
CLAIM = email(ADDRESS, Level.CLAIMED)
EVE, BOB = visitor("eve"), visitor("bob")
KEY = key_of(ANN)


def _claims(world: World, observed: Observed = ANN) -> tuple[Claimant, ...]:
    subject = TOOLS.subjects.claim(key_of(observed))
    return world.get(subject, ClaimDoc).claimants if subject in world.store else ()


def _claiming(name: str, who: Observed = EVE, at: int = START + 1, **more: object) -> Message:
    return said(name, who, CLAIM, at=at, **more)


# -- whom a claim points to ---------------------------------------------------------------------
@pytest.mark.parametrize(
    "claiming",
    [
        _claiming("x"),
        said("x", CLAIM, at=START + 1),
        said("x", slack("U9"), email(ADDRESS, Level.ASSERTED), at=START + 1),
        said("x", EVE, account("eve"), CLAIM, at=START + 1),
    ],
    ids=["chat form", "unproven From", "foreign workspace", "signed in as somebody else"],
)
@pytest.mark.parametrize("merged", [False, True])
def test_who_claims_an_identifier_is_hinted_to_be_its_owner(
    claiming: Message, *, merged: bool
) -> None:
    world = World()
    ann = world.take(said("m", ANN, *((account("ann"),) if merged else ())))
    placed = world.take(claiming)
    assert placed.hint == ann.customer
    assert world.conversation(placed).hint == ann.customer
    assert placed.customer != ann.customer


def test_what_nobody_is_known_by_hints_at_whoever_claimed_it_last() -> None:
    world = World()
    first = world.take(_claiming("x"))
    assert first.hint is None
    bob = world.take(_claiming("y", BOB))
    assert bob.hint == first.customer
    third = world.take(_claiming("z", visitor("cat")))
    assert third.hint == bob.customer
    assert [each.customer for each in _claims(world)] == [
        first.customer,
        bob.customer,
        third.customer,
    ]


def test_an_owner_goes_before_all_who_claim() -> None:
    world = World()
    world.take(_claiming("x"))
    ann = world.take(said("m", ANN, at=START + 2))
    assert world.take(_claiming("y", BOB)).hint == ann.customer


def test_nobody_is_hinted_to_be_himself() -> None:
    world = World()
    world.take(said("m", ANN, account("ann")))
    own = world.take(said("x", account("ann"), CLAIM, at=START + 1))
    assert own.hint is None


def test_who_claimed_last_himself_is_hinted_to_be_whoever_did_before() -> None:
    world = World()
    bob = world.take(_claiming("x", BOB))
    world.take(_claiming("y", at=START + 2))
    assert world.take(_claiming("z", at=START + 3)).hint == bob.customer


def test_who_proves_himself_is_hinted_no_more() -> None:
    world = World()
    ann = world.take(said("m", ANN))
    claimed = world.take(_claiming("x"))
    assert world.conversation(claimed).hint == ann.customer
    proven = email(ADDRESS, Level.PROVEN)
    world.take(said("p", EVE, proven, at=START + 2, kind=MessageKind.VERIFICATION))
    assert world.conversation(claimed).hint is None
    assert world.take(said("y", EVE, at=START + 3)).hint is None


@pytest.mark.parametrize(
    "shared", ["info@example.com", "noreply@example.com", "support+7@example.com"]
)
def test_a_role_mailbox_and_a_placeholder_hint_at_nobody(shared: str) -> None:
    world = World()
    world.take(said("m", email(shared)))
    placed = world.take(said("x", EVE, email(shared, Level.CLAIMED), at=START + 1))
    assert placed.hint is None
    assert _claims(world, email(shared)) == ()


def test_a_text_claims_no_number_but_its_own_and_that_is_no_hint() -> None:
    world = World()
    first = world.take(said("t", phone("+14155550100")))
    assert first.hint is None
    assert not any(isinstance(document, ClaimDoc) for _, document in world.store.values())


def test_of_many_claims_in_one_message_the_first_ones_are_looked_at() -> None:
    claims = [email(f"p{n}@example.com", Level.CLAIMED) for n in range(9)]
    message = said("x", EVE, *claims)
    expected = tuple(TOOLS.keys.identifier(each.identifier) for each in claims[:CLAIMS_MAX])
    assert claims_of(message, TOOLS.keys, Policy()) == expected
    world = World()
    world.take(message)
    noted = [document for _, document in world.store.values() if isinstance(document, ClaimDoc)]
    assert len(noted) == CLAIMS_MAX


# -- bounds -------------------------------------------------------------------------------------
def test_claimants_are_bounded_and_the_last_ones_stay() -> None:
    world = World()
    placed = [
        world.take(_claiming(f"x{n}", visitor(f"v{n}"), at=START + n))
        for n in range(CLAIMANTS_MAX + 5)
    ]
    kept = _claims(world)
    assert [each.customer for each in kept] == [each.customer for each in placed[5:]]
    assert len(msgspec.json.encode(world.get(TOOLS.subjects.claim(KEY), ClaimDoc))) < 8_000


def test_who_claims_again_and_again_stands_there_once_and_last() -> None:
    world = World()
    for number, who in enumerate((EVE, EVE, BOB, EVE)):
        placed = world.take(_claiming(f"x{number}", who, at=START + number))
    assert len(_claims(world)) == 2
    assert _claims(world)[-1].customer == placed.customer
    again = world.take(_claiming("y", at=START + 9))
    assert TOOLS.subjects.claim(KEY) not in again.documents, "nothing new to write"


@pytest.mark.parametrize(("age", "hinted"), [(CLAIM_AGE_MS, True), (CLAIM_AGE_MS + 1, False)])
def test_a_claim_expires(age: int, *, hinted: bool) -> None:
    world = World()
    first = world.take(_claiming("x", at=START))
    world.now = START + age
    later = world.take(_claiming("y", BOB, at=world.now))
    assert (later.hint == first.customer) is hinted
    assert len(_claims(world)) == 1 + hinted


# -- what a claim never does --------------------------------------------------------------------
strangers = st.sampled_from([EVE, BOB, CLAIM, slack("U9"), phone("+14155550199")])
claims = st.lists(
    st.sampled_from(
        [
            CLAIM,
            email(ADDRESS, Level.ASSERTED),
            Observed(identifier=account("ann").identifier, level=Level.CLAIMED),
            Observed(identifier=visitor("home").identifier, level=Level.CLAIMED),
        ]
    ),
    max_size=4,
    unique_by=lambda each: each.identifier,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(strangers, claims), min_size=1, max_size=10))
def test_no_claim_ever_touches_what_belongs_to_the_owner(
    traffic: list[tuple[Observed, list[Observed]]],
) -> None:
    world = World()
    owner = world.take(said("m1", ANN, account("ann"), visitor("home")))
    world.take(said("m2", ANN, at=START + 1))
    before = dict(world.store)
    for number, (who, claimed) in enumerate(traffic):
        others = [each for each in claimed if each.identifier != who.identifier]
        placed = world.take(said(f"x{number}", who, *others, at=START + 2 + number))
        assert placed.customer != owner.customer
        assert placed.conversation != owner.conversation
    assert {subject: world.store[subject] for subject in before} == before
    assert len(world.components()) == 1
    _shows_nobody_the_owner(world, owner, before.keys())


def _shows_nobody_the_owner(world: World, owner: Placement, own: object) -> None:
    """Check that his name stands in hints and in nothing else that a stranger's traffic wrote."""
    assert owner.customer is not None
    for subject, (_, document) in world.store.items():
        if subject in set(own):  # type: ignore[call-overload]
            continue
        if isinstance(document, Conversation):
            document = msgspec.structs.replace(document, hint=None)  # noqa: PLW2901  (as read)
        assert owner.customer not in msgspec.json.encode(document).decode(), subject
        if isinstance(document, IdentifierDoc | CustomerDoc | ComponentDoc):
            assert KEY not in msgspec.json.encode(document).decode(), subject


def _work(world: World, message: Message) -> tuple[list[int], Placement]:
    """Return how many documents each round of reading asked for."""
    view, asked = Loaded(), list[int]()
    while True:
        try:
            placed, _ = world.compute(message, view)
        except NotRead as needed:
            asked.append(len(needed.subjects))
            world.load(view, needed.subjects)
        else:
            return asked, placed


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("who", [EVE, CLAIM], ids=["chat", "mail"])
def test_a_claim_of_a_known_address_is_the_same_work_and_the_same_documents_as_of_an_unknown_one(
    who: Observed, *, merged: bool
) -> None:
    known, unknown = World(), World()
    known.take(said("m", ANN, *((account("ann"),) if merged else ())))
    message = said("x", who, *(() if who is CLAIM else (CLAIM,)), at=START + 1)
    asked, placed = _work(known, message)
    assert (asked, placed.documents) == (
        _work(unknown, message)[0],
        _work(unknown, message)[1].documents,
    )
    known.take(message)
    unknown.take(message)
    one, other = (
        {
            subject: msgspec.structs.replace(document, hint=None)
            if isinstance(document, Conversation)
            else document
            for subject, (_, document) in world.store.items()
            if subject in unknown.store
        }
        for world in (known, unknown)
    )
    assert one == other
