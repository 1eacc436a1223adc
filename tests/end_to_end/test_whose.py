"""The verdict on who is who sees every fault that it is there for: each is planted once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from demo.whose import (
    Belongings,
    Imposture,
    Proof,
    everything_is_there,
    faults_of_identity,
    nobody_shares,
)
from maitred.contracts.assignments import (
    Assignment,
    AssignmentState,
    Brief,
    IdentityBrief,
    JourneyStep,
)
from maitred.contracts.conversation import Conversation, MoodTrack, Needs
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import JoinReason, MessageEntry
from maitred.contracts.identifiers import Level, Observed, visitor_identifier
from maitred.contracts.ids import (
    AgentId,
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.routing import RoutingState

MAIN = Tenant("main")
KEY = IdentifierKey("key")
TO = ReplyTo(channel="chat", account="shop", endpoint=visitor_identifier("v1"), key=KEY)
KIM, LEE, STRANGER, OLD = (CustomerId(f"cus_{each}") for each in ("kim", "lee", "stranger", "old"))
MAIL, CHAT, LETTER, OTHERS, FORGED = (
    ConversationId(f"cnv_{each}") for each in ("mail", "chat", "letter", "others", "forged")
)
HOMES = {MAIL: KIM, CHAT: OLD, LETTER: LEE, OTHERS: LEE, FORGED: STRANGER}
PROOFS = [
    Proof("code", "Kim", (MessageId("msg_mail"), MessageId("msg_chat"))),
    Proof("site", "Lee", (MessageId("msg_letter"), MessageId("msg_others"))),
]
IMPOSTURES = [Imposture("chat", PROOFS[0], (MessageId("msg_forged"),))]


def entry(name: str, home: ConversationId | None, customer: CustomerId) -> MessageEntry:
    message = Message(
        id=MessageId(name),
        tenant=MAIN,
        channel="email" if home in {MAIL, LETTER} else "chat",
        account="shop",
        kind=MessageKind.MESSAGE,
        actor=Observed(identifier=TO.endpoint, level=Level.AUTHENTICATED),
        actor_key=KEY,
        received_at=1,
        reply_to=TO,
    )
    return MessageEntry(
        message=message, customer=customer, conversation=home, joined=JoinReason.OPENED
    )


def conversation(name: ConversationId, customer: CustomerId) -> Conversation:
    return Conversation(
        id=name,
        tenant=MAIN,
        customer=customer,
        opened_by=MessageId("msg_1"),
        opened_at=1,
        last_at=1,
        channels=("chat",),
        account="shop",
        reply_to=TO,
        trust=Level.AUTHENTICATED,
        participants=(KEY,),
    )


def customer(name: CustomerId) -> CustomerDoc:
    return CustomerDoc(id=name, component=ComponentId("cmp_1"), first_seen_at=1, last_seen_at=1)


def offer(*, of: CustomerId = STRANGER, journey: tuple[ConversationId, ...] = ()) -> Assignment:
    steps = tuple(
        JourneyStep(
            conversation=each,
            opened_at=1,
            last_at=1,
            subject="",
            channels=("email",),
            state=RoutingState.CLOSED,
            mood=MoodTrack(),
        )
        for each in journey
    )
    brief = Brief(
        identity=IdentityBrief(customer=of, name="", trust=Level.AUTHENTICATED),
        subject="",
        needs=Needs(),
        mood=MoodTrack(),
        turns=(),
        journey=steps,
    )
    return Assignment(
        tenant=MAIN,
        state=AssignmentState.OFFERED,
        conversation=FORGED,
        agent=AgentId("ann"),
        epoch=1,
        at=1,
        brief=brief,
    )


def held(
    *, told: tuple[Assignment, ...] = (), homes: dict[ConversationId, CustomerId] | None = None
) -> Belongings:
    """Hold what is sound: Kim's chat is under a name that went up into hers; `homes` differ."""
    # What an entry says of the customer is as old as the entry: the documents say whose it is now.
    entries = [entry(f"msg_{each.removeprefix('cnv_')}", each, OLD) for each in HOMES]
    customers = {each: customer(each) for each in (KIM, LEE, STRANGER)}
    customers[OLD] = replace(customer(OLD), alias_of=KIM)
    return Belongings(
        entries={each.message.id: each for each in entries},
        conversations={
            name: conversation(name, whose) for name, whose in (HOMES | (homes or {})).items()
        },
        customers=customers,
        told=told,
    )


@pytest.mark.parametrize("told", [(), (offer(),), (offer(journey=(OTHERS, FORGED)),)])
def test_who_proved_it_is_one_and_who_did_not_is_apart(told: tuple[Assignment, ...]) -> None:
    assert faults_of_identity(held(told=told), PROOFS, IMPOSTURES) == []


def test_a_proof_that_joined_nothing_is_found() -> None:
    (found,) = faults_of_identity(held(homes={CHAT: STRANGER}), PROOFS[:1], [])
    assert found == "Kim proved by code who he is, and his journey is in pieces"


def test_a_proof_with_nothing_to_join_is_found() -> None:
    alone = Proof("code", "Kim", PROOFS[0].said[1:])
    assert len(faults_of_identity(held(), [alone], [])) == 1


def test_a_proof_of_somebody_who_cannot_be_told_from_others_is_found() -> None:
    store = held()
    unidentified = {KIM: replace(customer(KIM), unidentified=True)}
    nobody = Belongings(
        store.entries, store.conversations, {**store.customers, **unidentified}, store.told
    )
    assert len(faults_of_identity(nobody, PROOFS, [])) == 1
    unknown = Belongings(store.entries, store.conversations, {}, store.told)
    assert len(faults_of_identity(unknown, PROOFS, [])) == 2


def test_two_customers_on_one_journey_are_found() -> None:
    assert nobody_shares(held(homes={OTHERS: OLD, LETTER: OLD}), PROOFS) == [
        "Kim and Lee are on one journey"
    ]


@pytest.mark.parametrize(
    "store",
    [
        held(homes={FORGED: KIM}),
        held(homes={FORGED: OLD}),
        held(told=(offer(of=KIM),)),
        held(told=(offer(of=OLD),)),
        held(told=(offer(), offer(journey=(MAIL,)))),
    ],
    ids=["hers", "a former name of hers", "told of her", "of the former name", "of her mail"],
)
def test_an_impostor_who_got_in_is_found(store: Belongings) -> None:
    (found,) = faults_of_identity(store, PROOFS, IMPOSTURES)
    assert found == "an impostor by chat got into the journey of Kim"


def test_an_impostor_in_a_conversation_of_the_customer_is_found() -> None:
    forged = Imposture("email", PROOFS[0], (MessageId("msg_mail"),))
    assert len(faults_of_identity(held(), PROOFS, [forged])) == 1


def test_what_was_acknowledged_and_is_nowhere_is_found() -> None:
    lost = Imposture("email", PROOFS[0], (MessageId("msg_lost"),))
    assert everything_is_there(held(), [*PROOFS, lost]) == [
        "msg_lost was acknowledged and is in no entry"
    ]


def test_what_stands_in_no_conversation_is_its_customers() -> None:
    store = held()
    store = Belongings(
        {MessageId("msg_proof"): entry("msg_proof", None, OLD)}, {}, store.customers, ()
    )
    assert store.owner(MessageId("msg_proof")) == KIM
    assert store.owner(MessageId("msg_mail")) is None
