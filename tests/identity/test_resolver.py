"""The partition is a function of the set of evidence, and nothing but proof merges."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.documents import CannotLink, Edge, Member
from maitred.contracts.identifiers import (
    Identifier,
    IdentifierKind,
    Level,
    account_identifier,
    email_identifier,
    slack_identifier,
    text_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import IdentifierKey, MessageId, digest
from maitred.contracts.limits import DAY_MS
from maitred.identity.evidence import join_edges
from maitred.identity.policy import KindLimits, Policy
from maitred.identity.resolver import partition

POLICY = Policy(limits=KindLimits(email=2, phone=1, visitor=3, slack=2))
IDENTIFIERS = [
    *(account_identifier(f"a{n}") for n in range(3)),
    *(email_identifier(f"p{n}@example.com") for n in range(5)),
    *(text_identifier(f"+1415555010{n}").identifier for n in range(3)),
    *(slack_identifier("T1", f"U{n}") for n in range(3)),
    *(visitor_identifier(f"v{n}") for n in range(4)),
    email_identifier("sales@example.com"),
]
MEMBERS = [
    Member(key=IdentifierKey(digest(i.kind.value, i.value, length=8)), identifier=i)
    for i in IDENTIFIERS
]
KEYS = [member.key for member in MEMBERS]
KIND = {member.key: member.identifier.kind for member in MEMBERS}

levels = st.sampled_from(list(Level))
pairs = st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)).filter(lambda p: p[0] < p[1])
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
    levels,
    st.integers(0, 5),
    st.integers(0, 9),
)
evidence = st.lists(edges, max_size=40)
links = st.lists(st.builds(lambda p: CannotLink(a=p[0], b=p[1]), pairs), max_size=4)


def _edge(a: Identifier, b: Identifier, level: Level = Level.AUTHENTICATED) -> Edge:
    one, other = sorted((_key(a), _key(b)))
    return Edge(a=one, b=other, level=level, first_at=0, last_at=0, source=MessageId("msg_0"))


def _key(identifier: Identifier) -> IdentifierKey:
    return IdentifierKey(digest(identifier.kind.value, identifier.value, length=8))


def _split(*shown: Edge, policy: Policy = POLICY) -> set[frozenset[IdentifierKey]]:
    return {c for c in partition(MEMBERS, shown, (), policy) if len(c) > 1}


@given(evidence, links, st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_duplicates_and_batches_do_not_matter(
    shown: list[Edge], apart: list[CannotLink], chance: object, batch: int
) -> None:
    expected = partition(MEMBERS, shown, apart, POLICY)
    again = [*shown, *shown[::2]]
    members = list(MEMBERS)
    for shuffled in (again, apart, members):
        chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert partition(members, again, apart, POLICY) == expected
    folded: tuple[Edge, ...] = ()
    for start in range(0, len(again), batch):
        folded = join_edges([*folded, *again[start : start + batch]])
    assert folded == join_edges(shown)
    assert partition(MEMBERS, folded, apart, POLICY) == expected


@given(evidence, evidence)
def test_what_was_revoked_was_never_seen(kept: list[Edge], revoked: list[Edge]) -> None:
    both = join_edges([*kept, *revoked])
    gone = {(e.a, e.b, e.level) for e in revoked} - {(e.a, e.b, e.level) for e in kept}
    left = [edge for edge in both if (edge.a, edge.b, edge.level) not in gone]
    assert partition(MEMBERS, left, (), POLICY) == partition(MEMBERS, kept, (), POLICY)


@given(evidence, links)
def test_every_member_is_in_one_customer_and_no_limit_or_cannot_link_is_broken(
    shown: list[Edge], apart: list[CannotLink]
) -> None:
    clusters = partition(MEMBERS, shown, apart, POLICY)
    assert sorted(key for cluster in clusters for key in cluster) == sorted(KEYS)
    for cluster in clusters:
        for kind, count in Counter(KIND[key] for key in cluster).items():
            assert count <= POLICY.limit(kind)
        assert not any({link.a, link.b} <= cluster for link in apart)


@given(evidence, evidence)
def test_evidence_below_authenticated_changes_nothing(shown: list[Edge], more: list[Edge]) -> None:
    weak = [edge for edge in more if edge.level < Level.AUTHENTICATED]
    expected = partition(MEMBERS, shown, (), POLICY)
    assert partition(MEMBERS, [*shown, *weak], (), POLICY) == expected


@given(evidence, links)
def test_components_resolve_independently(shown: list[Edge], apart: list[CannotLink]) -> None:
    near = {key: {key} for key in KEYS}
    for edge in shown:
        if edge.level >= Level.AUTHENTICATED:
            whole = near[edge.a] | near[edge.b]
            near.update(dict.fromkeys(whole, whole))
    locally = []
    for component in {frozenset(members) for members in near.values()}:
        locally += partition(
            [member for member in MEMBERS if member.key in component],
            [edge for edge in shown if {edge.a, edge.b} <= component],
            [link for link in apart if {link.a, link.b} <= component],
            POLICY,
        )
    assert sorted(locally, key=min) == partition(MEMBERS, shown, apart, POLICY)


def test_an_identifier_of_two_accounts_holds_nobody_together() -> None:
    one, two, browser = account_identifier("a0"), account_identifier("a1"), visitor_identifier("v0")
    assert _split(_edge(one, browser)) == {frozenset({_key(one), _key(browser)})}
    assert _split(_edge(one, browser), _edge(two, browser, Level.SIGNED)) == set()


def test_an_identifier_seen_with_too_many_others_holds_nobody_together() -> None:
    center = email_identifier("p0@example.com")
    shown = [_edge(center, visitor_identifier(f"v{n}")) for n in range(3)]
    assert _split(*shown) != set()
    assert _split(*shown, policy=Policy(degree_max=2)) == set()


@pytest.mark.parametrize("surer", [0, 1])
def test_the_surest_evidence_is_taken_before_a_limit_is_reached(surer: int) -> None:
    person = account_identifier("a0")
    numbers = [text_identifier(f"+1415555010{n}").identifier for n in (surer, 1 - surer)]
    sure, weak = _edge(person, numbers[0], Level.PROVEN), _edge(person, numbers[1])
    expected = {frozenset({_key(person), _key(numbers[0])})}
    assert _split(weak, sure) == _split(sure, weak) == expected


def test_a_role_mailbox_holds_nobody_together() -> None:
    role, person = email_identifier("sales@example.com"), slack_identifier("T1", "U0")
    assert _split(_edge(role, person, Level.SIGNED)) == set()


@pytest.mark.parametrize(
    ("kind", "value", "shared"),
    [
        (IdentifierKind.EMAIL, "ann@example.com", False),
        (IdentifierKind.EMAIL, "info@example.com", True),
        (IdentifierKind.EMAIL, "support+42@example.com", True),
        (IdentifierKind.EMAIL, "front-desk@example.com", True),
        (IdentifierKind.PHONE, "+14155550100", False),
        (IdentifierKind.PHONE, "000000", True),
        (IdentifierKind.ACCOUNT, "null", True),
        (IdentifierKind.ACCOUNT, "Demo-User", True),
        (IdentifierKind.ACCOUNT, "support", False),
        (IdentifierKind.UNKNOWN, "whatever", True),
    ],
)
def test_role_names_placeholders_and_unknown_kinds_are_shared(
    kind: IdentifierKind, value: str, *, shared: bool
) -> None:
    policy = Policy(role_local_parts=("Front-Desk",), blocked_values=("demo-user",))
    assert policy.is_shared(Identifier(kind=kind, value=value)) is shared


def test_a_policy_names_its_settings() -> None:
    assert Policy().version() == Policy().version()
    versions = {
        Policy().version(),
        Policy(degree_max=7).version(),
        Policy(limits=KindLimits(email=5)).version(),
        Policy(role_local_parts=("desk",)).version(),
        Policy(blocked_values=("desk",)).version(),
    }
    assert len(versions) == 5
