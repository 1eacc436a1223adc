"""A component whose people leave it: the others stay as they were, and whoever returns is new."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.contracts.documents import (
    ComponentDoc,
    CustomerDoc,
    CustomerMembers,
    IdentifierDoc,
    StatementKind,
)
from maitred.contracts.identifiers import Level, Observed, text_identifier
from maitred.contracts.ids import CustomerId, IdentifierKey, component_id, customer_id
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message
from maitred.contracts.operations import OperationDoc
from maitred.contracts.view import NotRead
from maitred.identity.erasure.extent import Person, holding_of
from maitred.identity.erasure.parting import Cause, parted
from maitred.identity.reading import read_component, read_customer
from tests.identity.world import (
    START,
    TOOLS,
    Loaded,
    World,
    account,
    email,
    key_of,
    said,
    slack,
    visitor,
)

CAUSE = Cause(by="kim", why="asked", at=START)
SUBJECTS = TOOLS.subjects
KIOSK = visitor("kiosk")
PHONE = Observed(identifier=text_identifier("+15552000001").identifier, level=Level.PROVEN)


def person_of(world: World, sender: Observed) -> Person:
    """Return who a sender is, as the documents say it."""
    view = world.everything()
    pointer = world.get(SUBJECTS.identifier(key_of(sender)), IdentifierDoc)
    _, component = read_component(view, SUBJECTS, pointer.component)
    customer = world.customer(world.owner(pointer))
    return Person(
        customer=customer.id,
        holding=holding_of(customer, component),
        customers=frozenset({customer.id}),
    )


def part(world: World, person: Person) -> Mapping[str, msgspec.Struct]:
    """Carry a parting out as the gateway does, and return what was written."""
    view = Loaded()
    while True:
        try:
            documents = parted(person, view, TOOLS, CAUSE)
        except NotRead as needed:
            world.load(view, needed.subjects)
            continue
        if missing := view.missing(*documents):
            world.load(view, missing)
        world.commit(view, documents)
        return documents


def erase(world: World, person: Person) -> None:
    """Part, and then take away what stands under the names of those who left."""
    part(world, person)
    for key in person.holding.leaving:
        world.store.pop(SUBJECTS.identifier(key), None)
        world.store.pop(SUBJECTS.component(component_id(key)), None)
    for name in person.customers:
        world.store.pop(SUBJECTS.customer(name), None)


def at_the_kiosk(name: str, at: int = START) -> Message:
    """Return what somebody signed in says at a browser that others use too."""
    return said(name, account(name.rstrip("0123456789")), KIOSK, at=at)


def two_at_a_kiosk() -> World:
    world = World()
    world.take(said("k", account("kim"), email("kim@mail.example")))
    world.take(at_the_kiosk("kim1"))
    world.take(at_the_kiosk("lee1"))
    world.take(said("l", account("lee"), email("lee@mail.example")))
    return world


def assert_unnamed(world: World, *keys: IdentifierKey) -> None:
    """Nothing holds these keys, or is named after them."""
    for subject, (_, document) in world.store.items():
        if not isinstance(document, IdentifierDoc | ComponentDoc | CustomerDoc | OperationDoc):
            continue
        text = subject + msgspec.json.encode(document).decode()
        assert not [key for key in keys if key in text], subject


@pytest.mark.parametrize(("goes", "stays"), [("kim", "lee"), ("lee", "kim")])
def test_whoever_stays_is_who_he_was_and_writes_on(goes: str, stays: str) -> None:
    world = two_at_a_kiosk()
    person = person_of(world, account(goes))
    before = person_of(world, account(stays))
    erase(world, person)
    assert_unnamed(world, *person.holding.leaving)
    after = person_of(world, account(stays))
    assert after.customer == before.customer
    assert after.holding.whole == before.holding.whole
    earlier = world.customer(after.customer).messages
    world.now = START + DAY_MS
    again = world.take(said("again", account(stays), email(f"{stays}@mail.example")))
    assert again.customer == before.customer
    assert world.customer(again.customer).messages == earlier + 1


@pytest.mark.parametrize(("goes", "stays"), [("kim", "lee"), ("lee", "kim")])
def test_whoever_returns_is_nobody_that_is_known(goes: str, stays: str) -> None:
    world = two_at_a_kiosk()
    other = person_of(world, account(stays)).customer
    erase(world, person_of(world, account(goes)))
    for number, sender in enumerate((account(goes), email(f"{goes}@mail.example"))):
        back = world.take(said(f"back{number}", sender))
        assert back.customer == customer_id(component_id(key_of(sender)))
        assert back.customer != other
        assert world.customer(back.customer).messages == 1
    both = world.take(said("both", account(goes), email(f"{goes}@mail.example"), KIOSK))
    assert both.customer != other
    assert person_of(world, account(stays)).customer == other


@pytest.mark.parametrize("goes", ["kim", "lee"])
def test_a_message_between_the_parting_and_the_purge_is_placed_and_harms_nobody(goes: str) -> None:
    world = two_at_a_kiosk()
    person = person_of(world, account(goes))
    part(world, person)
    for number, sender in enumerate((account(goes), email(f"{goes}@mail.example"))):
        placed = world.take(said(f"between{number}", sender))
        assert placed.customer == customer_id(component_id(key_of(sender)))
    (stays,) = {"kim", "lee"} - {goes}
    assert person_of(world, account(stays)).holding.whole == {
        key_of(account(stays)),
        key_of(email(f"{stays}@mail.example")),
    }


def test_a_browser_of_two_stays_shut_when_one_of_them_is_gone() -> None:
    world = two_at_a_kiosk()
    erase(world, person_of(world, account("kim")))
    (component,) = world.components()
    assert component.contact_points == (key_of(KIOSK),)
    (word,) = component.statements
    assert (word.kind, word.a) == (StatementKind.SHARED, key_of(KIOSK))
    record = world.get(SUBJECTS.operation(key_of(KIOSK), word.operation), OperationDoc)
    assert (record.by, record.a, record.undone_at) == ("kim", key_of(KIOSK), 0)
    at_kiosk = world.take(said("alone", KIOSK, at=START + 1))
    assert at_kiosk.customer != person_of(world, account("lee")).customer
    assert not at_kiosk.may_read


def test_the_browser_itself_can_leave_and_its_users_stay() -> None:
    world = two_at_a_kiosk()
    person = person_of(world, KIOSK)
    assert person.holding.whole == frozenset()
    erase(world, person)
    assert_unnamed(world, key_of(KIOSK))
    assert person_of(world, account("kim")).customer != person_of(world, account("lee")).customer


def handed_on() -> World:
    """A telephone number that was Kim's, and two months later is Lee's."""
    world = World()
    later = START + 60 * DAY_MS
    world.take(said("k", account("kim"), PHONE))
    world.now = later + DAY_MS
    world.take(said("l", account("lee"), PHONE, at=later))
    return world


def test_a_number_stays_with_its_new_owner_when_the_former_one_is_gone() -> None:
    world = handed_on()
    erase(world, person_of(world, account("kim")))
    (component,) = world.components()
    assert component.contact_points == ()
    assert person_of(world, account("lee")).holding.whole == {key_of(account("lee")), key_of(PHONE)}


def test_a_number_does_not_fall_back_to_its_former_owner() -> None:
    world = handed_on()
    erase(world, person_of(world, account("lee")))
    (component,) = world.components()
    assert component.contact_points == (key_of(PHONE),)
    sms = world.take(said("whose", PHONE, at=START + 61 * DAY_MS))
    assert sms.customer != person_of(world, account("kim")).customer


def test_who_was_never_seen_with_others_leaves_nothing_to_write() -> None:
    world = World()
    world.take(said("1", email("kim@mail.example")))
    assert part(world, person_of(world, email("kim@mail.example"))) == {}


def test_a_component_that_is_all_his_is_left_to_the_purge() -> None:
    world = World()
    world.take(said("1", slack("U1"), email("kim@mail.example")))
    assert part(world, person_of(world, slack("U1"))) == {}


def test_to_part_again_changes_nothing() -> None:
    world = two_at_a_kiosk()
    person = person_of(world, account("kim"))
    part(world, person)
    assert part(world, person) == {}


def test_what_he_once_brought_another_customer_goes_with_him() -> None:
    world = two_at_a_kiosk()
    person = person_of(world, account("kim"))
    lee = person_of(world, account("lee")).customer
    document = world.customer(lee)
    stranger = next(each for each in world.customer(person.customer).writers)
    world.store[SUBJECTS.customer(lee)] = (
        99,
        msgspec.structs.replace(document, writers=(*document.writers, stranger)),
    )
    erase(world, person)
    assert_unnamed(world, *person.holding.leaving)


Names = st.sampled_from(["kim", "lee", "mia", "noa"])
Seen = st.sampled_from(
    [
        email("kim@mail.example"),
        email("lee@mail.example"),
        email("mia@mail.example"),
        email("info@mail.example"),
        slack("U1"),
        slack("U2"),
        visitor("one"),
        KIOSK,
        PHONE,
    ]
)
Sightings = st.lists(
    st.tuples(st.one_of(Names.map(account), Seen), st.lists(Seen, max_size=2), st.integers(0, 200)),
    min_size=1,
    max_size=12,
)


def _groups(world: World, without: frozenset[IdentifierKey]) -> set[frozenset[IdentifierKey]]:
    """Return who is with whom, of all but some, by components and pointers alone."""
    view = world.everything()
    groups: dict[CustomerId, set[IdentifierKey]] = {}
    for _, document in world.store.values():
        if not isinstance(document, IdentifierDoc) or document.key in without:
            continue
        component, found = read_component(view, SUBJECTS, document.component)
        alone = CustomerMembers(customer=customer_id(component), members=(document.key,))
        for each in found.customers if found is not None else (alone,):
            if document.key in each.members:
                groups.setdefault(each.customer, set()).add(document.key)
    return {frozenset(group) for group in groups.values()}


@given(sightings=Sightings, which=st.integers(0, 11), data=st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_was_seen_an_erasure_touches_nobody_else(
    sightings: list[tuple[Observed, list[Observed], int]], which: int, data: st.DataObject
) -> None:
    world = World(now=START + 400 * DAY_MS)
    for number, (sender, observed, day) in enumerate(sightings):
        world.take(said(str(number), sender, *observed, at=START + day * DAY_MS))
    sender = sightings[which % len(sightings)][0]
    person = person_of(world, sender)
    gone = person.holding.leaving
    names = {
        subject: document.id
        for subject, (_, document) in world.store.items()
        if isinstance(document, CustomerDoc) and document.alias_of is None
    }
    before = _groups(world, gone)
    erase(world, person)
    after = _groups(world, gone)
    # Of a number that changed hands only its owners are fewer.
    lent = person.holding.shared.keys()
    if not lent:
        assert after == before
    assert {key for group in after for key in group} == {key for group in before for key in group}
    view = world.everything()
    for subject in names:
        if subject not in world.store:
            continue
        document = world.get(subject, CustomerDoc)
        _, component = read_component(view, SUBJECTS, document.component)
        read_customer(view, SUBJECTS, document.id)
        if component is not None:
            assert not gone & {member.key for member in component.members}
    back = world.take(said("back", sender))
    assert back.customer is not None
    for key in (key_of(each) for each, _, _ in sightings):
        assert key in gone or world.owner(world.get(SUBJECTS.identifier(key), IdentifierDoc))
