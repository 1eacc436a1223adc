"""What one message shows, how it is folded, and which identifier it hangs on."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.documents import Edge
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level, Observed
from maitred.contracts.ids import IdentifierKey, MessageId
from maitred.contracts.limits import DAY_MS, OBSERVED_IDENTIFIERS_MAX
from maitred.identity.evidence import (
    Node,
    bearer,
    covers,
    edges_of,
    is_contact_point,
    join_edges,
    nodes_of,
    nodes_seen,
)
from maitred.identity.policy import Policy
from tests.identity.world import (
    START,
    TOOLS,
    account,
    email,
    key_of,
    phone,
    said,
    slack,
    visitor,
)

KEYS, POLICY = TOOLS.keys, Policy()
ANN = email("ann@example.com")
PROVEN = email("ann@example.com", Level.PROVEN)
MESSAGE = MessageId("msg_1")


def _identifiers(nodes: tuple[Node, ...]) -> list[tuple[str, Level]]:
    return [(node.identifier.value, node.level) for node in nodes]


# -- nodes --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("actor", "others", "expected"),
    [
        (ANN, (), ["ann@example.com"]),
        (slack("U1"), (ANN,), ["T1:U1", "ann@example.com"]),
        (slack("U1"), (email("ann@example.com", Level.CLAIMED),), ["T1:U1"]),
        (slack("U1"), (email("ann@example.com", Level.ASSERTED),), ["T1:U1"]),
        (slack("U1"), (email("info@example.com"),), ["T1:U1"]),
        (slack("U1"), (account("null"), account("4711")), ["T1:U1", "4711"]),
        (phone("+14155550100"), (ANN,), ["+14155550100"]),
        (email("ann@example.com", Level.CLAIMED), (visitor("v"),), ["ann@example.com"]),
        (email("info@example.com"), (visitor("v"),), ["info@example.com"]),
        (ANN, (ANN,), ["ann@example.com"]),
    ],
)
def test_a_message_shows_its_sender_first_and_what_was_proven_with_him(
    actor: Observed, others: tuple[Observed, ...], expected: list[str]
) -> None:
    nodes = nodes_seen(actor, others, KEYS, POLICY)
    assert [node.identifier.value for node in nodes] == expected
    assert nodes[0].key == key_of(actor)


@pytest.mark.parametrize("order", list(permutations([ANN, PROVEN])))
def test_of_one_identifier_seen_twice_the_surer_level_counts(order: list[Observed]) -> None:
    found = nodes_seen(visitor("v"), order, KEYS, POLICY)
    assert _identifiers(found)[1:] == [("ann@example.com", Level.PROVEN)]
    own = nodes_seen(order[0], order[1:], KEYS, POLICY)
    assert _identifiers(own) == [("ann@example.com", Level.PROVEN)]


def test_a_claim_stands_under_a_key_that_no_evidence_reaches() -> None:
    (node,) = nodes_seen(email("ann@example.com", Level.CLAIMED), (), KEYS, POLICY)
    assert node.key == KEYS.claimed(ANN.identifier) != KEYS.identifier(ANN.identifier)


def test_so_many_identifiers_of_one_context_are_taken_and_no_more() -> None:
    others = [email(f"p{number}@example.com") for number in range(40)]
    nodes = nodes_seen(visitor("v"), others, KEYS, POLICY)
    assert len(nodes) == 1 + OBSERVED_IDENTIFIERS_MAX


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("stated", list(Level))
def test_a_senders_key_must_fit_his_level(level: Level, stated: Level) -> None:
    message = said("x", email("ann@example.com", level))
    forged = msgspec.structs.replace(message, actor_key=key_of(email("ann@example.com", stated)))
    if (level is Level.CLAIMED) == (stated is Level.CLAIMED):
        assert nodes_of(forged, KEYS, POLICY)[0].key == forged.actor_key
    else:
        with pytest.raises(BadPayload) as refused:
            nodes_of(forged, KEYS, POLICY)
        assert refused.value.code == "bad_actor_key"


# -- edges --------------------------------------------------------------------------------------
def test_every_pair_of_a_context_is_one_edge_at_its_weaker_level_and_on_its_day() -> None:
    nodes = nodes_seen(visitor("v"), [account("4711"), PROVEN], KEYS, POLICY)
    edges = edges_of(nodes, MESSAGE, START + 7)
    assert {(edge.a, edge.b) for edge in edges} == {
        (min(one.key, other.key), max(one.key, other.key))
        for one, other in ((nodes[0], nodes[1]), (nodes[0], nodes[2]), (nodes[1], nodes[2]))
    }
    assert sorted(edge.level for edge in edges) == [2, 2, 3]
    assert {edge.first_at for edge in edges} == {START - START % DAY_MS}
    assert {edge.last_at for edge in edges} == {START - START % DAY_MS}
    assert {edge.source for edge in edges} == {MESSAGE}
    assert edges_of(nodes[::-1], MESSAGE, START) == edges


def test_one_identifier_alone_shows_nothing() -> None:
    assert edges_of(nodes_seen(ANN, (), KEYS, POLICY), MESSAGE, START) == ()


KEY = st.sampled_from([IdentifierKey(letter) for letter in "abcd"])
edges = st.lists(
    st.builds(
        lambda pair, level, first, length, source: Edge(
            a=min(pair),
            b=max(pair),
            level=level,
            first_at=first * DAY_MS,
            last_at=(first + length) * DAY_MS,
            source=MessageId(f"msg_{source}"),
        ),
        st.tuples(KEY, KEY).filter(lambda pair: pair[0] != pair[1]),
        st.sampled_from(list(Level)),
        st.integers(0, 9),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=12,
)


@given(edges, edges, edges)
def test_folding_is_a_semilattice(one: list[Edge], two: list[Edge], three: list[Edge]) -> None:
    assert join_edges([*one, *two]) == join_edges([*two, *one])
    assert join_edges([*join_edges([*one, *two]), *three]) == join_edges(
        [*one, *join_edges([*two, *three])]
    )
    assert join_edges([*one, *one]) == join_edges(one) == join_edges(join_edges(one))


@given(edges)
def test_folded_evidence_is_one_edge_for_each_pair_and_level(shown: list[Edge]) -> None:
    folded = join_edges(shown)
    slots = [(edge.a, edge.b, edge.level) for edge in folded]
    assert slots == sorted(set(slots))
    for edge in folded:
        same = [e for e in shown if (e.a, e.b, e.level) == (edge.a, edge.b, edge.level)]
        assert edge.first_at == min(each.first_at for each in same)
        assert edge.last_at == max(each.last_at for each in same)
        first = [each for each in same if each.first_at == edge.first_at]
        assert edge.source == min(each.source for each in first)


@given(edges, edges)
def test_what_is_covered_would_change_nothing_but_its_source(
    known: list[Edge], more: list[Edge]
) -> None:
    folded = join_edges(known)
    for edge in more:
        after = [(e.a, e.b, e.level, e.first_at, e.last_at) for e in join_edges([*folded, edge])]
        before = [(e.a, e.b, e.level, e.first_at, e.last_at) for e in folded]
        assert covers(folded, edge) is (after == before)


# -- whom a message hangs on --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("people", "apart", "expected"),
    [
        ([ANN], (), 0),
        ([visitor("v"), account("4711")], (), 1),
        ([visitor("v"), slack("U1")], (), 0),
        ([visitor("v"), PROVEN, account("4711")], (), 2),
        ([visitor("v"), PROVEN, account("4711")], (2,), 1),
        ([visitor("v"), account("4711")], (0,), 1),
        ([visitor("v"), account("4711")], (1,), 0),
        ([visitor("v")], (0,), None),
        ([visitor("v"), account("4711")], (0, 1), None),
        ([], (), None),
    ],
)
def test_a_message_hangs_on_its_surest_identifier_that_tells_people_apart(
    people: list[Observed], apart: tuple[int, ...], expected: int | None
) -> None:
    nodes = [Node(key_of(each), each.identifier, each.level) for each in people]
    found = bearer(nodes, {nodes[number].key for number in apart})
    assert found == (None if expected is None else nodes[expected])


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (ANN, False),
        (phone("+14155550100"), False),
        (email("ann@example.com", Level.CLAIMED), True),
        (email("support@example.com"), True),
        (Observed(identifier=account("guest").identifier, level=Level.SIGNED), True),
        (
            Observed(
                identifier=Identifier(kind=IdentifierKind.UNKNOWN, value="x"), level=Level.SIGNED
            ),
            True,
        ),
    ],
)
def test_claims_role_mailboxes_placeholders_and_unknown_kinds_are_contact_points(
    actor: Observed, *, expected: bool
) -> None:
    assert is_contact_point(actor, POLICY) is expected
