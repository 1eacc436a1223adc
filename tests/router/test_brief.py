"""The brief: what it merges, what a closed gate hides, and its bound in bytes."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from maitred.contracts.agents import RoutingDoc, RoutingState
from maitred.contracts.conversation import (
    Conversation,
    MoodSample,
    MoodTrack,
    Share,
    Speaker,
    Turn,
)
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import (
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import BRIEF_BYTES_MAX, TURN_TEXT_CHARACTERS_MAX
from maitred.contracts.message import Entity, EntityKind, MessageKind
from maitred.router.brief import compose
from tests.router.play import START, Play, agent, settings

CUSTOMER = CustomerDoc(
    id=CustomerId("cus_kim"),
    component=ComponentId("cmp_kim"),
    name="Kim Known",
    language="fr",
    first_seen_at=START - 5,
    last_seen_at=START,
    messages=77,
    channels=("chat", "sms"),
    complaints=3,
    preferences={"seat": "window"},
)


def turn(at: int, speaker: Speaker, text: str) -> Turn:
    return Turn(at=at, speaker=speaker, channel="chat", text=text)


def conversation(name: str = "x", *turns: Turn) -> Conversation:
    return Conversation(
        id=ConversationId(f"cnv_{name}"),
        tenant=Tenant("acme"),
        customer=CUSTOMER.id,
        opened_by=MessageId(f"msg_{name}"),
        opened_at=START,
        last_at=START + len(name),
        channels=("chat",),
        account="main",
        reply_to=ReplyTo(
            channel="chat",
            account="main",
            endpoint=Identifier(kind=IdentifierKind.VISITOR, value="v"),
            key=IdentifierKey("k"),
        ),
        trust=Level.AUTHENTICATED,
        participants=(IdentifierKey("k"),),
        name="kim",
        subject=f"Subject {name}",
        turns=turns,
        messages=len(turns),
    )


def routing(*replies: Turn) -> RoutingDoc:
    sample = MoodSample(at=1, valence=0, arousal=0, confidence=0)
    return RoutingDoc(
        conversation=ConversationId("cnv_x"),
        customer=CUSTOMER.id,
        state=RoutingState.OFFERED,
        channel="chat",
        account="main",
        tier="vip",
        mood=MoodTrack(level=-0.4, samples=(sample,)),
        arrived_at=START,
        state_at=START,
        replies=replies,
    )


def test_both_sides_stand_in_the_order_of_time_and_the_customer_first() -> None:
    said = (turn(1, Speaker.CUSTOMER, "a"), turn(3, Speaker.CUSTOMER, "c"))
    replies = (turn(2, Speaker.AGENT, "b"), turn(3, Speaker.AGENT, "d"))
    brief = compose(conversation("x", *said), routing(*replies), None, (), True, None)
    assert [each.text for each in brief.turns] == ["a", "b", "c", "d"]
    assert not brief.cut
    assert brief.identity.tier == "vip"
    assert brief.mood == MoodTrack(level=-0.4)


def test_an_open_gate_shows_the_journey_newest_last_and_what_is_known() -> None:
    earlier = [
        (conversation("newer"), routing()),
        (conversation("old"), None),
        (conversation("x"), None),
    ]
    brief = compose(conversation(), routing(), CUSTOMER, earlier, True, None)
    assert [(step.subject, step.state.value) for step in brief.journey] == [
        ("Subject old", "unknown"),
        ("Subject newer", "offered"),
    ]
    assert brief.identity.name == "Kim Known"
    assert brief.identity.messages == 77
    assert brief.complaints == 3
    assert brief.preferences == {"seat": "window"}


def test_a_closed_gate_shows_nothing_beyond_this_conversation() -> None:
    earlier = [(conversation("secret"), routing())]
    said = turn(1, Speaker.CUSTOMER, "hello")
    shut = compose(conversation("x", said), routing(), CUSTOMER, earlier, False, None)
    stranger = compose(conversation("x", said), routing(), None, (), False, None)
    assert shut == stranger
    text = msgspec.json.encode(shut).decode()
    assert not any(word in text for word in ("secret", "Known", "window", "sms", "77"))


@pytest.mark.parametrize("letter", ["a", "\u20ac", "\U0001f600", "\x01", '"'])
def test_a_brief_never_exceeds_its_bound_and_keeps_the_newest_turns(letter: str) -> None:
    text = letter * TURN_TEXT_CHARACTERS_MAX
    said = [turn(at, Speaker.CUSTOMER, text) for at in range(20)]
    replies = [turn(at, Speaker.AGENT, text) for at in range(20)]
    earlier = [(conversation("y" * n), routing()) for n in range(1, 60)]
    brief = compose(conversation("x", *said), routing(*replies), CUSTOMER, earlier, True, None)
    assert len(msgspec.json.encode(brief)) <= BRIEF_BYTES_MAX
    assert brief.cut
    assert brief.turns[-1].at == 19
    assert brief.journey


@pytest.mark.parametrize("other", [Speaker.CLAIMED, Speaker.SYSTEM])
def test_what_is_too_large_loses_the_words_of_others_first(other: Speaker) -> None:
    text = "a" * TURN_TEXT_CHARACTERS_MAX
    own = [turn(at, Speaker.CUSTOMER, text) for at in range(26)]
    claims = [turn(at, other, text) for at in (1, 2, 30, 31)]
    fits = compose(conversation("x", *own), routing(), None, (), True, None)
    crowded = compose(conversation("x", *own, *claims), routing(), None, (), True, None)
    assert not fits.cut
    assert crowded.cut
    kept = [each for each in crowded.turns if each.speaker is Speaker.CUSTOMER]
    assert tuple(kept) == fits.turns


def test_even_absurd_parts_end_within_the_bound() -> None:
    huge = replace(
        conversation("x", turn(1, Speaker.CUSTOMER, "\x01" * 50_000)),
        subject="s" * 10**6,
        entities=tuple(Entity(kind=EntityKind.LINK, value="e" * 2_000) for _ in range(64)),
    )
    customer = replace(CUSTOMER, preferences={f"{n}": "p" * 9_000 for n in range(90)})
    brief = compose(huge, routing(), customer, (), True, None)
    assert len(msgspec.json.encode(brief)) <= BRIEF_BYTES_MAX
    assert brief.turns[0].cut


def test_turns_that_the_conversation_itself_dropped_show_as_cut() -> None:
    longer = replace(conversation("x", turn(1, Speaker.CUSTOMER, "a")), messages=30)
    assert compose(longer, routing(), None, (), True, None).cut


def test_a_text_in_parts_is_whole_and_what_machines_sent_stands_for_nothing_left_out() -> None:
    parts = (MessageId("msg_2"), MessageId("msg_3"))
    whole = replace(turn(1, Speaker.CUSTOMER, "a long text"), parts=parts)
    said = replace(conversation("x", whole), messages=3)
    assert not compose(said, routing(), None, (), True, None).cut
    away = replace(turn(2, Speaker.CUSTOMER, "I am away"), kind=MessageKind.AUTO_REPLY)
    said = replace(conversation("x", whole, away), messages=4)
    assert compose(said, routing(), None, (), True, None).cut


def test_an_album_is_shown_whole_without_how_it_was_put_together() -> None:
    album = replace(
        turn(1, Speaker.CUSTOMER, "the lamp"),
        message=MessageId("msg_1"),
        parts=(MessageId("msg_2"), MessageId("msg_3")),
        attachments=("a.jpg", "b.jpg", "c.jpg"),
    )
    kept = replace(
        album,
        actor=IdentifierKey("k"),
        shares=(Share(at=1, characters=8, attachments=1), *[Share(at=1, attachments=1)] * 2),
    )
    said = replace(conversation("x", kept), messages=3)
    brief = compose(said, routing(), None, (), True, None)
    assert brief.turns == (album,)
    assert not brief.cut


def test_why_stands_in_words() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x")
    decision = game.told()[0].decision
    brief = compose(conversation(), game.doc("x"), None, (), True, decision)
    assert brief.why[0] == "ann suits best of those who have room."


# -- what a machine is told
def across(*, may_read: bool) -> Conversation:
    """Return a conversation that was begun by mail and goes on in a chat."""
    mail = replace(turn(1, Speaker.CUSTOMER, "My card is 4242."), channel="email", name="Kim Berg")
    chat = replace(turn(3, Speaker.CUSTOMER, "And now?"), name="kim")
    said = conversation("x", mail, chat)
    return replace(
        said,
        channels=("email", "chat"),
        entities=(Entity(kind=EntityKind.ORDER, value="4242"),),
        name="Kim Berg",
        may_read=may_read,
        hint=CustomerId("cus_lee"),
    )


REPLIES = (
    replace(turn(2, Speaker.AGENT, "Your card ends on 4242."), channel="email"),
    turn(4, Speaker.AGENT, "Let me see."),
)


def test_a_machine_hears_nothing_of_other_channels_where_the_last_writer_may_not_read() -> None:
    said = across(may_read=False)
    brief = compose(said, routing(*REPLIES), CUSTOMER, (), False, None, to_machine=True)
    assert [each.text for each in brief.turns] == ["And now?", "Let me see."]
    text = msgspec.json.encode(brief).decode()
    assert not any(word in text for word in ("4242", "Berg", "email", "Subject", "cus_lee"))
    assert brief.identity.name == "kim"
    assert brief.identity.may_read is False


def test_a_person_hears_all_of_the_conversation_and_that_it_may_not_be_told() -> None:
    said = across(may_read=False)
    brief = compose(said, routing(*REPLIES), CUSTOMER, (), True, None)
    assert len(brief.turns) == 4
    assert brief.identity.hint == "cus_lee"
    assert b'"may_read":false' in msgspec.json.encode(brief)


def test_a_machine_hears_all_of_the_conversation_where_it_may_be_told_but_never_a_hint() -> None:
    said = across(may_read=True)
    brief = compose(said, routing(*REPLIES), CUSTOMER, (), True, None, to_machine=True)
    assert len(brief.turns) == 4
    assert brief.subject == "Subject x"
    assert brief.identity.hint is None
    assert brief.identity.may_read is True


def test_a_machine_hears_all_of_what_was_said_on_one_channel() -> None:
    said = conversation("x", turn(1, Speaker.CUSTOMER, "Where is 4242?"))
    brief = compose(said, routing(), CUSTOMER, (), False, None, to_machine=True)
    assert brief.subject == "Subject x"
    assert brief.identity.name == "kim"


@pytest.mark.parametrize("may_read", [False, True])
@pytest.mark.parametrize("channels", [("chat",), ("chat", "email")])
def test_a_machine_hears_what_a_customer_is_to_the_company_only_behind_an_open_gate(
    channels: tuple[str, ...],
    *,
    may_read: bool,
) -> None:
    said = msgspec.structs.replace(conversation(), channels=channels, may_read=may_read)
    brief = compose(said, routing(), CUSTOMER, (), may_read, None, to_machine=True)
    assert brief.identity.tier == ("vip" if may_read else "standard")
    person = compose(said, routing(), CUSTOMER, (), may_read, None)
    assert person.identity.tier == "vip"
