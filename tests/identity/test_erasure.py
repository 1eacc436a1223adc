"""Whose a message is, and what others' documents are without one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest

from maitred.contracts.assignments import (
    Assignment,
    AssignmentState,
    Brief,
    IdentityBrief,
    JourneyStep,
)
from maitred.contracts.conversation import Conversation, MoodTrack, Needs, Speaker, Turn
from maitred.contracts.documents import (
    Claimant,
    ClaimDoc,
    ComponentDoc,
    CustomerDoc,
    CustomerMembers,
    Edge,
    Epoch,
)
from maitred.contracts.entry import JoinReason, MessageEntry
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import (
    AgentId,
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
)
from maitred.contracts.message import Entity, EntityKind, Message
from maitred.contracts.routing import RoutingState
from maitred.identity.erasure.extent import (
    Holding,
    Part,
    Person,
    holding_of,
    says_anything,
    tells_of,
    unclaimed,
    without,
)
from tests.identity.world import START, TENANT, email, key_of, said, sample_of, visitor

A, B, V = (IdentifierKey(letter * 32) for letter in "abf")
KIM, LEE, KIOSK = email("kim@mail.example"), email("lee@mail.example"), visitor("kiosk")
HIS, OTHERS = ConversationId("cnv_his"), ConversationId("cnv_others")
ME, OTHER = CustomerId("cus_me"), CustomerId("cus_other")


def person(
    *whole: IdentifierKey, shared: Mapping[IdentifierKey, tuple[Epoch, ...]] | None = None
) -> Person:
    return Person(
        customer=ME,
        holding=Holding(frozenset(whole), shared or {}, frozenset(whole)),
        customers=frozenset({ME}),
        conversations=frozenset({HIS}),
    )


def entry(
    message: Message,
    conversation: ConversationId | None = None,
    customer: CustomerId | None = None,
) -> MessageEntry:
    return MessageEntry(
        message=message, customer=customer, conversation=conversation, joined=JoinReason.NONE
    )


# -- what he is known by
def test_who_is_known_by_one_identifier_has_all_that_stands_under_it() -> None:
    alone = CustomerDoc(
        id=CustomerId(f"cus_{A}"),
        component=ComponentId(f"cmp_{A}"),
        first_seen_at=1,
        last_seen_at=1,
    )
    assert holding_of(alone, None) == Holding(frozenset({A}), {}, frozenset({A}))


def test_who_is_known_by_a_claim_alone_has_his_own_conversation_and_no_more() -> None:
    nobody = CustomerDoc(
        id=CustomerId("cus_unidentified"),
        component=ComponentId(f"cmp_{A}"),
        first_seen_at=1,
        last_seen_at=1,
        unidentified=True,
    )
    assert holding_of(nobody, None) == Holding(shared={A: ()})


def edge(one: IdentifierKey, other: IdentifierKey) -> Edge:
    a, b = sorted((one, other))
    level = Level.AUTHENTICATED
    return Edge(a=a, b=b, level=level, first_at=1, last_at=1, source=MessageId("m"))


COMPONENT = ComponentDoc(
    id=ComponentId(f"cmp_{A}"),
    edges=(edge(A, V), edge(B, V)),
    contact_points=(V,),
    customers=(
        CustomerMembers(customer=CustomerId(f"cus_{A}"), members=(A,)),
        CustomerMembers(customer=CustomerId(f"cus_{B}"), members=(B,)),
        CustomerMembers(customer=CustomerId(f"cus_{V}"), members=(V,)),
    ),
)


def customer(key: IdentifierKey) -> CustomerDoc:
    return CustomerDoc(
        id=CustomerId(f"cus_{key}"), component=COMPONENT.id, first_seen_at=1, last_seen_at=1
    )


def test_a_browser_of_several_is_looked_through_and_stays() -> None:
    assert holding_of(customer(A), COMPONENT) == Holding(
        frozenset({A}), {V: ()}, leaving=frozenset({A})
    )


def test_whoever_is_known_by_a_contact_point_leaves_with_it_and_takes_his_messages_alone() -> None:
    assert holding_of(customer(V), COMPONENT) == Holding(
        frozenset(), {V: ()}, leaving=frozenset({V})
    )


def test_a_number_that_changed_hands_is_his_for_its_time_and_stays() -> None:
    epoch = Epoch(key=V, since=0, until=50)
    lent = ComponentDoc(
        id=COMPONENT.id,
        customers=(
            CustomerMembers(customer=CustomerId(f"cus_{A}"), members=(A, V), epochs=(epoch,)),
        ),
    )
    assert holding_of(customer(A), lent) == Holding(
        frozenset({A}), {V: (epoch,)}, leaving=frozenset({A})
    )


def test_a_customer_whom_his_component_does_not_know_has_nothing() -> None:
    assert holding_of(customer(IdentifierKey("c" * 32)), COMPONENT) == Holding()


def test_what_is_wholly_his_by_one_word_is_not_shared_by_another() -> None:
    one = Holding(shared={A: (), V: ()})
    both = one.with_(Holding(frozenset({A}), {}, frozenset({A})))
    assert both == Holding(frozenset({A}), {V: ()}, frozenset({A}))


# -- whose a message is
@pytest.mark.parametrize(
    ("holder", "written", "his"),
    [
        (person(key_of(KIM)), entry(said("1", KIM), OTHERS, OTHER), True),
        (person(key_of(KIM)), entry(said("1", LEE), HIS, ME), False),
        (person(shared={key_of(KIOSK): ()}), entry(said("1", KIOSK), HIS, OTHER), True),
        (person(shared={key_of(KIOSK): ()}), entry(said("1", KIOSK), OTHERS, ME), False),
        (person(shared={key_of(KIOSK): ()}), entry(said("1", KIOSK), None, ME), True),
        (person(shared={key_of(KIOSK): ()}), entry(said("1", KIOSK), None, OTHER), False),
    ],
    ids=[
        "all under his own key, wherever it stands",
        "nothing under another's",
        "his conversation, at a shared one",
        "another's conversation, whoever it was then",
        "no conversation, and his",
        "no conversation, and another's",
    ],
)
def test_whose_a_message_is(holder: Person, written: MessageEntry, his: bool) -> None:  # noqa: FBT001  (a case)
    assert holder.wrote(written) is his


@pytest.mark.parametrize(("at", "his"), [(0, True), (49, True), (50, False), (99, False)])
def test_a_number_s_messages_are_his_who_had_it_then(at: int, his: bool) -> None:  # noqa: FBT001  (a case)
    holder = person(shared={key_of(KIOSK): (Epoch(key=key_of(KIOSK), since=0, until=50),)})
    assert holder.wrote(entry(said("1", KIOSK, at=at), OTHERS, OTHER)) is his


# -- conversations of others
def turn(message: Message, speaker: Speaker = Speaker.CUSTOMER, **fields: object) -> Turn:
    made = Turn(
        at=message.received_at,
        speaker=speaker,
        channel=message.channel,
        text=message.text,
        message=message.id,
        actor=message.actor_key,
    )
    return msgspec.structs.replace(made, **fields)


FIRST, HIS_WORDS, LAST = said("1", LEE), said("2", KIM), said("3", LEE)
ORDER, PARCEL = (Entity(kind=EntityKind.ORDER, value=each) for each in ("A-1", "P-2"))


def shared_conversation(**fields: object) -> Conversation:
    made = Conversation(
        id=OTHERS,
        tenant=TENANT,
        customer=OTHER,
        opened_by=FIRST.id,
        opened_at=START,
        last_at=START,
        channels=("email",),
        account="main",
        reply_to=LAST.reply_to,
        trust=Level.AUTHENTICATED,
        participants=(key_of(LEE), key_of(KIM)),
        bearer=key_of(LEE),
        name="Lee",
        subject="The lamp",
        turns=(turn(FIRST), turn(HIS_WORDS), turn(LAST)),
        entities=(ORDER, PARCEL),
        messages=3,
        may_read=True,
        act_until=START,
    )
    return msgspec.structs.replace(made, **fields)


KIM_PERSON = person(key_of(KIM))
PART = Part(frozenset({HIS_WORDS.id}), 1, frozenset({ORDER}))


def test_a_conversation_of_others_loses_his_words_and_no_other() -> None:
    before = shared_conversation(hint=ME, joined=(HIS, ConversationId("cnv_third")))
    left = without(before, KIM_PERSON, PART, None)
    assert left == msgspec.structs.replace(
        before,
        turns=(turn(FIRST), turn(LAST)),
        participants=(key_of(LEE),),
        entities=(PARCEL,),
        messages=2,
        hint=None,
        joined=(ConversationId("cnv_third"),),
    )


def test_the_mood_of_a_conversation_of_others_cites_nobody_once_he_is_gone() -> None:
    mood = MoodTrack(level=-0.4, samples=(sample_of(HIS_WORDS),))
    left = without(shared_conversation(mood=mood), KIM_PERSON, PART, None)
    assert left is not None
    assert left.mood == mood.silenced()
    untouched = without(shared_conversation(mood=mood), KIM_PERSON, Part(), None)
    assert untouched is not None
    assert untouched.mood == mood


def test_a_turn_is_known_by_its_author_its_message_and_its_parts() -> None:
    unsigned = turn(HIS_WORDS, actor=None)
    part = turn(LAST, actor=None, parts=(HIS_WORDS.id,))
    claimed = turn(said("9", KIM), Speaker.CLAIMED)
    before = shared_conversation(turns=(turn(FIRST), unsigned, part, claimed))
    left = without(before, KIM_PERSON, PART, None)
    assert left is not None
    assert left.turns == (turn(FIRST),)


def test_no_key_of_his_stays_in_a_conversation_of_others_not_even_of_his_claims() -> None:
    claim = said("9", email("kim@mail.example", Level.CLAIMED))
    him = replace(KIM_PERSON, claimed=frozenset({claim.actor_key}))
    before = shared_conversation(
        turns=(turn(FIRST), turn(HIS_WORDS), turn(claim, Speaker.CLAIMED), turn(LAST)),
        participants=(key_of(LEE), key_of(KIM), claim.actor_key),
        bearer=key_of(KIM),
    )
    left = without(before, him, PART, None)
    assert left is not None
    assert {each.actor for each in left.turns} == {FIRST.actor_key, LAST.actor_key}
    plain = msgspec.json.encode(left).decode()
    assert not [key for key in him.keys if key in plain]


def test_what_others_have_said_too_stays_known() -> None:
    told = msgspec.structs.replace(FIRST, text="It was order A-1.")
    left = without(shared_conversation(turns=(turn(told),)), KIM_PERSON, PART, None)
    assert left is not None
    assert left.entities == (ORDER, PARCEL)


def test_answers_go_to_whoever_else_wrote_last_and_the_gates_are_shut() -> None:
    before = shared_conversation(reply_to=HIS_WORDS.reply_to, name="Kim", bearer=key_of(KIM))
    left = without(before, KIM_PERSON, PART, msgspec.structs.replace(LAST, name="Lee"))
    assert left is not None
    assert (left.reply_to, left.name, left.bearer) == (LAST.reply_to, "Lee", key_of(LEE))
    assert (left.may_read, left.act_until) == (False, 0)
    assert key_of(KIM) not in msgspec.json.encode(left).decode()


def test_a_subject_goes_with_whoever_opened_the_conversation() -> None:
    left = without(shared_conversation(opened_by=HIS_WORDS.id), KIM_PERSON, PART, None)
    assert left is not None
    assert left.subject == ""


def test_nothing_remains_of_a_conversation_where_nobody_else_has_written() -> None:
    before = shared_conversation(reply_to=HIS_WORDS.reply_to)
    assert without(before, KIM_PERSON, PART, None) is None


# -- what agents were told
def told(**fields: object) -> Assignment:
    made = Assignment(
        tenant=TENANT,
        state=AssignmentState.OFFERED,
        conversation=OTHERS,
        agent=AgentId("ann"),
        epoch=1,
        at=START,
    )
    return msgspec.structs.replace(made, **fields)


def brief(**fields: object) -> Brief:
    made = Brief(
        identity=IdentityBrief(customer=OTHER, name="Lee", trust=Level.AUTHENTICATED),
        subject="",
        needs=Needs(),
        mood=MoodTrack(),
        turns=(turn(FIRST),),
    )
    return msgspec.structs.replace(made, **fields)


MYSELF = IdentityBrief(customer=ME, name="", trust=Level.CLAIMED)
STEP = JourneyStep(
    conversation=HIS,
    opened_at=1,
    last_at=1,
    subject="His lamp",
    channels=("email",),
    state=RoutingState.CLOSED,
    mood=MoodTrack(),
)


@pytest.mark.parametrize(
    ("assignment", "tells", "says"),
    [
        (told(brief=brief()), False, True),
        (told(brief=brief(turns=(turn(FIRST), turn(HIS_WORDS)))), True, True),
        (told(brief=brief(journey=(STEP,))), True, True),
        (told(brief=brief(identity=MYSELF)), True, True),
        (told(turn=turn(HIS_WORDS)), True, True),
        (told(turn=turn(LAST)), False, True),
        (told(state=AssignmentState.REVOKED, reason="erased"), False, False),
    ],
    ids=["others", "his turn", "his history", "himself", "he wrote", "others wrote", "it is gone"],
)
def test_what_an_agent_was_told_tells_of_him_or_not(
    assignment: Assignment,
    tells: bool,  # noqa: FBT001  (a case)
    says: bool,  # noqa: FBT001  (a case)
) -> None:
    assert tells_of(assignment, KIM_PERSON, PART.messages) is tells
    assert says_anything(assignment) is says


def test_who_claimed_an_identifier_is_forgotten_among_others() -> None:
    others = Claimant(customer=OTHER, key=key_of(LEE), at=1)
    document = ClaimDoc(
        claimants=(
            Claimant(customer=ME, key=key_of(LEE), at=1),
            others,
            Claimant(customer=OTHER, key=key_of(KIM), at=1),
        )
    )
    assert unclaimed(document, KIM_PERSON).claimants == (others,)
