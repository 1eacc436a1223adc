"""A steward at the world's store, who says who is who and takes it back."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.identifiers import Identifier, Observed
from maitred.contracts.ids import OperationId, operation_id
from maitred.contracts.limits import DAY_MS
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.contracts.view import NotRead
from maitred.identity.operators.ground import Target
from maitred.identity.operators.operations import Order, Outcome, undone
from maitred.identity.operators.operations import said as ordered
from maitred.identity.reading import read_customer
from tests.identity.world import (
    START,
    TOOLS,
    Loaded,
    World,
    key_of,
    said,
)


class Steward:
    """An operator at the world's store; his clock runs on with each word."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = START + DAY_MS

    def order(self, kind: OperationKind, a: Observed, b: Observed | None = None) -> Order:
        self.now += 1
        return Order(
            id=operation_id("eve", kind.value, self.now, key_of(a)),
            kind=kind,
            by="eve",
            why="she called",
            at=self.now,
            a=target(a),
            b=None if b is None else target(b),
        )

    def say(self, kind: OperationKind, a: Observed, b: Observed | None = None) -> Outcome:
        order = self.order(kind, a, b)
        return self.commit(lambda view: ordered(order, view, self.world.tools))

    def undo(self, operation: OperationId | None) -> Outcome:
        self.now += 1
        record = self.record(operation)
        return self.commit(
            lambda view: undone(record, "joe", "a slip", self.now, view, self.world.tools)
        )

    def commit(self, step: Callable[[Loaded], Outcome]) -> Outcome:
        view = Loaded()
        while True:
            try:
                outcome = step(view)
            except NotRead as needed:
                self.world.load(view, needed.subjects)
                continue
            for subject in outcome.documents:
                if subject not in view.documents:
                    self.world.load(view, (subject,))
            self.world.commit(view, outcome.documents)
            return outcome

    def idle(self) -> None:
        """Say nothing."""

    def record(self, operation: OperationId | None) -> OperationDoc:
        documents = [document for _, document in self.world.store.values()]
        (found,) = [d for d in documents if isinstance(d, OperationDoc) and d.id == operation]
        return found


def target(observed: Observed) -> Target:
    return Target(TOOLS.keys.identifier(observed.identifier), observed.identifier)


def state(world: World) -> dict[str, object]:
    """Return what is to come back: who is who, and all that is known of those who wrote."""
    found: dict[str, object] = {"who": world.customers()}
    for subject, (_, document) in world.store.items():
        if isinstance(document, CustomerDoc) and document.alias_of is None and document.writers:
            found[subject] = msgspec.structs.replace(document, generation=0, component="")
        elif isinstance(document, Conversation):
            # A gate that was shut stays so until the customer writes again; who went up into
            # another is that other.
            owner, _ = read_customer(world.everything(), TOOLS.subjects, document.customer)
            found[subject] = msgspec.structs.replace(
                document, customer=owner, may_read=False, act_until=0
            )
    return found


def known(world: World, *people: Observed) -> None:
    """Let everybody write once, under a name of his own."""
    for number, person in enumerate(people):
        name = f"Name {number}" if number % 2 == 0 else ""
        world.take(said(f"first {number}", person, at=START + number, name=name))


def who(world: World, *people: Observed) -> list[set[Identifier]]:
    """Return how `people` fall into customers."""
    wanted = {person.identifier for person in people}
    found = [set(members) & wanted for members in world.customers()]
    return sorted((each for each in found if each), key=lambda each: sorted(map(repr, each)))


def parts(*groups: tuple[Observed, ...]) -> list[set[Identifier]]:
    found = [{person.identifier for person in group} for group in groups]
    return sorted(found, key=lambda each: sorted(map(repr, each)))
