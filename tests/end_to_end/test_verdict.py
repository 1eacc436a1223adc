"""The verdict on chaos sees every fault that it is there for: each is planted once."""

from __future__ import annotations

from msgspec.structs import replace

from demo.verdict import (
    Inside,
    Outside,
    Said,
    books_balance,
    each_message_once,
    each_reply_once,
    faults,
    nobody_is_forgotten,
    nobody_is_over_capacity,
    one_holder_at_a_time,
    order_is_kept,
)
from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.conversation import MoodTrack, Needs
from maitred.contracts.entry import JoinReason, MessageEntry, Work
from maitred.contracts.identifiers import Level, Observed, visitor_identifier
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    OutboundId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.gateway.ledger import Ledger

NAME = ConversationId("cnv_1")
ANN, BO = AgentId("ann"), AgentId("bo")
ROOM = {"ann": 1.0, "bo": 1.0}
KEY = IdentifierKey("key")
TO = ReplyTo(channel="chat", account="shop", endpoint=visitor_identifier("v1"), key=KEY)
MAIN = Tenant("main")


def entry(name: str) -> MessageEntry:
    customer = CustomerId("cus_1")
    work = Work(
        conversation=NAME,
        customer=customer,
        channel="chat",
        account="shop",
        needs=Needs(),
        mood=MoodTrack(),
        accepted_at=1,
    )
    message = Message(
        id=MessageId(name),
        tenant=MAIN,
        channel="chat",
        account="shop",
        kind=MessageKind.MESSAGE,
        actor=Observed(identifier=TO.endpoint, level=Level.AUTHENTICATED),
        actor_key=KEY,
        received_at=1,
        reply_to=TO,
    )
    return MessageEntry(
        message=message, customer=customer, conversation=NAME, joined=JoinReason.OPENED, work=work
    )


def said(name: str, *, acknowledged: bool = True) -> Said:
    return Said("kim", "chat", MessageId(name), acknowledged)


def told(state: AssignmentState, agent: AgentId = ANN, epoch: int = 1) -> Assignment:
    return Assignment(tenant=MAIN, state=state, conversation=NAME, agent=agent, epoch=epoch, at=1)


def routing(state: RoutingState, agent: AgentId | None = None, epoch: int = 1) -> RoutingDoc:
    return RoutingDoc(
        conversation=NAME,
        customer=CustomerId("cus_1"),
        state=state,
        agent=agent,
        epoch=epoch,
        channel="chat",
        account="shop",
        arrived_at=1,
        state_at=1,
    )


def reply(name: str = "out_1", channel: str = "chat") -> Outbound:
    return Outbound(
        id=OutboundId(name),
        tenant=MAIN,
        conversation=NAME,
        customer=CustomerId("cus_1"),
        agent=ANN,
        to=replace(TO, channel=channel),
        text=name,
        at=1,
    )


def delivery(name: str = "out_1", state: DeliveryState = DeliveryState.SENT) -> DeliveryDoc:
    return DeliveryDoc(id=OutboundId(name), conversation=NAME, channel="chat", state=state, at=1)


SOUND = Inside(
    ledger=Ledger(accepted=1, journalled=1, suppressed=0, dead=0, in_flight=0),
    entries=[entry("msg_1")],
    told=[told(AssignmentState.OFFERED), told(AssignmentState.ASSIGNED)],
    routing={NAME: routing(RoutingState.ASSIGNED, ANN)},
    agents={ANN: AgentDoc(id=ANN, presence=Presence.ONLINE)},
    replies=[reply()],
    deliveries=[delivery()],
    dead=0,
)
OUTSIDE = Outside([said("msg_1"), said("msg_2", acknowledged=False)], {"v1": ["out_1"]}, [])


def changed(**fields: object) -> Inside:
    sound = {name: getattr(SOUND, name) for name in Inside.__slots__}
    return Inside(**{**sound, **fields})


def test_a_sound_store_has_no_faults() -> None:
    assert faults(SOUND, OUTSIDE, ROOM) == []


def test_a_lost_a_doubled_and_an_invented_message_are_found() -> None:
    assert len(each_message_once([], [said("msg_1")])) == 1
    assert len(each_message_once([entry("msg_1")] * 2, [said("msg_1")])) == 1
    assert len(each_message_once([entry("msg_9")], [])) == 1
    assert each_message_once([], [said("msg_1", acknowledged=False)]) == []


def test_messages_of_one_sender_that_changed_places_are_found() -> None:
    swapped = [entry("msg_2"), entry("msg_1")]
    assert len(order_is_kept(swapped, [said("msg_1"), said("msg_2")])) == 1
    assert order_is_kept(swapped, [said("msg_2"), said("msg_1")]) == []


def test_two_holders_at_once_are_found() -> None:
    both = [told(AssignmentState.OFFERED), told(AssignmentState.OFFERED, BO, 2)]
    assert len(one_holder_at_a_time(both, {})) == 1
    between = [both[0], told(AssignmentState.REVOKED), both[1]]
    assert one_holder_at_a_time(between, {}) == []


def test_an_epoch_that_comes_twice_is_found() -> None:
    again = [told(AssignmentState.OFFERED), told(AssignmentState.REVOKED)] * 2
    assert len(one_holder_at_a_time(again, {})) == 1


def test_an_assignment_of_somebody_else_is_found() -> None:
    stolen = [told(AssignmentState.OFFERED), told(AssignmentState.ASSIGNED, BO)]
    assert len(one_holder_at_a_time(stolen, {})) == 1


def test_a_document_that_says_otherwise_than_the_log_is_found() -> None:
    documents = {NAME: routing(RoutingState.OFFERED, ANN)}
    assert len(one_holder_at_a_time([], documents)) == 1
    assert one_holder_at_a_time([told(AssignmentState.OFFERED)], documents) == []


def test_more_than_an_agent_has_room_for_is_found() -> None:
    other = replace(told(AssignmentState.OFFERED), conversation=ConversationId("cnv_2"))
    full = [told(AssignmentState.OFFERED), other]
    assert len(nobody_is_over_capacity(full, ROOM)) == 1
    between = [full[0], told(AssignmentState.REVOKED), full[1]]
    assert nobody_is_over_capacity(between, ROOM) == []


def test_a_conversation_that_nobody_routed_is_found() -> None:
    assert len(nobody_is_forgotten(changed(routing={}), ROOM)) == 1


def test_one_who_waits_while_an_agent_has_room_is_found() -> None:
    waiting = changed(routing={NAME: routing(RoutingState.WAITING)})
    assert len(nobody_is_forgotten(waiting, ROOM)) == 1
    held = {NAME: routing(RoutingState.WAITING), "cnv_2": routing(RoutingState.ASSIGNED, ANN)}
    assert nobody_is_forgotten(changed(routing=held), ROOM) == []


def test_books_that_do_not_balance_are_found() -> None:
    assert len(books_balance(changed(ledger=replace(SOUND.ledger, accepted=2)))) == 1
    assert len(books_balance(changed(entries=[]))) == 1
    assert len(books_balance(changed(dead=1))) == 1


def test_replies_that_were_doubled_lost_or_pushed_twice_are_found() -> None:
    assert each_reply_once(changed(replies=[reply(), reply()]), OUTSIDE)
    assert each_reply_once(changed(deliveries=[]), OUTSIDE)
    assert len(each_reply_once(SOUND, Outside([], {"v1": ["out_1"] * 2}, []))) == 1
    assert len(each_reply_once(SOUND, Outside([], {}, []))) == 1
    failed = changed(deliveries=[delivery(state=DeliveryState.FAILED)])
    assert len(each_reply_once(failed, OUTSIDE)) == 1


def test_a_text_that_left_twice_or_never_is_found() -> None:
    by_sms = changed(replies=[reply(channel="sms")])
    assert each_reply_once(by_sms, Outside([], {}, ["out_1"])) == []
    assert len(each_reply_once(by_sms, Outside([], {}, ["out_1"] * 2))) == 1
    assert len(each_reply_once(by_sms, Outside([], {}, []))) == 1
