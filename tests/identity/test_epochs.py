"""A telephone number that changed hands: whose it was when, and when it is shared instead."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.documents import (
    CustomerDoc,
    Edge,
    Epoch,
    IdentifierDoc,
    Member,
    Statement,
    StatementKind,
)
from maitred.contracts.identifiers import (
    Identifier,
    Level,
    Observed,
    account_identifier,
    email_identifier,
    text_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import IdentifierKey, MessageId, OperationId, digest
from maitred.contracts.limits import DAY_MS
from maitred.contracts.routing import RoutingState
from maitred.identity.conversations.place import Placement
from maitred.identity.epochs import Span, boundaries, epoch_of, epochs_of
from maitred.identity.policy import Policy
from maitred.identity.resolver import Partition, partition
from tests.identity.world import (
    START,
    TOOLS,
    World,
    account,
    email,
    key_of,
    phone,
    said,
)

ACCOUNTS = [account_identifier(f"a{n}") for n in range(4)]
NUMBER = text_identifier("+14155550100").identifier
MAIL = email_identifier("ann@example.com")
BROWSER = visitor_identifier("v1")
DAY0 = START - START % DAY_MS


def _key(identifier: Identifier) -> IdentifierKey:
    return IdentifierKey(digest(identifier.kind.value, identifier.value, length=8))


MEMBERS = [Member(key=_key(each), identifier=each) for each in (*ACCOUNTS, NUMBER, MAIL, BROWSER)]


def _edge(a: Identifier, b: Identifier, first: int, last: int, level: Level = Level.PROVEN) -> Edge:
    one, other = sorted((_key(a), _key(b)))
    return Edge(
        a=one,
        b=other,
        level=level,
        first_at=first * DAY_MS,
        last_at=last * DAY_MS,
        source=MessageId("msg_0"),
    )


def _owned(number: int, first: int, last: int) -> Edge:
    return _edge(ACCOUNTS[number], NUMBER, first, last)


def _with(found: Partition, key: IdentifierKey, day: float) -> set[IdentifierKey]:
    """Return who an identifier belonged with on a day."""
    at = int(day * DAY_MS)
    (owner,) = [
        cluster
        for cluster in found.clusters
        if key in cluster.members and all(e.holds(at) for e in cluster.epochs if e.key == key)
    ]
    return set(owner.members) - {key}


# -- the times themselves -----------------------------------------------------------------------
def _spans(*times: tuple[int, int]) -> list[Span]:
    return [Span(Level.PROVEN, first * DAY_MS, last * DAY_MS) for first, last in times]


@pytest.mark.parametrize(
    ("times", "days"),
    [
        ([(0, 10), (55, 60)], [32.5]),
        ([(0, 10), (54, 60)], None),
        ([(0, 0), (45, 45)], [22.5]),
        ([(0, 0), (44, 44)], None),
        ([(0, 10), (100, 110), (300, 310)], [55, 205]),
        ([(0, 10), (100, 110), (120, 130)], None),
        ([(0, 200), (100, 110)], None),
        ([(0, 200), (100, 110), (300, 310)], None),
        ([(0, 10), (5, 20)], None),
    ],
)
def test_a_number_changed_hands_where_every_gap_is_long_enough(
    times: list[tuple[int, int]], days: list[float] | None
) -> None:
    expected = None if days is None else tuple(int(day * DAY_MS) for day in days)
    for order in permutations(_spans(*times)):
        assert boundaries(order) == expected


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), min_size=2, max_size=5))
def test_more_owners_never_make_a_shared_number_an_owned_one(times: list[tuple[int, int]]) -> None:
    spans = _spans(*((first, first + length) for first, length in times))
    if boundaries(spans[:-1] if len(spans) > 2 else spans) is None:
        assert boundaries(spans) is None


@given(st.lists(st.integers(1, 2_000), max_size=4, unique=True), st.integers(0, 2_500))
def test_epochs_cover_all_time_once(cuts: list[int], at: int) -> None:
    key = IdentifierKey("k")
    times = tuple(sorted(cuts))
    epochs = epochs_of(key, times)
    assert [epoch.holds(at) for epoch in epochs].count(True) == 1
    number = epoch_of(key, Span(Level.PROVEN, at, at), {key: times})
    assert number is not None
    assert epochs[number].holds(at), "both read a moment alike"
    for earlier, later in pairwise(epochs):
        assert earlier.until == later.since


def test_a_span_that_lies_in_two_epochs_is_in_none() -> None:
    key = IdentifierKey("k")
    assert epoch_of(key, Span(Level.PROVEN, 0, 100), {key: (50,)}) is None
    assert epoch_of(key, Span(Level.PROVEN, 0, 49), {key: (50,)}) == 0
    assert epoch_of(key, Span(Level.PROVEN, 50, 100), {key: (50,)}) == 1
    assert epoch_of(key, Span(Level.PROVEN, 0, 100), {}) == 0


# -- what the resolver makes of them ------------------------------------------------------------
def test_a_number_belongs_to_one_account_after_the_other() -> None:
    found = partition(MEMBERS, [_owned(0, 0, 10), _owned(1, 100, 110)], (), Policy())
    number, change = _key(NUMBER), 55 * DAY_MS
    assert _with(found, number, 0) == _with(found, number, 54.9) == {_key(ACCOUNTS[0])}
    assert _with(found, number, 55) == _with(found, number, 999) == {_key(ACCOUNTS[1])}
    assert number not in found.contact_points
    epochs = {each.members: each.epochs for each in found.clusters if len(each.members) > 1}
    assert set(epochs.values()) == {
        (Epoch(key=number, since=0, until=change),),
        (Epoch(key=number, since=change, until=0),),
    }


def test_three_owners_of_a_number_are_three_customers() -> None:
    shown = [_owned(0, 0, 10), _owned(1, 100, 110), _owned(2, 300, 310)]
    for order in permutations(shown):
        found = partition(MEMBERS, order, (), Policy())
        owners = [_with(found, _key(NUMBER), day) for day in (5, 105, 305)]
        assert owners == [{_key(each)} for each in ACCOUNTS[:3]]


@pytest.mark.parametrize("late", [54, 10, 5])
def test_a_number_of_two_accounts_without_a_long_gap_is_shared(late: int) -> None:
    found = partition(MEMBERS, [_owned(0, 0, 10), _owned(1, late, 120)], (), Policy())
    assert _key(NUMBER) in found.contact_points
    assert _with(found, _key(NUMBER), 5) == set()


def test_only_telephone_numbers_change_hands() -> None:
    shown = [_edge(ACCOUNTS[0], BROWSER, 0, 10), _edge(ACCOUNTS[1], BROWSER, 100, 110)]
    found = partition(MEMBERS, shown, (), Policy())
    assert _key(BROWSER) in found.contact_points


def test_what_else_was_seen_with_the_number_goes_with_its_epoch() -> None:
    owners = [_owned(0, 0, 10), _owned(1, 100, 110)]
    early = partition(MEMBERS, [*owners, _edge(MAIL, NUMBER, 0, 54)], (), Policy())
    assert _with(early, _key(NUMBER), 0) == {_key(ACCOUNTS[0]), _key(MAIL)}
    late = partition(MEMBERS, [*owners, _edge(MAIL, NUMBER, 55, 400)], (), Policy())
    assert _with(late, _key(NUMBER), 100) == {_key(ACCOUNTS[1]), _key(MAIL)}


def test_evidence_that_spans_the_change_shows_nothing() -> None:
    owners = [_owned(0, 0, 10), _owned(1, 100, 110)]
    found = partition(MEMBERS, [*owners, _edge(MAIL, NUMBER, 54, 55)], (), Policy())
    assert _with(found, _key(MAIL), 0) == set()
    assert found.clusters != partition(MEMBERS, owners[:1], (), Policy()).clusters


def test_an_owner_who_comes_back_makes_the_number_a_shared_one() -> None:
    shown = [_owned(0, 0, 10), _owned(1, 100, 110), _owned(0, 300, 310)]
    assert _key(NUMBER) in partition(MEMBERS, shown, (), Policy()).contact_points


def test_a_cut_moves_when_its_first_owner_is_unlinked() -> None:
    """Without the first account there is one owner, and the number is his for ever."""
    cut = Statement(
        operation=OperationId("op_1"),
        kind=StatementKind.UNLINK,
        a=min(_key(ACCOUNTS[0]), _key(NUMBER)),
        b=max(_key(ACCOUNTS[0]), _key(NUMBER)),
        at=200 * DAY_MS,
    )
    found = partition(MEMBERS, [_owned(0, 0, 10), _owned(1, 100, 110)], [cut], Policy())
    assert _with(found, _key(NUMBER), 0) == {_key(ACCOUNTS[1])}


def test_an_epoch_that_nobody_can_have_is_a_customer_of_its_own() -> None:
    apart = Statement(
        operation=OperationId("op_1"),
        kind=StatementKind.CANNOT_LINK,
        a=min(_key(ACCOUNTS[0]), _key(NUMBER)),
        b=max(_key(ACCOUNTS[0]), _key(NUMBER)),
        at=0,
    )
    found = partition(MEMBERS, [_owned(0, 0, 10), _owned(1, 100, 110)], [apart], Policy())
    assert _with(found, _key(NUMBER), 5) == set()
    assert _with(found, _key(NUMBER), 105) == {_key(ACCOUNTS[1])}


# -- through a gateway --------------------------------------------------------------------------
HANDSET = phone("+14155550100")
PROVEN = Observed(identifier=HANDSET.identifier, level=Level.PROVEN)


def _signed_in(world: World, who: str, day: int) -> Placement:
    at = DAY0 + day * DAY_MS
    world.now = max(world.now, at)
    return world.take(said(f"{who}{day}", account(who), PROVEN, at=at))


def _text(world: World, day: float) -> Placement:
    at = DAY0 + int(day * DAY_MS)
    world.now = max(world.now, at)
    return world.take(said(f"t{day}", HANDSET, at=at))


def _customer(world: World, who: str) -> CustomerDoc:
    """Return who an account is now, under whatever name."""
    pointer = world.get(TOOLS.subjects.identifier(key_of(account(who))), IdentifierDoc)
    return world.customer(world.owner(pointer))


@pytest.mark.parametrize("order", [("ann", "bob"), ("bob", "ann")])
def test_texts_go_to_whoever_had_the_number_when_they_came(order: tuple[str, str]) -> None:
    world = World()
    days = {"ann": 0, "bob": 100}
    owner = {who: _signed_in(world, who, days[who]).customer for who in order}
    for day, who in ((5, "ann"), (49.9, "ann"), (50, "bob"), (50.1, "bob"), (300, "bob")):
        assert _text(world, day).customer == owner[who]
    assert owner["ann"] != owner["bob"]


@pytest.mark.parametrize("is_known_before", [True, False])
def test_a_conversation_goes_to_whoever_had_the_number_when_it_began(
    *, is_known_before: bool
) -> None:
    """The second owner's evidence comes after his first texts, or before the first owner's."""
    world = World()
    if is_known_before:
        _signed_in(world, "ann", 0)
    early = _text(world, 5)
    world.route(early.conversation, RoutingState.CLOSED)
    late = _text(world, 90)
    assert late.customer == early.customer, "nobody knows yet that it changed hands"
    _signed_in(world, "bob", 100)
    if not is_known_before:
        _signed_in(world, "ann", 0)
    ann, bob = _customer(world, "ann"), _customer(world, "bob")
    assert world.conversation(early).customer == ann.id
    assert world.conversation(late).customer == bob.id
    assert early.conversation in ann.conversations
    assert late.conversation in bob.open_conversations
    assert late.conversation not in ann.conversations
    assert _text(world, 101).conversation == late.conversation


def test_a_number_that_turns_out_to_be_shared_loses_no_message() -> None:
    world = World()
    _signed_in(world, "ann", 0)
    _text(world, 5)
    _signed_in(world, "bob", 100)
    _text(world, 120)
    _text(world, 125)
    _signed_in(world, "ann", 130)
    customers = [world.customer(each) for each in world.customers().values()]
    assert sum(each.messages for each in customers) == 6
    number = next(each for each in customers if each.unidentified)
    assert number.messages == 3
    shared = _text(world, 131)
    assert shared.customer == number.id
    assert shared.unidentified
    assert not shared.may_read


def test_the_other_identifiers_of_a_first_owner_stay_his() -> None:
    world = World()
    world.now = DAY0 + 200 * DAY_MS
    ann = world.take(said("m", email("ann@example.com"), PROVEN, at=DAY0))
    _signed_in(world, "ann", 1)
    _signed_in(world, "bob", 100)
    mail = world.take(said("n", email("ann@example.com"), at=DAY0 + 120 * DAY_MS))
    assert mail.customer == ann.customer
    assert _text(world, 121).customer != ann.customer


def test_the_gates_of_a_first_owner_stay_shut_for_the_second() -> None:
    world = World()
    _signed_in(world, "ann", 0)
    assert _text(world, 5).may_read
    _signed_in(world, "bob", 100)
    _signed_in(world, "cat", 105)
    assert not _text(world, 106).may_read, "two of the later owners share it"
    assert world.components()[0].contact_points == (key_of(HANDSET),)
