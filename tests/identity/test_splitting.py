"""Splits of conversations: what they move, and what each side is then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.conversation import Speaker
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level, text_identifier
from maitred.contracts.ids import ConversationId, conversation_id
from maitred.contracts.limits import CONVERSATION_TURNS_MAX, PROOF_AGE_MS
from maitred.contracts.message import MessageKind
from maitred.contracts.operations import ChangeKind, OperationDoc, OperationKind
from maitred.contracts.routing import RoutingState
from tests.identity.desk import (
    ANN,
    EVE,
    ORDER,
    PARCEL,
    SUBJECTS,
    Desk,
    chat_id,
    customer,
    msg,
    route,
    two_matters,
    two_open,
)
from tests.identity.world import email, key_of, said, slack, visitor


# -- splitting
def test_messages_that_are_split_off_stand_in_a_conversation_named_after_the_first() -> None:
    desk, conversation = two_matters()
    record = desk.split(conversation, "m2")
    assert record.other == conversation_id(msg("m2"))
    assert desk.texts(conversation) == ["#billing", "still #billing"]
    assert desk.texts(record.other) == ["#parcel"]
    assert record.moved == (msg("m2"),)
    assert (record.kind, record.by, record.why) == (OperationKind.SPLIT, "kim", "two matters")
    assert desk.world.get(SUBJECTS.operation(conversation, record.id), OperationDoc) == record


def test_each_side_is_what_its_messages_say() -> None:
    desk, conversation = two_matters()
    record = desk.split(conversation, "m2")
    rest, apart = desk.doc(conversation), desk.doc(record.other)
    assert [need.skill for need in rest.needs.skills] == ["billing"]
    assert [need.skill for need in apart.needs.skills] == ["parcel"]
    assert (rest.entities, apart.entities) == ((ORDER,), (PARCEL,))
    assert (rest.subject, apart.subject) == ("Charged twice", "Re: Charged twice")
    assert (rest.messages, apart.messages) == (2, 1)
    assert (rest.left_out, apart.left_out) == (0, 0)
    assert apart.customer == rest.customer
    assert apart.bearer == key_of(ANN)
    assert apart.opened_at == apart.last_at == apart.turns[0].at


def test_where_an_answer_goes_follows_from_who_wrote_last_on_each_side() -> None:
    desk = Desk()
    mail, chat = two_open(desk)
    desk.join(mail, chat)
    desk.mail("m2", "m1")  # goes to where the mail's conversation stands
    record = desk.split(chat, "m2")
    rest, apart = desk.doc(chat), desk.doc(record.other)
    assert apart.reply_to.channel == "email"
    assert apart.channels == ("email",)
    assert apart.participants == (key_of(ANN),)
    assert apart.may_read
    assert rest.reply_to.channel == "slack"
    assert rest.channels == ("slack",)
    assert rest.participants == (key_of(slack("U1")),)


def test_the_first_message_can_be_split_off_and_its_edit_finds_it() -> None:
    desk = Desk()
    first = desk.take(said("s1", slack("U1"), text="#billing"))
    desk.take(said("s2", slack("U1"), text="#parcel"))
    record = desk.split(first, chat_id("s1"))
    assert record.other not in {first.conversation, None}
    assert desk.doc(first).opened_by == chat_id("s2")
    edit = said(
        "e",
        slack("U1"),
        at=desk.at,
        kind=MessageKind.EDIT,
        target=chat_id("s1"),
        text="new",
    )
    assert desk.take(edit).conversation == record.other
    assert desk.texts(record.other) == ["new"]
    assert desk.texts(first.conversation) == ["#parcel"]


def test_later_answers_go_to_where_the_message_stands_that_they_answer() -> None:
    desk, conversation = two_matters()
    record = desk.split(conversation, "m2")
    assert desk.mail("m4", "m2").conversation == record.other
    assert desk.mail("m5", "m3").conversation == conversation
    desk.undo(record)
    assert desk.mail("m6", "m2").conversation == conversation


def test_the_customer_has_both_open_and_both_in_his_journey() -> None:
    desk, conversation = two_matters()
    record = desk.split(conversation, "m2")
    document = customer(desk, conversation)
    assert document.open_conversations == (conversation, record.other)
    assert document.conversations == (conversation, record.other)


def test_dispatch_hears_of_both_and_of_the_age_of_what_was_split_off() -> None:
    desk, conversation = two_matters()
    route(desk, conversation, RoutingState.ASSIGNED, agent="ann")
    record = desk.split(conversation, "m2")
    opened, changed = desk.changes
    assert (opened.kind, opened.conversation) == (ChangeKind.OPENED, record.other)
    assert opened.agent == "ann"
    entry = desk.journal[msg("m2")]
    assert entry is not None
    assert entry.work is not None
    assert opened.arrived_at == entry.work.accepted_at
    assert opened.reply_to == desk.doc(record.other).reply_to
    assert opened.work is not None
    assert opened.work.needs == desk.doc(record.other).needs
    assert (changed.kind, changed.conversation) == (ChangeKind.CHANGED, conversation)
    assert changed.work is not None
    assert changed.work.needs == desk.doc(conversation).needs


def test_what_a_claimed_participant_wrote_stays_and_so_do_bounces_that_are_not_named() -> None:
    desk, conversation = two_matters()
    desk.mail("x", "m1", sender=EVE)
    daemon = email("mailer-daemon@mx.example.net", Level.CLAIMED)
    desk.mail("b", "m1", sender=daemon, kind=MessageKind.BOUNCE)
    speakers = [Speaker.CUSTOMER, Speaker.CUSTOMER, Speaker.CLAIMED, Speaker.SYSTEM]
    record = desk.split(conversation, "m2")
    assert [turn.speaker for turn in desk.doc(conversation).turns] == speakers
    with pytest.raises(Permanent, match="a conversation of its own"):
        desk.split(conversation, "x")
    desk.split(conversation, "m3", "b")
    assert len(desk.doc(conversation).turns) == 2
    assert len(desk.doc(record.other).turns) == 1


def test_what_was_said_in_one_breath_moves_as_one() -> None:
    desk = Desk()
    texter = text_identifier("+14155550100")
    first = desk.take(said("t0", texter, text="Hello"))
    desk.at += 60_000
    parts = ("a" * 160, "b" * 100)
    for number, text in enumerate(parts):
        desk.at -= 50_000 * number
        desk.take(said(f"t{number + 1}", texter, text=text))
    assert len(desk.doc(first).turns) == 2
    record = desk.split(first, said("t2", texter).id)
    assert record.moved == (said("t1", texter).id, said("t2", texter).id)
    assert desk.doc(record.other).messages == 2
    assert desk.texts(record.other) == ["".join(parts)]


REFUSED: list[tuple[str, Callable[[Desk, ConversationId], object], str]] = [
    ("all of it", lambda desk, it: desk.split(it, "m1", "m2", "m3"), "nothing"),
    ("what is not there", lambda desk, it: desk.split(it, "m2", "m9"), "not_there"),
    ("of nobody", lambda desk, _: desk.split(ConversationId("cnv_x"), "m1"), "not_found"),
    ("twice", lambda desk, it: (desk.split(it, "m2"), desk.split(it, "m2")), "not_there"),
    ("nothing", lambda desk, it: desk.split(it), "nothing"),
]


@pytest.mark.parametrize(
    ("act", "code"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_what_cannot_be_split_is_refused(
    act: Callable[[Desk, ConversationId], object], code: str
) -> None:
    desk, conversation = two_matters()
    with pytest.raises(Permanent) as refused:
        act(desk, conversation)
    assert refused.value.code == code


def test_what_the_journal_keeps_no_more_cannot_be_split_off() -> None:
    desk, conversation = two_matters()
    desk.journal[msg("m2")] = None
    with pytest.raises(Permanent) as refused:
        desk.split(conversation, "m2")
    assert refused.value.code == "gone"
    record = desk.split(conversation, "m3")
    assert desk.texts(record.other) == ["still #billing"]
    assert "parcel" in [need.skill for need in desk.doc(conversation).needs.skills]


def test_of_a_long_conversation_what_its_older_messages_asked_for_stays() -> None:
    desk = Desk()
    first = desk.mail("m0", text="#billing")
    for number in range(CONVERSATION_TURNS_MAX + 4):
        desk.mail(f"m{number + 1}", "m0")
    before = desk.doc(first)
    record = desk.split(first, "m20", "m21")
    rest = desk.doc(first)
    assert [need.skill for need in rest.needs.skills] == ["billing"]
    assert (rest.messages, rest.left_out) == (before.messages - 2, before.left_out)
    desk.undo(record)
    assert desk.doc(first) == before


# -- gates on each side
def test_a_side_whose_writer_proved_himself_keeps_his_proof_and_the_other_gets_none() -> None:
    desk = Desk()
    home = visitor("home")
    first = desk.take(said("c1", home, text="hello"))
    proven = email("ann@example.com", Level.PROVEN)
    desk.take(said("c2", home, proven, text="it is me", proven_at=desk.at))
    assert desk.doc(first).may_read
    record = desk.split(first, said("c2", home).id)
    rest, apart = desk.doc(first), desk.doc(record.other)
    assert (apart.may_read, apart.act_until) == (True, desk.at - 1 - 60_000 + PROOF_AGE_MS)
    assert (rest.may_read, rest.act_until) == (False, 0)
    desk.undo(record)
    assert desk.doc(first).may_read
