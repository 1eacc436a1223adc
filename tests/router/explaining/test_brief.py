"""The brief: what it merges, what a closed gate hides, and its bound in bytes."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from maitred.contracts.assignments import Brief
from maitred.contracts.conversation import (
    Conversation,
    MoodCause,
    MoodSample,
    MoodTrack,
    Needs,
    Share,
    SkillNeed,
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
from maitred.contracts.limits import (
    BRIEF_BYTES_MAX,
    CONVERSATION_TURNS_MAX,
    HANDOFF_ENTRIES_MAX,
    HANDOFF_ENTRY_CHARACTERS_MAX,
    HANDOFF_SUMMARY_CHARACTERS_MAX,
    TURN_TEXT_CHARACTERS_MAX,
)
from maitred.contracts.message import Entity, EntityKind, MessageKind
from maitred.contracts.routing import Handoff, RoutingDoc, RoutingState
from maitred.router.explaining.brief import compose
from maitred.router.handling.asking import packet
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


def felt(said: Conversation) -> tuple[Conversation, RoutingDoc]:
    """Return a conversation with the mood of its turns, and where it stands under that mood."""
    samples = tuple(
        MoodSample(at=each.at, valence=-0.5, arousal=0.5, confidence=0.8, words=(f"w{each.at}",))
        for each in said.turns
    )
    causes = [MoodCause(what="message", shift=-0.3, at=each.at) for each in samples]
    causes += [MoodCause(what=what, shift=-0.1) for what in ("waiting", "repeated", "baseline")]
    mood = MoodTrack(level=-0.4, baseline=0.1, contacts=3, complaints=2, because=tuple(causes))
    return replace(said, mood=replace(mood, samples=samples)), replace(routing(), mood=mood)


def moved(brief: Brief) -> list[tuple[str, str]]:
    return [(each.what, " ".join(each.words)) for each in brief.mood.because]


def test_a_person_hears_what_moved_the_mood_in_the_customers_words() -> None:
    said, doc = felt(across(may_read=False))
    brief = compose(said, doc, CUSTOMER, (), True, None)
    assert moved(brief) == [
        ("message", "w1"),
        ("message", "w3"),
        ("waiting", ""),
        ("repeated", ""),
        ("baseline", ""),
    ]
    assert (brief.mood.baseline, brief.mood.contacts, brief.mood.samples) == (0.1, 3, ())


def test_behind_a_closed_gate_a_mood_says_nothing_of_other_conversations() -> None:
    said, doc = felt(across(may_read=False))
    brief = compose(said, doc, CUSTOMER, (), False, None)
    assert moved(brief) == [("message", "w1"), ("message", "w3"), ("waiting", "")]
    assert (brief.mood.baseline, brief.mood.contacts, brief.mood.complaints) == (0, 1, 0)


def test_a_machine_hears_of_a_mood_no_words_of_other_channels() -> None:
    said, doc = felt(across(may_read=False))
    brief = compose(said, doc, CUSTOMER, (), False, None, to_machine=True)
    assert (brief.mood.level, brief.mood.because) == (-0.4, ())
    said, doc = felt(across(may_read=True))
    brief = compose(said, doc, CUSTOMER, (), True, None, to_machine=True)
    assert moved(brief)[:2] == [("message", "w1"), ("message", "w3")]
    said, doc = felt(conversation("x", turn(1, Speaker.CUSTOMER, "Where is it?")))
    brief = compose(said, doc, CUSTOMER, (), False, None, to_machine=True)
    assert moved(brief) == [("message", "w1"), ("waiting", "")]


@pytest.mark.parametrize("may_read", [False, True])
@pytest.mark.parametrize("channels", [("chat",), ("chat", "email")])
def test_a_machine_hears_what_a_customer_is_to_the_company_only_behind_an_open_gate(
    channels: tuple[str, ...],
    *,
    may_read: bool,
) -> None:
    said = msgspec.structs.replace(conversation(), channels=channels, may_read=may_read)
    asked = Needs(skills=(SkillNeed(skill="tax"),), priority_minutes=5, because=("third_try",))
    doc = replace(routing(), needs=asked)
    brief = compose(said, doc, CUSTOMER, (), may_read, None, to_machine=True)
    assert brief.identity.tier == ("vip" if may_read else "standard")
    assert brief.needs == (asked if may_read else Needs(skills=asked.skills))
    person = compose(said, doc, CUSTOMER, (), may_read, None)
    assert (person.identity.tier, person.needs) == ("vip", asked)


@pytest.mark.parametrize(
    ("to_machine", "may_read", "hinted", "shown"),
    [
        (False, True, False, True),
        (False, False, False, True),
        (False, False, True, True),
        (True, True, False, True),
        (True, False, False, False),
        (True, True, True, False),
        (True, False, True, False),
    ],
)
def test_a_machine_is_told_a_handoff_only_where_it_may_repeat_whatever_stands_in_it(
    to_machine: bool,  # noqa: FBT001  (columns of the table)
    may_read: bool,  # noqa: FBT001
    hinted: bool,  # noqa: FBT001
    shown: bool,  # noqa: FBT001
) -> None:
    hint = CustomerId("cus_lee") if hinted else None
    said = replace(conversation("x"), may_read=may_read, hint=hint)
    doc = replace(routing(), handoff=Handoff(summary="He is Lee."))
    brief = compose(said, doc, None, (), True, None, to_machine=to_machine)
    assert (brief.handoff is not None) is shown
    assert (b"Lee" in msgspec.json.encode(brief)) is shown


@pytest.mark.parametrize("character", ["a", "\0", '"', "é", "語", "🙂", "\u2028"])
def test_a_brief_with_the_largest_handoff_keeps_it_and_its_bound(character: str) -> None:
    entry = character * 2 * HANDOFF_ENTRY_CHARACTERS_MAX
    entries = (entry,) * 2 * HANDOFF_ENTRIES_MAX
    largest = Handoff(
        summary=character * 2 * HANDOFF_SUMMARY_CHARACTERS_MAX,
        tried=entries,
        promised=entries,
        unknown=entries,
    )
    turns = [
        turn(at, Speaker.CUSTOMER, "\0" * TURN_TEXT_CHARACTERS_MAX)
        for at in range(CONVERSATION_TURNS_MAX)
    ]
    doc = replace(routing(), handoff=packet(largest))
    brief = compose(conversation("x", *turns), doc, CUSTOMER, (), True, None)
    assert len(msgspec.json.encode(brief)) <= BRIEF_BYTES_MAX
    assert brief.handoff == doc.handoff
    assert brief.turns[-1].text == turns[-1].text
