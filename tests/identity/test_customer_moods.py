"""How a customer writes and how often he comes: kept with what brought it, in any order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.contracts.conversation import Conversation, MoodSample, MoodTrack
from maitred.contracts.documents import CustomerDoc, Writer
from maitred.contracts.entry import JoinReason
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, component_id
from maitred.contracts.limits import CONTACTS_MAX, CONTACTS_WINDOW_MS, DAY_MS, MOOD_EARLIER_MAX
from maitred.contracts.message import MessageKind
from maitred.contracts.operations import OperationKind
from maitred.contracts.routing import RoutingState
from maitred.identity.conversations.gathering import work_of
from maitred.identity.conversations.journey import add_turn
from maitred.identity.conversations.place import Placement
from maitred.identity.customers.moods import VALENCE_MAX, Past, felt, past
from tests.identity.steward import Steward
from tests.identity.world import START, World, email, said, sample_of, visitor

ANN, BOB = email("ann@example.com"), email("bob@example.com")
KEY, OTHER = IdentifierKey("a" * 32), IdentifierKey("b" * 32)
SAMPLES = st.builds(
    MoodSample,
    at=st.integers(START, START + DAY_MS),
    valence=st.floats(-1, 1),
    arousal=st.floats(0, 1),
    confidence=st.floats(0, 1),
)


def customer(*writers: Writer) -> CustomerDoc:
    return CustomerDoc(
        id=CustomerId("cus_1"),
        component=component_id(KEY),
        first_seen_at=START,
        last_seen_at=START,
        writers=writers,
    )


def writer(key: IdentifierKey = KEY, **more: object) -> Writer:
    return replace(Writer(key=key, first_at=START, last_at=START), **more)


def sample(valence: float, confidence: float = 1.0, at: int = START) -> MoodSample:
    return MoodSample(at=at, valence=valence, arousal=0.5, confidence=confidence, words=("word",))


# -- what is kept
def test_each_message_counts_by_its_confidence_and_one_rage_is_no_habit() -> None:
    known = customer(writer())
    for each in (sample(-1.0), sample(0.2, 0.5)):
        known = felt(known, KEY, each, complains=False)
    (kept,) = known.writers
    assert (kept.mood_sum, kept.mood_weight) == (round(-VALENCE_MAX * 1000) + 100, 1500)
    assert past(known, START).mood_total == pytest.approx(-0.4)
    assert past(known, START).mood_weight == pytest.approx(1.5)


def test_the_last_moods_are_kept_without_their_words() -> None:
    known = customer(writer())
    for at in (5, 1, 4, 2, 3):
        known = felt(known, KEY, sample(0.1, at=at), complains=False)
    (kept,) = known.writers
    assert [each.at for each in kept.moods] == [3, 4, 5]
    assert not any(each.words for each in kept.moods)


def test_a_complaint_is_the_writer_s_and_the_customer_counts_all_of_them() -> None:
    known = customer(writer(complaints=2), writer(OTHER))
    known = felt(known, OTHER, sample(-0.9), complains=True)
    assert [each.complaints for each in known.writers] == [2, 1]
    assert known.complaints == past(known, START).complaints == 3


def test_a_writer_who_is_not_there_changes_nothing() -> None:
    known = customer(writer())
    assert felt(known, OTHER, sample(-0.9), complains=True) == known


@given(st.lists(SAMPLES, max_size=12), st.data())
def test_the_order_of_messages_does_not_matter(
    samples: list[MoodSample], data: st.DataObject
) -> None:
    found = []
    for order in (samples, data.draw(st.permutations(samples))):
        known = customer(writer())
        for each in order:
            known = felt(known, KEY, each, complains=each.valence < -0.8)
        found.append(known)
    assert found[0] == found[1]
    assert len(found[0].writers[0].moods) <= MOOD_EARLIER_MAX


# -- how often he comes
def test_conversations_that_he_opened_lately_are_counted_on_all_his_ways() -> None:
    at = START + 90 * DAY_MS
    known = customer(
        writer(opened=9, contacts=(START, at - CONTACTS_WINDOW_MS, at - DAY_MS)),
        writer(OTHER, opened=2, contacts=(at - 5, at)),
    )
    found = past(known, at)
    assert found.contacts == 3
    assert found.opened_before == 8
    assert found.windows_before == pytest.approx(83 / 7)


def test_a_message_that_opens_a_conversation_is_a_contact_and_one_that_goes_on_is_none() -> None:
    world = World(now=START + DAY_MS)
    first = world.take(said("a", ANN))
    world.take(said("b", ANN, at=START + 1))
    (kept,) = world.customer(first.customer).writers
    assert (kept.opened, kept.contacts) == (1, (START,))
    for number in range(CONTACTS_MAX + 2):
        world.route(world.customer(first.customer).open_conversations[-1], RoutingState.CLOSED)
        world.take(said(f"again {number}", ANN, at=START + 10 + number))
    (kept,) = world.customer(first.customer).writers
    assert kept.opened == CONTACTS_MAX + 3
    assert kept.contacts == tuple(START + 12 + each for each in range(CONTACTS_MAX))


def test_who_cannot_be_told_from_others_has_no_past() -> None:
    known = felt(customer(writer(contacts=(START, START))), KEY, sample(-0.9), complains=True)
    assert past(known, START) != Past()
    assert past(replace(known, unidentified=True), START) == Past()


def test_a_browser_that_several_use_brings_nobody_s_moods() -> None:
    world = World(now=START + DAY_MS)
    shared = email("info@example.com")
    first = world.take(said("a", shared))
    assert past(world.customer(first.customer), START + 1) == Past()


# -- merging, and taking it back
def test_merged_customers_have_one_past_and_parted_ones_their_own_again() -> None:
    world = World(now=START + DAY_MS)
    placements = {each: world.take(said(name, each)) for each, name in ((ANN, "a"), (BOB, "b"))}
    before = {each: world.customer(placements[each].customer) for each in (ANN, BOB)}
    desk = Steward(world)
    operation = desk.say(OperationKind.LINK, ANN, BOB).receipt.operation
    both = world.customer(placements[ANN].customer)
    assert past(both, START).contacts == 2
    assert past(both, START).mood_weight == pytest.approx(
        sum(past(each, START).mood_weight for each in before.values())
    )
    desk.undo(operation)
    for each in (ANN, BOB):
        after = world.customer(placements[each].customer)
        assert after.writers == before[each].writers
        assert past(after, START) == past(before[each], START)


# -- the words of a conversation's mood
def test_words_that_their_author_changed_or_took_back_are_cited_no_more() -> None:
    placed = Placement(
        customer=CustomerId("cus_1"),
        conversation=ConversationId("cnv_1"),
        joined=JoinReason.THREAD,
    )
    one, two = said("m1", ANN), said("m2", ANN, at=START + 1)
    conversation: Conversation | None = None
    for message in (one, two):
        conversation = add_turn(conversation, message, placed, None, START + DAY_MS)
    assert conversation is not None
    mood = MoodTrack(samples=(sample_of(one), sample_of(two)))
    for kind in (MessageKind.EDIT, MessageKind.DELETE):
        change = said("c", ANN, kind=kind, target=two.id, at=START + 2)
        changed = add_turn(replace(conversation, mood=mood), change, placed, None, START + DAY_MS)
        assert [each.words for each in changed.mood.samples] == [("word of m1",), ()]


def test_the_router_is_told_a_mood_without_its_samples_and_words() -> None:
    world = World(now=START + DAY_MS)
    placed = world.take(said("a", visitor("v1")))
    conversation = replace(
        world.conversation(placed), mood=MoodTrack(level=-0.3, samples=(sample(-0.9),))
    )
    work = work_of(conversation, START)
    assert (work.mood.level, work.mood.samples) == (-0.3, ())
