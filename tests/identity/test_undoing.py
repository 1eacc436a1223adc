"""Splits and joins taken back: in any order, and while others write."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.errors import Permanent
from maitred.contracts.message import ThreadHints
from maitred.contracts.operations import ChangeKind
from maitred.contracts.routing import RoutingState
from tests.identity.desk import (
    ANN,
    Desk,
    chat_id,
    customer,
    everything_of,
    part,
    route,
    two_matters,
    two_open,
)
from tests.identity.world import START, said


# -- undoing
def test_an_undone_split_leaves_everything_as_it_was() -> None:
    desk, conversation = two_matters()
    before = everything_of(desk)
    record = desk.split(conversation, "m2")
    undone = desk.undo(record)
    after = everything_of(desk)
    assert {each: after[each] for each in before} == before
    assert desk.doc(record.other).joined_into == conversation
    assert desk.doc(record.other).turns == ()
    assert (undone.undone_by, undone.undone_why) == ("kim", "two matters")
    assert undone.undone_at
    (joined,) = desk.changes
    assert (joined.kind, joined.into) == (ChangeKind.JOINED, conversation)


def test_an_undone_join_leaves_everything_as_it_was() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    before = everything_of(desk)
    record = desk.join(mail, chat)
    desk.undo(record)
    assert everything_of(desk) == before
    assert [each.kind for each in desk.changes] == [ChangeKind.OPENED, ChangeKind.CHANGED]


def test_what_came_since_a_split_stays_where_it_came() -> None:
    desk, conversation = two_matters()
    record = desk.split(conversation, "m2")
    desk.mail("m4", "m2", text="and the #parcel again")
    desk.undo(record)
    assert desk.texts(conversation) == ["#billing", "#parcel", "still #billing"]
    assert desk.texts(record.other) == ["and the #parcel again"]
    assert desk.doc(record.other).joined_into is None
    assert [each.kind for each in desk.changes] == [ChangeKind.OPENED, ChangeKind.CHANGED]
    assert customer(desk, conversation).open_conversations == (conversation, record.other)


def test_what_came_since_a_join_stays_where_it_came() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    record = desk.join(mail, chat)
    desk.mail("m2", "m1", text="more on #tax")
    desk.undo(record)
    assert desk.texts(chat) == ["#parcel", "s2", "more on #tax"]
    assert desk.texts(mail) == ["#billing"]
    assert [need.skill for need in desk.doc(chat).needs.skills] == ["parcel", "tax"]
    assert customer(desk, chat).open_conversations == (mail, chat)


@pytest.mark.parametrize("reason", ["answered", "joined"])
def test_what_was_over_before_a_join_is_over_after_it(reason: str) -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    record = desk.join(mail, chat)
    route(desk, mail, RoutingState.CLOSED, closed_reason=reason, arrived_at=START + 5)
    desk.undo(record)
    kinds = [each.kind for each in desk.changes]
    if reason == "answered":
        assert kinds == [ChangeKind.CHANGED]
        assert customer(desk, chat).open_conversations == (chat,)
    else:
        assert kinds == [ChangeKind.OPENED, ChangeKind.CHANGED]
        assert desk.changes[0].arrived_at == START + 5


def test_an_operation_is_undone_once() -> None:
    desk, conversation = two_matters()
    record = desk.split(conversation, "m2")
    desk.undo(record)
    with pytest.raises(Permanent) as refused:
        desk.undo(record)
    assert refused.value.code == "undone"
    again = desk.split(conversation, "m2")
    assert again.other != record.other
    assert desk.texts(again.other) == ["#parcel"]


def test_a_split_of_a_split_goes_back_in_either_order() -> None:
    for order in ((0, 1), (1, 0)):
        desk = Desk()
        first = desk.mail("m1")
        for name in ("m2", "m3", "m4"):
            desk.mail(name, "m1")
        before = desk.doc(first)
        one = desk.split(first, "m2", "m3")
        records = [one, desk.split(one.other, "m3")]
        for each in order:
            desk.undo(records[each])
        assert desk.doc(first) == before


def test_a_split_that_was_joined_back_by_hand_is_undone_like_any_other() -> None:
    for order in ((0, 1), (1, 0)):
        desk, conversation = two_matters()
        before = desk.doc(conversation)
        split = desk.split(conversation, "m2")
        records = [split, desk.join(split.other, conversation)]
        for each in order:
            desk.undo(records[each])
        after = desk.doc(conversation)
        assert msgspec.structs.replace(after, joined=()) == before
        assert [turn.text for turn in desk.whole(split.other).turns] == [
            turn.text for turn in before.turns
        ]


def test_a_conversation_that_was_joined_into_what_was_split_from_it_stands_alone_again() -> None:
    for order in ((0, 1), (1, 0)):
        desk, conversation = two_matters()
        before = desk.doc(conversation)
        split = desk.split(conversation, "m2")
        records = [split, desk.join(conversation, split.other)]
        for each in order:
            desk.undo(records[each])
        after = desk.doc(conversation)
        assert after.joined_into is None
        assert msgspec.structs.replace(after, joined=()) == before
        assert customer(desk, conversation).open_conversations == (conversation,)
        assert desk.mail("m9", "m2").conversation == conversation


def test_of_conversations_whose_customers_were_parted_a_join_counts_no_more() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    record = desk.join(mail, chat)
    part(desk)
    assert desk.doc(mail).customer != desk.doc(chat).customer
    assert [turn.text for turn in desk.whole(chat).turns] == ["#parcel", "s2"]
    assert desk.whole(mail).id == mail
    assert desk.mail("m2", "m1").conversation not in {mail, chat}
    desk.undo(record)
    assert desk.doc(mail).joined_into is None
    assert desk.doc(chat).joined == ()


# -- others write at the same time
def test_a_message_that_comes_while_a_conversation_is_split_is_not_lost() -> None:
    desk, conversation = two_matters()
    record = desk.split(
        conversation, "m2", before_commit=lambda: desk.mail("m4", "m1", text="wait, #tax")
    )
    assert desk.texts(conversation) == ["#billing", "still #billing", "wait, #tax"]
    assert desk.texts(record.other) == ["#parcel"]
    assert [need.skill for need in desk.doc(conversation).needs.skills] == ["billing", "tax"]


def test_a_message_that_is_placed_while_its_conversation_is_joined_goes_to_where_it_stands() -> (
    None
):
    desk = Desk()
    mail, chat = two_open(desk)
    desk.at += 60_000
    message = said("m2", ANN, at=desk.at, thread=ThreadHints(refers_to=("<m1>",)))
    placed = desk.world.take(message, before_commit=lambda: desk.join(mail, chat))
    assert placed.conversation == chat


def test_of_two_operators_who_join_at_once_the_second_sees_what_the_first_did() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    third = desk.split(chat, chat_id("s2")).other
    with pytest.raises(Permanent) as refused:
        desk.join(mail, chat, before_commit=lambda: desk.join(mail, third))
    assert refused.value.code == "joined"
    assert desk.doc(mail).joined_into == third
    assert desk.doc(chat).joined == ()


def test_of_two_operators_who_undo_at_once_one_does() -> None:
    desk, conversation = two_matters()
    record = desk.split(conversation, "m2")
    with pytest.raises(Permanent) as refused:
        desk.undo(record, before_commit=lambda: desk.undo(record))
    assert refused.value.code == "undone"
    assert desk.texts(conversation) == ["#billing", "#parcel", "still #billing"]
