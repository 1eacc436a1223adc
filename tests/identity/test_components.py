"""A component grows to its bounds and no further, and fits into one message of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

import msgspec
import pytest

from maitred.contracts.documents import (
    ComponentDoc,
    Edge,
    Member,
    Statement,
    StatementKind,
)
from maitred.contracts.identifiers import Keys, Level, Observed, visitor_identifier
from maitred.contracts.ids import ComponentId, IdentifierKey, MessageId, OperationId, digest
from maitred.contracts.limits import (
    COMPONENT_MEMBERS_MAX,
    NATS_PAYLOAD_BYTES_MAX,
    STATEMENTS_MAX,
)
from maitred.identity.customers import components
from maitred.identity.customers.components import (
    COMPONENT_EDGES_MAX,
    COMPONENT_VALUES_CHARACTERS_MAX,
    Addition,
    Change,
    Root,
    change_of,
)
from maitred.identity.evidence import Node
from maitred.identity.policy import KindLimits, Policy
from tests.identity.truth import hold, living
from tests.identity.world import START, TOOLS, World, account, email, said, slack, visitor

PEOPLE: list[Observed] = [
    *(account(f"a{n}") for n in range(3)),
    *(visitor(f"v{n}") for n in range(3)),
    email("ann@example.com"),
    slack("U1"),
]
WIDE = Policy(limits=KindLimits(visitor=500, email=500), degree_max=500)
PLAIN = Keys(TOOLS.keys.tenant, b"identity-test-secret")


def _key(number: int) -> IdentifierKey:
    return PLAIN.identifier(visitor_identifier(f"v{number}"))


def _root(
    members: Sequence[Member], edges: Iterable[Edge] = (), statements: Iterable[Statement] = ()
) -> dict[ComponentId, Root]:
    name = ComponentId("cmp_" + min(each.key for each in members))
    change = change_of(
        [Node(each.key, each.identifier, Level.SIGNED) for each in members],
        Addition(tuple(edges), tuple(statements)),
        {},
        WIDE,
        lambda _: 0,
    )
    assert change is not None
    assert change.document is not None
    document = msgspec.structs.replace(change.document, id=name)
    return {name: Root(name, document, document.members, document.customers)}


def _members(count: int, value: str = "") -> list[Member]:
    return [Member(key=_key(n), identifier=visitor_identifier(f"{value}{n}")) for n in range(count)]


def _edges(members: Sequence[Member], count: int) -> list[Edge]:
    found = [
        Edge(
            a=min(one.key, other.key),
            b=max(one.key, other.key),
            level=level,
            first_at=START,
            last_at=START,
            source=MessageId("msg_" + "f" * 32),
        )
        for level in Level
        for number, one in enumerate(members)
        for other in members[number + 1 : number + 4]
    ]
    return found[:count]


def _words(members: Sequence[Member], count: int) -> list[Statement]:
    return [
        Statement(
            operation=OperationId("op_" + digest(str(number))),
            kind=StatementKind.CANNOT_LINK,
            a=min(members[0].key, members[1].key),
            b=max(members[0].key, members[1].key),
            at=START,
        )
        for number in range(count)
    ]


def _grown(root: Mapping[ComponentId, Root], addition: Addition, *new: Member) -> Change | None:
    (only,) = root.values()
    nodes = [Node(each.key, each.identifier, Level.SIGNED) for each in (only.members[0], *new)]
    return change_of(nodes, addition, root, WIDE, lambda _: 0)


def _edge(one: Member, other: Member) -> Edge:
    (edge,) = _edges([one, other], 1)
    return edge


@pytest.mark.parametrize("room", [1, 0])
def test_a_component_takes_no_more_members_than_it_has_room_for(room: int) -> None:
    *members, new = _members(COMPONENT_MEMBERS_MAX + 1 - room)
    root = _root(members, _edges(members, len(members) - 1))
    change = _grown(root, Addition((_edge(members[0], new),)), new)
    assert (change is not None) is bool(room)


@pytest.mark.parametrize("room", [1, 0])
def test_a_component_takes_no_more_evidence_than_it_has_room_for(room: int) -> None:
    members = _members(COMPONENT_MEMBERS_MAX)
    every = _edges(members, COMPONENT_EDGES_MAX + 1)
    root = _root(members, every[: COMPONENT_EDGES_MAX - room])
    change = _grown(root, Addition((every[-1],)))
    assert (change is not None) is bool(room)
    assert _grown(root, Addition((every[0],))) is not None, "what it knows it knows"


@pytest.mark.parametrize("room", [1, 0])
def test_a_component_takes_no_more_words_than_it_has_room_for(room: int) -> None:
    members = _members(2)
    every = _words(members, STATEMENTS_MAX + 1)
    root = _root(members, (), every[: STATEMENTS_MAX - room])
    change = _grown(root, Addition(statements=(every[-1],)))
    assert (change is not None) is bool(room)
    undone = Addition(undone=frozenset({every[0].operation}))
    assert _grown(root, undone) is not None, "taking back is always possible"


@pytest.mark.parametrize("room", [1, 0])
def test_a_component_takes_no_longer_values_than_it_has_room_for(room: int) -> None:
    members = [
        Member(key=_key(n), identifier=visitor_identifier("x" * size))
        for n, size in enumerate((COMPONENT_VALUES_CHARACTERS_MAX - 10, 9, 2 - room))
    ]
    root = _root(members[:2], [_edge(*members[:2])])
    change = _grown(root, Addition((_edge(members[0], members[2]),)), members[2])
    assert (change is not None) is bool(room)


@pytest.mark.parametrize("character", ["x", "ü", "界", "😀", '"', "\x01"])
def test_a_component_at_all_its_bounds_fits_into_one_nats_message(character: str) -> None:
    each = COMPONENT_VALUES_CHARACTERS_MAX // COMPONENT_MEMBERS_MAX
    members = [
        Member(key=_key(n), identifier=visitor_identifier(character * each))
        for n in range(COMPONENT_MEMBERS_MAX)
    ]
    root = _root(members, _edges(members, COMPONENT_EDGES_MAX), _words(members, STATEMENTS_MAX))
    shared = [
        Statement(
            operation=OperationId("op_" + digest(f"shared {number}")),
            kind=StatementKind.SHARED,
            a=member.key,
            at=START,
        )
        for number, member in enumerate(members[:STATEMENTS_MAX])
    ]
    words = next(iter(root.values())).document
    assert words is not None
    apart = Addition(
        statements=tuple(shared), undone=frozenset(w.operation for w in words.statements)
    )
    change = _grown(root, apart)
    assert change is not None
    assert change.document is not None
    assert len(change.document.customers) == COMPONENT_MEMBERS_MAX, "every one by himself"
    room = NATS_PAYLOAD_BYTES_MAX - 2_048
    for document in (words, change.document):
        assert len(msgspec.json.encode(document)) < room


def test_who_writes_into_a_full_component_is_still_placed_and_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(components, "COMPONENT_MEMBERS_MAX", 4)
    world = World()
    chance = Random(3)  # noqa: S311  (a seed for who writes with whom)
    for number in range(60):
        people = chance.sample(PEOPLE, chance.choice((1, 2, 3)))
        placed = world.take(said(f"m{number}", *people, at=START + number))
        assert placed.customer is not None
        assert all(len(each.members) <= 4 for each in world.components())
    hold(world)
    assert sum(each.messages for each in living(world)) == 60


def test_a_component_document_reads_back_as_it_was_written() -> None:
    members = _members(9)
    (root,) = _root(members, _edges(members, 20), _words(members, 3)).values()
    data = msgspec.json.encode(root.document)
    assert msgspec.json.decode(data, type=ComponentDoc) == root.document


def test_who_is_shown_by_a_revoked_message_alone_is_a_member_all_the_same() -> None:
    """Placed again, it shows nothing together; every pointer must lead to who is known there."""
    members = _members(3)
    root = _root(members[:2], [_edge(*members[:2])])
    change = _grown(root, Addition(), members[2])
    assert change is not None
    assert change.document is not None
    assert members[2] in change.document.members
    assert any(each.members == (members[2].key,) for each in change.customers)
