"""What merges, splits and their undoing make of components and of the customers in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.documents import (
    CustomerDoc,
    Edge,
    IdentifierDoc,
    Statement,
    StatementKind,
)
from maitred.contracts.identifiers import Identifier, Level, Observed
from maitred.contracts.ids import (
    ComponentId,
    CustomerId,
    IdentifierKey,
    OperationId,
    digest,
)
from maitred.contracts.limits import (
    DAY_MS,
)
from maitred.contracts.message import Message
from maitred.identity.conversations.place import Tools
from maitred.identity.customers.components import (
    Addition,
    Change,
    Root,
    Slot,
    change_of,
    read_roots,
)
from maitred.identity.customers.moving import changed_customers
from maitred.identity.evidence import Node, edges_of, join_edges, nodes_of
from maitred.identity.policy import KindLimits, Policy
from maitred.identity.resolver import partition
from tests.identity.truth import customers_of, evidence_of, hold, living
from tests.identity.world import (
    START,
    TOOLS,
    World,
    account,
    email,
    key_of,
    phone,
    said,
    slack,
    visitor,
)

ANN, BOB, CAT = (email(f"{name}@example.com") for name in ("ann", "bob", "cat"))
KIOSK = visitor("kiosk")
NUMBER = Observed(identifier=phone("+14155550100").identifier, level=Level.PROVEN)
PEOPLE = [
    *(account(f"a{n}") for n in range(3)),
    *(visitor(f"v{n}") for n in range(3)),
    ANN,
    BOB,
    slack("U1"),
    NUMBER,
]
observed = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True)
traffic = st.lists(observed, min_size=2, max_size=10)


def operate(world: World, addition: Addition, *about: Observed) -> Change:
    """Change components as operators do, and write what comes of it."""
    nodes = [Node(key_of(each), each.identifier, Level.SIGNED) for each in about]
    pointers, roots = read_roots(
        [node.key for node in nodes], world.everything(), world.tools.subjects
    )
    assert pointers.keys() == {node.key for node in nodes}

    def age(key: IdentifierKey) -> int:
        return world.get(world.tools.subjects.identifier(key), IdentifierDoc).first_seen_at

    change = change_of(nodes, addition, roots, world.tools.policy, age)
    assert change is not None
    subjects, view = world.tools.subjects, world.everything()
    documents: dict[str, msgspec.Struct] = {
        subjects.component(written.id): written for written in change.written
    }
    documents |= changed_customers(change, view, subjects, world.now)
    for subject, document in documents.items():
        world.store[subject] = (world.store.get(subject, (0, None))[0] + 1, document)
    return change


def say(world: World, kind: StatementKind, a: Observed, b: Observed | None = None) -> OperationId:
    """Let an operator say something, and return by what it can be undone."""
    about = [a] if b is None else sorted((a, b), key=key_of)
    operation = OperationId("op_" + digest(kind.value, *map(key_of, about)))
    word = Statement(
        operation=operation,
        kind=kind,
        a=key_of(about[0]),
        b=key_of(about[1]) if b is not None else None,
        at=world.now,
    )
    operate(world, Addition(statements=(word,)), *about)
    return operation


def undo(world: World, operation: OperationId, *about: Observed) -> None:
    operate(world, Addition(undone=frozenset({operation})), *about)


def known(world: World) -> dict[CustomerId, CustomerDoc]:
    """Return all that is known of those who wrote; which component it stands in may change."""
    return {
        document.id: msgspec.structs.replace(document, component=ComponentId(""), generation=0)
        for document in living(world)
        if document.writers
    }


def names(world: World) -> Mapping[frozenset[Identifier], CustomerId]:
    return world.customers()


def names_in_full(world: World) -> tuple[object, object]:
    return names(world), known(world)


# -- chains of merges, and their undoing --------------------------------------------------------
def test_a_chain_of_links_is_undone_from_any_end_and_leaves_nothing_behind() -> None:
    world = World()
    for number, who in enumerate((ANN, BOB, CAT)):
        world.take(said(f"m{number}", who, at=START + number, name=f"Name {number}"))
    before = names_in_full(world)
    links = [((ANN, BOB), say(world, StatementKind.LINK, ANN, BOB))]
    between = names_in_full(world)
    links.append(((BOB, CAT), say(world, StatementKind.LINK, BOB, CAT)))
    assert len(names(world)) == 1
    undo(world, links[1][1], *links[1][0])
    assert names_in_full(world) == between
    say(world, StatementKind.LINK, BOB, CAT)
    undo(world, links[0][1], *links[0][0])
    assert frozenset({BOB.identifier, CAT.identifier}) in names(world)
    undo(world, links[1][1], *links[1][0])
    assert names_in_full(world) == before
    hold(world)


@pytest.mark.parametrize("kind", [StatementKind.CANNOT_LINK, StatementKind.UNLINK])
def test_who_was_parted_and_is_one_again_has_his_name_back(kind: StatementKind) -> None:
    """Both were seen in one message, so neither is older: the name must not be drawn anew."""
    for number in range(8):
        world = World()
        one, other = email(f"p{number}@example.com"), visitor(f"v{number}")
        world.take(said("m1", one, other, name="Ann"))
        world.take(said("m2", other, at=START + 1))
        before = names_in_full(world)
        operation = say(world, kind, one, other)
        assert len(names(world)) == 2
        undo(world, operation, one, other)
        assert names_in_full(world) == before
        hold(world)


def test_a_merge_costs_no_reading_of_who_is_older_where_one_component_is_touched() -> None:
    world = World()
    world.take(said("m1", ANN, visitor("v1")))
    operation = say(world, StatementKind.CANNOT_LINK, ANN, visitor("v1"))
    (document,) = world.components()
    root = Root(document.id, document, document.members, document.customers)
    nodes = [Node(key_of(ANN), ANN.identifier, Level.SIGNED)]

    def age(key: IdentifierKey) -> int:
        raise AssertionError("nobody asks")

    undone = Addition(undone=frozenset({operation}))
    assert change_of(nodes, undone, {document.id: root}, Policy(), age) is not None


def test_who_never_wrote_keeps_nothing_of_whom_he_was_parted_from() -> None:
    world = World()
    world.take(said("m1", ANN, name="Ann"))
    world.take(said("m2", BOB, visitor("v1"), at=START + 1, name="Bob"))
    say(world, StatementKind.CANNOT_LINK, BOB, visitor("v1"))
    alone = world.owner(world.get(TOOLS.subjects.identifier(key_of(visitor("v1"))), IdentifierDoc))
    before = world.customer(alone)
    operation = say(world, StatementKind.LINK, ANN, visitor("v1"))
    assert names(world)[frozenset({ANN.identifier, visitor("v1").identifier})]
    undo(world, operation, ANN, visitor("v1"))
    after = world.customer(alone)
    for field in ("name", "language", "messages", "channels", "writers", "conversations"):
        assert getattr(after, field) == getattr(before, field)


# -- revoked evidence ---------------------------------------------------------------------------
def _rewritten(messages: Sequence[Message], gone: Message) -> dict[Slot, Edge | None]:
    """Return what is left of the evidence behind a message once it is taken back."""
    shown = {
        message.id: edges_of(
            nodes_of(message, TOOLS.keys, TOOLS.policy), message.id, message.received_at
        )
        for message in messages
    }
    slots = [(edge.a, edge.b, edge.level) for edge in shown[gone.id]]
    others = join_edges(edge for name, edges in shown.items() if name != gone.id for edge in edges)
    left = {(edge.a, edge.b, edge.level): edge for edge in others}
    return {slot: left.get(slot) for slot in slots}


@settings(max_examples=60, deadline=None)
@given(traffic, st.sampled_from([1, 16 * DAY_MS]), st.data())
def test_what_is_revoked_was_never_seen(
    shown: list[list[Observed]], step: int, data: st.DataObject
) -> None:
    messages = [
        said(f"m{number}", *people, at=START + number * step) for number, people in enumerate(shown)
    ]
    gone = data.draw(
        st.lists(st.sampled_from(messages), unique_by=lambda message: message.id, max_size=3)
    )
    world = World(now=START + len(messages) * step)
    for message in messages:
        world.take(message)
    remaining = list(messages)
    for message in gone:
        rewritten = _rewritten(remaining, message)
        remaining.remove(message)
        if not rewritten:
            continue
        word = Statement(
            operation=OperationId(f"op_{message.id}"),
            kind=StatementKind.REVOKED,
            a=message.actor_key,
            message=message.id,
            at=world.now,
        )
        operate(
            world,
            Addition(statements=(word,), rewritten=rewritten),
            message.actor,
            *message.observed,
        )
        hold(world)
    alone = [said(f"s{n}", each) for n, each in enumerate(_everybody(messages))]
    for at in (0, *(message.received_at for message in messages)):
        assert set(world.customers(at)) == customers_of([*remaining, *alone], at)
    for message in gone:
        world.take(message)
    for at in (0, *(message.received_at for message in messages)):
        assert set(world.customers(at)) == customers_of([*remaining, *alone], at)


def _everybody(messages: Iterable[Message]) -> list[Observed]:
    """Return all that were ever seen: they are known, whatever was taken back about them."""
    found = {
        each.identifier: each for message in messages for each in (message.actor, *message.observed)
    }
    return list(found.values())


def test_a_hub_that_appears_and_is_taken_back_leaves_nothing_behind() -> None:
    world = World()
    messages = [
        said("a1", account("ann"), name="Ann"),
        said("k1", KIOSK, at=START + 1),
        said("a2", KIOSK, account("ann"), at=START + 2),
        said("b1", account("bob"), at=START + 3, name="Bob"),
    ]
    for message in messages:
        world.take(message)
    before = names_in_full(world)
    slip = said("b2", KIOSK, account("bob"), at=START + 4)
    world.take(slip)
    assert len(names(world)) == 3
    assert world.components()[0].contact_points == (key_of(KIOSK),)
    operate(world, Addition(rewritten=_rewritten([*messages, slip], slip)), KIOSK, account("bob"))
    assert world.components()[0].contact_points == ()
    assert names(world) == before[0]
    assert not any(each.unidentified for each in living(world))
    ann = names(world)[frozenset({KIOSK.identifier, account("ann").identifier})]
    assert known(world)[ann] == before[1][ann]  # type: ignore[index]
    hold(world)


# -- settings that change -----------------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(traffic, st.randoms(use_true_random=False))
def test_a_component_of_an_older_policy_is_computed_anew_when_it_is_touched(
    shown: list[list[Observed]], chance: Random
) -> None:
    messages = [said(f"m{n}", *people, at=START + n) for n, people in enumerate(shown)]
    world = World(now=START + len(messages))
    for message in messages:
        world.take(message)
    policy = Policy(
        limits=KindLimits(email=1, visitor=1, phone=1), degree_max=2, role_local_parts=("ann",)
    )
    world.tools = Tools(TOOLS.subjects, TOOLS.keys, policy)
    again = [said(f"s{n}", each) for n, each in enumerate(_everybody(messages))]
    chance.shuffle(again)
    for message in again:
        world.take(message)
    # What was seen before is kept as it was taken in, and judged by the rules of today.
    members, edges = evidence_of(messages)
    found = partition(members.values(), edges, (), policy)
    assert set(world.customers()) == {
        frozenset(members[key].identifier for key in cluster.members) for cluster in found.clusters
    }
    assert {each.policy for each in world.components()} <= {policy.version()}
    hold(world)
