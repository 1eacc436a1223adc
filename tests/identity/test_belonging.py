"""Whose journey a message is part of, asked again after all that happened since."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc, IdentifierDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import conversation_id
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.operations import OperationKind
from maitred.identity.customers.components import namesake
from maitred.identity.reading import read_component
from maitred.identity.timeline.belonging import Belonging, alone
from tests.identity.steward import Steward
from tests.identity.truth import owner_of
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

ANN, BOB = account("ann"), account("bob")
KIOSK = visitor("kiosk")
LATER = 200 * DAY_MS


class Town:
    """A world in which everything that is taken in is written down as intake does."""

    def __init__(self, now: int = START + 2 * LATER) -> None:
        self.world = World(now=now)
        self.entries: list[MessageEntry] = []

    def take(self, *messages: Message) -> None:
        for message in messages:
            placed = self.world.take(message)
            self.entries.append(
                MessageEntry(
                    message=message,
                    customer=placed.customer,
                    conversation=placed.conversation,
                    joined=placed.joined,
                )
            )

    def customers(self) -> list[CustomerDoc]:
        documents = [document for _, document in self.world.store.values()]
        return [d for d in documents if isinstance(d, CustomerDoc) and d.alias_of is None]

    def belonging(self, customer: CustomerDoc) -> Belonging:
        everything, subjects = self.world.everything(), TOOLS.subjects
        _, component = read_component(everything, subjects, customer.component)
        if component is None:
            own = namesake(customer.component)
            pointer = everything.read(subjects.identifier(own), IdentifierDoc)
            component = alone(customer, pointer.identifier if pointer is not None else None)
        return Belonging(customer, component)

    def his(self, name: str) -> set[str]:
        """Return what belongs to the customer to whom a message of that text belongs."""
        (entry,) = [each for each in self.entries if each.message.text == f"text of {name}"]
        found = [each for each in self.customers() if self.has(each, entry)]
        (customer,) = found
        return {
            each.message.text.removeprefix("text of ")
            for each in self.entries
            if self.has(customer, each)
        }

    def has(self, customer: CustomerDoc, entry: MessageEntry) -> bool:
        belonging = self.belonging(customer)
        said_there = self.world.store.get(
            TOOLS.subjects.conversation(entry.conversation or ""),  # type: ignore[arg-type]
            (0, None),
        )[1]
        in_his = isinstance(said_there, Conversation) and belonging.has_conversation(said_there)
        return belonging.has_entry(entry, in_his=in_his)


def test_each_account_has_its_own_messages_of_a_browser_that_several_used() -> None:
    town = Town()
    town.take(
        said("a1", KIOSK, ANN, at=START),
        said("b1", KIOSK, BOB, at=START + 1),
        said("a2", KIOSK, ANN, at=START + 2),
        said("nobody", KIOSK, at=START + 3),
        said("a3", email("ann@example.com"), ANN, at=START + 4),
    )
    assert town.his("a1") == {"a1", "a2", "a3"}
    assert town.his("b1") == {"b1"}
    assert town.his("nobody") == {"nobody"}


def test_what_nobody_signed_goes_with_its_conversation_once_the_browser_is_shared() -> None:
    town = Town(now=START + 9)
    town.take(said("old", KIOSK, at=START - 90 * DAY_MS), said("a1", KIOSK, ANN, at=START))
    town.take(said("unsigned", KIOSK, at=START + 1))
    assert town.his("a1") == {"old", "a1", "unsigned"}
    town.take(said("b1", KIOSK, BOB, at=START + 2))
    assert town.his("a1") == {"a1", "unsigned"}
    assert town.his("b1") == {"b1"}
    assert town.his("old") == {"old"}


def test_a_change_that_does_not_say_who_makes_it_belongs_to_the_browser_alone_if_it_is_shared() -> (
    None
):
    town = Town()
    first = said("a1", KIOSK, ANN, at=START)
    unsigned = said("e1", KIOSK, at=START + 1, kind=MessageKind.EDIT, target=first.id)
    town.take(first, unsigned)
    assert town.his("a1") == {"a1", "e1"}
    town.take(said("b1", KIOSK, BOB, at=START + 2))
    signed = said("e2", KIOSK, BOB, at=START + 3, kind=MessageKind.EDIT, target=first.id)
    town.take(signed)
    assert town.his("b1") == {"b1", "e2"}
    assert "e2" not in town.his("a1")


@pytest.mark.parametrize("kind", [MessageKind.EDIT, MessageKind.DELETE])
def test_nobody_changes_what_another_account_said_in_the_same_browser(kind: MessageKind) -> None:
    town = Town(now=START + 9)
    first, second = said("a1", KIOSK, ANN, at=START), said("b1", KIOSK, BOB, at=START + 1)
    town.take(first, second)
    for name, who in (("bob", (BOB,)), ("nobody", ()), ("ann", (ANN,))):
        about = {"kind": kind, "target": first.id, "text": f"text of {name}", "at": START + 2}
        town.take(said(name, KIOSK, *who, **about))
        placed = town.entries[-1].conversation
        assert (placed == conversation_id(first.id)) == (name == "ann")
        said_there = town.world.get(
            TOOLS.subjects.conversation(conversation_id(first.id)), Conversation
        )
        assert (said_there.turns[0].text == "text of a1") == (name != "ann")
        assert (name in town.his("a1")) == (name == "ann")


def test_a_number_that_changed_hands_was_each_owners_in_his_time() -> None:
    town = Town()
    number = phone("+14155550123")
    proven = type(number)(identifier=number.identifier, level=Level.PROVEN)
    town.take(
        said("ann", visitor("v1"), ANN, proven, at=START),
        said("sms1", number, at=START + DAY_MS),
        said("bob", visitor("v2"), BOB, proven, at=START + LATER),
        said("sms2", number, at=START + LATER + DAY_MS),
    )
    assert town.his("ann") == {"ann", "sms1"}
    assert town.his("bob") == {"bob", "sms2"}


def test_who_claims_the_same_address_is_another_one_each_time() -> None:
    town = Town()
    claim = email("ann@example.com", Level.CLAIMED)
    town.take(
        said("real", email("ann@example.com"), at=START),
        said("one", claim, at=START + 1),
        said("two", claim, at=START + 2),
    )
    assert town.his("real") == {"real"}
    assert town.his("one") == {"one"}
    assert town.his("two") == {"two"}


def test_who_writes_from_a_role_mailbox_is_known_by_nothing_else() -> None:
    town = Town()
    town.take(said("r1", email("sales@example.com"), at=START), said("a", email("a@example.com")))
    assert town.his("r1") == {"r1"}
    (customer,) = [each for each in town.customers() if each.unidentified]
    assert town.belonging(customer).logs() == (key_of(email("sales@example.com")),)


def test_a_merge_brings_both_together_and_when_it_is_undone_each_has_his_own_again() -> None:
    town = Town()
    one, other = email("ann@example.com"), email("bob@example.com")
    town.take(said("a1", one, at=START), said("b1", other, at=START + 1))
    desk = Steward(town.world)
    linked = desk.say(OperationKind.LINK, one, other)
    assert town.his("a1") == {"a1", "b1"}
    town.take(said("b2", other, at=START + 5))
    assert town.his("a1") == {"a1", "b1", "b2"}
    assert linked.receipt is not None
    (record,) = [
        document.id
        for _, document in town.world.store.values()
        if getattr(document, "kind", None) is OperationKind.LINK
    ]
    desk.undo(record)
    assert town.his("a1") == {"a1"}
    assert town.his("b1") == {"b1", "b2"}


people = st.sampled_from([
    email("ann@example.com"),
    email("sales@example.com"),
    email("ann@example.com", Level.CLAIMED),
    slack("U1"),
    phone("+14155550123"),
    visitor("v1"),
    KIOSK,
])  # fmt: skip
others = st.lists(
    st.sampled_from([ANN, BOB, email("ann@example.com"), phone("+14155550123"), visitor("v1")]),
    max_size=2,
    unique_by=lambda each: each.identifier,
)


@settings(max_examples=60)
@given(st.lists(st.tuples(people, others, st.integers(0, 3)), min_size=1, max_size=12))
def test_every_message_is_in_the_one_journey_where_its_identifier_is(
    history: list[tuple[object, list[object], int]],
) -> None:
    town = Town()
    for number, (actor, seen, days) in enumerate(history):
        at = START + days * 70 * DAY_MS + number
        town.take(said(f"m{number}", actor, *seen, at=at))  # type: ignore[arg-type]
    known = [(each, town.belonging(each)) for each in town.customers()]
    for entry in town.entries:
        owner = owner_of(town.world, entry.message)
        having = [
            customer
            for customer, belonging in known
            if not customer.unidentified and belonging.has_entry(entry, in_his=False)
        ]
        if owner is None:
            assert having == []
            continue
        assert [each.id for each in having] == [owner]
        (belonging,) = [belonging for customer, belonging in known if customer.id == owner]
        assert entry.message.actor_key in belonging.logs()
