"""The timeline: one line of everything, whatever order it is read in, and nothing overwritten."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ConversationId, MessageId
from maitred.contracts.message import (
    MessageKind,
    ThreadHints,
)
from maitred.contracts.outbound import DeliveryState, Outbound, OutboundKind
from maitred.contracts.revision import Revision
from maitred.identity.timeline.line import timeline
from maitred.identity.timeline.sources import Sources
from tests.identity.journal import (
    CONVERSATION,
    PHOTO,
    delete,
    delivery,
    edit,
    entry,
    moments,
    react,
    reply,
)
from tests.identity.world import START, email, key_of, phone, slack, visitor


def test_all_channels_are_one_line_and_answers_stand_in_between() -> None:
    told = moments(
        entry("m1", email("ann@example.com"), at=0, text="Where is my parcel?"),
        entry("s1", at=9_000, text="Hello?", conversation="cnv_2"),
        replies=[reply("r", at=5_000)],
        deliveries=[delivery("r", DeliveryState.SENT, at=5_100, attempts=2)],
    )
    assert [(each.speaker.value, each.channel, each.text) for each in told] == [
        ("customer", "email", "Where is my parcel?"),
        ("agent", "slack", "We look into it."),
        ("customer", "slack", "Hello?"),
    ]
    assert [each.conversation for each in told] == [CONVERSATION, CONVERSATION, "cnv_2"]
    _, answer, _ = told
    assert (answer.agent, answer.name) == ("ann", "Ann")
    assert answer.delivery is not None
    assert (answer.delivery.state, answer.delivery.attempts) == (DeliveryState.SENT, 2)


def test_at_the_same_moment_the_customer_speaks_first_and_stays_in_his_order() -> None:
    told = moments(
        entry("b", sequence=8, text="first"),
        entry("a", sequence=9, text="second"),
        replies=[reply("r", "third")],
    )
    assert [each.text for each in told] == ["first", "second", "third"]


def test_what_was_edited_says_what_it_says_now_and_keeps_what_it_said() -> None:
    first = entry("m", text="one")
    (moment,) = moments(first, edit("e1", first, "two", at=1), edit("e2", first, "three", at=2))
    assert (moment.text, moment.is_edited, moment.is_deleted) == ("three", True, False)
    (part,) = moment.parts
    assert [(each.at - START, each.text) for each in part.versions] == [
        (0, "one"),
        (1, "two"),
        (2, "three"),
    ]
    assert part.entry == first


def test_what_was_deleted_is_gone_from_sight_and_kept() -> None:
    first = entry("m", text="one", attachments=PHOTO)
    late = edit("e", first, "back", at=9)
    (moment,) = moments(first, delete("d", first, at=5), late)
    assert (moment.text, moment.is_deleted) == ("", True)
    (part,) = moment.parts
    assert (part.deleted_at, part.attachments) == (START + 5, ())
    assert [each.text for each in part.versions] == ["one", "back"]


def test_a_change_that_was_read_before_its_target_counts_all_the_same() -> None:
    first = entry("m", at=100, text="one")
    (moment,) = moments(edit("e", first, "two", at=50), first)
    assert moment.text == "two"


def test_changes_count_in_the_order_in_which_they_were_made() -> None:
    first = entry("m", text="one")
    newer = edit("e2", first, "newer", at=10, sent_at=START + 7)
    older = edit("e1", first, "older", at=20, sent_at=START + 6)
    (moment,) = moments(first, newer, older)
    assert moment.text == "newer"


@pytest.mark.parametrize(
    "change", [edit("e", entry("m"), "two", at=1), delete("e", entry("m"), at=1)]
)
def test_a_change_by_somebody_else_changes_nothing_and_is_shown_for_what_it_is(
    change: MessageEntry,
) -> None:
    other = key_of(slack("U2"))
    foreign = msgspec.structs.replace(
        change, message=msgspec.structs.replace(change.message, actor_key=other)
    )
    own, loose = moments(entry("m", text="one"), foreign)
    assert (own.text, own.is_edited, own.is_deleted) == ("one", False, False)
    assert loose.kind is change.message.kind


def test_a_change_of_what_is_not_here_is_not_lost() -> None:
    gone = entry("gone")
    (loose,) = moments(edit("e", gone, "new words", at=1))
    assert (loose.kind, loose.text) == (MessageKind.EDIT, "new words")
    first = entry("m", text="one")
    change = edit("e", first, "two", at=1)
    told = moments(first, change, edit("e2", change, "of an edit", at=2))
    assert [each.text for each in told] == ["two", "of an edit"]


def test_reactions_stand_with_what_they_are_about_and_can_be_taken_away() -> None:
    first = entry("m", text="one")
    target = first.message.id
    named = {"channel_extra": {"reaction": "tada"}}
    (moment,) = moments(
        first,
        react("r1", "👍", at=1, target=target, name="Kim"),
        react("r2", "🎉", at=2, target=target, actor=slack("U2"), **named),
        react("r3", "🚀", at=3, target=target, actor=slack("U2"), channel_extra={"reaction": "up"}),
        react("r4", "", at=4, target=target, actor=slack("U2"), **named),
    )
    (part,) = moment.parts
    assert [(each.text, each.name) for each in part.reactions] == [("👍", "Kim"), ("🚀", "")]


def test_who_reacts_anew_where_reactions_have_no_names_takes_the_old_one_back() -> None:
    first = entry("m", text="one")
    about = [
        react(f"r{at}", text, at=at, target=first.message.id) for at, text in ((2, "👍"), (1, "👎"))
    ]
    assert [each.text for each in moments(first, *about)[0].parts[0].reactions] == ["👍"]


@pytest.mark.parametrize(
    ("provider_id", "named"),
    [("C7:1.000100", "T1:C7:1.000100"), ("SM1", "SM1")],
)
def test_a_reaction_to_an_answer_stands_with_the_answer(provider_id: str, named: str) -> None:
    unknown = MessageId("msg_of_ours")
    reaction = react("r", "👍", at=9, target=unknown, thread=ThreadHints(refers_to=(named,)))
    stray = react("s", "👎", at=9, target=unknown, thread=ThreadHints(refers_to=("T1:C7:2",)))
    told = moments(
        reaction,
        stray,
        replies=[reply("a", at=5)],
        deliveries=[delivery("a", DeliveryState.SENT, provider_id=provider_id)],
    )
    answer, loose = told
    assert [each.text for each in answer.parts[0].reactions] == ["👍"]
    assert (loose.kind, loose.text) == (MessageKind.REACTION, "👎")


def test_what_is_said_in_one_breath_is_one_moment_with_its_parts() -> None:
    number = phone("+14155550123")
    text = "Where is my parcel? It was to come on Friday and I have waited all day. " * 5
    pieces = [text[start : start + 153] for start in range(0, len(text), 153)]
    sms = [
        entry(f"p{n}", number, at=400 * n, sequence=n, text=piece, conversation="cnv_2")
        for n, piece in enumerate(pieces)
    ]
    album = [
        entry(f"a{n}", at=90_000 + 500 * n, text="" if n else "See", attachments=PHOTO)
        for n in range(3)
    ]
    long_text, photos = moments(*album, *sms)
    assert long_text.text == text
    assert len(long_text.parts) == len(pieces)
    assert (photos.text, len(photos.parts)) == ("See", 3)
    assert (photos.at, photos.until) == (START + 90_000, START + 91_000)
    assert moments(*album, delete("d", album[1], at=99_000))[0].parts[1].deleted_at


def test_an_edited_caption_stands_apart_from_the_other_words_of_its_album() -> None:
    album = [
        entry("a", text="See", attachments=PHOTO),
        entry("b", at=9, text="", attachments=PHOTO),
    ]
    (moment,) = moments(*album, edit("e", album[1], "and here", at=20))
    assert (moment.text, moment.is_edited) == ("See\nand here", True)


def test_what_follows_an_answer_is_no_part_of_what_was_answered() -> None:
    one, two = (entry(n, at=at, text="", attachments=PHOTO) for n, at in (("a", 0), ("b", 5_000)))
    assert [len(each.parts) for each in moments(one, two)] == [2]
    told = moments(one, two, replies=[reply("r", at=2_000)])
    assert [each.speaker.value for each in told] == ["customer", "agent", "customer"]
    elsewhere = moments(one, two, replies=[reply("r", at=2_000, conversation="cnv_2")])
    assert [len(each.parts) for each in elsewhere] == [2, 1]


def test_a_newer_reading_is_shown_and_the_highest_number_holds() -> None:
    first = entry("m", text="one")

    def revision(number: int, text: str) -> Revision:
        message = msgspec.structs.replace(first.message, text=text)
        return Revision(message=message, number=number, decoder="x", changed=("text",), at=START)

    (moment,) = moments(first, revisions=[revision(2, "TWO"), revision(1, "ONE")])
    assert (moment.text, moment.is_edited) == ("TWO", False)


def test_proofs_and_what_conversations_remember_of_mail_systems_are_system_happenings() -> None:
    bounce = Turn(
        at=START + 5,
        speaker=Speaker.SYSTEM,
        channel="email",
        text="550 no such mailbox",
        kind=MessageKind.BOUNCE,
        message=MessageId("msg_bounce"),
    )
    proof = entry("v", visitor("v1"), at=1, kind=MessageKind.VERIFICATION, text="")
    stop = entry("o", phone("+14155550123"), at=9, kind=MessageKind.OPT_OUT, conversation=None)
    told = moments(proof, stop, remembered=[(CONVERSATION, bounce), (CONVERSATION, bounce)])
    assert [(each.speaker.value, each.kind.value) for each in told] == [
        ("system", "verification"),
        ("system", "bounce"),
        ("customer", "opt_out"),
    ]


def test_what_others_claimed_stands_apart() -> None:
    stranger = Turn(
        at=START + 5,
        speaker=Speaker.CLAIMED,
        channel="email",
        text="I am his wife.",
        message=MessageId("msg_stranger"),
        name="Eve <eve@example.net>",
    )
    unproven = entry("u", email("ann@example.com", Level.CLAIMED), at=7, text="It is me.")
    own = entry("m", at=1, text="one")
    told = timeline(
        Sources(
            entries=[own],
            claims=[unproven, own],
            remembered=[(CONVERSATION, stranger)],
            replies=[reply("r", at=9)],
        )
    )
    assert [each.text for each in told.moments] == ["one", "We look into it."]
    assert [(each.speaker.value, each.name, each.text) for each in told.claimed] == [
        ("claimed", "Eve <eve@example.net>", "I am his wife."),
        ("claimed", "", "It is me."),
    ]


def test_a_code_is_shown_to_nobody() -> None:
    code = msgspec.structs.replace(reply("c", "Your code is 123456"), kind=OutboundKind.CODE)
    assert moments(replies=[code, reply("r")]) == moments(replies=[reply("r")])


def test_an_edited_answer_says_what_it_says_now_and_keeps_what_it_said() -> None:
    def other(name: str, text: str, at: int) -> Outbound:
        said = reply(name, text, at=at)
        return msgspec.structs.replace(said, kind=OutboundKind.EDIT, target=reply("r").id)

    lost = other("e3", "Thursday", 9)
    edits = [other("e2", "Wednesday", 8), other("e1", "Tuesday", 7)]
    told = moments(
        replies=[*edits, lost, reply("r", "Monday")],
        deliveries=[delivery("e3", DeliveryState.FAILED)],
    )
    (answer,) = told
    assert (answer.text, answer.is_edited) == ("Wednesday", True)
    (part,) = answer.parts
    assert [each.text for each in part.versions] == ["Monday", "Tuesday", "Wednesday"]


def test_what_an_operator_moved_or_joined_stands_where_it_is_now() -> None:
    one, two = entry("a"), entry("b", at=60_000)
    moved = {two.message.id: ConversationId("cnv_2")}
    joined = {CONVERSATION: ConversationId("cnv_9")}
    told = moments(one, two, moved=moved, joined=joined, replies=[reply("r", at=90_000)])
    assert [each.conversation for each in told] == ["cnv_9", "cnv_2", "cnv_9"]


def test_the_last_word_about_a_reply_is_what_became_of_it() -> None:
    words = [
        delivery("r", DeliveryState.FAILED, at=9, error="mailbox_gone"),
        delivery("r", DeliveryState.SENDING, at=5),
    ]
    (answer,) = moments(replies=[reply("r")], deliveries=words)
    assert answer.delivery is not None
    assert (answer.delivery.state, answer.delivery.error) == (DeliveryState.FAILED, "mailbox_gone")
