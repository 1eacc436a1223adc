"""Machines that answer each of our replies are known; people who are quick or repeat are not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import ConversationId, CustomerId
from maitred.contracts.limits import HOUR_MS, MINUTE_MS, SECOND_MS
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.identity.conversations.loops import (
    CADENCE,
    CADENCE_ROUNDS_MIN,
    LOOP,
    REPEATS,
    ROUNDS_MIN,
    SUBJECT_GROWS,
    as_auto_reply,
    reason_of,
)
from maitred.identity.conversations.place import Placement
from tests.identity.world import START, World, email, phone, said, visitor

ANN = email("ann@example.com")
NOTICE = "Thank you for your message. Your ticket {n} was opened on 2026-03-{n:02} and we will see."
TALK = (
    "The lamp arrived broken on Tuesday and the switch does not work at all.",
    "It is the small brass one that I bought for my mother last winter.",
    "No, I have not tried another socket yet, but I can do that tonight.",
    "Now it glows for a second and then goes dark again, very strange.",
    "Yes, a new one would be perfect, and please use the same address.",
    "Wonderful, thank you so much for being so quick about all of this.",
    "One more thing, could you also send me a second cable for it please.",
)


def exchange(
    texts: tuple[str, ...],
    *,
    sender: Observed = ANN,
    delay_ms: int = 2 * SECOND_MS,
    pause_ms: int = MINUTE_MS,
    subjects: Sequence[str] = (),
    **last: object,
) -> str:
    """Tell what the last of their messages counts as, each sent so long after a reply of ours."""
    channel = said("x", sender).channel
    turns, replies, at = [], [], START
    for text in texts[:-1]:
        turns.append(Turn(at=at, speaker=Speaker.CUSTOMER, channel=channel, text=text))
        at += pause_ms
        replies.append(Turn(at=at, speaker=Speaker.AGENT, channel=channel, text="We look into it."))
        at += delay_ms
    message = said("last", sender, at=at, text=texts[-1], **last)
    return reason_of(message, turns, replies, subjects)


def notices(rounds: int) -> tuple[str, ...]:
    return ("Hello, my lamp is broken.", *(NOTICE.format(n=n + 1) for n in range(rounds)))


@pytest.mark.parametrize("sender", [ANN, phone("+15552000001")], ids=["email", "sms"])
def test_three_rounds_of_the_same_words_are_a_loop_and_fewer_are_none(sender: Observed) -> None:
    assert exchange(notices(ROUNDS_MIN), sender=sender) == REPEATS
    assert exchange(notices(ROUNDS_MIN - 1), sender=sender) == ""


def test_numbers_dates_ids_addresses_and_links_may_change() -> None:
    texts = tuple(
        f"We received your mail [#{n}9A] from a{n}@example.com, see https://example.com/{n} soon."
        for n in range(ROUNDS_MIN + 1)
    )
    assert exchange(texts) == REPEATS


def test_words_without_spaces_between_them_can_repeat_too() -> None:
    notice = "お問い合わせありがとうございます。担当者より三営業日以内にご連絡いたします。"
    assert exchange((notice,) * (ROUNDS_MIN + 1)) == REPEATS


def test_a_subject_that_grows_is_a_loop_whatever_the_words() -> None:
    grown = ["Re: [#1] lamp", "Re: [#2] Re: [#1] lamp"]
    last = {"flags": (SUBJECT_GROWS,), "subject": "Re: [#3] Re: [#2] Re: [#1] lamp"}
    assert exchange(TALK[:4], subjects=grown, **last) == SUBJECT_GROWS
    assert exchange(TALK[:3], subjects=grown, **last) == "", "two rounds"
    assert exchange(TALK[:4], subjects=grown, subject=last["subject"]) == "", "few layers"
    assert exchange(TALK[:4], subjects=grown[:1], **last) == "", "one conversation"
    assert exchange(TALK[:4], subjects=grown[::-1], **last) == "", "it shrank once"


def test_who_always_answers_faster_than_anybody_reads_mail_is_a_machine() -> None:
    assert len(TALK) == CADENCE_ROUNDS_MIN + 1
    assert exchange(TALK) == CADENCE
    assert exchange(TALK[1:]) == ""
    assert exchange(TALK, delay_ms=15 * SECOND_MS) == ""
    assert exchange(TALK, sender=phone("+15552000001")) == ""


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("in a chat", exchange(notices(6), sender=visitor("v1"))),
        ("short words", exchange(("Hello?", *("Yes, please!",) * 5))),
        ("order numbers", exchange(("Hello?", "4711-1", "4711-2", "4711-3", "4711-4"))),
        ("in his own time", exchange(notices(6), delay_ms=5 * MINUTE_MS)),
        ("an SMS after half a minute", exchange(
            notices(6), sender=phone("+15552000001"), delay_ms=30 * SECOND_MS
        )),
        ("a real talk, quickly", exchange(TALK[:5])),
        ("one same sentence among others", exchange((*TALK[:3], TALK[1]))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_people_are_no_loops(why: str, told: str) -> None:
    assert told == "", why


def test_who_writes_twice_between_our_replies_is_no_machine() -> None:
    turns, replies, at = [], [], START
    for text in notices(4):
        turns += [
            Turn(at=at + again, speaker=Speaker.CUSTOMER, channel="email", text=text)
            for again in range(2)
        ]
        at += MINUTE_MS
        replies.append(Turn(at=at, speaker=Speaker.AGENT, channel="email", text="We look."))
        at += SECOND_MS
    assert reason_of(said("last", ANN, at=at, text=NOTICE.format(n=9)), turns, replies) == ""


def test_what_others_say_in_between_does_not_hide_a_loop() -> None:
    turns, replies, at = [], [], START
    for text in notices(ROUNDS_MIN - 1):
        turns.append(Turn(at=at, speaker=Speaker.CUSTOMER, channel="email", text=text))
        turns.append(Turn(at=at + 1, speaker=Speaker.CLAIMED, channel="email", text="Me too!"))
        turns.append(Turn(at=at + 2, speaker=Speaker.CUSTOMER, channel="chat", text="Hm."))
        at += MINUTE_MS
        replies.append(Turn(at=at, speaker=Speaker.AGENT, channel="email", text="We look."))
        at += SECOND_MS
    assert reason_of(said("last", ANN, at=at, text=NOTICE.format(n=9)), turns, replies) == REPEATS


texts = st.text(max_size=60)
moments = st.integers(START - HOUR_MS, START + HOUR_MS)


@given(
    texts,
    st.lists(st.tuples(moments, texts), max_size=25),
    st.lists(moments, max_size=25),
    st.sampled_from([ANN, phone("+15552000001"), visitor("v1")]),
)
def test_any_history_is_judged_alike_in_any_order(
    text: str, theirs: list[tuple[int, str]], ours: list[int], sender: Observed
) -> None:
    message = said("last", sender, text=text)
    turns = [
        Turn(at=at, speaker=Speaker.CUSTOMER, channel=message.channel, text=words)
        for at, words in theirs
    ]
    replies = [Turn(at=at, speaker=Speaker.AGENT, channel="email", text="ours") for at in ours]
    told = reason_of(message, turns, replies)
    assert told in {"", REPEATS, CADENCE}
    assert told == reason_of(message, turns[::-1], replies[::-1])
    assert told == "" or message.channel != "chat"


# -- where it stands ---------------------------------------------------------------------------
def reply(world: World, placed: Placement, at: int, state: RoutingState) -> None:
    """Let an agent answer in a conversation and leave it in a state."""
    assert placed.conversation is not None
    subject = world.tools.subjects.routing(ConversationId(placed.conversation))
    revision, known = world.store.get(subject, (0, None))
    earlier = known.replies if isinstance(known, RoutingDoc) else ()
    turn = Turn(at=at, speaker=Speaker.AGENT, channel="email", text="We look into it.")
    routing = RoutingDoc(
        conversation=placed.conversation,
        customer=CustomerId("cus_x"),
        state=state,
        channel="email",
        account="main",
        arrived_at=START,
        state_at=at,
        replies=(*earlier, turn),
    )
    world.store[subject] = (revision + 1, routing)


def loop(world: World, state: RoutingState, rounds: int = ROUNDS_MIN) -> list[Placement]:
    """Let a responder answer each reply of an agent who leaves the conversation in a state."""
    placed, at = [world.take(said("m0", ANN, text="Hello, my lamp is broken."))], START
    for number in range(rounds):
        at += MINUTE_MS
        world.now = at
        reply(world, placed[-1], at, state)
        text = NOTICE.format(n=number + 1)
        placed.append(world.take(said(f"m{number + 1}", ANN, at=at + SECOND_MS, text=text)))
    return placed


def test_a_loop_in_an_open_conversation_becomes_an_automatic_reply_in_it() -> None:
    world = World()
    *before, last = loop(world, RoutingState.ASSIGNED)
    assert [each.loop for each in before] == [""] * ROUNDS_MIN
    assert last.loop == REPEATS
    assert last.conversation == before[0].conversation
    assert last.joined is JoinReason.OPEN_CONVERSATION
    conversation = world.conversation(last)
    assert conversation.turns[-1].kind is MessageKind.AUTO_REPLY
    assert conversation.messages == ROUNDS_MIN, "it counts for nothing"


def test_a_loop_over_conversations_that_close_each_time_ends_too() -> None:
    world = World()
    *before, last = loop(world, RoutingState.CLOSED)
    assert len({each.conversation for each in before}) == len(before)
    assert last.loop == REPEATS
    assert last.joined is JoinReason.LOOP
    assert last.conversation == before[-1].conversation
    assert not last.opened
    assert world.customer(last.customer).messages == len(before), "it counts for nothing"


def test_a_loop_that_was_known_goes_on_to_be_one() -> None:
    world = World()
    placed = loop(world, RoutingState.ASSIGNED, ROUNDS_MIN + 2)
    assert [each.loop for each in placed[ROUNDS_MIN:]] == [REPEATS] * 3


def test_a_person_who_writes_after_a_loop_is_heard() -> None:
    world = World()
    *_, last = loop(world, RoutingState.ASSIGNED)
    at = world.now + HOUR_MS
    world.now = at
    heard = world.take(said("person", ANN, at=at, text="Sorry about the machine. A new lamp?"))
    assert heard.loop == ""
    assert heard.conversation == last.conversation
    assert world.conversation(heard).turns[-1].kind is MessageKind.MESSAGE


def test_an_ordinary_message_reads_nothing_for_it() -> None:
    world = World()
    world.take(said("m1", ANN))
    world.take(said("m2", ANN, at=START + HOUR_MS))
    assert world.rounds == 2


def test_the_message_keeps_everything_and_says_why() -> None:
    message: Message = said("m1", ANN, flags=("text_cut",), channel_extra={"mailer": "x"})
    told = as_auto_reply(message, REPEATS)
    assert told.kind is MessageKind.AUTO_REPLY
    assert told.flags == ("text_cut", LOOP)
    assert told.channel_extra == {"mailer": "x", LOOP: REPEATS}
    kept = msgspec.structs.replace(
        told,
        kind=message.kind,
        flags=message.flags,
        channel_extra=message.channel_extra,
    )
    assert kept == message
