"""The mood of a conversation and what it asks for, message by message, and told again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from maitred.contracts.assignments import Assignment
from maitred.contracts.conversation import Conversation, MoodTrack
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.limits import MINUTE_MS
from maitred.contracts.message import Affect, Message, MessageKind, MoodLabel
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import reading
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.reads import get_last
from maitred.gateway.conversing import Conversing
from maitred.gateway.judging import judged, known_of, remembered
from maitred.identity.operators.orders import Order
from maitred.router.mood.track import begun
from maitred.router.rules.needs import compile_rules
from maitred.router.settings import RoutingSettings
from tests.gateway import lodge as lodges
from tests.gateway.lodge import SECRET, Lodge, email
from tests.identity.world import START, World, key_of, said
from tests.identity.world import email as address

ANN = address("ann@example.com")
RULES = compile_rules(
    msgspec.convert(
        {
            "rules": [
                {"name": "twice", "when": {"complaints": 2}, "tier": "vip"},
                {"name": "again", "when": {"contacts": 3}, "human_only": True},
                {"name": "cross", "when": {"mood": "angry"}, "priority_minutes": 5},
            ]
        },
        RoutingSettings,
    )
)
FURIOUS = Affect(
    valence=-0.95, arousal=0.9, label=MoodLabel.ANGRY, confidence=0.9, because=("thieves",)
)
PLAIN = Affect(valence=0.0, arousal=0.2, label=MoodLabel.CALM, confidence=0.3)


def message(name: str, affect: Affect = PLAIN, *, at: int = 0) -> Message:
    return said(name, ANN, at=START + at, affect=affect)


def opened(first: Message) -> tuple[Conversation, CustomerDoc]:
    """Return the conversation that a message opens, and its customer, before it is judged."""
    world = World(now=START + 2 * MINUTE_MS)
    placed = world.take(replace(first, affect=PLAIN))
    customer = world.customer(placed.customer)
    (writer,) = customer.writers
    blank = replace(writer, mood_sum=0, mood_weight=0, moods=())
    return world.conversation(placed), replace(customer, writers=(blank,))


def known(customer: CustomerDoc, **more: object) -> CustomerDoc:
    (writer,) = customer.writers
    changed = replace(writer, **more)
    return replace(customer, writers=(changed,), complaints=changed.complaints)


# -- one message
def test_what_is_known_of_a_customer_when_he_begins_stays_with_his_conversation() -> None:
    first = message("m1")
    conversation, customer = opened(first)
    customer = known(customer, contacts=(START - 2, START - 1, START), complaints=2)
    after = judged(conversation, first, RULES, customer)
    assert (after.mood.contacts, after.mood.repeats, after.mood.complaints) == (3, 2.0, 2)
    assert after.mood.label is MoodLabel.FRUSTRATED
    assert after.needs.because == ("again", "twice")
    assert after.tier == "vip"
    assert after.needs.human_only
    second = replace(after, messages=2)
    again = judged(second, message("m2", at=1), RULES, known(customer, complaints=9))
    assert again.mood.complaints == 2


def test_a_conversation_that_is_told_again_has_the_mood_that_it_had() -> None:
    first, second = message("m1", FURIOUS), message("m2", at=MINUTE_MS)
    conversation, customer = opened(first)
    customer = known(customer, mood_sum=3_000, mood_weight=9_000, contacts=(START - 1, START))
    told = judged(conversation, first, RULES, customer)
    told = judged(replace(told, messages=2, last_at=START + MINUTE_MS), second, RULES, customer)
    again = judged(replace(conversation, mood=told.mood), first, RULES)
    again = judged(replace(again, messages=2, last_at=START + MINUTE_MS), second, RULES)
    assert again == told


def test_no_mood_is_dated_later_than_the_conversation() -> None:
    first = message("m1", FURIOUS, at=365 * 24 * 60 * MINUTE_MS)
    conversation, customer = opened(first)
    assert judged(conversation, first, RULES, customer).mood.at == conversation.last_at


def test_what_wants_no_answer_has_no_mood() -> None:
    first = message("m1")
    conversation, customer = opened(first)
    quiet = replace(first, kind=MessageKind.REACTION)
    assert judged(conversation, quiet, RULES, customer) is conversation


# -- what the customer keeps of it
def test_the_message_that_makes_a_conversation_angry_is_a_complaint_once() -> None:
    first = message("m1", FURIOUS)
    before, customer = opened(first)
    after = judged(before, first, RULES, customer)
    once = remembered(customer, key_of(ANN), first, None, after)
    assert once.complaints == 1
    assert once.writers[0].moods[-1].valence == FURIOUS.valence
    second = message("m2", FURIOUS, at=1)
    later = judged(replace(after, messages=2), second, RULES, once)
    assert remembered(once, key_of(ANN), second, after, later).complaints == 1


def test_a_message_that_nobody_read_the_mood_of_teaches_nothing() -> None:
    first = replace(message("m1"), affect=None)
    before, customer = opened(first)
    after = judged(before, first, RULES, customer)
    assert after.mood == begun(known_of(customer, START), START)
    assert remembered(customer, key_of(ANN), first, None, after) == customer


# -- on a real store
@pytest.fixture
async def lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lodge]:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    agents = [{"id": "ann", "name": "Ann", "capacity": 50.0}]
    monkeypatch.setattr(lodges, "ROUTING", {"agents": agents, "wrap_up_seconds": 0})
    opened_lodge = Lodge(backbone, tmp_path)
    opened_lodge.start()
    await opened_lodge.say("presence", presence="online")
    yield opened_lodge
    await opened_lodge.stop()


async def conversation_of(lodge: Lodge, offer: Assignment) -> Conversation:
    assert offer.conversation is not None
    where = lodge.subjects.conversation(offer.conversation)
    stored = await get_last(lodge.backbone.connection, JOURNAL, where, leader=True)
    assert stored is not None
    return msgspec.json.decode(stored.data, type=Conversation)


RAGE = "You are thieves! This is a disgusting scam, I am furious. I hate you all, terrible liars!!!"


async def test_anger_goes_on_into_the_next_conversation_and_is_told_in_its_words(
    lodge: Lodge,
) -> None:
    kim = email("kim@mail.example")
    await lodge.mail(kim, RAGE)
    offer = await lodge.accept("We are sorry.")
    assert offer.brief is not None
    assert offer.brief.mood.label is MoodLabel.ANGRY
    assert offer.brief.mood.because[0].what == "message"
    assert offer.brief.mood.because[0].words
    assert offer.brief.mood.samples == ()
    epoch = (await lodge.told())[-1].epoch
    await lodge.say("complete", conversation=offer.conversation, epoch=epoch)
    await lodge.settle()
    await lodge.mail(kim, "It is me.")
    second = await lodge.accept()
    assert second.conversation != offer.conversation
    mood = (await conversation_of(lodge, second)).mood
    assert (mood.contacts, mood.complaints) == (2, 1)
    assert {"earlier", "repeated"} <= {each.what for each in mood.because}
    assert mood.label in {MoodLabel.ANGRY, MoodLabel.FRUSTRATED}
    found = await reading.journey(
        lodge.backbone.connection, lodge.subjects, await lodge.customer_of(kim)
    )
    assert found.customer.complaints == 1
    assert found.mood.level < 0
    entry = (await lodge.entries())[-1]
    assert entry.work is not None
    assert entry.work.mood.samples == ()
    assert not any(each.words for each in entry.work.mood.because)


async def test_a_split_that_is_undone_leaves_the_mood_as_it_was(lodge: Lodge) -> None:
    kim = email("kim@mail.example")
    await lodge.mail(kim, "Hello there.", subject="One")
    first = await lodge.accept("Good morning.")
    epoch = (await lodge.told())[-1].epoch
    await lodge.say("complete", conversation=first.conversation, epoch=epoch)
    await lodge.settle()
    mail = await lodge.mail(kim, RAGE, subject="Two")
    await lodge.settle()
    await lodge.mail(kim, "And the lamp is broken.", subject="Re: Two", answers=mail)
    offer = await lodge.accept()
    before = await conversation_of(lodge, offer)
    assert before.mood.contacts == 2
    assert before.mood != MoodTrack()
    desk = Conversing(
        lodge.backbone.connection,
        lodge.tools,
        lodge.keeping,
        compile_rules(lodge.settings.routing),
    )
    last = before.turns[-1].message
    assert last is not None
    record = await desk.split(Order(by="eve", why="two", at=lodge.now), before.id, [last])
    parted = await conversation_of(lodge, offer)
    assert len(parted.mood.samples) == 1
    assert parted.mood.contacts == 2
    await desk.undo(Order(by="eve", why="a slip", at=lodge.now + 1), record)
    assert (await conversation_of(lodge, offer)).mood == before.mood
