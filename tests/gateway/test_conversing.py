"""Splits and joins on a real store, beside the stages that write into the same conversations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from maitred.contracts.assignments import Assignment
from maitred.contracts.conversation import Conversation
from maitred.contracts.errors import MaitredError, Permanent
from maitred.contracts.ids import ConversationId, MessageId
from maitred.contracts.operations import OperationDoc
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import reading
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.reads import get_last, get_many
from maitred.gateway.conversing import Conversing
from maitred.gateway.operating import Operating
from maitred.identity.operators.orders import Order
from maitred.router.rules.needs import compile_rules
from tests.gateway import lodge as lodges
from tests.gateway.conftest import OpenBackbone
from tests.gateway.lodge import SECRET, Lodge, email

KIM = email("kim@mail.example")
FIRST = "<2@mail.example>"
"""What the first mail is called, behind the agent's first word."""
ROUTING = {
    "agents": [
        {"id": "ann", "name": "Ann", "capacity": 50.0, "skills": {"billing": 1.0, "parcels": 1.0}},
        {"id": "bot", "name": "Bot", "kind": "ai", "capacity": 50.0},
    ],
    "rules": [
        {"name": "invoice", "when": {"text": "invoice"}, "skills": {"billing": 0.1}},
        {"name": "parcel", "when": {"text": "parcel"}, "skills": {"parcels": 0.1}},
    ],
    "wrap_up_seconds": 0,
}


@pytest.fixture
async def lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lodge]:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    monkeypatch.setattr(lodges, "ROUTING", ROUTING)
    opened = Lodge(backbone, tmp_path)
    opened.start()
    await opened.say("presence", presence="online")
    yield opened
    await opened.stop()


def desk(lodge: Lodge, backbone: Backbone | None = None) -> Conversing:
    return Conversing(
        (backbone or lodge.backbone).connection,
        lodge.tools,
        lodge.keeping,
        compile_rules(lodge.settings.routing),
    )


def order(lodge: Lodge, by: str = "eve") -> Order:
    lodge.now += 1
    return Order(by=by, why="two matters", at=lodge.now)


async def said(lodge: Lodge) -> list[tuple[MessageId, ConversationId]]:
    """Return what was written, in order, and where it stood when it came."""
    await lodge.settle()
    found = [each for each in await lodge.entries() if each.conversation is not None]
    found.sort(key=lambda each: each.message.received_at)
    return [(each.message.id, ConversationId(each.conversation or "")) for each in found]


async def doc(lodge: Lodge, conversation: ConversationId | None) -> Conversation:
    assert conversation is not None
    where = lodge.subjects.conversation(conversation)
    stored = await get_last(lodge.backbone.connection, JOURNAL, where, leader=True)
    assert stored is not None
    return msgspec.json.decode(stored.data, type=Conversation)


async def routing(lodge: Lodge, conversation: ConversationId | None) -> RoutingDoc:
    assert conversation is not None
    where = lodge.subjects.routing(conversation)
    stored = await get_last(lodge.backbone.connection, JOURNAL, where, leader=True)
    assert stored is not None
    return msgspec.json.decode(stored.data, type=RoutingDoc)


async def newest(lodge: Lodge, state: str, agent: str = "ann") -> Assignment:
    return [each for each in await lodge.told(agent) if each.state == state][-1]


async def two_matters(lodge: Lodge) -> tuple[list[MessageId], ConversationId]:
    """Let a customer write about an invoice and a parcel, and Ann accept it."""
    first = await lodge.mail(KIM, "My invoice is wrong.", subject="Trouble")
    assert first == FIRST
    await lodge.settle()
    await lodge.mail(KIM, "Besides, where is my parcel?", answers=first)
    await lodge.settle()
    found = await said(lodge)
    assert len({conversation for _, conversation in found}) == 1
    await lodge.accept()
    return [message for message, _ in found], found[0][1]


async def test_what_is_split_off_is_offered_with_its_own_brief_and_needs(lodge: Lodge) -> None:
    messages, conversation = await two_matters(lodge)
    record = await desk(lodge).split(order(lodge), conversation, messages[1:])
    await lodge.settle()
    offer = await newest(lodge, "offered")
    assert offer.conversation == record.other
    assert offer.brief is not None
    assert [turn.text for turn in offer.brief.turns] == ["Besides, where is my parcel?"]
    assert [need.skill for need in offer.brief.needs.skills] == ["parcels"]
    assert [step.conversation for step in offer.brief.journey] == [conversation]
    updated = await newest(lodge, "updated")
    assert updated.conversation == conversation
    assert updated.brief is not None
    assert [turn.text for turn in updated.brief.turns] == ["My invoice is wrong."]
    assert [need.skill for need in updated.brief.needs.skills] == ["billing"]
    entry = next(each for each in await lodge.entries() if each.message.id == messages[1])
    assert entry.work is not None
    assert offer.arrived_at == entry.work.accepted_at


async def test_a_join_is_read_as_one_and_answered_as_one(lodge: Lodge) -> None:
    messages, conversation = await two_matters(lodge)
    epoch = (await routing(lodge, conversation)).epoch
    await lodge.say("reply", conversation=conversation, epoch=epoch, text="We are looking.")
    await lodge.settle()
    split = await desk(lodge).split(order(lodge), conversation, messages[1:])
    assert split.other is not None
    await lodge.accept("Which parcel?")
    await desk(lodge).join(order(lodge), conversation, split.other)
    await lodge.settle()
    revoked = await newest(lodge, "revoked")
    assert (revoked.conversation, revoked.reason) == (conversation, "joined")
    updated = await newest(lodge, "updated")
    assert updated.conversation == split.other
    assert updated.brief is not None
    assert [turn.text for turn in updated.brief.turns] == [
        "My invoice is wrong.",
        "Besides, where is my parcel?",
        "We are looking.",
        "Which parcel?",
    ]
    assert updated.brief.journey == ()
    story = await reading.story(lodge.backbone.connection, lodge.subjects, split.other)
    turns = [*story.conversation.turns, *(story.routing.replies if story.routing else ())]
    assert sorted(turn.text for turn in turns) == sorted(turn.text for turn in updated.brief.turns)
    await lodge.mail(KIM, "The blue one.", answers=FIRST)
    await lodge.settle()
    turn = await newest(lodge, "turn")
    assert (turn.conversation, turn.turn and turn.turn.text) == (split.other, "The blue one.")


async def test_an_undone_join_and_an_undone_split_give_back_what_was(lodge: Lodge) -> None:
    messages, conversation = await two_matters(lodge)
    before = await doc(lodge, conversation)
    split = await desk(lodge).split(order(lodge), conversation, messages[1:])
    assert split.other is not None
    apart = await doc(lodge, split.other)
    join = await desk(lodge).join(order(lodge), split.other, conversation)
    await lodge.settle()
    await desk(lodge).undo(order(lodge, "joe"), join)
    await lodge.settle()
    assert await doc(lodge, split.other) == apart
    assert (await routing(lodge, split.other)).state == "offered"
    undone = await desk(lodge).undo(order(lodge, "joe"), split)
    await lodge.settle()
    assert await doc(lodge, conversation) == before
    assert (await routing(lodge, split.other)).closed_reason == "joined"
    assert (undone.by, undone.undone_by) == ("eve", "joe")
    assert (
        await Operating(lodge.backbone.connection, lodge.tools, lodge.keeping).find(undone.id)
        == undone
    )


async def test_what_comes_while_an_operator_splits_is_lost_nowhere(
    lodge: Lodge, open_backbone: OpenBackbone
) -> None:
    messages, conversation = await two_matters(lodge)
    other = await open_backbone()
    await asyncio.gather(
        *(lodge.mail(KIM, f"More {n}.", answers=FIRST) for n in range(8)),
        desk(lodge, other).split(order(lodge), conversation, messages[1:]),
    )
    found = await said(lodge)
    standing = [
        each
        for document in {conversation for _, conversation in found}
        for turn in (await doc(lodge, document)).turns
        for each in (turn.message, *turn.parts)
    ]
    apart = [turn.message for turn in (await doc(lodge, await _apart(lodge))).turns]
    assert sorted([*standing, *apart], key=str) == sorted(message for message, _ in found)
    assert apart == messages[1:]
    assert {each for _, each in found} == {conversation}


async def _apart(lodge: Lodge) -> ConversationId:
    subject = lodge.subjects.any("conversation")
    stored = (await get_many(lodge.backbone.connection, JOURNAL, [subject])).values()
    found = [msgspec.json.decode(each.data, type=Conversation) for each in stored]
    (apart,) = [each.id for each in found if each.split_from]
    return apart


async def test_of_operators_who_split_and_join_at_once_none_undoes_another_s_work(
    lodge: Lodge, open_backbone: OpenBackbone
) -> None:
    first = await lodge.mail(KIM, "Message 0.")
    await lodge.settle()
    for number in range(1, 7):
        await lodge.mail(KIM, f"Message {number}.", answers=first)
    found = await said(lodge)
    conversation = found[0][1]
    backbones = [lodge.backbone, await open_backbone(), await open_backbone()]
    done = await asyncio.gather(
        *(
            desk(lodge, backbones[number % 3]).split(
                order(lodge, f"o{number}"), conversation, [found[number][0]]
            )
            for number in range(1, 7)
        ),
        *(
            desk(lodge, backbones[number]).split(
                order(lodge, f"p{number}"), conversation, [found[1][0]]
            )
            for number in range(3)
        ),
        return_exceptions=True,
    )
    refused = [each for each in done if isinstance(each, MaitredError)]
    assert [getattr(each, "code", "") for each in refused] == ["not_there"] * 3
    records = [each for each in done if isinstance(each, OperationDoc)]
    assert [turn.text for turn in (await doc(lodge, conversation)).turns] == ["Message 0."]
    joined = await asyncio.gather(
        *(
            desk(lodge, backbones[number % 3]).join(
                order(lodge, f"q{number}"), each.other or ConversationId(""), conversation
            )
            for number, each in enumerate(records)
        )
    )
    await asyncio.gather(*(desk(lodge).undo(order(lodge), each) for each in (*joined, *records)))
    assert [turn.text for turn in (await doc(lodge, conversation)).turns] == [
        f"Message {number}." for number in range(7)
    ]


async def test_a_command_that_comes_late_after_a_join_is_told_so(lodge: Lodge) -> None:
    messages, conversation = await two_matters(lodge)
    epoch = (await routing(lodge, conversation)).epoch
    split = await desk(lodge).split(order(lodge), conversation, messages[1:])
    assert split.other is not None
    await desk(lodge).join(order(lodge), conversation, split.other)
    await lodge.settle()
    await lodge.say("complete", conversation=conversation, epoch=epoch)
    await lodge.settle()
    assert (await newest(lodge, "refused")).reason == "stale_epoch"


@pytest.mark.parametrize("act", ["split", "join"])
async def test_what_nobody_knows_is_refused_and_nothing_is_written(lodge: Lodge, act: str) -> None:
    await lodge.settle()
    before = await lodge.everything()
    nobody = ConversationId("cnv_x")
    asked = {
        "split": lambda: desk(lodge).split(order(lodge), nobody, [MessageId("msg_x")]),
        "join": lambda: desk(lodge).join(order(lodge), nobody, ConversationId("cnv_y")),
    }
    with pytest.raises(Permanent) as refused:
        await asked[act]()
    assert refused.value.code == "not_found"
    assert await lodge.everything() == before
