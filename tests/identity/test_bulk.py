"""The customers of a whole file: the same as a gateway finds message by message."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.ids import MessageId
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message
from maitred.identity.bulk import Sighting, Verdict, verdicts
from maitred.identity.policy import KindLimits, Policy
from tests.identity.truth import groups_of, hold, owner_of
from tests.identity.world import (
    START,
    TOOLS,
    World,
    account,
    email,
    phone,
    said,
    slack,
    visitor,
)

NUMBER = phone("+14155550100")
PROVEN = Observed(identifier=NUMBER.identifier, level=Level.PROVEN)
ANN = email("ann@example.com")
CLAIMED_ANN = email("ann@example.com", Level.CLAIMED)
EVE = visitor("eve")
PEOPLE = [
    *(account(f"a{n}") for n in range(4)),
    *(visitor(f"v{n}") for n in range(4)),
    *(email(f"p{n}@example.com") for n in range(3)),
    *(slack(f"U{n}") for n in range(2)),
    NUMBER,
    PROVEN,
    email("info@example.com"),
]
CLAIMS = [
    *(email(f"p{n}@example.com", Level.CLAIMED) for n in range(3)),
    email("p0@example.com", Level.ASSERTED),
    Observed(identifier=account("a0").identifier, level=Level.CLAIMED),
]
NARROW = Policy(limits=KindLimits(email=2, phone=1, visitor=2, slack=1), degree_max=4)

contexts = st.lists(
    st.sampled_from([*PEOPLE, *CLAIMS]), min_size=1, max_size=4, unique_by=lambda o: o.identifier
)
sightings = st.lists(
    st.tuples(contexts, st.sampled_from((0, 1, 3, 50, 51, 100, 170))), min_size=1, max_size=18
).map(
    lambda shown: [
        Sighting(MessageId(f"msg_{number}"), START + day * DAY_MS + number, tuple(people))
        for number, (people, day) in enumerate(shown)
    ]
)
policies = st.sampled_from([Policy(), NARROW])
subsets = st.sets(st.integers(0, 17))


def _found(
    shown: list[Sighting],
    policy: Policy | None = None,
    revoked: frozenset[MessageId] = frozenset(),
    *apart: tuple[Observed, Observed],
) -> dict[MessageId, Verdict]:
    return verdicts(
        shown,
        TOOLS.keys,
        policy or Policy(),
        revoked=revoked,
        cannot_links=[(one.identifier, other.identifier) for one, other in apart],
    )


def _seen(*contexts: tuple[Observed, ...], step: int = DAY_MS) -> list[Sighting]:
    return [
        Sighting(MessageId(f"msg_{number}"), START + number * step, people)
        for number, people in enumerate(contexts)
    ]


def _customers(*contexts: tuple[Observed, ...]) -> list[str]:
    return [each.customer for each in _found(_seen(*contexts)).values()]


@given(sightings, policies, st.integers(0, 2**16))
def test_order_and_repetition_do_not_matter(
    shown: list[Sighting], policy: Policy, seed: int
) -> None:
    again = [*shown, *shown[::2]]
    Random(seed).shuffle(again)  # noqa: S311  (a seed for an order)
    assert _found(again, policy) == _found(shown, policy)


@given(sightings, subsets, policies)
def test_what_was_revoked_was_never_seen_by_all_the_others(
    shown: list[Sighting], chosen: set[int], policy: Policy
) -> None:
    revoked = frozenset(MessageId(f"msg_{number}") for number in chosen)
    with_them = _found(shown, policy, revoked)
    without = _found([each for each in shown if each.id not in revoked], policy)
    assert with_them.keys() == {each.id for each in shown}, "they still have a customer"
    for layer in ("customer", "hint"):
        others = [(id_, str(getattr(with_them[id_], layer))) for id_ in without]
        alone = [(id_, str(getattr(without[id_], layer))) for id_ in without]
        assert groups_of(others) == groups_of(alone)


@given(sightings, policies)
def test_claims_change_no_customer(shown: list[Sighting], policy: Policy) -> None:
    bare = []
    for each in shown:
        actor, *others = each.observed
        sure = tuple(other for other in others if other.level >= 2)
        bare.append(Sighting(each.id, each.at, (actor, *sure)))
    found, expected = _found(shown, policy), _found(bare, policy)
    assert {i: v.customer for i, v in found.items()} == {i: v.customer for i, v in expected.items()}


@given(sightings, policies, st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))
def test_two_who_cannot_be_one_never_are(
    shown: list[Sighting], policy: Policy, one: Observed, other: Observed
) -> None:
    if one.identifier == other.identifier:
        return
    probes = [
        Sighting(MessageId(f"msg_probe_{each.identifier.value}"), START + 40 * DAY_MS, (each,))
        for each in (one, other)
    ]
    found = _found([*shown, *probes], policy, frozenset(), (one, other))
    assert found[probes[0].id].customer != found[probes[1].id].customer


@settings(max_examples=80, deadline=None)
@given(sightings, policies, st.randoms(use_true_random=False))
def test_a_gateway_that_saw_them_all_in_any_order_says_the_same(
    shown: list[Sighting], policy: Policy, chance: Random
) -> None:
    world = World(now=max(each.at for each in shown))
    world.tools = type(TOOLS)(TOOLS.subjects, TOOLS.keys, policy)
    messages = [_message(each) for each in shown]
    arriving = [*messages, *messages[::4]]
    chance.shuffle(arriving)
    for message in arriving:
        world.take(message)
    hold(world)
    names = {message.id: each.id for message, each in zip(messages, shown, strict=True)}
    found = _found(shown, policy)
    placed = {names[m.id]: owner for m in messages if (owner := owner_of(world, m)) is not None}
    # Who tells nobody apart is somebody else in every message here, and one contact point there.
    assert groups_of(placed.items()) == groups_of((i, found[i].customer) for i in placed)
    alone = found.keys() - placed.keys()
    assert len({found[i].customer for i in alone}) == len(alone)
    assert not {found[i].customer for i in alone} & {found[i].customer for i in placed}


def _message(seen: Sighting) -> Message:
    actor, *others = seen.observed
    return said(seen.id, actor, *others, at=seen.at)


# -- examples -----------------------------------------------------------------------------------
def test_a_claim_is_a_hint_and_no_customer() -> None:
    found = _found(_seen((ANN,), (EVE, CLAIMED_ANN), (visitor("v1"),)))
    ann, eve, other = found.values()
    assert eve.customer != ann.customer
    assert eve.hint == ann.hint
    assert other.hint != ann.hint


def test_a_spoofed_from_is_a_customer_of_its_own_in_every_message() -> None:
    customers = _customers((ANN,), (CLAIMED_ANN,), (CLAIMED_ANN,))
    assert len(set(customers)) == 3


def test_a_role_mailbox_is_nobody_in_customers_and_in_hints() -> None:
    role = email("info@example.com")
    found = _found(_seen((role,), (role,), (slack("U1"), role)))
    assert len({each.customer for each in found.values()}) == 3
    assert [each.hint is None for each in found.values()] == [True, True, False]


def test_a_number_that_changed_hands_is_one_customer_after_the_other() -> None:
    shown = [
        Sighting(MessageId("ann"), START, (account("ann"), PROVEN)),
        Sighting(MessageId("t1"), START + 20 * DAY_MS, (NUMBER,)),
        Sighting(MessageId("t2"), START + 90 * DAY_MS, (NUMBER,)),
        Sighting(MessageId("bob"), START + 100 * DAY_MS, (account("bob"), PROVEN)),
    ]
    found = {id_: each.customer for id_, each in _found(shown).items()}
    assert found[MessageId("ann")] == found[MessageId("t1")]
    assert found[MessageId("bob")] == found[MessageId("t2")]
    assert found[MessageId("ann")] != found[MessageId("bob")]


@pytest.mark.parametrize("count", [1, 5])
def test_a_revoked_message_keeps_its_sender(count: int) -> None:
    shown = _seen(*[(visitor("v1"), account("ann"))] * count, (account("ann"),), (visitor("v1"),))
    revoked = frozenset(each.id for each in shown[:count])
    found = _found(shown, None, revoked)
    assert {found[each.id].customer for each in shown[:count]} == {found[shown[-1].id].customer}
    assert found[shown[count].id].customer != found[shown[-1].id].customer


def test_nothing_is_nothing() -> None:
    assert _found([]) == {}
