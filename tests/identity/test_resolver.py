"""The partition is a function of the set of evidence, and nothing but proof merges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.documents import Edge, Member, Statement, StatementKind
from maitred.contracts.identifiers import (
    Identifier,
    Level,
    account_identifier,
    email_identifier,
    slack_identifier,
    text_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import IdentifierKey, MessageId, OperationId, digest
from maitred.contracts.limits import DAY_MS
from maitred.identity.bulk import components
from maitred.identity.evidence import join_edges
from maitred.identity.policy import KindLimits, Policy
from maitred.identity.resolver import Partition, partition, saturated

POLICY = Policy(limits=KindLimits(email=2, phone=1, visitor=3, slack=2))
BUSY = Policy(limits=POLICY.limits, degree_max=3)
IDENTIFIERS = [
    *(account_identifier(f"a{n}") for n in range(3)),
    *(email_identifier(f"p{n}@example.com") for n in range(5)),
    *(text_identifier(f"+1415555010{n}").identifier for n in range(3)),
    *(slack_identifier("T1", f"U{n}") for n in range(3)),
    *(visitor_identifier(f"v{n}") for n in range(4)),
    email_identifier("sales@example.com"),
]
DAYS = (0, 1, 2, 46, 47, 92, 140)
"""Some of them farther apart than a number takes to be given out again."""


def _key(identifier: Identifier) -> IdentifierKey:
    return IdentifierKey(digest(identifier.kind.value, identifier.value, length=8))


MEMBERS = [Member(key=_key(i), identifier=i) for i in IDENTIFIERS]
KEYS = [member.key for member in MEMBERS]
KIND = {member.key: member.identifier.kind for member in MEMBERS}

pairs = st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)).filter(lambda p: p[0] < p[1])
days = st.sampled_from(DAYS)
edges = st.builds(
    lambda pair, level, day, source: Edge(
        a=pair[0],
        b=pair[1],
        level=level,
        first_at=day * DAY_MS,
        last_at=day * DAY_MS,
        source=MessageId(f"msg_{source}"),
    ),
    pairs,
    st.sampled_from(list(Level)),
    days,
    st.integers(0, 9),
)
evidence = st.lists(edges, max_size=40)
statements = st.lists(
    st.one_of(
        st.builds(
            lambda kind, pair, day, number: Statement(
                operation=OperationId(f"op_{number}"),
                kind=kind,
                a=pair[0],
                b=pair[1],
                at=day * DAY_MS + 1,
            ),
            st.sampled_from([StatementKind.LINK, StatementKind.UNLINK, StatementKind.CANNOT_LINK]),
            pairs,
            days,
            st.integers(0, 9),
        ),
        st.builds(
            lambda kind, key, number: Statement(
                operation=OperationId(f"op_{number}"), kind=kind, a=key, at=0
            ),
            st.sampled_from([StatementKind.SHARED, StatementKind.BLOCKED, StatementKind.REVOKED]),
            st.sampled_from(KEYS),
            st.integers(0, 9),
        ),
    ),
    max_size=5,
)
policies = st.sampled_from([POLICY, BUSY, Policy()])


def _edge(
    a: Identifier, b: Identifier, level: Level = Level.AUTHENTICATED, *, days: Sequence[int] = (0,)
) -> Edge:
    one, other = sorted((_key(a), _key(b)))
    return Edge(
        a=one,
        b=other,
        level=level,
        first_at=min(days) * DAY_MS,
        last_at=max(days) * DAY_MS,
        source=MessageId("msg_0"),
    )


def _said(
    kind: StatementKind, a: Identifier, b: Identifier | None = None, day: int = 0
) -> Statement:
    keys = sorted(map(_key, [a] if b is None else [a, b]))
    return Statement(
        operation=OperationId(f"op_{kind}"),
        kind=kind,
        a=keys[0],
        b=keys[1] if b is not None else None,
        at=day * DAY_MS + 1,
    )


def _split(
    *shown: Edge, said: Iterable[Statement] = (), policy: Policy = POLICY
) -> set[frozenset[IdentifierKey]]:
    found = partition(MEMBERS, shown, said, policy).clusters
    return {frozenset(each.members) for each in found if len(each.members) > 1}


def _set(*people: Identifier) -> frozenset[IdentifierKey]:
    return frozenset(map(_key, people))


def _weak_components(
    shown: Iterable[Edge], said: Iterable[Statement]
) -> list[tuple[list[IdentifierKey], list[Edge]]]:
    linked = [
        Edge(
            a=word.a,
            b=word.b,
            level=Level.SIGNED,
            first_at=word.at,
            last_at=word.at,
            source=MessageId(""),
        )
        for word in said
        if word.kind is StatementKind.LINK and word.b is not None
    ]
    sure = [edge for edge in shown if edge.level >= Level.AUTHENTICATED]
    found = []
    for keys, _ in components(KEYS, [*sure, *linked]):
        inside = set(keys)
        found.append((keys, [edge for edge in shown if {edge.a, edge.b} <= inside]))
    return found


# -- properties ---------------------------------------------------------------------------------
@given(evidence, statements, policies, st.integers(0, 2**16), st.integers(1, 5))
def test_order_duplicates_and_batches_do_not_matter(
    shown: list[Edge], said: list[Statement], policy: Policy, seed: int, batch: int
) -> None:
    chance = Random(seed)  # noqa: S311  (a seed for an order)
    expected = partition(MEMBERS, shown, said, policy)
    again = [*shown, *shown[::2]]
    members, words = list(MEMBERS), [*said, *said[:1]]
    for shuffled in (again, words, members):
        chance.shuffle(shuffled)
    assert partition(members, again, words, policy) == expected
    folded: tuple[Edge, ...] = ()
    for start in range(0, len(again), batch):
        folded = join_edges([*folded, *again[start : start + batch]])
    assert folded == join_edges(shown)
    assert partition(MEMBERS, folded, said, policy) == expected


@given(evidence, evidence, statements, policies)
def test_what_was_revoked_was_never_seen(
    kept: list[Edge], revoked: list[Edge], said: list[Statement], policy: Policy
) -> None:
    everything = [*kept, *revoked]
    left = list(everything)
    for edge in revoked:
        left.remove(edge)
    assert join_edges(left) == join_edges(kept)
    assert partition(MEMBERS, left, said, policy) == partition(MEMBERS, kept, said, policy)


@given(evidence, statements, policies)
def test_every_member_is_in_one_customer_at_any_time_and_no_limit_or_cannot_link_is_broken(
    shown: list[Edge], said: list[Statement], policy: Policy
) -> None:
    found = partition(MEMBERS, shown, said, policy)
    moments = [day * DAY_MS + more for day in range(-1, 145, 7) for more in (-1, 0, 1)]
    for key in KEYS:
        for at in moments:
            assert len(_owners(found, key, at)) == 1
    apart = [{word.a, word.b} for word in said if word.kind is StatementKind.CANNOT_LINK]
    for cluster in found.clusters:
        for kind, count in Counter(KIND[key] for key in cluster.members).items():
            assert count <= policy.limit(kind)
        assert not any(pair <= set(cluster.members) for pair in apart)
        if len(cluster.members) > 1:
            assert found.contact_points.isdisjoint(cluster.members)


def _owners(found: Partition, key: IdentifierKey, at: int) -> list[object]:
    owners = []
    for cluster in found.clusters:
        epochs = [epoch for epoch in cluster.epochs if epoch.key == key]
        if key in cluster.members and (not epochs or any(e.holds(max(at, 0)) for e in epochs)):
            owners.append(cluster)
    return owners


@given(evidence, evidence, statements, policies)
def test_evidence_below_authenticated_changes_nothing(
    shown: list[Edge], more: list[Edge], said: list[Statement], policy: Policy
) -> None:
    weak = [edge for edge in more if edge.level < Level.AUTHENTICATED]
    expected = partition(MEMBERS, shown, said, policy)
    assert partition(MEMBERS, [*shown, *weak], said, policy) == expected


@given(evidence, statements, policies)
def test_components_resolve_independently(
    shown: list[Edge], said: list[Statement], policy: Policy
) -> None:
    clusters, contact_points = [], set()
    for keys, edges_inside in _weak_components(shown, said):
        found = partition(
            [member for member in MEMBERS if member.key in keys],
            edges_inside,
            [word for word in said if word.a in keys and (word.b is None or word.b in keys)],
            policy,
        )
        clusters += found.clusters
        contact_points |= found.contact_points
    whole = partition(MEMBERS, shown, said, policy)
    assert sorted(clusters, key=lambda each: (each.members, each.epochs)) == list(whole.clusters)
    assert contact_points == whole.contact_points


@given(evidence, evidence, st.integers(0, 2))
def test_what_is_shown_of_a_saturated_contact_point_changes_no_partition(
    shown: list[Edge], more: list[Edge], degree_max: int
) -> None:
    policy = Policy(limits=POLICY.limits, degree_max=degree_max + 1)
    found = partition(MEMBERS, shown, (), policy)
    full = saturated(MEMBERS, shown, found.contact_points, policy)
    about_it = [edge for edge in more if edge.a in full or edge.b in full]
    assert partition(MEMBERS, [*shown, *about_it], (), policy) == found


# -- rules --------------------------------------------------------------------------------------
ONE, TWO, THREE = (account_identifier(f"a{n}") for n in range(3))
BROWSER = visitor_identifier("v0")
NUMBER = text_identifier("+14155550100").identifier
MAIL, OTHER_MAIL = (email_identifier(f"p{n}@example.com") for n in range(2))


def test_an_identifier_of_two_accounts_holds_nobody_together() -> None:
    assert _split(_edge(ONE, BROWSER)) == {_set(ONE, BROWSER)}
    shared = (_edge(ONE, BROWSER), _edge(TWO, BROWSER, Level.SIGNED))
    assert _split(*shared) == set()
    assert partition(MEMBERS, shared, (), POLICY).contact_points >= {_key(BROWSER)}


def test_an_account_is_never_a_contact_point() -> None:
    shown = [_edge(ONE, each) for each in IDENTIFIERS if each != ONE]
    assert _key(ONE) not in partition(MEMBERS, shown, (), BUSY).contact_points


@pytest.mark.parametrize(("count", "holds"), [(3, True), (4, False)])
def test_an_identifier_seen_with_too_many_others_holds_nobody_together(
    count: int, *, holds: bool
) -> None:
    shown = [_edge(MAIL, visitor_identifier(f"v{n}")) for n in range(count)]
    assert bool(_split(*shown, policy=BUSY)) is holds


def test_who_is_seen_at_many_shared_browsers_is_not_taken_for_a_shared_one() -> None:
    kiosks = [visitor_identifier(f"v{n}") for n in range(4)]
    shown = [_edge(account, kiosk) for kiosk in kiosks for account in (ONE, TWO)]
    shown += [_edge(MAIL, kiosk) for kiosk in kiosks]
    assert _key(MAIL) not in partition(MEMBERS, shown, (), BUSY).contact_points


def test_a_contact_point_is_saturated_by_its_accounts_alone() -> None:
    policy = Policy(degree_max=2)
    mails = [_edge(MAIL, visitor_identifier(f"v{n}")) for n in range(4)]
    point = {_key(MAIL)}
    assert saturated(MEMBERS, mails, point, policy) == set()
    accounts = [_edge(MAIL, each) for each in (ONE, TWO, THREE)]
    assert saturated(MEMBERS, accounts[:2], point, policy) == set()
    twice = [_edge(MAIL, ONE), _edge(MAIL, ONE, Level.PROVEN), _edge(MAIL, ONE, Level.SIGNED)]
    assert saturated(MEMBERS, twice, point, policy) == set()
    assert saturated(MEMBERS, accounts, point, policy) == point
    assert saturated(MEMBERS, accounts, (), policy) == set()


@pytest.mark.parametrize("surer", [0, 1])
def test_the_surest_evidence_is_taken_before_a_limit_is_reached(surer: int) -> None:
    numbers = [text_identifier(f"+1415555010{n}").identifier for n in (surer, 1 - surer)]
    sure, weak = _edge(ONE, numbers[0], Level.PROVEN), _edge(ONE, numbers[1])
    assert _split(weak, sure) == _split(sure, weak) == {_set(ONE, numbers[0])}


def test_a_role_mailbox_holds_nobody_together() -> None:
    role, person = email_identifier("sales@example.com"), slack_identifier("T1", "U0")
    assert _split(_edge(role, person, Level.SIGNED)) == set()


@pytest.mark.parametrize("kind", [StatementKind.SHARED, StatementKind.BLOCKED])
def test_an_operator_says_who_is_a_contact_point(kind: StatementKind) -> None:
    shown = [_edge(ONE, MAIL), _edge(MAIL, BROWSER)]
    assert _split(*shown) == {_set(ONE, MAIL, BROWSER)}
    assert _split(*shown, said=[_said(kind, MAIL)]) == set()
    found = partition(MEMBERS, shown, [_said(kind, MAIL)], POLICY)
    assert _key(MAIL) in found.contact_points


def test_an_operators_link_is_evidence_of_the_highest_level_and_breaks_no_limit() -> None:
    link = _said(StatementKind.LINK, MAIL, BROWSER)
    assert _split(said=[link]) == {_set(MAIL, BROWSER)}
    assert _split(said=[_said(StatementKind.LINK, ONE, TWO)]) == set()
    assert _split(_edge(MAIL, OTHER_MAIL), said=[link, _said(StatementKind.SHARED, MAIL)]) == set()


@pytest.mark.parametrize(("seen_on", "together"), [(0, False), (5, False), (6, True)])
def test_an_unlink_counts_for_what_was_seen_before_it(seen_on: int, *, together: bool) -> None:
    cut = _said(StatementKind.UNLINK, MAIL, BROWSER, day=5)
    shown = [_edge(MAIL, BROWSER, days=(0, seen_on))]
    assert bool(_split(*shown, said=[cut])) is together


@pytest.mark.parametrize(("linked_on", "together"), [(4, False), (6, True)])
def test_the_later_of_a_link_and_an_unlink_holds_in_either_order(
    linked_on: int, *, together: bool
) -> None:
    cut = _said(StatementKind.UNLINK, MAIL, BROWSER, day=5)
    link = _said(StatementKind.LINK, MAIL, BROWSER, day=linked_on)
    assert _split(said=[cut, link]) == _split(said=[link, cut])
    assert bool(_split(said=[cut, link])) is together


def test_a_cannot_link_holds_whatever_is_seen_later_and_in_between() -> None:
    apart = _said(StatementKind.CANNOT_LINK, MAIL, BROWSER)
    direct = _edge(MAIL, BROWSER, Level.SIGNED, days=(0, 140))
    around = [_edge(MAIL, ONE, Level.PROVEN), _edge(ONE, BROWSER)]
    assert _split(direct, said=[apart]) == set()
    assert _split(direct, *around, said=[apart]) == {_set(MAIL, ONE)}


def test_a_link_of_an_identifier_with_itself_says_nothing() -> None:
    alone = Statement(
        operation=OperationId("op_1"), kind=StatementKind.LINK, a=_key(MAIL), b=_key(MAIL), at=0
    )
    assert partition(MEMBERS, (), [alone] * 9, BUSY) == partition(MEMBERS, (), (), BUSY)


@settings(max_examples=30)
@given(evidence, st.sampled_from(list(Level)))
def test_a_lower_threshold_only_takes_more_evidence_in(shown: list[Edge], theta: Level) -> None:
    sure = [edge for edge in shown if edge.level >= theta]
    loose = partition(MEMBERS, shown, (), POLICY, theta=theta)
    assert loose == partition(MEMBERS, sure, (), POLICY, theta=Level.CLAIMED)
