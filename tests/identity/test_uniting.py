"""Joins of conversations, by an operator and by a merge."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.conversation import Speaker
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import ConversationId
from maitred.contracts.message import MessageKind
from maitred.contracts.operations import ChangeKind
from maitred.identity.conversations.joins import GROUP_MAX
from tests.identity.desk import ANN, EVE, ORDER, Desk, chat_id, customer, part, two_open
from tests.identity.world import key_of, said, slack


# -- joining
def test_a_joined_conversation_keeps_what_was_said_in_it_and_is_read_with_the_other() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    record = desk.join(mail, chat)
    assert desk.doc(mail).joined_into == chat
    assert desk.doc(chat).joined == (mail,)
    assert desk.texts(mail) == ["#billing"]
    assert desk.texts(chat) == ["#parcel", "s2"]
    whole = desk.whole(mail)
    assert whole.id == chat
    assert [turn.text for turn in whole.turns] == ["#billing", "#parcel", "s2"]
    assert whole.channels == ("email", "slack")
    assert whole.entities == (ORDER,)
    assert whole.messages == 3
    assert whole.subject == "Charged twice"
    assert [need.skill for need in whole.needs.skills] == ["billing", "parcel"]
    assert customer(desk, chat).open_conversations == (chat,)
    (joined,) = desk.changes
    assert (joined.kind, joined.conversation, joined.into) == (ChangeKind.JOINED, mail, chat)
    assert joined.work is not None
    assert joined.work.conversation == chat
    assert record.other == chat


def test_answers_in_either_thread_go_to_where_both_stand() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    desk.join(mail, chat)
    assert desk.mail("m2", "m1").conversation == chat
    assert desk.take(said("s3", slack("U1"))).conversation == chat
    assert desk.doc(chat).reply_to.channel == "slack"


def test_a_stranger_who_names_a_joined_thread_stands_as_claimed_where_it_stands() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    desk.join(mail, chat)
    stranger = desk.mail("x", "m1", sender=EVE)
    assert stranger.conversation not in {mail, chat}
    assert [turn.speaker for turn in desk.doc(chat).turns][-1] is Speaker.CLAIMED


def test_an_edit_of_what_was_said_before_a_join_finds_it() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    desk.join(chat, mail)
    gone = said("d", slack("U1"), at=desk.at, kind=MessageKind.DELETE, target=chat_id("s1"))
    desk.take(gone)
    assert [turn.text for turn in desk.whole(mail).turns] == ["#billing", "", "s2"]


def test_joined_conversations_are_followed_through_others_and_the_last_one_answers() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    third = desk.split(chat, chat_id("s2")).other
    assert third is not None
    desk.join(mail, chat)
    desk.join(chat, third)
    assert desk.whole(mail).id == third
    assert [turn.text for turn in desk.whole(mail).turns] == ["#billing", "#parcel", "s2"]
    assert desk.mail("m2", "m1").conversation == third


def test_what_was_joined_elsewhere_is_joined_to_where_it_stands() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    third = desk.split(chat, chat_id("s2")).other
    assert third is not None
    desk.join(mail, chat)
    record = desk.join(third, mail)
    assert record.other == chat


NOT_JOINED: list[tuple[str, Callable[[Desk, ConversationId, ConversationId], object], str]] = [
    ("with itself", lambda desk, one, _: desk.join(one, one), "joined"),
    ("twice", lambda desk, one, two: (desk.join(one, two), desk.join(one, two)), "joined"),
    ("in a circle", lambda desk, one, two: (desk.join(one, two), desk.join(two, one)), "joined"),
    ("with nobody's", lambda desk, one, _: desk.join(one, ConversationId("cnv_x")), "not_found"),
    ("nobody's", lambda desk, one, _: desk.join(ConversationId("cnv_x"), one), "not_found"),
]


@pytest.mark.parametrize(
    ("act", "code"), [each[1:] for each in NOT_JOINED], ids=[each[0] for each in NOT_JOINED]
)
def test_what_cannot_be_joined_is_refused(
    act: Callable[[Desk, ConversationId, ConversationId], object], code: str
) -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    with pytest.raises(Permanent) as refused:
        act(desk, mail, chat)
    assert refused.value.code == code


def test_conversations_of_different_customers_are_not_joined() -> None:
    desk = Desk()
    mail, chat = two_open(desk, same=False)
    with pytest.raises(Permanent, match="link the customers first") as refused:
        desk.join(mail, chat)
    assert refused.value.code == "different_customers"


def test_no_more_than_a_bounded_number_stand_in_one() -> None:
    desk = Desk()
    first = desk.mail("m0")
    for number in range(1, GROUP_MAX + 1):
        desk.mail(f"m{number}", "m0")
    others = [desk.split(first, f"m{number}").other for number in range(1, GROUP_MAX)]
    for other in others:
        desk.join(other, first)
    assert len(desk.whole(first).turns) == GROUP_MAX + 1
    last = desk.split(first, "m0").other
    with pytest.raises(Permanent) as refused:
        desk.join(last, first)
    assert refused.value.code == "full"


def test_the_gates_of_joined_conversations_are_those_of_who_wrote_last() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    desk.join(chat, mail)
    assert desk.whole(mail).reply_to.channel == "slack"
    desk.mail("m2", "m1")
    assert desk.whole(mail).reply_to.channel == "email"


# -- without an operator: what a merge joins, and what a parting parts
def test_after_a_merge_mail_and_chat_go_on_in_one_conversation_and_after_a_parting_in_two() -> None:
    desk = Desk()
    mail = desk.mail("m1")
    merged = desk.take(said("s1", slack("U1"), ANN, text="s1"))
    assert merged.conversation == mail.conversation
    assert desk.take(said("s2", slack("U1"), text="s2")).conversation == mail.conversation
    assert desk.mail("m2", "m1").conversation == mail.conversation
    assert desk.texts(mail) == ["m1", "s1", "s2", "m2"]
    part(desk)
    parted = desk.take(said("s3", slack("U1"), text="s3"))
    assert parted.conversation != mail.conversation
    assert parted.customer != desk.doc(mail).customer
    assert desk.mail("m3", "m2").conversation == mail.conversation
    assert desk.texts(mail) == ["m1", "s1", "s2", "m2", "m3"]


def test_who_was_parted_from_a_conversation_s_customer_goes_on_there_by_no_thread() -> None:
    desk = Desk()
    mail = desk.mail("m1")
    desk.take(said("s1", slack("U1"), ANN, text="s1"))
    desk.mail("n1", "m1", sender=EVE)
    desk.take(said("s2", slack("U1"), EVE, text="s2"))
    desk.mail("n2", "m1", sender=EVE)
    assert key_of(EVE) in desk.doc(mail).participants
    part(desk, ANN, EVE)
    owner = desk.doc(mail).customer
    later = desk.mail("n3", "n2", sender=EVE)
    assert later.customer != owner
    assert later.conversation != mail.conversation
    assert desk.doc(mail).turns[-1].speaker is Speaker.CLAIMED
    assert not desk.doc(mail).may_read
