"""Parts of a long text that come as messages of their own are one text again."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message, MessageKind
from maitred.identity.conversations.bursts import PART_GAP_MS_MAX, joined, joint
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.sms.segments import fills_its_segment

LATIN = "The quick brown fox jumps over the lazy dog while nobody is looking at all. " * 30
CYRILLIC = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 30
Say = Callable[..., Message]


@pytest.fixture
def say(received: Callable[..., Inbound], context: DecodeContext) -> Say:
    """Return a maker of text messages."""

    def make(text: str, *, ours: str = "+14155550199", at: int = 0) -> Message:
        draft = Draft(text=text, reply_extra={"from": ours})
        message = finish(received("sms"), 1, context, draft).message
        return msgspec.structs.replace(message, received_at=message.received_at + at)

    return make


def after(first: Message, **changes: object) -> Conversation:
    """Return a conversation of one turn."""
    turn = Turn(
        at=first.received_at,
        speaker=Speaker.CUSTOMER,
        channel=first.channel,
        text=first.text,
        message=first.id,
        actor=first.actor_key,
    )
    return Conversation(
        id=ConversationId("cnv_1"),
        tenant=first.tenant,
        customer=CustomerId("cus_1"),
        opened_by=first.id,
        opened_at=first.received_at,
        last_at=first.received_at,
        channels=(first.channel,),
        account=first.account,
        reply_to=first.reply_to,
        trust=Level.ASSERTED,
        participants=(first.actor_key,),
        turns=(msgspec.structs.replace(turn, **changes),),
    )


def between(conversation: Conversation, message: Message) -> str | None:
    """Return what belongs between the one turn of a conversation and a message."""
    (turn,) = conversation.turns
    return joint(turn, conversation.reply_to, message, message.received_at)


@pytest.mark.parametrize(
    ("body", "fills"),
    [
        ("", False),
        ("x" * 152, True),
        ("x" * 153, True),
        ("x" * 154, False),
        ("x" * 159, True),
        ("x" * 160, True),
        ("x" * 161, False),
        ("x" * 1_530, True),
        ("x" * 1_600, True),
        ("x" * 67, False),
        ("€" * 80, True),
        ("{" * 76, True),
        ("x" * 158 + "€", True),
        ("я" * 66, True),
        ("я" * 67, True),
        ("я" * 68, False),
        ("я" * 70, True),
        ("я" * 670, True),
        ("😀" * 33, True),
        ("😀" * 35, True),
        ("😀" * 30, False),
    ],
)
def test_a_segment_is_full_when_nothing_fits_beside_it(body: str, *, fills: bool) -> None:
    assert fills_its_segment(body) is fills


@pytest.mark.parametrize("room", [153, 160])
@pytest.mark.parametrize("text", [LATIN[:400], LATIN[3:300], "12345 " * 60])
def test_parts_in_latin_letters_are_one_text(say: Say, room: int, text: str) -> None:
    assert _joined(say, text, room) == text.rstrip()


@pytest.mark.parametrize("room", [67, 70])
@pytest.mark.parametrize(
    "text", [CYRILLIC[:180], "plain at first, and only late a smile " * 3 + "я"]
)
def test_parts_in_other_letters_are_one_text(say: Say, room: int, text: str) -> None:
    assert _joined(say, text, room) == text.rstrip()


def test_a_character_of_two_places_is_not_cut(say: Say) -> None:
    first, second = say("x" * 152), say("€ 12 please", at=500)
    assert between(after(first), second) == ""
    assert between(after(first), say("12 please", at=500)) == " "


def _joined(say: Say, text: str, room: int) -> str:
    """Put the parts of a text together as the journey does: two parts at a time."""
    parts = [text[start : start + room] for start in range(0, len(text), room)]
    whole = say(parts[0])
    for number, part in enumerate(parts[1:], 1):
        message = say(part, at=number * 400)
        glue = between(after(whole, at=message.received_at - 400), message)
        assert glue is not None, (number, whole.text)
        whole = msgspec.structs.replace(whole, text=whole.text + glue + message.text)
    return whole.text


FULL = LATIN[:153]


@pytest.mark.parametrize(
    ("first", "changes", "second", "how"),
    [
        ("Hello there", {}, "how are you", {}),
        (FULL, {"speaker": Speaker.AGENT}, "and more", {}),
        (FULL, {"actor": IdentifierKey("somebody else")}, "and more", {}),
        (FULL, {"kind": MessageKind.OPT_OUT}, "and more", {}),
        (FULL, {"channel": "chat"}, "and more", {}),
        (FULL, {"cut": True}, "and more", {}),
        (FULL, {"attachments": ("image.jpg",)}, "and more", {}),
        (FULL, {}, "and more", {"at": PART_GAP_MS_MAX + 1}),
        (FULL, {}, "and more", {"at": -1}),
        (FULL, {}, "and more", {"ours": "+14155550177"}),
        (FULL, {}, "", {}),
    ],
)
def test_what_stands_for_itself_joins_nothing(
    say: Say, first: str, changes: dict[str, object], second: str, how: dict[str, object]
) -> None:
    conversation = after(say(first), **changes)
    assert between(conversation, say(second, **how)) is None


def test_the_same_parts_a_moment_apart_do_join(say: Say) -> None:
    assert between(after(say(FULL)), say("and more", at=PART_GAP_MS_MAX)) is not None


def test_a_messenger_has_no_segments(say: Say) -> None:
    ours = "whatsapp:+14155550199"
    assert between(after(say(FULL, ours=ours)), say("and more", ours=ours, at=1)) is None


def test_an_edit_or_an_empty_conversation_joins_nothing(say: Say) -> None:
    first, second = say(FULL), say("and more", at=1)
    edit = msgspec.structs.replace(second, kind=MessageKind.EDIT)
    assert between(after(first), edit) is None
    empty = msgspec.structs.replace(after(first), turns=())
    assert joined(empty, second, second.received_at) is None


@given(text=st.text(max_size=400))
def test_any_text_fills_its_segment_or_not(text: str) -> None:
    assert fills_its_segment(text) in {True, False}
