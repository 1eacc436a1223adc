"""Dispatch: what agents are told, and where their words go, behind the gates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec
import pytest

from maitred.contracts.agents import AgentDoc
from maitred.contracts.assignments import Assignment
from maitred.contracts.conversation import Conversation
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    MessageId,
    Tenant,
    operation_id,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.operations import ChangeKind, ConversationChange, OperationKind
from maitred.contracts.outbound import Outbound
from maitred.contracts.routing import Handoff, RoutingDoc, RoutingState
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway import dispatch as stage
from maitred.gateway.backbone import Backbone
from maitred.gateway.briefing import Briefing
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import get_last
from maitred.gateway.dispatch import Decided, Dispatch
from maitred.gateway.journal.effects import Effects
from maitred.gateway.metrics import Metrics
from maitred.gateway.operating import Operating
from maitred.identity.operators.ground import Target
from maitred.identity.operators.operations import Order
from maitred.router.events import Forget, SaveAgent, SaveRouting, Say
from tests.gateway import lodge as lodges
from tests.gateway.lodge import SECRET, Lodge, account, email, visitor
from tests.router.play import reads_at

T = TypeVar("T", bound=msgspec.Struct)
KIM, K1, HOME = email("kim@mail.example"), account("k1"), visitor("home")
SUBJECTS = Subjects(Tenant("t"))
CNV = ConversationId("cnv_x")
ROUTING = {
    "agents": [
        {"id": "ann", "name": "Ann", "capacity": 50.0},
        {"id": "bot", "name": "Bot", "kind": "ai", "capacity": 50.0},
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
    yield opened
    await opened.stop()


async def replies(lodge: Lodge) -> list[Outbound]:
    return [
        msgspec.json.decode(each.data, type=Outbound)
        async for each in scan(lodge.backbone.connection, JOURNAL, lodge.subjects.any("outbound"))
    ]


async def served(lodge: Lodge, agent: str) -> None:
    """Let a customer have been served who was signed in and is known by mail as well."""
    await lodge.say("presence", agent, presence="online")
    await lodge.mail(KIM, "I bought a teapot.", subject="My order", name="Kim Berg")
    offer = await lodge.accept("Noted.", agent)
    about = {"conversation": offer.conversation, "epoch": offer.epoch}
    await lodge.say("complete", agent, **about)
    await lodge.chat(HOME, "It is me.", K1, KIM)
    offer = await lodge.accept("Hello.", agent)
    await lodge.say("complete", agent, conversation=offer.conversation, epoch=offer.epoch)
    await lodge.settle()


# -- briefs
@pytest.mark.parametrize(("agent", "shown"), [("ann", True), ("bot", False)])
async def test_where_the_read_gate_is_shut_a_person_sees_the_journey_and_a_machine_does_not(
    lodge: Lodge,
    agent: str,
    shown: bool,  # noqa: FBT001  (a column of the table)
) -> None:
    await served(lodge, agent)
    await lodge.chat(HOME, "And now?")  # by the same browser, but nobody proved who sits there
    await lodge.settle()
    (*_, told) = [each for each in await lodge.told(agent) if each.state == "offered"]
    assert told.brief is not None
    identity = told.brief.identity
    assert (identity.may_read, identity.act_until) == (False, 0)
    assert b'"may_read":false' in msgspec.json.encode(told.brief)
    assert (len(told.brief.journey) > 0) is shown
    assert (identity.messages > 0, identity.known_since > 0) == (shown, shown)
    text = msgspec.json.encode(told).decode()
    assert ("My order" in text) is shown
    assert ("Berg" in text) is shown
    assert "teapot" not in text


async def test_where_the_read_gate_is_open_a_machine_sees_the_journey(lodge: Lodge) -> None:
    await served(lodge, "bot")
    await lodge.chat(HOME, "And now?", K1)
    await lodge.settle()
    (*_, told) = [each for each in await lodge.told("bot") if each.state == "offered"]
    assert told.brief is not None
    assert told.brief.identity.may_read
    assert told.may_read
    assert told.brief.journey


async def test_what_was_said_by_mail_is_not_told_to_a_machine_that_answers_in_an_unproven_chat(
    lodge: Lodge,
) -> None:
    await served(lodge, "ann")
    await lodge.say("presence", "ann", presence="offline")
    await lodge.say("presence", "bot", presence="online")
    await lodge.mail(KIM, "My other order is kettle.", subject="Another order")
    await lodge.accept("Which one?", "bot")
    await lodge.chat(HOME, "What was my order?")
    await lodge.settle()
    (*_, turn) = await lodge.told("bot")
    assert (turn.state, turn.may_read) == ("turn", False)
    await lodge.say("presence", "bot", presence="offline")
    await lodge.say("presence", "bot", presence="online")
    await lodge.settle()
    again = [each for each in await lodge.told("bot") if each.state == "offered"][-1]
    assert again.conversation == turn.conversation
    assert again.epoch > turn.epoch
    text = msgspec.json.encode(again).decode()
    assert "What was my order?" in text
    assert not any(word in text for word in ("kettle", "Which one?", "Another order", "Berg"))


@pytest.mark.parametrize(("signed", "to", "shown"), [(1, "bot", 1), (0, "bot", 0), (0, "ann", 1)])
async def test_what_a_handoff_says_goes_to_people_and_to_machines_behind_the_open_gate(
    lodge: Lodge, signed: int, to: str, shown: int
) -> None:
    giver = "ann" if to == "bot" else "bot"
    await lodge.say("presence", giver, presence="online")
    await lodge.chat(HOME, "It is me.", *[K1] * signed)
    offer = await lodge.accept("Hello.", giver)
    await lodge.say("presence", to, presence="online")
    packet = {"summary": "He has a teapot.", "promised": ["A new lid."]}
    about = {"conversation": offer.conversation, "epoch": offer.epoch, "handoff": packet}
    await lodge.say("transfer", giver, to=to, **about)
    await lodge.settle()
    (*_, told) = await lodge.told(to)
    assert (told.state, told.arrived_at) == ("offered", offer.arrived_at)
    assert told.brief is not None
    expected = Handoff(summary="He has a teapot.", promised=("A new lid.",))
    assert told.brief.handoff == (expected if shown else None)


# -- replies
async def test_a_reply_that_rests_on_history_is_refused_once_an_operator_parted_its_reader(
    lodge: Lodge,
) -> None:
    await lodge.say("presence", presence="online")
    await lodge.chat(HOME, "It is me.", K1, KIM)
    await lodge.accept("Hello.")
    await lodge.mail(KIM, "And by mail.")
    await lodge.settle()
    turn = (await lodge.told())[-1]
    assert (turn.state, turn.may_read) == ("turn", True)
    about: dict[str, Any] = {"conversation": turn.conversation, "epoch": turn.epoch}
    await lodge.say("reply", text="As in May.", rests_on="history", **about)
    await lodge.settle()
    assert (await replies(lodge))[-1].text == "As in May."
    await part(lodge, K1, KIM)
    await lodge.settle()
    updated = (await lodge.told())[-1]
    assert (updated.state, updated.reason, updated.may_read) == ("updated", "changed", False)
    await lodge.say("reply", text="As in June.", rests_on="history", **about)
    await lodge.settle()
    refused = (await lodge.told())[-1]
    assert (refused.state, refused.reason) == ("refused", "needs_proof")
    await lodge.say("reply", text="Please sign in.", **about)
    await lodge.settle()
    assert [each.text for each in await replies(lodge)] == [
        "Hello.",
        "As in May.",
        "Please sign in.",
    ]


async def part(lodge: Lodge, one: Observed, other: Observed) -> None:
    """Let an operator say that two identifiers are different people."""
    keys = [lodge.keys.identifier(each.identifier) for each in (one, other)]
    kind = OperationKind.CANNOT_LINK
    word = Order(
        id=operation_id("eve", kind.value, lodge.now, *keys),
        kind=kind,
        by="eve",
        why="a mistake",
        at=lodge.now,
        a=Target(keys[0], one.identifier),
        b=Target(keys[1], other.identifier),
    )
    await Operating(lodge.backbone.connection, lodge.tools, lodge.keeping).say(word)


# -- what one input comes to
class Fixed:
    """A view of these documents and no others."""

    def __init__(self, *documents: msgspec.Struct) -> None:
        self._documents = {_subject(each): each for each in documents}

    def read(self, subject: str, shape: type[T]) -> T | None:
        found = self._documents.get(subject)
        assert found is None or isinstance(found, shape)
        return found

    def missing(self, *subjects: str) -> tuple[str, ...]:
        return subjects[:0]


def _subject(document: msgspec.Struct) -> str:
    if isinstance(document, RoutingDoc):
        return SUBJECTS.routing(document.conversation)
    assert isinstance(document, Conversation)
    return SUBJECTS.conversation(document.id)


def routed(reply_to: ReplyTo | None = None, **more: object) -> RoutingDoc:
    doc = RoutingDoc(
        conversation=CNV,
        customer=CustomerId("cus_kim"),
        state=RoutingState.ASSIGNED,
        agent=AgentId("ann"),
        channel="chat",
        account="main",
        arrived_at=1,
        state_at=1,
        reply_to=reply_to,
    )
    return msgspec.structs.replace(doc, **more)


def conversation(reply_to: ReplyTo) -> Conversation:
    return Conversation(
        id=CNV,
        tenant=Tenant("t"),
        customer=CustomerId("cus_kim"),
        opened_by=MessageId("msg_x"),
        opened_at=1,
        last_at=1,
        channels=("chat",),
        account="main",
        reply_to=reply_to,
        trust=Level.AUTHENTICATED,
        participants=(),
    )


def alone(deadlines: Any = None) -> Dispatch:
    """Return a stage that only puts into words what was decided."""
    return Dispatch(
        SimpleNamespace(subjects=SUBJECTS),  # type: ignore[arg-type]
        engine=SimpleNamespace(),  # type: ignore[arg-type]
        deadlines=deadlines,
        metrics=Metrics(),
    )


def applied(view: Fixed, *effects: Any) -> tuple[Mapping[str, msgspec.Struct], list[Any]]:
    found = alone().apply(Decided(7, 5, effects), view)
    return found.documents, [(each.subject, each.body) for each in found.entries]


def test_a_deadline_that_stays_is_never_taken_away_however_often_a_customer_writes() -> None:
    calls: list[tuple[object, ...]] = []
    dispatch = alone(
        SimpleNamespace(
            arm=lambda *about: calls.append(("arm", *about)),
            disarm=lambda about: calls.append(("disarm", about)),
        )
    )
    waiting = routed(state=RoutingState.WAITING, agent=None, epoch=3, due_at=9)
    for number in range(3):
        again = msgspec.structs.replace(waiting, unanswered=number)
        dispatch.committed(Decided(7, 5, (SaveRouting(again),)), Effects())
    assert calls == [("arm", CNV, 3, 9)] * 3
    for ends in (SaveRouting(routed(state=RoutingState.CLOSED, agent=None)), Forget(CNV)):
        calls.clear()
        dispatch.committed(Decided(8, 6, (ends,)), Effects())
        assert calls == [("disarm", CNV)]


@pytest.mark.parametrize(("own", "told"), [(None, "late"), (Handoff(summary="own"), "own")])
def test_what_was_handed_on_with_a_conversation_is_told_while_it_stands_in_another(
    own: Handoff | None, told: str
) -> None:
    said, joined = conversation(reads_at("home")), []
    for at, name in ((5, "early"), (7, "late"), (9, "")):
        handoff = Handoff(summary=name) if name else None
        about = ConversationId(f"cnv_{at}")
        joined.append(routed(conversation=about, state_at=at, handoff=handoff))
    others = [msgspec.structs.replace(said, id=each.conversation) for each in joined]
    briefing = Briefing(SUBJECTS)
    found = briefing.with_replies(routed(handoff=own), others, Fixed(*joined))
    assert found.handoff == Handoff(summary=told)
    assert briefing.with_replies(routed(handoff=own), (), Fixed()).handoff == own


@pytest.mark.parametrize("known", ["home", None])
def test_a_reply_goes_to_who_wrote_last_when_the_gates_were_asked_whoever_wrote_since(
    known: str | None,
) -> None:
    home, kiosk = reads_at("home"), reads_at("kiosk")
    routing = routed(home if known else None)
    say = Say(CNV, AgentId("ann"), "Ann", "As in May.", "c1")
    _, entries = applied(Fixed(conversation(kiosk)), SaveRouting(routing), say)
    ((subject, reply),) = entries
    # Documents of before know no endpoint: then it is the conversation's.
    expected = home if known else kiosk
    assert reply.to == expected
    assert subject == SUBJECTS.outbound("chat", CNV, expected.key)


def test_of_what_was_said_before_the_documents_are_written_and_nothing_is_said_again() -> None:
    seen = AgentDoc(id=AgentId("ann"), seen_at=7)
    say = Say(CNV, AgentId("ann"), "Ann", "As in May.", "c1")
    found = alone().duplicate(Decided(7, 5, (SaveRouting(routed()), SaveAgent(seen), say)))
    expected = {SUBJECTS.routing(CNV): routed(), SUBJECTS.agent(seen.id): seen}
    assert (found.documents, found.entries) == (expected, ())


def test_of_what_is_erased_the_document_is_emptied_and_nothing_written_once_it_is_purged() -> None:
    routing = routed(reads_at("home"), previous_agent=AgentId("bob"))
    documents, entries = applied(Fixed(routing), Forget(CNV))
    (emptied,) = documents.values()
    assert isinstance(emptied, RoutingDoc)
    assert (emptied.state, emptied.closed_reason) == (RoutingState.CLOSED, "erased")
    assert (emptied.agent, emptied.previous_agent, emptied.reply_to) == (None, None, None)
    assert entries == []
    assert applied(Fixed(), Forget(CNV)) == ({}, [])


async def test_who_starts_again_before_the_purge_does_not_find_what_is_erased_alive(
    lodge: Lodge,
) -> None:
    await lodge.say("presence", presence="online")
    await lodge.mail(KIM, "Hello.")
    offer = await lodge.accept()
    assert offer.conversation is not None
    change = ConversationChange(conversation=offer.conversation, kind=ChangeKind.ERASED, at=1)
    await put(lodge, offer.conversation, msgspec.json.encode(change))
    await lodge.settle()
    revoked = (await lodge.told())[-1]
    assert (revoked.state, revoked.reason) == ("revoked", "erased")
    await lodge.stop()
    again = Lodge(lodge.backbone, Path())
    again.start()
    await lodge.say("reply", conversation=offer.conversation, epoch=offer.epoch, text="Hello.")
    await again.settle()
    refused = (await again.told())[-1]
    await again.stop()
    assert (refused.state, refused.reason) == ("refused", "unknown_conversation")
    where = lodge.subjects.routing(offer.conversation)
    stored = await get_last(lodge.backbone.connection, JOURNAL, where, leader=True)
    assert stored is not None
    assert msgspec.json.decode(stored.data, type=RoutingDoc).closed_reason == "erased"


async def put(lodge: Lodge, about: ConversationId, data: bytes) -> None:
    await lodge.backbone.publisher.publish(
        lodge.subjects.change(about), data, msg_id=f"put:{data.hex()[:64]}", stream=JOURNAL
    )


async def test_a_change_that_is_none_is_quarantined_and_the_next_input_handled(
    lodge: Lodge,
) -> None:
    await lodge.say("presence", presence="online")
    await put(lodge, CNV, b'{"schema":"change","conversation":5}')
    await lodge.mail(KIM, "Hello.")
    offer: Assignment = await lodge.accept()
    assert offer.brief is not None
    letters = await lodge.backbone.dead.list(10)
    assert [(each.stage, each.reason_code) for each in letters] == [(stage.STAGE, "bad_entry")]
