"""What a conversation holds after its messages."""

from __future__ import annotations

import pytest

from maitred.contracts.conversation import Conversation, Speaker
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ConversationId, CustomerId, component_id
from maitred.contracts.limits import (
    CONVERSATION_TURNS_MAX,
    ENTITIES_MAX,
    MINUTE_MS,
    SYSTEM_TURNS_MAX,
    TURN_TEXT_CHARACTERS_MAX,
)
from maitred.contracts.message import Attachment, Entity, EntityKind, Language, Message, MessageKind
from maitred.identity.conversations.journey import PARTICIPANTS_MAX, add_turn
from maitred.identity.conversations.place import Placement
from tests.identity.world import START, email, key_of, phone, said, visitor

ANN = email("ann@example.com")
CONVERSATION = ConversationId("cnv_1")
PLACED = Placement(
    customer=CustomerId("cus_1"), conversation=CONVERSATION, joined=JoinReason.THREAD
)
CUSTOMER = CustomerDoc(
    id=CustomerId("cus_1"),
    component=component_id(key_of(ANN)),
    tier="gold",
    first_seen_at=START,
    last_seen_at=START,
    open_conversations=(CONVERSATION,),
)
NOW = START + MINUTE_MS


def _journey(*messages: Message) -> Conversation:
    conversation = None
    for message in messages:
        conversation = add_turn(conversation, message, PLACED, CUSTOMER, NOW)
    assert conversation is not None
    return conversation


def test_the_first_message_opens_it_with_all_that_is_known() -> None:
    first = said(
        "m1",
        ANN,
        name="Ann",
        subject="My order",
        language=Language(code="de", confidence=0.99),
        attachments=(Attachment(name="bill.pdf", content_type="application/pdf", size=1),),
    )
    conversation = _journey(first)
    assert (conversation.id, conversation.customer) == (CONVERSATION, "cus_1")
    assert (conversation.opened_by, conversation.opened_at) == (first.id, START)
    assert (conversation.name, conversation.subject) == ("Ann", "My order")
    assert (conversation.language, conversation.tier) == ("de", "gold")
    assert conversation.participants == (key_of(ANN),)
    assert conversation.messages == 1
    (turn,) = conversation.turns
    assert (turn.speaker, turn.message) == (Speaker.CUSTOMER, first.id)
    assert turn.attachments == ("bill.pdf",)
    assert not turn.cut


def test_the_last_writer_says_where_the_answer_goes_and_how_far_he_is_trusted() -> None:
    number = phone("+14155550100")
    conversation = _journey(
        said("m1", ANN, subject="First"), said("t1", number, subject="Second", at=START + 1)
    )
    assert conversation.channels == ("email", "sms")
    assert conversation.reply_to.key == key_of(number)
    assert conversation.trust is Level.ASSERTED
    assert conversation.subject == "First"
    assert conversation.participants == (key_of(ANN), key_of(number))
    assert conversation.last_at == START + 1


def test_what_wants_no_answer_is_a_turn_and_moves_nothing() -> None:
    opened = _journey(said("m1", ANN))
    bounce = said("b", email("d@example.net", Level.CLAIMED), kind=MessageKind.BOUNCE, at=START + 9)
    conversation = add_turn(opened, bounce, PLACED, None, NOW)
    assert conversation.turns[-1].speaker is Speaker.SYSTEM
    assert conversation.turns[-1].kind is MessageKind.BOUNCE
    unchanged = ("reply_to", "trust", "participants", "messages", "last_at", "customer", "tier")
    for name in unchanged:
        assert getattr(conversation, name) == getattr(opened, name)


def test_an_edit_replaces_and_a_delete_blanks_the_words_of_their_target() -> None:
    one, two = said("m1", ANN), said("m2", ANN, at=START + 1)
    edit = said("e", ANN, kind=MessageKind.EDIT, target=one.id, text="x" * 5_000, at=START + 2)
    delete = said("d", ANN, kind=MessageKind.DELETE, target=two.id, at=START + 3)
    conversation = _journey(one, two, edit, delete)
    first, second = conversation.turns
    assert first.text == "x" * TURN_TEXT_CHARACTERS_MAX
    assert first.cut
    assert (second.text, second.kind) == ("", MessageKind.MESSAGE)
    assert conversation.messages == 2


def test_a_change_of_a_turn_that_is_gone_changes_nothing() -> None:
    before = _journey(said("m1", ANN))
    for kind in (MessageKind.EDIT, MessageKind.DELETE):
        for target in (said("other", ANN).id, None):
            change = said("e", ANN, kind=kind, target=target)
            assert add_turn(before, change, PLACED, CUSTOMER, NOW) == before


def test_a_message_is_there_once() -> None:
    message = said("m1", ANN)
    assert _journey(message, message) == _journey(message)


def test_turns_stand_in_the_order_of_their_times_and_the_last_ones_stay() -> None:
    count = CONVERSATION_TURNS_MAX + 5
    late_first = [said(f"m{n}", ANN, at=START + n) for n in reversed(range(count))]
    conversation = _journey(*sorted(late_first, key=lambda m: m.received_at))
    assert len(conversation.turns) == CONVERSATION_TURNS_MAX
    assert conversation.turns[-1].text == f"text of m{count - 1}"
    swapped = _journey(said("b", ANN, at=START + 5), said("a", ANN, at=START + 1))
    assert [turn.text for turn in swapped.turns] == ["text of a", "text of b"]
    assert swapped.last_at == START + 5
    assert conversation.messages == count


@pytest.mark.parametrize("kind", [MessageKind.BOUNCE, MessageKind.COMPLAINT])
def test_reports_of_mail_systems_never_push_out_the_customers_words(kind: MessageKind) -> None:
    own = [said(f"m{n}", ANN, at=START + n) for n in range(CONVERSATION_TURNS_MAX)]
    daemon = email("mailer-daemon@mx.example.net", Level.CLAIMED)
    reports = [said(f"b{n}", daemon, at=START + 100 + n, kind=kind) for n in range(60)]
    turns = _journey(*own, *reports).turns
    assert [turn.message for turn in turns if turn.speaker is Speaker.CUSTOMER] == [
        each.id for each in own
    ]
    assert [turn.message for turn in turns if turn.speaker is Speaker.SYSTEM] == [
        each.id for each in reports[-SYSTEM_TURNS_MAX:]
    ]


def test_long_words_are_cut_and_say_so() -> None:
    (turn,) = _journey(said("m1", ANN, text="y" * (TURN_TEXT_CHARACTERS_MAX + 1))).turns
    assert len(turn.text) == TURN_TEXT_CHARACTERS_MAX
    assert turn.cut
    (flagged,) = _journey(said("m2", ANN, flags=("text_cut",))).turns
    assert flagged.cut


def test_entities_and_participants_are_bounded_and_the_newest_stay() -> None:
    entities = [Entity(kind=EntityKind.ORDER, value=str(n)) for n in range(ENTITIES_MAX + 4)]
    messages = [
        said(f"m{n}", visitor(f"v{n}"), entities=(entity, entity), at=START + n)
        for n, entity in enumerate(entities)
    ]
    conversation = _journey(*messages)
    assert conversation.entities == tuple(entities[-ENTITIES_MAX:])
    assert len(conversation.participants) == PARTICIPANTS_MAX
    assert conversation.participants[-1] == messages[-1].actor_key


def test_an_unsure_language_and_an_empty_name_change_nothing() -> None:
    conversation = _journey(
        said("m1", ANN, name="Ann", language=Language(code="de", confidence=0.9)),
        said("m2", ANN, language=Language(code="nl", confidence=0.4), at=START + 1),
    )
    assert (conversation.name, conversation.language) == ("Ann", "de")


def test_only_a_customers_message_opens_a_conversation() -> None:
    with pytest.raises(ValueError, match="opens"):
        add_turn(None, said("b", ANN, kind=MessageKind.BOUNCE), PLACED, None, NOW)
    with pytest.raises(ValueError, match="belongs to no"):
        add_turn(None, said("m", ANN), Placement(), CUSTOMER, NOW)


def test_nothing_is_dated_later_than_now() -> None:
    assert _journey(said("m1", ANN, at=NOW + 5)).turns[0].at == NOW


def test_a_long_text_that_came_in_parts_is_one_turn_and_each_part_counts_once() -> None:
    words = "Where is my parcel? It was to come on Friday and I have waited all day. " * 5
    pieces = [words[start : start + 153] for start in range(0, len(words), 153)]
    parts = [
        said(f"part {number}", phone("+14155550123"), at=START + 400 * number, text=piece)
        for number, piece in enumerate(pieces)
    ]
    conversation = _journey(*parts, parts[1])
    (turn,) = conversation.turns
    assert turn.text == words
    assert (turn.message, turn.parts) == (parts[0].id, tuple(part.id for part in parts[1:]))
    assert turn.at == parts[-1].received_at
    assert conversation.messages == len(parts)
    later = said("later", phone("+14155550123"), at=START + MINUTE_MS, text="Hello?")
    assert [each.text for each in _journey(*parts, later).turns] == [words, "Hello?"]


def test_a_picture_that_follows_a_full_text_is_shown_in_a_turn_of_its_own() -> None:
    number = phone("+14155550123")
    full = said("full", number, text="x" * 160)
    picture = Attachment(name="lamp.jpg", content_type="image/jpeg", size=-1)
    follows = said("mms", number, at=START + 400, text="this one", attachments=(picture,))
    assert [turn.attachments for turn in _journey(full, follows).turns] == [(), ("lamp.jpg",)]
